//! The function that the attribute left behind, as a service behind verification.

use axum::response::Response;
use axum::{
    extract::Request,
    handler::Handler,
    response::IntoResponse,
    routing::{MethodRouter, any},
};
use http::StatusCode;

use crate::{
    delivery::{Delivery, Rejection, Unit, request::VerifiedDelivery},
    dispatch::layers::Around,
    endpoint::{Endpoint, HandlerFuture, HandlerInput},
    support::panic::catch_panic,
    verify::BatchLayout,
};

/// The function that the attribute left behind, and what its payload is made of.
pub(crate) struct HandlerService<S> {
    pub(super) call: fn(HandlerInput<S>) -> HandlerFuture,
    /// The name of the function, which is that of the endpoint.
    name: &'static str,
    /// Where the items are that it is called for, one by one.
    items: Option<&'static BatchLayout>,
}

impl<S> Copy for HandlerService<S> {}

impl<S> Clone for HandlerService<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Clone + Send + Sync + 'static> HandlerService<S> {
    pub(crate) fn new(endpoint: &Endpoint, call: fn(HandlerInput<S>) -> HandlerFuture) -> Self {
        let one_by_one = endpoint.payload_shape.unit == Unit::Item;
        let items = endpoint.provider.batch().filter(|_| one_by_one);
        Self { call, name: endpoint.name, items }
    }

    /// With layers around it, the innermost first.
    pub(crate) fn within(self, layers: Vec<Around<S>>) -> MethodRouter<S> {
        layers.into_iter().fold(any(self), |inside, around| around(inside))
    }

    pub(crate) fn run(self, verified: HandlerInput<S>) -> HandlerFuture {
        match self.items {
            Some(items) if !verified.delivery().is_item() => Box::pin(self.each(items, verified)),
            _ => (self.call)(verified),
        }
    }
}

/// The inside of the layers.
impl<S: Clone + Send + Sync + 'static> Handler<(), S> for HandlerService<S> {
    type Future = HandlerFuture;

    fn call(self, request: Request, state: S) -> HandlerFuture {
        let (mut parts, _) = request.into_parts();
        let passed = parts
            .extensions
            .remove::<VerifiedDelivery>()
            .map(|VerifiedDelivery(delivery)| delivery);
        // A layer may have made a request of its own, and taken along what is public.
        let delivery = passed.or_else(|| {
            let delivery = parts.extensions.get::<Delivery>();
            delivery.filter(|delivery| delivery.endpoint() == self.name).cloned()
        });
        let Some(delivery) = delivery else {
            tracing::error!("a layer around the handler has taken the delivery away");
            return Box::pin(async { StatusCode::INTERNAL_SERVER_ERROR.into_response() });
        };
        parts.extensions.insert(delivery.clone());
        self.run(HandlerInput::complete(delivery, parts, state))
    }
}

/// Runs a handler; one that panics is answered by 500, and everything else lives on.
pub(crate) async fn unless_it_panics(handler: HandlerFuture) -> Response {
    catch_panic(handler).await.unwrap_or_else(|_| {
        tracing::error!(reason = "the handler panicked", "failed");
        Rejection::HandlerPanicked.into_response()
    })
}
