//! One endpoint: POST `/webhook`, signed with the secret in `SECRET`, answered by `OK`.

use std::borrow::Cow;

use serde::Deserialize;
use webhook_runtime::{Webhooks, webhook};

#[derive(Deserialize)]
struct Order<'a> {
    id: u64,
    #[serde(borrow)]
    note: Cow<'a, str>, // borrowed from the request's body: no copy
}

/// Called once for every genuine delivery.
#[webhook(path = "/webhook", secret_env = "SECRET")]
async fn order_paid(order: Order<'_>) -> &'static str {
    println!("order {} paid: {}", order.id, order.note);
    "OK"
}

#[tokio::main]
async fn main() -> Result<(), webhook_runtime::Error> {
    Webhooks::new().mount::<order_paid>().serve("127.0.0.1:3000").await
}
