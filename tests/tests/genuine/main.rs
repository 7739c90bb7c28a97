//! Unusual requests that vendors really send, and their forged twins: requests that look alike, and
//! must be refused or reach no handler.

#[path = "../common/mod.rs"]
mod common;

mod bodies;
mod events;
mod families;
mod probes;
mod queries;
mod signatures;
mod unreadable;

use std::time::Duration;

use axum::{Router, body::Body};
use http::{HeaderMap, Request};
use webhook_runtime::{Delivery, Provider, Secret, Webhook, Webhooks, scheme::RequestToSign};

use common::SECRET;

/// The public URL, without the path.
const PUBLIC: &str = "https://example.com";

/// The id and the event that a handler has seen.
fn told(delivery: &Delivery) -> String {
    let [id, event] = [delivery.id(), delivery.event()].map(Option::unwrap_or_default);
    format!("{id} {event}")
}

/// An endpoint with a secret of its own and a public URL.
fn router_with<H: Webhook<()>>(secret: &'static str) -> Router {
    Webhooks::new()
        .mount::<H>()
        .secrets::<H>([Secret::new(secret)])
        .public_url(PUBLIC)
        .body_timeout(Duration::from_secs(5))
        .into_router()
        .expect("nothing is wrong with it")
}

fn router<H: Webhook<()>>() -> Router {
    router_with::<H>(SECRET)
}

/// The headers that a provider sends with a request.
fn signed(provider: &Provider, request: &RequestToSign<'_>) -> HeaderMap {
    provider.sign(&Secret::new(SECRET), request).expect("it can be signed").headers
}

fn with(mut request: Request<Body>, headers: &[(&'static str, &str)]) -> Request<Body> {
    for (name, value) in headers {
        common::set(&mut request, name, value);
    }
    request
}
