use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", inbox(order_by = 7))]
async fn order_paid(_: &Delivery) {}

fn main() {}
