use serde::Deserialize;
use webhook_runtime::{Webhooks, webhook};

#[derive(Deserialize)]
struct Order {
    _id: u64,
}

struct User;

#[webhook(path = "/webhook")]
async fn order_paid(_user: User, _order: Order) {}

fn main() {
    let _: Webhooks = Webhooks::new().mount::<order_paid>();
}
