use axum::http::HeaderMap;
use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook")]
async fn order_paid(#[cfg(unix)] _headers: HeaderMap, _: &Delivery) {}

fn main() {}
