use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", secret_env = "4f9c1d7ab2e8463f0d5c9e7712ab34cd")]
async fn order_paid(_: &Delivery) {}

fn main() {}
