//! A verified delivery as a request again: what layers and extractors see.

use axum::{body::Body, extract::Request};
use http::request::Parts;

use crate::delivery::Delivery;

/// The delivery that has passed the gate: what layers behind it do to the public extension, they
/// cannot do to this one.
#[derive(Clone)]
pub(crate) struct VerifiedDelivery(pub(crate) Delivery);

/// A verified request as layers see it: whole again, with the delivery as an extension.
pub(crate) fn as_request(delivery: Delivery, mut parts: Parts) -> Request {
    parts.headers.clone_from(delivery.headers());
    let body = Body::from(delivery.body().clone());
    parts.extensions.insert(VerifiedDelivery(delivery.clone()));
    parts.extensions.insert(delivery);
    Request::from_parts(parts, body)
}
