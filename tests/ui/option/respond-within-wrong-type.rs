use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", respond_within = 2)]
async fn order_paid(_: &Delivery) {}

fn main() {}
