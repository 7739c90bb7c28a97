use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", inbox(keep = "1d", keep = "2d"))]
async fn order_paid(_: &Delivery) {}

fn main() {}
