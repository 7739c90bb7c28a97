use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", max_body = "1 MiB")]
async fn order_paid(_: &Delivery) {}

fn main() {}
