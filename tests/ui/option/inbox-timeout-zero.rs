use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", inbox(timeout = "0s"))]
async fn order_paid(_: &Delivery) {}

fn main() {}
