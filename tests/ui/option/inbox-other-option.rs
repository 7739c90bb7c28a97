use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", inbox(ordered_by = "/id"))]
async fn order_paid(_: &Delivery) {}

fn main() {}
