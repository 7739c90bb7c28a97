//! Deduplication: which deliveries count as the same.

use std::time::Duration;

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use webhook_runtime::{
    Delivery, Field, Provider, Secret, SecretSource, SourceError, Tenant, UnknownEvent,
    WebhookEvent, Webhooks,
    providers::{
        CLOUDEVENTS, DROPBOX, GITEA, GITHUB, MAILGUN, MICROSOFT_GRAPH, SHOPIFY, STANDARD_WEBHOOKS,
        TWILIO,
    },
    scheme::Scheme,
    webhook,
};

use crate::{Seen, id_in_body, records, status, unsigned_id};

#[webhook(path = "/standard", provider = STANDARD_WEBHOOKS, inbox)]
async fn signed_id(State(seen): State<Seen>, delivery: &Delivery) {
    seen.note(delivery.id().unwrap_or_default());
}

#[tokio::test]
async fn duplicates_are_handled_once() {
    let seen = Seen::default();
    let hooks = Webhooks::new()
        .mount::<unsigned_id>()
        .mount::<signed_id>()
        .mount::<id_in_body>()
        .test(seen.clone());
    // An unsigned id does not count: anybody could give a recorded delivery another one.
    for id in ["one", "two"] {
        let again = hooks.deliver::<unsigned_id>().id(id).event("push").body("{}");
        assert_eq!(status(again).await, 202);
    }
    let other = hooks.deliver::<unsigned_id>().id("one").event("push").body("{} ");
    assert_eq!(status(other).await, 202);
    assert_eq!(hooks.drain().await, 2);
    assert_eq!(seen.take(), ["{}", "{} "]);

    // A signed id counts, whatever else changes: each retry has another signing time.
    for (id, body) in [("m1", "{}"), ("m1", "[]"), ("m2", "{}")] {
        hooks.advance(Duration::from_secs(60));
        assert_eq!(status(hooks.deliver::<signed_id>().id(id).body(body)).await, 202);
    }
    assert_eq!(hooks.drain().await, 2);
    assert_eq!(seen.take(), ["m1", "m2"]);
    for (id, live) in [("evt_1", true), ("evt_1", false), ("evt_2", true)] {
        let event = json!({ "id": id, "type": "a", "livemode": live });
        assert_eq!(status(hooks.deliver::<id_in_body>().json(&event)).await, 202);
    }
    assert_eq!(hooks.drain().await, 2);
    assert_eq!(seen.take(), ["evt_1", "evt_2"]);
    let counts = hooks.inbox().stats().await.expect("the inbox works");
    assert_eq!((counts.stored, counts.duplicates, counts.completed), (6, 3, 6));
}

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("push")]
    Push(Push),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[derive(Deserialize)]
struct Push {
    n: u8,
}

#[webhook(path = "/events", provider = GITHUB, inbox)]
async fn events(State(seen): State<Seen>, event: Event<'_>) -> StatusCode {
    match event {
        Event::Push(push) => seen.note(format!("push {}", push.n)),
        Event::Other(other) => seen.note(other.name()),
    }
    StatusCode::OK
}

#[webhook(path = "/pushes", provider = GITHUB, inbox)]
async fn pushes(State(seen): State<Seen>, delivery: Delivery, push: Push) -> StatusCode {
    seen.note(format!("{:?} {}", delivery.event(), push.n));
    if delivery.event().as_deref() == Some("push") { StatusCode::OK } else { StatusCode::GONE }
}

