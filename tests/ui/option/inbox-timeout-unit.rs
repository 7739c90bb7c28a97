use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", inbox(timeout = "5m"))]
async fn order_paid(_: &Delivery) {}

fn main() {}
