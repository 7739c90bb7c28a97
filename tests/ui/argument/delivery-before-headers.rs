use axum::http::HeaderMap;
use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook")]
async fn order_paid(_delivery: &Delivery, _headers: HeaderMap) {}

fn main() {}
