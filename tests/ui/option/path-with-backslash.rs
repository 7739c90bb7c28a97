use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/a\\b")]
async fn order_paid(_: &Delivery) {}

fn main() {}
