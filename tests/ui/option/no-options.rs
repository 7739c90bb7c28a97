use webhook_runtime::{Delivery, webhook};

#[webhook]
async fn order_paid(_: &Delivery) {}

fn main() {}