/// A stranger who is faster than the provider writes what is not signed.
#[tokio::test]
async fn the_first_copy_does_not_win_by_what_is_not_signed() {
    let seen = Seen::default();
    let hooks = Webhooks::new().mount::<events>().mount::<pushes>().test(seen.clone());
    let body = r#"{"n":7}"#;

    // The content type decides nothing: nobody sends JSON as an image.
    let relabelled = hooks.deliver::<events>().event("push").body(body).content_type("image/png");
    assert_eq!(status(relabelled).await, 415);
    for content_type in ["application/x-www-form-urlencoded", "text/plain", "application/json"] {
        let copy = hooks.deliver::<events>().event("push").body(body).content_type(content_type);
        assert_eq!(status(copy).await, 202);
    }
    assert_eq!(hooks.drain().await, 1);
    assert_eq!(seen.take(), ["push 7"]);

    // A copy whose event name let it die is revived under the name of the next one.
    assert_eq!(status(hooks.deliver::<pushes>().event("ping").body(body)).await, 202);
    assert_eq!(hooks.drain().await, 1);
    assert_eq!(status(hooks.deliver::<pushes>().event("push").body(body)).await, 202);
    assert_eq!(hooks.drain().await, 1);
    assert_eq!(seen.take(), [r#"Some("ping") 7"#, r#"Some("push") 7"#]);

    // One that was completed under another name stays completed: see the threat model.
    let body = r#"{"n":8}"#;
    for event in ["ping", "push"] {
        assert_eq!(status(hooks.deliver::<events>().event(event).body(body)).await, 202);
        hooks.drain().await;
    }
    assert_eq!(seen.take(), ["ping"]);
}

#[webhook(path = "/graph", provider = MICROSOFT_GRAPH, inbox)]
async fn graph(State(seen): State<Seen>, delivery: Delivery, item: serde_json::Value) {
    seen.note(format!("{} {}", delivery.id().unwrap_or_default(), item["subject"]));
}

/// An id tells copies, also where the same bytes do not; and no copy of a text keeps the secret.
#[tokio::test]
async fn an_id_is_enough_and_secrets_are_masked() {
    let seen = Seen::default();
    let hooks = Webhooks::new().mount::<graph>().test(seen.clone());
    let body = r#"{"value":[{"id":"n1","subject":"cut \ud83d"},{"id":"n2","subject":"b"}]}"#;
    let item = json!({ "value": [{ "id": "n1", "subject": "a" }] });
    for _ in 0..2 {
        assert_eq!(status(hooks.deliver::<graph>().json(&item)).await, 202);
    }
    assert_eq!(hooks.drain().await, 1);
    assert_eq!(seen.take(), [r#"n1 "a""#]);
    // Text that no JSON value holds is sent as it is, with the secret in its place.
    let state = "s3cret of the subscription";
    let text = body.replace("{\"id\"", &format!("{{\"clientState\":\"{state}\",\"id\""));
    let hooks =
        Webhooks::new().mount::<graph>().secrets::<graph>([Secret::new(state)]).test(seen.clone());
    assert_eq!(status(hooks.deliver::<graph>().body(text).unsigned()).await, 202);
    for record in records(&hooks).await {
        let stored = hooks.inbox().get(record.id).await.expect("it works").expect("it is there");
        let stored = String::from_utf8_lossy(&stored.body).into_owned();
        assert!(stored.contains("****") && !stored.contains("s3cret"), "{stored}");
    }
    assert_eq!(hooks.drain().await, 2);
    assert_eq!(seen.take(), ["n1 \"cut \u{fffd}\"", r#"n2 "b""#]);
}

/// A provider that signs one field of a form has signed nothing else of it.
#[tokio::test]
async fn only_the_signed_field_of_a_form_is_handed_out() {
    let seen = Seen::default();
    let hooks = Webhooks::new().mount::<gitea>().test(seen.clone());
    let json = r#"{"n":7}"#;
    assert_eq!(status(hooks.deliver::<gitea>().event("push").body(json)).await, 202);
    for further in ["", "&n=8", "&n=9"] {
        let form = format!("payload=%7B%22n%22%3A7%7D{further}");
        let copy = hooks.deliver::<gitea>().event("push").body(form);
        let copy = copy.content_type("application/x-www-form-urlencoded");
        assert_eq!(status(copy).await, 202);
    }
    assert_eq!(hooks.drain().await, 1);
    let form = "n=8&payload=%7B%22n%22%3A+8%7D&n=9";
    let other = hooks.deliver::<gitea>().event("push").body(form);
    let other = other.content_type("application/x-www-form-urlencoded");
    assert_eq!(status(other).await, 202);
    assert_eq!(hooks.drain().await, 1);
    assert_eq!(seen.take(), [r#"application/json {"n":7}"#, r#"application/json {"n": 8}"#]);
}

#[webhook(path = "/gitea", provider = GITEA, inbox)]
async fn gitea(State(seen): State<Seen>, delivery: &Delivery) {
    let kind = delivery.headers().get("content-type").and_then(|kind| kind.to_str().ok());
    let body = String::from_utf8_lossy(delivery.body());
    seen.note(format!("{} {body}", kind.unwrap_or_default()));
}

/// Unsigned details of the request do not make a new delivery.
#[tokio::test]
async fn unsigned_changes_are_still_duplicates() {
    let seen = Seen::default();
    let hooks = Webhooks::new()
        .mount::<id_in_body>()
        .mount::<twilio>()
        .mount::<mailgun>()
        .test(seen.clone());
    for content_type in ["application/json", "text/css", "application/x-www-form-urlencoded"] {
        let delivery = hooks.deliver::<id_in_body>().body(r#"{"id":"evt_1"}"#);
        assert_eq!(status(delivery.content_type(content_type)).await, 202);
    }
    for form in ["MessageSid=SM1&Body=x", "Body=x&MessageSid=SM1", "Body=%78&MessageSid=SM1"] {
        let delivery = hooks.deliver::<twilio>().body(form);
        let delivery = delivery.content_type("application/x-www-form-urlencoded");
        assert_eq!(status(delivery).await, 202);
    }
    for body in [json!({ "event-data": { "event": "opened" } }), json!({ "n": 1 })] {
        assert_eq!(status(hooks.deliver::<mailgun>().id("t1").json(&body)).await, 202);
    }
    assert_eq!(hooks.drain().await, 3);
    assert_eq!(records(&hooks).await.len(), 3);
}

#[webhook(path = "/twilio", provider = TWILIO, inbox)]
async fn twilio(_: &Delivery) {}

#[webhook(path = "/mailgun", provider = MAILGUN, inbox)]
async fn mailgun(_: &Delivery) {}

/// Some providers send the same bytes for different events. None is lost.
#[tokio::test]
async fn same_bytes_can_be_different_deliveries() {
    let hooks = Webhooks::new()
        .mount::<dropbox>()
        .mount::<shopify>()
        .mount::<shopify_raw>()
        .mount::<cloud>()
        .mount::<id_in_body>()
        .test(Seen::default());
    for _ in 0..3 {
        let changed = hooks.deliver::<dropbox>().body(r#"{"list_folder":{"accounts":["a"]}}"#);
        assert_eq!(status(changed).await, 200);
    }
    assert_eq!(hooks.drain().await, 3);
    let topics = ["orders/create", "orders/paid", "orders/create", "a/b", "c/d", "orders", "o"];
    for topic in topics {
        let order = hooks.deliver::<shopify>().event(topic).body(r#"{"id":1}"#);
        assert_eq!(status(order).await, 202);
        let order = hooks.deliver::<shopify_raw>().event(topic).body(r#"{"id":1}"#);
        assert_eq!(status(order).await, 202);
    }
    // Once for each topic with a variant, once for all others, and once for the raw handler.
    assert_eq!(hooks.drain().await, 4);
    for id in ["1", "2", "1"] {
        assert_eq!(status(hooks.deliver::<cloud>().id(id).body("{}")).await, 202);
    }
    assert_eq!(hooks.drain().await, 2);
    // Deliveries without an id are not duplicates of each other.
    for n in 1..=3 {
        let event = hooks.deliver::<id_in_body>().body(format!(r#"{{"id":"","n":{n}}}"#));
        assert_eq!(status(event).await, 202);
    }
    assert_eq!(hooks.drain().await, 3);
}

#[webhook(path = "/dropbox", provider = DROPBOX, inbox)]
async fn dropbox(_: &Delivery) {}

#[derive(WebhookEvent)]
enum Topic<'a> {
    #[event("orders/create", "orders/paid")]
    Order,
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[webhook(path = "/shopify", provider = SHOPIFY, inbox)]
async fn shopify(topic: Topic<'_>) {
    match topic {
        Topic::Order => {}
        Topic::Other(other) => drop(other.name().to_owned()),
    }
}

#[webhook(path = "/shopify-raw", provider = SHOPIFY, inbox)]
async fn shopify_raw(_: &Delivery) {}

#[webhook(path = "/cloud", provider = CLOUDEVENTS, inbox)]
async fn cloud(_: &Delivery) {}

const SHOP: Provider = Provider::new("shop", Scheme::hmac_sha256().header("x-shop").hex())
    .with_event(Field::header("x-topic"));

#[webhook(path = "/shops/{shop}", provider = SHOP, inbox)]
async fn shop(State(seen): State<Seen>, delivery: &Delivery) {
    seen.note(delivery.tenant().param("shop").unwrap_or_default());
}

struct Shops;

impl SecretSource for Shops {
    async fn secrets(&self, tenant: &Tenant) -> Result<Vec<Secret>, SourceError> {
        Ok(vec![Secret::new(format!("of {}", tenant.param("shop").unwrap_or_default()))])
    }
}

#[tokio::test]
async fn tenants_do_not_share_dedup_keys() {
    let seen = Seen::default();
    let hooks = Webhooks::new().mount::<shop>().secret_source::<shop>(Shops).test(seen.clone());
    for name in ["a", "b", "a"] {
        assert_eq!(status(hooks.deliver::<shop>().param("shop", name).body("{}")).await, 202);
    }
    assert_eq!(hooks.drain().await, 2);
    let mut shops = seen.take();
    shops.sort();
    assert_eq!(shops, ["a", "b"]);
}
