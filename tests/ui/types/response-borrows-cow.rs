use serde::Deserialize;
use std::borrow::Cow;
use webhook_runtime::webhook;

#[derive(Deserialize)]
struct Order<'a> {
    #[serde(borrow)]
    note: Cow<'a, str>,
}

#[webhook(path = "/webhook")]
async fn order_paid(order: Order<'_>) -> Cow<'_, str> {
    order.note
}

fn main() {}
