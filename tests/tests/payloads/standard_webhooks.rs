//! Standard Webhooks.

use std::borrow::Cow::{self, Borrowed};

use serde::Deserialize;
use webhook_runtime::{payloads::standard_webhooks, providers::HMAC_SHA256_HEX, webhook};

use crate::{answer, decode, vector};

#[test]
fn standard_webhooks_events_are_generic() {
    #[derive(Deserialize)]
    struct Order<'a> {
        amount: u64,
        #[serde(borrow)]
        note: Cow<'a, str>,
    }
    let body = vector("public/standard-webhooks/accept-1");
    let event: standard_webhooks::Event<'_, Order<'_>> = decode(&body);
    assert_eq!((&*event.kind, event.timestamp), ("order.created", None));
    assert_eq!(event.data.amount, 1999);
    assert!(matches!(event.data.note, Borrowed("café — 日本語 🚀")));

    let body = r#"{"type":"a.b","timestamp":"2026-01-02T03:04:05.678Z","data":[1]}"#;
    let event: standard_webhooks::Event<'_, Vec<u8>> = decode(body);
    assert!(matches!(event.timestamp, Some(Borrowed("2026-01-02T03:04:05.678Z"))));
    for wrong in [r#"{"type":"a.b"}"#, r#"{"data":[]}"#, r#"{"type":1,"data":[]}"#] {
        assert!(serde_json::from_str::<standard_webhooks::Event<'_, Vec<u8>>>(wrong).is_err());
    }
}

#[test]
fn timestamps_are_text_or_numbers() {
    for (sent, read) in [
        ("1749816650724", "1749816650724"),
        ("1749816650", "1749816650"),
        ("-1", "-1"),
        ("1749816650.25", "1749816650.25"),
        (r#""1749816650724""#, "1749816650724"),
        (r#""2026-01-02T03:04:05Z""#, "2026-01-02T03:04:05Z"),
    ] {
        let body = format!(r#"{{"type":"a.b","timestamp":{sent},"data":[]}}"#);
        let event: standard_webhooks::Event<'_, Vec<u8>> = decode(&body);
        assert_eq!(event.timestamp.as_deref(), Some(read));
    }
    for wrong in ["true", "[]", "{}"] {
        let body = format!(r#"{{"type":"a.b","timestamp":{wrong},"data":[]}}"#);
        assert!(serde_json::from_str::<standard_webhooks::Event<'_, Vec<u8>>>(&body).is_err());
    }
}

#[tokio::test]
async fn endpoints_take_timestamps_that_are_numbers() {
    #[webhook(path = "/webhook", provider = HMAC_SHA256_HEX)]
    async fn hook(event: standard_webhooks::Event<'_, Vec<u8>>) -> String {
        event.timestamp.expect("a time").into_owned()
    }
    let body = r#"{"type":"user.created","timestamp":1749816650724,"data":[]}"#;
    let right = answer::<hook>(&HMAC_SHA256_HEX, "application/json", body.to_owned()).await;
    assert_eq!((right.status.as_u16(), right.text()), (200, "1749816650724"));
}
