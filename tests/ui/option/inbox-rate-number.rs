use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", inbox(rate = 100))]
async fn order_paid(_: &Delivery) {}

fn main() {}
