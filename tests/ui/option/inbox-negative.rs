use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", inbox(max_attempts = -1))]
async fn order_paid(_: &Delivery) {}

fn main() {}
