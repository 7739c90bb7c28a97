use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/{*rest}/webhook")]
async fn order_paid(_: &Delivery) {}

fn main() {}
