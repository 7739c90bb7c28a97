use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", crate = 5)]
async fn order_paid(_: &Delivery) {}

fn main() {}
