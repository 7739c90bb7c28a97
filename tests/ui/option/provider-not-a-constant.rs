use webhook_runtime::{Delivery, Provider, providers::GITHUB, webhook};

fn github() -> Provider {
    GITHUB
}

#[webhook(path = "/webhook", provider = github())]
async fn order_paid(_: &Delivery) {}

fn main() {}
