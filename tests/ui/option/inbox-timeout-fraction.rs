use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", inbox(timeout = "1.5h"))]
async fn order_paid(_: &Delivery) {}

fn main() {}
