use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook?source=github")]
async fn order_paid(_: &Delivery) {}

fn main() {}
