//! A verified delivery as a request, for layers and extractors.

use axum::{body::Body, extract::Request};
use http::request::Parts;

use crate::delivery::Delivery;

/// The verified delivery in the request's extensions. Layers can replace the public extension, but
/// not this one.
#[derive(Clone)]
pub(crate) struct VerifiedDelivery(pub(crate) Delivery);

/// Builds the request that layers see: complete, with the delivery in its extensions.
pub(crate) fn as_request(delivery: Delivery, mut parts: Parts) -> Request {
    parts.headers.clone_from(delivery.headers());
    let body = Body::from(delivery.body().clone());
    parts.extensions.insert(VerifiedDelivery(delivery.clone()));
    parts.extensions.insert(delivery);
    Request::from_parts(parts, body)
}
