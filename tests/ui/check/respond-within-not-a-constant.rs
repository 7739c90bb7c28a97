use std::time::Duration;

use webhook_runtime::{Delivery, webhook};

fn configured() -> Duration {
    Duration::from_secs(2)
}

#[webhook(path = "/webhook", respond_within = configured())]
async fn on_webhook(_: &Delivery) {}

fn main() {}
