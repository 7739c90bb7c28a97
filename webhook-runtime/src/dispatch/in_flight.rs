//! The maximum number of deliveries of one endpoint that are in flight.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::endpoint::{Endpoint, HandlerFuture};

/// The places for deliveries of one endpoint, if their number is limited.
#[derive(Clone)]
pub(crate) struct InFlightLimit(Option<Arc<Semaphore>>);

/// The place of one delivery, until it is dropped.
pub(crate) struct InFlightPermit(Option<OwnedSemaphorePermit>);

impl InFlightLimit {
    pub(crate) fn of(endpoint: &Endpoint) -> Self {
        let max = endpoint.max_in_flight.map(|max| max.min(Semaphore::MAX_PERMITS));
        Self(max.map(|max| Arc::new(Semaphore::new(max))))
    }

    /// Takes a place; `None` if all are taken.
    pub(crate) fn permit(&self) -> Option<InFlightPermit> {
        let Some(places) = &self.0 else { return Some(InFlightPermit(None)) };
        Arc::clone(places).try_acquire_owned().ok().map(|place| InFlightPermit(Some(place)))
    }
}

impl InFlightPermit {
    /// Keeps the place until the handler ends, also if that is after the response.
    pub(crate) fn held_by(self, handler: HandlerFuture) -> HandlerFuture {
        let Some(place) = self.0 else { return handler };
        Box::pin(async move {
            let response = handler.await;
            drop(place);
            response
        })
    }
}
