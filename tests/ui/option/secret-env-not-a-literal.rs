use webhook_runtime::{Delivery, webhook};

const SECRET: &str = "SECRET";

#[webhook(path = "/webhook", secret_env = SECRET)]
async fn order_paid(_: &Delivery) {}

fn main() {}
