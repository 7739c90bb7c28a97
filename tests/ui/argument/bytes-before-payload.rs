use axum::body::Bytes;
use webhook_runtime::webhook;

struct Order;

#[webhook(path = "/webhook")]
async fn order_paid(_body: Bytes, _order: Order) {}

fn main() {}
