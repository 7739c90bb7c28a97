use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", inbox(backoff = "0s..1s"))]
async fn order_paid(_: &Delivery) {}

fn main() {}
