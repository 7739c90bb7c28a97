//! Payloads and extractors of one's own that are named like axum's.

#![deny(warnings)]

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Deserialize;
use webhook_runtime::{Webhooks, webhook};

#[derive(Deserialize)]
struct Request<'a> {
    _id: &'a str,
}

#[derive(Deserialize)]
struct Path {
    _id: u64,
}

#[derive(Deserialize)]
struct Body {
    _id: u64,
}

struct Query;

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = ();

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, ()> {
        Ok(Query)
    }
}

#[webhook(path = "/request")]
async fn request(_: Query, _: Request<'_>) {}

#[webhook(path = "/path")]
async fn path(_: Path) {}

#[webhook(path = "/body")]
async fn body(_: self::Body) {}

#[webhook(path = "/text")]
async fn text(_: Option<String>) {}

#[webhook(path = "/str")]
async fn borrowed(_: &str) {}

fn main() {
    let _: Webhooks = Webhooks::new()
        .mount::<request>()
        .mount::<path>()
        .mount::<body>()
        .mount::<text>()
        .mount::<borrowed>();
}
