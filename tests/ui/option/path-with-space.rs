use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/web hook")]
async fn order_paid(_: &Delivery) {}

fn main() {}
