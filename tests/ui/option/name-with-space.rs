use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", name = "paid orders")]
async fn order_paid(_: &Delivery) {}

fn main() {}
