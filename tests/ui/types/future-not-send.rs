use serde::Deserialize;
use std::rc::Rc;
use webhook_runtime::webhook;

#[derive(Deserialize)]
struct Order {
    _id: u64,
}

#[webhook(path = "/webhook")]
async fn order_paid(_order: Order) {
    let shared = Rc::new(5);
    std::future::ready(()).await;
    drop(shared);
}

fn main() {}
