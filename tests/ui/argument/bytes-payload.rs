use axum::body::Bytes;
use webhook_runtime::webhook;

#[webhook(path = "/webhook")]
async fn order_paid(_body: Bytes) {}

fn main() {}
