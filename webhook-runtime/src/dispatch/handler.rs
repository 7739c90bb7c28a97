//! The user's function as a service behind verification.

use std::time::Instant;

use axum::{
    extract::Request,
    handler::Handler,
    response::{IntoResponse, Response},
    routing::MethodRouter,
};
use http::StatusCode;

use crate::{
    delivery::{Delivery, PayloadKind, Rejection, failure::Failure, request::VerifiedDelivery},
    dispatch::{every_method::every_method, layers::LayerFn},
    endpoint::{Endpoint, HandlerFuture, HandlerInput},
    support::{console, panic::catch_panic},
};

/// The user's function, and whether it takes batches item by item.
pub(crate) struct HandlerService<S> {
    pub(super) call: fn(HandlerInput<S>) -> HandlerFuture,
    /// The name of the endpoint and its function.
    name: &'static str,
    /// True if the function is called for each item of a batch.
    one_by_one: bool,
}

impl<S> Copy for HandlerService<S> {}

impl<S> Clone for HandlerService<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Clone + Send + Sync + 'static> HandlerService<S> {
    pub(crate) fn new(endpoint: &Endpoint, call: fn(HandlerInput<S>) -> HandlerFuture) -> Self {
        let one_by_one = endpoint.payload_shape.kind == PayloadKind::Item;
        Self { call, name: endpoint.name, one_by_one }
    }

    /// Wraps the service in layers, the innermost first.
    pub(crate) fn with_layers(self, layers: Vec<LayerFn<S>>) -> MethodRouter<S> {
        layers.into_iter().fold(every_method(self), |inner, layer| layer(inner))
    }

    pub(crate) fn run(self, verified: HandlerInput<S>) -> HandlerFuture {
        let layout = verified.delivery().batch_layout().filter(|_| self.one_by_one);
        match layout {
            Some(layout) if !verified.delivery().is_item() => {
                Box::pin(self.call_for_each_item(layout, verified))
            }
            _ => (self.call)(verified),
        }
    }
}

/// The service inside the layers.
impl<S: Clone + Send + Sync + 'static> Handler<(), S> for HandlerService<S> {
    type Future = HandlerFuture;

    fn call(self, request: Request, state: S) -> HandlerFuture {
        let (mut parts, _) = request.into_parts();
        let verified = parts
            .extensions
            .remove::<VerifiedDelivery>()
            .map(|VerifiedDelivery(delivery)| delivery);
        // A layer may have built another request, with the public extension only.
        let delivery = verified.or_else(|| {
            let delivery = parts.extensions.get::<Delivery>();
            delivery.filter(|delivery| delivery.endpoint() == self.name).cloned()
        });
        let Some(delivery) = delivery else {
            tracing::error!(
                endpoint = self.name,
                "a layer around the handler has removed the delivery"
            );
            return Box::pin(async { StatusCode::INTERNAL_SERVER_ERROR.into_response() });
        };
        parts.extensions.insert(delivery.clone());
        self.run(HandlerInput::with_complete_parts(delivery, parts, state))
    }
}

/// Runs a handler, and traces its failure. If it panics, the response is a 500, and the task goes
/// on.
pub(crate) async fn run_handler(delivery: Delivery, handler: HandlerFuture) -> Response {
    let began = console::shows_all().then(Instant::now);
    let response = run_quietly(&delivery, handler).await;
    match delivery.take_failure() {
        Some(failure) => failure.trace(&delivery, response.status(), None),
        None => show(&delivery, &response, began),
    }
    response
}

/// Shows a response that no failure explains.
fn show(delivery: &Delivery, response: &Response, began: Option<Instant>) {
    let (status, endpoint) = (response.status().as_u16(), delivery.endpoint());
    let named = || console::named(delivery.traced_id().as_deref());
    if status >= 400 {
        let rejection = response.extensions().get::<Rejection>();
        let reason = rejection.map_or_else(String::new, |rejection| format!(": {rejection}"));
        console::failure(format_args!("{status} {endpoint}: {} failed{reason}", named()));
    } else if let Some(began) = began {
        let milliseconds = began.elapsed().as_millis();
        console::success(format_args!("{status} {endpoint}: {}, {milliseconds} ms", named()));
    }
}

/// Runs a handler, and leaves its failure in the delivery.
pub(super) async fn run_quietly(delivery: &Delivery, handler: HandlerFuture) -> Response {
    catch_panic(handler).await.unwrap_or_else(|panicked| {
        delivery.fail(Failure::Panic(panicked));
        Rejection::HandlerPanicked.into_response()
    })
}
