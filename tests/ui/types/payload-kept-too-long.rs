use serde::Deserialize;
use webhook_runtime::webhook;

#[derive(Deserialize)]
struct Order<'a> {
    _note: &'a str,
}

#[webhook(path = "/webhook")]
async fn order_paid(_order: Order<'static>) {}

fn main() {}
