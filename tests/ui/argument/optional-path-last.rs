use axum::extract::Path;
use webhook_runtime::webhook;

#[webhook(path = "/webhook")]
async fn order_paid(_id: Option<Path<u64>>) {}

fn main() {}
