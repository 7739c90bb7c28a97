use std::time::Duration;

use tower::timeout::TimeoutLayer;
use webhook_runtime::{Delivery, Webhooks, webhook};

#[webhook(path = "/webhook")]
async fn order_paid(_: &Delivery) {}

fn main() {
    let _ = Webhooks::<()>::new()
        .mount::<order_paid>()
        .layer(TimeoutLayer::new(Duration::from_secs(1)));
}
