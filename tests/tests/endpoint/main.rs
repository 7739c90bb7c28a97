//! One mounted endpoint, from the outside: what it accepts, what it rejects, and in which order.
//!
//! The tests open no socket: they call a router as a server would.

#[path = "../common/mod.rs"]
mod common;

mod application;
mod arrival;
mod forgeries;
mod handler;
mod payload;
mod secrets;
mod signed;
mod size;
mod steps;
mod unread;

use std::borrow::Cow;

use bytes::Bytes;
use serde::Deserialize;
use webhook_runtime::{Delivery, webhook};

#[derive(Deserialize)]
struct Order<'a> {
    id: u64,
    #[serde(borrow)]
    note: Cow<'a, str>,
}

const ORDER: &str = r#"{"id":7,"note":"with care"}"#;

/// Decodes an order, and answers with its fields.
#[webhook(path = "/webhook")]
async fn order_paid(order: Order<'_>) -> String {
    format!("{}: {}", order.id, order.note)
}

/// Accepts any genuine delivery, and echoes the body.
#[webhook(path = "/webhook")]
async fn echo(delivery: &Delivery) -> Bytes {
    delivery.body().clone()
}
