//! Enums of events as payloads of mounted endpoints: each delivery gets its variant, and none is
//! lost.

#[path = "../common/mod.rs"]
mod common;

mod body;
mod names;
mod nested;
mod providers;

use std::borrow::Cow;

use axum::{Router, body::Body};
use bytes::Bytes;
use common::{PATH, SECRET, ask, post, set, sign};
use http::Request;
use serde::Deserialize;
use webhook_runtime::{Provider, UnknownEvent, providers::GITHUB};

/// A genuine delivery of JSON, with these headers beside the signature.
fn delivery(
    provider: &Provider,
    headers: &[(&'static str, &str)],
    body: impl Into<Bytes>,
) -> Request<Body> {
    let body = body.into();
    let mut request = post(PATH, sign(provider, SECRET, &body), body);
    set(&mut request, "content-type", "application/json");
    for (name, value) in headers {
        set(&mut request, name, value);
    }
    request
}

/// Returns the handler's answer.
async fn told(router: &Router, request: Request<Body>) -> String {
    let answer = ask(router, request).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text().to_owned()
}

/// Describes an unknown event.
fn tell(unknown: &UnknownEvent<'_>) -> String {
    let bytes = unknown.bytes().len();
    let mut told = format!("other: {} {:?} {bytes} bytes", unknown.name(), unknown.action());
    if let Some(error) = unknown.error() {
        assert_eq!(error.status(), 422);
        told.push_str(", does not fit");
    }
    told
}

#[derive(Deserialize)]
struct Push<'a> {
    #[serde(borrow, rename = "ref")]
    reference: Cow<'a, str>,
    commits: Vec<Commit<'a>>,
}

#[derive(Deserialize)]
struct Commit<'a> {
    #[serde(borrow)]
    message: Cow<'a, str>,
}

fn of_github(event: &str, body: impl Into<Bytes>) -> Request<Body> {
    delivery(&GITHUB, &[("x-github-event", event)], body)
}

#[derive(Deserialize)]
struct Issues {
    issue: Issue,
}

#[derive(Deserialize)]
struct Issue {
    number: u64,
}
