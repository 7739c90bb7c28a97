use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", method = "POST")]
async fn order_paid(_: &Delivery) {}

fn main() {}
