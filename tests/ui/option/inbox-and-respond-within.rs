use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", inbox, respond_within = std::time::Duration::from_secs(2))]
async fn order_paid(_: &Delivery) {}

fn main() {}
