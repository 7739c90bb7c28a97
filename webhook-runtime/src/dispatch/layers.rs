//! Seats for middleware: around an endpoint, before anything is verified, and around its handler,
//! after.

use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::Request,
    response::IntoResponse,
    routing::{MethodRouter, Route},
};
use tower_layer::Layer;
use tower_service::Service;

use crate::endpoint::Endpoint;

/// A [`tower`](https://docs.rs/tower) layer as axum's own `layer` takes it: its service answers
/// every request, with something that is a response.
///
/// Every such layer implements it. One whose service can fail, such as a timeout, needs axum's
/// `HandleErrorLayer` around it.
#[diagnostic::on_unimplemented(
    message = "this is no layer that can be put around a webhook",
    label = "not a `tower::Layer<axum::routing::Route>`",
    note = "a function becomes a layer by `axum::middleware::from_fn(...)`, or, if it takes `State`, \
            by `axum::middleware::from_fn_with_state(state, ...)`",
    note = "a layer whose service is not `Clone`, such as tower's `RateLimitLayer`, needs a \
            `BufferLayer` around it, and that one a `HandleErrorLayer`"
)]
pub trait EndpointLayer: Clone + Send + Sync + 'static {
    #[doc(hidden)]
    fn apply<S: Clone + 'static>(self, inner: MethodRouter<S>) -> MethodRouter<S>;
}

impl<L> EndpointLayer for L
where
    L: Layer<Route> + Clone + Send + Sync + 'static,
    L::Service: Service<Request> + Clone + Send + Sync + 'static,
    <L::Service as Service<Request>>::Response: IntoResponse + 'static,
    <L::Service as Service<Request>>::Error: CannotFail,
    <L::Service as Service<Request>>::Future: Send + 'static,
{
    fn apply<S: Clone + 'static>(self, inner: MethodRouter<S>) -> MethodRouter<S> {
        inner.layer(self)
    }
}

/// The error of a service that answers every request.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the service of this layer can fail, and would leave a request without an answer",
    label = "fails with `{Self}`",
    note = "put `axum::error_handling::HandleErrorLayer` around it, which makes answers of errors"
)]
pub trait CannotFail: Into<Infallible> + 'static {}

impl CannotFail for Infallible {}

pub(crate) type LayerFn<S> = Arc<dyn Fn(MethodRouter<S>) -> MethodRouter<S> + Send + Sync>;

/// The layers of one seat, the innermost first.
pub(crate) struct LayerStack<S> {
    all: Vec<(Option<Endpoint>, LayerFn<S>)>,
}

impl<S> LayerStack<S> {
    pub(crate) fn new() -> Self {
        Self { all: Vec::new() }
    }

    /// The endpoints that have a layer of their own.
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.all.iter().filter_map(|(endpoint, _)| endpoint.as_ref())
    }
}

impl<S: Clone + 'static> LayerStack<S> {
    /// Adds a layer around one endpoint, or around every one.
    pub(crate) fn push(&mut self, endpoint: Option<Endpoint>, layer: impl EndpointLayer) {
        self.all.push((endpoint, Arc::new(move |inner| layer.clone().apply(inner))));
    }

    /// The layers of an endpoint.
    pub(crate) fn of(&self, endpoint: &Endpoint) -> Vec<LayerFn<S>> {
        let applies = |only: &Option<Endpoint>| only.as_ref().is_none_or(|only| only.is(endpoint));
        let layers = self.all.iter().filter(|(only, _)| applies(only));
        layers.map(|(_, layer)| Arc::clone(layer)).collect()
    }
}
