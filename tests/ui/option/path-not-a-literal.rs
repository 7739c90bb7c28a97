use webhook_runtime::{Delivery, webhook};

const WEBHOOK: &str = "/webhook";

#[webhook(path = WEBHOOK)]
async fn order_paid(_: &Delivery) {}

fn main() {}
