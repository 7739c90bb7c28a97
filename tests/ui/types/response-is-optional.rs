use serde::Deserialize;
use webhook_runtime::webhook;

#[derive(Deserialize)]
struct Order {
    _id: u64,
}

#[webhook(path = "/webhook")]
async fn order_paid(_order: Order) -> Option<u64> {
    None
}

fn main() {}
