use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", tolerance = 5u64)]
async fn order_paid(_: &Delivery) {}

fn main() {}
