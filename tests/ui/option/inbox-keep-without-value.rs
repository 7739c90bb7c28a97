use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", inbox(keep))]
async fn order_paid(_: &Delivery) {}

fn main() {}
