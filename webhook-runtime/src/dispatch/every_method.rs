//! The route of an endpoint, which has its path for itself.

use axum::{
    handler::Handler,
    routing::{MethodFilter, MethodRouter, on},
};

/// The methods that axum knows by name.
const NAMED: MethodFilter = MethodFilter::GET
    .or(MethodFilter::HEAD)
    .or(MethodFilter::POST)
    .or(MethodFilter::PUT)
    .or(MethodFilter::PATCH)
    .or(MethodFilter::DELETE)
    .or(MethodFilter::OPTIONS)
    .or(MethodFilter::TRACE)
    .or(MethodFilter::CONNECT);

/// Routes every method to the handler.
///
/// `any` would not do: axum merges it with another route of the same path, which then gets requests that
/// nobody has verified. With each method by name, it panics.
pub(crate) fn every_method<H, T, S>(handler: H) -> MethodRouter<S>
where
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    on(NAMED, handler.clone()).fallback(handler)
}
