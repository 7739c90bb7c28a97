use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", secret_env = "A,B")]
async fn order_paid(_: &Delivery) {}

fn main() {}
