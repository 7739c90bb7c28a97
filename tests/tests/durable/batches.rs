//! Batches in an inbox.

use std::time::Duration;

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use webhook_runtime::{
    Batch, Delivery, Inbox, Webhooks,
    inbox::{DeliveryState as Stands, Filter},
    providers::{LINE, META},
    webhook,
};

use crate::{Seen, records, status};

/// A batch is stored even if the queue is smaller.
#[tokio::test]
async fn a_batch_larger_than_the_queue_is_stored() {
    let inbox = Inbox::builder("").max_queued(8, 64 * 1024).open_in_memory().expect("right");
    let hooks = Webhooks::new().mount::<one_by_one>().inbox(inbox).test(Seen::default());
    let event = |n| json!({ "webhookEventId": format!("{n}"), "n": 1 });
    let batch = json!({ "events": (0..500).map(event).collect::<Vec<_>>() });
    assert_eq!(status(hooks.deliver::<one_by_one>().json(&batch)).await, 202);
    assert_eq!(records(&hooks).await.len(), 500);
}

#[derive(Deserialize)]
struct LineEvent {
    n: u8,
}

#[webhook(path = "/line", provider = LINE, inbox)]
async fn one_by_one(State(seen): State<Seen>, delivery: Delivery, event: LineEvent) -> StatusCode {
    let (index, id) = (delivery.raw_event().index(), delivery.id());
    seen.note(format!("{index:?} {id:?} {:?} {}", delivery.event(), event.n));
    if event.n == 2 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
}

#[webhook(path = "/batch", provider = LINE, inbox)]
async fn at_once(State(seen): State<Seen>, batch: Batch<'_, LineEvent>) {
    seen.note(batch.len().to_string());
}

#[webhook(path = "/meta", provider = META, inbox)]
async fn meta(State(seen): State<Seen>, delivery: Delivery, entry: serde_json::Value) {
    seen.note(format!("{:?} {:?} {entry}", delivery.raw_event().index(), delivery.event()));
}

#[tokio::test]
async fn events_of_a_batch_are_stored_one_by_one() {
    let seen = Seen::default();
    let hooks =
        Webhooks::new().mount::<one_by_one>().mount::<at_once>().mount::<meta>().test(seen.clone());
    let event = |id: &str, n: u8| json!({ "webhookEventId": id, "type": "message", "n": n });
    let batch = json!({ "events": [event("a", 1), event("b", 2), event("c", 3)] });
    assert_eq!(status(hooks.deliver::<one_by_one>().json(&batch)).await, 202);
    // In another batch, only the known event is a duplicate.
    let batch = json!({ "events": [event("b", 2), event("d", 4)] });
    assert_eq!(status(hooks.deliver::<one_by_one>().json(&batch)).await, 202);
    assert_eq!(status(hooks.deliver::<one_by_one>().json(&json!({ "events": [] }))).await, 202);
    assert_eq!(hooks.drain().await, 4);
    let mut lines = seen.take();
    lines.sort();
    assert_eq!(
        lines,
        [
            r#"Some(0) Some("a") Some("message") 1"#,
            r#"Some(1) Some("b") Some("message") 2"#,
            r#"Some(1) Some("d") Some("message") 4"#,
            r#"Some(2) Some("c") Some("message") 3"#,
        ]
    );
    // Only the failed event is retried.
    hooks.advance(Duration::from_secs(3600));
    assert_eq!(hooks.drain().await, 1);
    assert_eq!(seen.take(), [r#"Some(1) Some("b") Some("message") 2"#]);

    // A body that cannot be split is stored as one delivery.
    for odd in ["{", r#"{"event":1}"#] {
        assert_eq!(status(hooks.deliver::<one_by_one>().body(odd)).await, 202);
    }
    assert_eq!(hooks.drain().await, 2);
    let dead = hooks.inbox().list(Filter::all().state(Stands::Dead)).collect().await;
    assert_eq!(dead.expect("the inbox works").len(), 2);

    assert_eq!(status(hooks.deliver::<at_once>().json(&batch)).await, 202);
    assert_eq!(hooks.drain().await, 1);
    assert_eq!(seen.take(), ["2"]);

    let batch = json!({ "object": "page", "entry": [{ "id": "1" }, { "id": "2" }] });
    assert_eq!(status(hooks.deliver::<meta>().json(&batch)).await, 202);
    assert_eq!(hooks.drain().await, 2);
    let mut lines = seen.take();
    lines.sort();
    let entries = [r#"Some(0) Some("page") {"id":"1"}"#, r#"Some(1) Some("page") {"id":"2"}"#];
    assert_eq!(lines, entries);
}
