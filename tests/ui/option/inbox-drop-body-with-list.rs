use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", inbox(drop_body(true)))]
async fn order_paid(_: &Delivery) {}

fn main() {}
