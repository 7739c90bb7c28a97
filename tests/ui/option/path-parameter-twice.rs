use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/{a}/{a}")]
async fn order_paid(_: &Delivery) {}

fn main() {}
