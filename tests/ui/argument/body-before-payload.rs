use axum::body::Body;
use webhook_runtime::webhook;

struct Order;

#[webhook(path = "/webhook")]
async fn order_paid(_body: Body, _order: Order) {}

fn main() {}
