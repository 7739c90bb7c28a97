use axum::http::HeaderMap;
use webhook_runtime::webhook;

struct Order;

#[webhook(path = "/webhook")]
async fn order_paid(_order: Order, _headers: HeaderMap) {}

fn main() {}
