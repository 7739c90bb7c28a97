use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/{id:[0-9]+}")]
async fn order_paid(_: &Delivery) {}

fn main() {}
