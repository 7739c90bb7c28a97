use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/{}}")]
async fn order_paid(_: &Delivery) {}

fn main() {}
