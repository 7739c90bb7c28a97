//! One mounted endpoint, from the outside: what it takes, what it refuses, and in which order.
//!
//! Nothing here opens a socket: a router is asked as a server would ask it.

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

/// Takes an order, and tells what it read.
#[webhook(path = "/webhook")]
async fn order_paid(order: Order<'_>) -> String {
    format!("{}: {}", order.id, order.note)
}

/// Takes whatever is genuine, and gives it back.
#[webhook(path = "/webhook")]
async fn echo(delivery: &Delivery) -> Bytes {
    delivery.body().clone()
}
