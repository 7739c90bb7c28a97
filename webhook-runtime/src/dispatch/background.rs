//! Handlers that outlive their response: after `respond_within` they run in the background.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tokio::sync::{oneshot, watch};
use tracing::Instrument as _;

use crate::{
    delivery::{Delivery, Rejection},
    endpoint::HandlerFuture,
};

/// The running handlers of endpoints with `respond_within`, before and after their response.
///
/// [`Webhooks::serve`](crate::Webhooks::serve) waits for them when it stops. A program with its own
/// server gets this from [`Webhooks::background_handlers`](crate::Webhooks::background_handlers),
/// and calls [`wait`](Self::wait) after its server has stopped.
#[derive(Clone, Debug)]
pub struct BackgroundHandlers {
    running: Arc<watch::Sender<usize>>,
    max: usize,
}

impl BackgroundHandlers {
    pub(crate) fn new(max: usize) -> Self {
        Self { running: Arc::new(watch::Sender::new(0)), max }
    }

    /// The number of running handlers.
    #[must_use]
    pub fn running(&self) -> usize {
        *self.running.borrow()
    }

    /// Waits until no handler is running. Add a timeout, because a handler may never end.
    pub async fn wait(&self) {
        // It only fails without a sender, and `self` has one.
        let _ = self.running.subscribe().wait_for(|running| *running == 0).await;
    }
}

/// The limit to the time that a response waits for its handler.
#[derive(Clone)]
pub(crate) struct ResponseTimeout {
    pub(crate) limit: Duration,
    /// The status of the early response.
    pub(crate) status: u16,
    pub(crate) background: BackgroundHandlers,
}

impl ResponseTimeout {
    /// Returns the handler's response, or the early one after the limit. The handler runs to its
    /// end in any case, also if the connection is closed.
    pub(crate) async fn respond(self, delivery: Delivery, handler: HandlerFuture) -> Response {
        let Self { limit, status, background } = self;
        let Some(running) = RunningHandler::new(&background) else {
            let endpoint = delivery.endpoint();
            tracing::error!(endpoint, max = background.max, "too many handlers are running");
            return Rejection::Overloaded.into_response();
        };
        let response_sent = Arc::new(AtomicBool::new(false));
        let was_sent = Arc::clone(&response_sent);
        let (sender, mut receiver) = oneshot::channel();
        let run = async move {
            let response = handler.await;
            if let Err(response) = sender.send(response) {
                let was_sent = was_sent.load(Ordering::Acquire);
                record_late_result(&delivery, response.status(), was_sent);
            }
            // Last, because the program may end after the last running handler.
            drop(running);
        };
        tokio::spawn(run.in_current_span());
        match tokio::time::timeout(limit, &mut receiver).await {
            Ok(Ok(response)) => return response,
            // The runtime is shutting down, and drops its tasks.
            Ok(Err(_)) => return Rejection::Unavailable.into_response(),
            Err(_) => {}
        }
        response_sent.store(true, Ordering::Release);
        receiver.close();
        if let Ok(response) = receiver.try_recv() {
            return response;
        }
        tracing::info!(?limit, "responded before the handler finished");
        StatusCode::from_u16(status).unwrap_or(StatusCode::ACCEPTED).into_response()
    }
}

/// One running handler. It counts until it is dropped.
struct RunningHandler(BackgroundHandlers);

impl RunningHandler {
    /// Returns `None` if too many are running.
    fn new(all: &BackgroundHandlers) -> Option<Self> {
        let has_room = all.running.send_if_modified(|running| {
            let has_room = *running < all.max;
            *running += usize::from(has_room);
            has_room
        });
        has_room.then(|| Self(all.clone()))
    }
}

impl Drop for RunningHandler {
    fn drop(&mut self) {
        self.0.running.send_modify(|running| *running -= 1);
    }
}

/// Traces the result of a handler whose response was not sent. If there was an early response, the
/// provider does not retry; otherwise it may.
fn record_late_result(delivery: &Delivery, status: StatusCode, response_sent: bool) {
    let is_fine = status.is_success();
    let (endpoint, delivery_id) = (delivery.endpoint(), delivery.traced_id());
    let status = status.as_u16();
    match (is_fine, response_sent) {
        (true, _) => tracing::info!(status, "the handler finished in the background"),
        (false, true) => {
            tracing::error!(
                endpoint,
                delivery_id,
                status,
                "the handler failed after the early response: the delivery is lost"
            );
        }
        (false, false) => {
            tracing::warn!(
                endpoint,
                delivery_id,
                status,
                "the handler failed after the sender had closed the connection"
            );
        }
    }
}
