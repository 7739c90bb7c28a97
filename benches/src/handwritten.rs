//! The endpoints, as somebody who knows axum writes them without a framework.

use std::sync::Arc;

use axum::{Router, extract::State, routing::post};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, de::DeserializeOwned};
use sha2::Sha256;

use crate::{
    payload::{Advisory, Comment, Review, Text, handled},
    sample::{SECRET, Sample},
};

#[derive(Clone)]
struct App {
    secret: Arc<str>,
}

type Answer = Result<&'static str, StatusCode>;

pub(crate) fn borrowed() -> Router {
    Router::new()
        .route(Sample::Advisory.path(), post(security_advisory))
        .route(Sample::Comment.path(), post(commit_comment))
        .route(Sample::Review.path(), post(pull_request_review))
        .with_state(App { secret: SECRET.into() })
}

pub(crate) fn owned() -> Router {
    Router::new()
        .route(Sample::Advisory.path(), post(with_owned::<Advisory<String>>))
        .route(Sample::Comment.path(), post(with_owned::<Comment<String>>))
        .route(Sample::Review.path(), post(with_owned::<Review<String>>))
        .with_state(App { secret: SECRET.into() })
}

/// Reads the body, and that is all.
pub(crate) fn bare() -> Router {
    async fn read(_: Bytes) -> &'static str {
        "OK"
    }
    Sample::ALL.into_iter().fold(Router::new(), |app, sample| app.route(sample.path(), post(read)))
}

async fn security_advisory(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Answer {
    verify(&app, &headers, &body)?;
    let payload: Advisory<Text<'_>> = decode(&body)?;
    Ok(handled(&payload))
}

async fn commit_comment(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Answer {
    verify(&app, &headers, &body)?;
    let payload: Comment<Text<'_>> = decode(&body)?;
    Ok(handled(&payload))
}

async fn pull_request_review(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Answer {
    verify(&app, &headers, &body)?;
    let payload: Review<Text<'_>> = decode(&body)?;
    Ok(handled(&payload))
}

async fn with_owned<T>(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Answer
where
    T: DeserializeOwned,
{
    verify(&app, &headers, &body)?;
    let payload: T = decode(&body)?;
    Ok(handled(&payload))
}

fn verify(app: &App, headers: &HeaderMap, body: &[u8]) -> Result<(), StatusCode> {
    let sent = headers
        .get("x-hub-signature-256")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("sha256="))
        .and_then(|value| hex::decode(value).ok())
        .ok_or(StatusCode::UNAUTHORIZED)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(app.secret.as_bytes())
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    mac.update(body);
    mac.verify_slice(&sent).map_err(|_| StatusCode::UNAUTHORIZED)
}

fn decode<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, StatusCode> {
    serde_json::from_slice(body).map_err(|_| StatusCode::BAD_REQUEST)
}
