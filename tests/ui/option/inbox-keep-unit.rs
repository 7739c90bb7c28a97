use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", inbox(keep = "2 weeks"))]
async fn order_paid(_: &Delivery) {}

fn main() {}
