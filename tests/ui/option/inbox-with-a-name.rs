use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", inbox("orders"))]
async fn order_paid(_: &Delivery) {}

fn main() {}
