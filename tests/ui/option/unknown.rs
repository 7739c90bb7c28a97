use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", colour = "red")]
async fn order_paid(_: &Delivery) {}

fn main() {}
