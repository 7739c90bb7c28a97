use std::time::Duration;

use webhook_runtime::{Delivery, providers::SLACK, webhook};

#[webhook(path = "/slack", respond_within = Duration::from_secs(3), provider = SLACK)]
async fn on_slack(_: &Delivery) {}

fn main() {}
