use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", inbox(max_age = "99999999d"))]
async fn order_paid(_: &Delivery) {}

fn main() {}
