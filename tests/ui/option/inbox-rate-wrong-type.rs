use std::time::Duration;

use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", inbox(rate = Duration::from_secs(1)))]
async fn order_paid(_: &Delivery) {}

fn main() {}
