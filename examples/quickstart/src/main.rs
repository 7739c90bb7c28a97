//! One endpoint: POST `/webhook`, signed with the secret in `SECRET`, answered by `OK`.

use serde::Deserialize;
use webhook_runtime::{Webhooks, webhook};

#[derive(Deserialize)]
struct Order {
    id: u64,
    note: String,
}

/// Called once for every genuine delivery.
#[webhook(path = "/webhook", secret_env = "SECRET")]
async fn order_paid(order: Order) -> &'static str {
    println!("order {} paid: {}", order.id, order.note);
    "OK"
}

#[tokio::main]
async fn main() -> Result<(), webhook_runtime::Error> {
    Webhooks::new().mount::<order_paid>().serve("127.0.0.1:3000").await
}
