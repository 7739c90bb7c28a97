use webhook_runtime::{Delivery, providers::GITHUB, webhook};

#[webhook(path = "/webhook", provider = GITHUBB)]
async fn order_paid(_: &Delivery) {}

fn main() {}
