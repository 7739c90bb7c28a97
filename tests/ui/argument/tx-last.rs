use webhook_runtime::{Tx, webhook};

#[webhook(path = "/webhook", inbox)]
async fn order_paid(_tx: Tx) {}

fn main() {}
