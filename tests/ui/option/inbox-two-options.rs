use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", inbox(order_by = "/id", lease = 3))]
async fn order_paid(_: &Delivery) {}

fn main() {}
