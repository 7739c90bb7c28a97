use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", concurrency = 4)]
async fn order_paid(_: &Delivery) {}

fn main() {}
