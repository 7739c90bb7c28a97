//! The handle of a series is cached while the series is in use, and registered again afterwards.

use std::time::Duration;

use webhook_runtime::{Delivery, webhook};

use crate::{
    common::{delivery_to, status, webhooks},
    recorder::{asked, forget, install, value},
};

#[webhook(path = "/busy")]
async fn busy(_: &Delivery) {}

#[tokio::test]
async fn a_busy_series_is_registered_seldom() {
    install();
    let router = webhooks::<busy>().into_router().unwrap();
    let requests =
        "webhook_requests_total{endpoint=busy,provider=hmac-sha256-hex,outcome=accepted,reason=}";
    for _ in 0..500 {
        assert_eq!(status(&router, delivery_to("/busy", "{}")).await, 200);
    }
    assert_eq!(value(requests), Some(500.0));
    assert!(asked(requests) < 50, "{} times", asked(requests));

    forget(requests);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(status(&router, delivery_to("/busy", "{}")).await, 200);
    assert_eq!(value(requests), Some(1.0), "an exporter that has forgotten it sees it again");
}
