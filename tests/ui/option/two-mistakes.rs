use webhook_runtime::{Delivery, webhook};

#[webhook(path = "webhook", secret_env = "", retries = 3)]
async fn order_paid(_: &Delivery) {}

fn main() {}
