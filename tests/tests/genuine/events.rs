//! Azure Event Grid in the two schemas.

use http::HeaderMap;
use serde::Deserialize;
use webhook_runtime::{Delivery, UnknownEvent, WebhookEvent, providers::EVENT_GRID, webhook};

use crate::{
    common::{ask, post, status},
    router_with, told, with,
};

#[derive(Deserialize)]
struct Blob {
    subject: String,
}

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("Microsoft.Storage.BlobCreated")]
    Created(Blob),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[webhook(path = "/webhook", provider = EVENT_GRID)]
async fn typed(delivery: Delivery, event: Event<'_>) -> String {
    match event {
        Event::Created(blob) => format!("{} {}", told(&delivery), blob.subject),
        Event::Other(other) => format!("{} other {:?}", told(&delivery), other.name()),
    }
}

#[webhook(path = "/webhook", provider = EVENT_GRID)]
async fn whole(delivery: &Delivery) -> String {
    delivery.event().unwrap_or_default().into_owned()
}

/// <https://learn.microsoft.com/azure/event-grid/cloud-event-schema>
#[tokio::test]
async fn event_grid_names_its_events_in_both_schemas() {
    const NAME: &str = "Microsoft.Storage.BlobCreated";
    let (typed, whole) = (router_with::<typed>("c0de"), router_with::<whole>("c0de"));
    let sent = |json: &str, kind: &str| {
        let request = post("/webhook?code=c0de", HeaderMap::new(), json.to_owned());
        with(request, &[("content-type", kind), ("aeg-event-type", "Notification")])
    };
    let cloud = format!(r#"{{"specversion":"1.0","type":"{NAME}","id":"7","subject":"s"}}"#);
    let grid = format!(r#"{{"eventType":"{NAME}","type":"Evil","id":"7","subject":"s"}}"#);
    for (json, kind) in [
        (cloud.clone(), "application/cloudevents+json; charset=utf-8"),
        (format!("[{cloud}]"), "application/cloudevents-batch+json"),
        (format!("[{grid}]"), "application/json; charset=utf-8"),
    ] {
        let answer = ask(&typed, sent(&json, kind)).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (200, format!("7 {NAME} s").as_str()));
        assert_eq!(ask(&whole, sent(&json, kind)).await.text(), NAME);
    }
    let other = ask(&typed, sent(r#"{"id":"7"}"#, "application/json")).await;
    assert_eq!(other.text(), "7  other \"\"");
    let forged = post("/webhook?code=c0d", HeaderMap::new(), cloud);
    assert_eq!(status(&typed, forged).await, 401);
}
