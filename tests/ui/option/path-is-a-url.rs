use webhook_runtime::{Delivery, webhook};

#[webhook(path = "https://example.com/webhook")]
async fn order_paid(_: &Delivery) {}

fn main() {}
