use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", crate = ::hooks)]
async fn order_paid(_: &Delivery) {}

fn main() {}
