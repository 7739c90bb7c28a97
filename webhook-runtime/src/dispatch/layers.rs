//! Middleware: layers around an endpoint run before verification, layers around its handler run
//! after it.

use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::Request,
    response::IntoResponse,
    routing::{MethodRouter, Route},
};
use tower_layer::Layer;
use tower_service::Service;

use crate::endpoint::Endpoint;

/// A [`tower`](https://docs.rs/tower) layer in the form that axum's `layer` takes: its service
/// never fails, and its response implements `IntoResponse`.
///
/// Every such layer implements this trait. A layer whose service can fail, such as a timeout, needs
/// axum's `HandleErrorLayer` around it.
#[diagnostic::on_unimplemented(
    message = "this is not a layer for a webhook",
    label = "not a `tower::Layer<axum::routing::Route>`",
    note = "turn a function into a layer with `axum::middleware::from_fn(...)`, or, if it takes `State`, \
            with `axum::middleware::from_fn_with_state(state, ...)`",
    note = "a layer whose service is not `Clone`, such as tower's `RateLimitLayer`, needs a \
            `BufferLayer` around it, and a `HandleErrorLayer` around that"
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

/// The error of a service that never fails.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the service of this layer can fail, and then a request would get no response",
    label = "fails with `{Self}`",
    note = "put `axum::error_handling::HandleErrorLayer` around it, which turns errors into responses"
)]
pub trait CannotFail: Into<Infallible> + 'static {}

impl CannotFail for Infallible {}

/// A function that wraps a route in a layer.
pub(crate) type LayerFn<S> = Arc<dyn Fn(MethodRouter<S>) -> MethodRouter<S> + Send + Sync>;

/// The layers in one place, the innermost first.
pub(crate) struct LayerStack<S> {
    all: Vec<(Option<Endpoint>, LayerFn<S>)>,
}

impl<S> LayerStack<S> {
    pub(crate) fn new() -> Self {
        Self { all: Vec::new() }
    }

    /// The endpoints with a layer of their own.
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.all.iter().filter_map(|(endpoint, _)| endpoint.as_ref())
    }
}

impl<S: Clone + 'static> LayerStack<S> {
    /// Adds a layer around one endpoint, or around all.
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
