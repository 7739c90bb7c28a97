use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", inbox(rate = "0/s"))]
async fn order_paid(_: &Delivery) {}

fn main() {}
