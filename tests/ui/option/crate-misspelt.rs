use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", crate = webhook_runtim)]
async fn order_paid(_: &Delivery) {}

fn main() {}
