use axum::http;
use webhook_runtime::webhook;

#[webhook(path = "/webhook")]
async fn order_paid(_request: http::Request<()>) {}

fn main() {}
