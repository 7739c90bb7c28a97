//! An opaque return type captures the lifetime of the payload.

#![deny(warnings)]

use axum::response::IntoResponse;
use serde::Deserialize;
use std::borrow::Cow;
use webhook_runtime::{Webhooks, webhook};

#[derive(Deserialize)]
struct Order<'a> {
    #[serde(borrow)]
    note: Cow<'a, str>,
}

#[webhook(path = "/webhook")]
async fn order_paid(order: Order<'_>) -> impl IntoResponse {
    order.note.into_owned()
}

fn main() {
    let _: Webhooks = Webhooks::new().mount::<order_paid>();
}
