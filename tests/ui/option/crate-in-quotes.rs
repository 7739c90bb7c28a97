use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", crate = "::webhook_runtime")]
async fn order_paid(_: &Delivery) {}

fn main() {}
