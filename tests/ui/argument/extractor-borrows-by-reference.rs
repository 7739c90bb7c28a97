use axum::Extension;
use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook")]
async fn order_paid(_name: Extension<&str>, _: &Delivery) {}

fn main() {}
