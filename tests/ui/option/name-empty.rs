use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", name = " ")]
async fn order_paid(_: &Delivery) {}

fn main() {}
