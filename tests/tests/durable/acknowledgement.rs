//! Storing and acknowledging.

use serde_json::json;
use webhook_runtime::{
    Batch, Delivery, Secret, Webhooks,
    providers::{EVENT_GRID, GITLAB, XERO},
    webhook,
};

use crate::{Seen, records, status, unsigned_id};

/// Credentials are not stored, wherever they stand in the request.
#[tokio::test]
async fn credentials_are_not_stored() {
    let canary = "CANARY-of-this-test";
    let secret = || [Secret::new(canary)];
    let hooks = Webhooks::new()
        .mount::<gitlab>()
        .secrets::<gitlab>(secret())
        .mount::<grid>()
        .secrets::<grid>(secret())
        .mount::<unsigned_id>()
        .secrets::<unsigned_id>(secret())
        .test(Seen::default());
    assert_eq!(status(hooks.deliver::<gitlab>().event("Push Hook").body("{}")).await, 202);
    assert_eq!(
        status(hooks.deliver::<grid>().query("a=b").json(&json!([{ "id": "1" }]))).await,
        202
    );
    assert_eq!(status(hooks.deliver::<unsigned_id>().event("push").body("{}")).await, 202);
    for record in records(&hooks).await {
        let stored = hooks.inbox().get(record.id).await.expect("it works").expect("it is there");
        let head = &stored.head;
        let values = head.headers.values().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let all = values.map(Into::into).chain([head.uri.clone(), format!("{:?}", head.query)]);
        for text in all {
            assert!(!text.contains(canary) && !text.contains("sha256="), "{text}");
        }
        assert_eq!(head.uri.contains("a=b"), record.endpoint == "grid", "{}", head.uri);
    }
}

#[webhook(path = "/gitlab", provider = GITLAB, inbox)]
async fn gitlab(_: &Delivery) {}

#[webhook(path = "/grid", provider = EVENT_GRID, inbox)]
async fn grid(_: serde_json::Value) {}

#[tokio::test]
async fn forgeries_are_not_stored() {
    let hooks = Webhooks::new().mount::<unsigned_id>().test(Seen::default());
    let deliver = || hooks.deliver::<unsigned_id>().event("push").body("{}");
    assert_eq!(status(deliver().forged()).await, 401);
    assert_eq!(status(deliver().tampered()).await, 401);
    assert_eq!(status(deliver().unsigned()).await, 401);
    assert_eq!(records(&hooks).await.len(), 0);
}

#[webhook(path = "/xero", provider = XERO, inbox)]
async fn xero(_: Batch<'_, serde::de::IgnoredAny>) {}

#[tokio::test]
async fn the_acknowledgement_suits_the_provider() {
    let hooks = Webhooks::new().mount::<xero>().test(());
    let answer = hooks.deliver::<xero>().json(&json!({ "events": [] })).replayed().await;
    assert_eq!((answer.status().as_u16(), answer.body().len()), (200, 0));
}

#[tokio::test]
async fn a_closed_store_gives_503() {
    let hooks = Webhooks::new().mount::<unsigned_id>().test(Seen::default());
    hooks.inbox().close().await.expect("it lets go");
    let answer = hooks.deliver::<unsigned_id>().event("push").body("{}").await;
    assert_eq!(answer.status().as_u16(), 503);
    assert!(answer.headers().contains_key("retry-after"));
}
