use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", respond_within = 1.5)]
async fn order_paid(_: &Delivery) {}

fn main() {}
