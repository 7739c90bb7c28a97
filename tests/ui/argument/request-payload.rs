use axum::extract::Request;
use webhook_runtime::webhook;

#[webhook(path = "/webhook")]
async fn order_paid(_request: Request) {}

fn main() {}
