//! The one application that answers all of it.

use axum::{Router, extract::State, routing::post};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, StatusCode};
use sha2::Sha256;
use webhook_benches::SECRET;
use webhook_runtime::{Delivery, Secret, Webhooks, providers::GITHUB, webhook};

/// What this program is told, to serve it.
pub(crate) const NAME: &str = "serve";

/// Where the generated endpoint is.
pub(crate) const GENERATED: &str = "/generated";
/// Where the handler that is written by hand is.
pub(crate) const BY_HAND: &str = "/by_hand";
/// Where nothing is.
pub(crate) const NOWHERE: &str = "/nowhere";

#[webhook(path = "/generated", provider = GITHUB)]
async fn generated(_: &Delivery) {}

pub(crate) fn router() -> Router {
    let key = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key of any length");
    let by_hand = Router::new().route(BY_HAND, post(by_hand)).with_state(key);
    Webhooks::new()
        .mount::<generated>()
        .secrets::<generated>([Secret::new(SECRET)])
        .into_router()
        .expect("nothing is wrong with it")
        .merge(by_hand)
}

/// Reads the body and hashes it, with a key that was prepared; and that is all.
async fn by_hand(
    State(mut mac): State<Hmac<Sha256>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let sent = headers
        .get("x-hub-signature-256")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("sha256="))
        .and_then(|value| hex::decode(value).ok());
    mac.update(&body);
    match sent.map(|sent| mac.verify_slice(&sent)) {
        Some(Ok(())) => StatusCode::OK,
        _ => StatusCode::UNAUTHORIZED,
    }
}
