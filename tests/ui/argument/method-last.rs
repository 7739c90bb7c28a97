use axum::http::Method;
use webhook_runtime::webhook;

#[webhook(path = "/webhook")]
async fn order_paid(_method: Method) {}

fn main() {}
