use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", secret_env = "ABCDEF0123456789ABCDEF0123456789")]
async fn order_paid(_: &Delivery) {}

fn main() {}
