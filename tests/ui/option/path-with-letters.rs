use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/ü")]
async fn order_paid(_: &Delivery) {}

fn main() {}
