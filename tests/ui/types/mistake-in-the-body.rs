use serde::Deserialize;
use webhook_runtime::webhook;

#[derive(Deserialize)]
struct Order {
    id: u64,
}

#[webhook(path = "/webhook")]
async fn order_paid(order: Order) -> String {
    order.id
}

fn main() {}
