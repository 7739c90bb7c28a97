use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", inbox(backoff = 5))]
async fn order_paid(_: &Delivery) {}

fn main() {}
