use webhook_runtime::{Delivery, Tx, webhook};

#[webhook(path = "/webhook")]
async fn order_paid(_tx: Tx, _: &Delivery) {}

fn main() {}
