//! Standard Webhooks.

use std::borrow::Cow::{self, Borrowed};

use serde::Deserialize;
use serde_json::{Value, json};
use webhook_runtime::{
    UnknownEvent, WebhookEvent, Webhooks,
    payloads::standard_webhooks,
    providers::{CLERK, HMAC_SHA256_HEX, SVIX},
    webhook,
};

use crate::{answer, decode, vector};

/// Events as the specification recommends them, and as senders with Svix write them: with a number
/// as the time, with another field for it, and with more fields.
pub(crate) fn events() -> Vec<Value> {
    vec![
        decode(&vector("public/standard-webhooks/accept-1")),
        json!({ "type": "a.b", "timestamp": 1_749_816_650_724_u64, "data": [null] }),
        json!({
            "type": "user.created", "object": "event", "timestamp": 1_749_816_650_724_u64,
            "data": { "id": "user_1" }, "instance_id": "ins_1",
            "event_attributes": { "http_request": { "client_ip": "0.0.0.0" } },
        }),
        json!({
            "type": "email.sent", "created_at": "2026-01-02T03:04:05.000Z",
            "data": { "email_id": "1", "to": ["jo@example.com"] },
        }),
        json!({
            "type": "response.completed", "object": "event", "id": "evt_1",
            "created_at": 1_749_816_650, "data": { "id": "resp_1" },
        }),
    ]
}

#[test]
fn events_of_senders_decode() {
    for body in events() {
        let text = body.to_string();
        let event: standard_webhooks::Event<'_, Value> = decode(&text);
        assert_eq!(
            (&*event.kind, &event.data),
            (body["type"].as_str().expect("text"), &body["data"])
        );
    }
}

/// The type is in the signed body. Svix repeats nothing of it in a header.
#[tokio::test]
async fn the_signed_type_chooses_the_data() {
    #[derive(Deserialize)]
    struct User<'a> {
        #[serde(borrow)]
        id: Cow<'a, str>,
    }
    #[derive(Deserialize)]
    struct Email<'a> {
        #[serde(borrow)]
        to: Vec<Cow<'a, str>>,
    }
    #[derive(WebhookEvent)]
    #[event(strict)]
    enum Event<'a> {
        #[event("user.created")]
        User(standard_webhooks::Event<'a, User<'a>>),
        #[event("email.sent")]
        Email(standard_webhooks::Event<'a, Email<'a>>),
        #[event(other)]
        Other(UnknownEvent<'a>),
    }
    fn told(event: Event<'_>) -> String {
        match event {
            Event::User(event) => event.data.id.into_owned(),
            Event::Email(event) => event.data.to.concat(),
            Event::Other(other) => format!("other {}", other.name()),
        }
    }
    #[webhook(path = "/svix", provider = SVIX)]
    async fn svix(event: Event<'_>) -> String {
        told(event)
    }
    #[webhook(path = "/clerk", provider = CLERK)]
    async fn clerk(event: Event<'_>) -> String {
        told(event)
    }
    let hooks = Webhooks::new().mount::<svix>().mount::<clerk>().test(());
    let expected = [
        "other order.created",
        "other a.b",
        "user_1",
        "jo@example.com",
        "other response.completed",
    ];
    for (body, told) in events().iter().zip(expected) {
        for delivery in [hooks.deliver::<svix>(), hooks.deliver::<clerk>()] {
            let answer = delivery.body(body.to_string()).await;
            assert_eq!((answer.status().as_u16(), &*answer.text()), (200, told));
        }
    }
    let untyped = hooks.deliver::<svix>().body(r#"{"type":"user.created","data":{}}"#).await;
    assert_eq!(
        (untyped.status().as_u16(), &untyped.json::<Value>()["path"]),
        (422, &json!("data.id"))
    );
}

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
