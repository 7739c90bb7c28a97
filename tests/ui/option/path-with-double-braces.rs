use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/{{id}}")]
async fn order_paid(_: &Delivery) {}

fn main() {}
