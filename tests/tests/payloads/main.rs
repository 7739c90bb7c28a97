//! Ready-made payload types, with bodies from providers.
//!
//! `fixtures/payloads/README.md` says where the bodies come from. Bodies in these files are our own, in
//! the documented format. See the counts of spoilt bodies with `--nocapture`.

#[path = "../common/mod.rs"]
mod common;

mod discord;
mod github;
mod linear;
mod mutations;
mod paddle;
mod schema;
mod shopify;
mod slack;
mod standard_webhooks;
mod stripe;
mod survival;
mod whatsapp;
mod words;

use std::{fs, path::Path};

use axum::body::Body;
use base64ct::{Base64, Encoding as _};
use common::{PATH, SECRET, ask, post, set, sign};
use http::Request;
use serde::Deserialize;
use serde_json::Value;
use webhook_runtime::{Provider, Secret, Webhook, Webhooks};

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Decodes JSON as a handler's payload.
fn decode<'a, T: Deserialize<'a>>(body: &'a str) -> T {
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body:.300}"))
}

/// The body of a vector.
fn vector(name: &str) -> String {
    let lines = read("vectors/signatures.jsonl");
    let line = lines.lines().map(decode::<Value>).find(|line| line["name"] == name);
    let body = line.unwrap_or_else(|| panic!("no vector {name}"));
    let body = Base64::decode_vec(body["body_base64"].as_str().expect("a body")).expect("base64");
    String::from_utf8(body).expect("text")
}

/// Mounts an endpoint of this provider, and sends it a genuine request.
async fn answer<H: Webhook<()>>(
    provider: &Provider,
    content_type: &str,
    body: String,
) -> common::Answer {
    let webhooks = Webhooks::new().mount::<H>().secrets::<H>([Secret::new(SECRET)]);
    let headers = sign(provider, SECRET, body.as_bytes());
    let mut request: Request<Body> = post(PATH, headers, body);
    set(&mut request, "content-type", content_type);
    ask(&webhooks.into_router().expect("nothing is wrong with it"), request).await
}
