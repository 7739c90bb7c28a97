//! Events of other providers.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::json;
use webhook_runtime::{
    Rejection, Secret, UnknownEvent, WebhookEvent, Webhooks,
    providers::{SHOPIFY, SLACK, STANDARD_WEBHOOKS},
    webhook,
};

use crate::{
    common::{PATH, post, router, set, sign},
    delivery, tell, told,
};

#[derive(Deserialize)]
struct Order<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
}

#[derive(WebhookEvent)]
enum Shopify<'a> {
    #[event("orders/create", "orders/paid")]
    Order(Order<'a>),
    #[event("app/uninstalled")]
    Uninstalled,
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[webhook(path = "/webhook", provider = SHOPIFY)]
async fn shopify(event: Shopify<'_>) -> String {
    match event {
        Shopify::Order(order) => order.name.into_owned(),
        Shopify::Uninstalled => "uninstalled".to_owned(),
        Shopify::Other(other) => tell(&other),
    }
}

#[tokio::test]
async fn shopify_events_select_their_variants() {
    let router = router::<shopify>();
    for (topic, expected) in [
        ("orders/create", "#1001"),
        ("orders/paid", "#1001"),
        ("app/uninstalled", "uninstalled"),
        ("orders", "other: orders None 16 bytes"),
    ] {
        let request = delivery(&SHOPIFY, &[("x-shopify-topic", topic)], r##"{"name":"#1001"}"##);
        assert_eq!(told(&router, request).await, expected);
    }
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    event: Text<'a>,
}

#[derive(Deserialize)]
struct Text<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Command<'a> {
    #[serde(borrow)]
    command: Cow<'a, str>,
}

#[derive(WebhookEvent)]
enum Slack<'a> {
    #[event("message", "app_mention")]
    Message(Message<'a>),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[webhook(path = "/webhook", provider = SLACK)]
async fn slack(event: Slack<'_>) -> Result<String, Rejection> {
    Ok(match event {
        Slack::Message(message) => message.event.text.into_owned(),
        // Slash commands have no name, and are a form.
        Slack::Other(other) if other.name().is_empty() => {
            other.decode::<Command<'_>>()?.command.into_owned()
        }
        Slack::Other(other) => tell(&other),
    })
}

#[tokio::test]
async fn slack_events_select_their_variants() {
    let router = router::<slack>();
    let event = |kind: &str| {
        let body = json!({ "type": "event_callback", "event": { "type": kind, "text": "hello" } });
        delivery(&SLACK, &[], body.to_string())
    };
    assert_eq!(told(&router, event("message")).await, "hello");
    assert_eq!(told(&router, event("app_mention")).await, "hello");
    assert!(told(&router, event("reaction_added")).await.starts_with("other: reaction_added None"));

    let mut command = delivery(&SLACK, &[], "command=%2Fweather&text=94070");
    set(&mut command, "content-type", "application/x-www-form-urlencoded");
    assert_eq!(told(&router, command).await, "/weather");
}

#[derive(WebhookEvent)]
pub(crate) enum Typed<'a, T> {
    #[event("order.paid")]
    Paid(Envelope<T>),
    #[event("order.noted")]
    Noted(Envelope<&'a str>),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[derive(Deserialize)]
pub(crate) struct Envelope<T> {
    data: T,
}

#[webhook(path = "/webhook", provider = STANDARD_WEBHOOKS)]
async fn typed(event: Typed<'_, Order<'_>>) -> String {
    match event {
        Typed::Paid(paid) => paid.data.name.into_owned(),
        Typed::Noted(noted) => noted.data.to_owned(),
        Typed::Other(other) => tell(&other),
    }
}

#[tokio::test]
async fn generic_enums_work_for_each_type() {
    let router = Webhooks::new()
        .mount::<typed>()
        .secrets::<typed>([Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")])
        .into_router()
        .expect("nothing is wrong with it");
    for (body, expected) in [
        (json!({ "type": "order.paid", "data": { "name": "a" } }), "a"),
        (json!({ "type": "order.noted", "data": "b" }), "b"),
        (
            json!({ "type": "order.noted", "data": 7 }),
            "other: order.noted None 31 bytes, does not fit",
        ),
        (json!({ "type": "order" }), "other: order None 16 bytes"),
    ] {
        let body = body.to_string();
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let mut request = post(PATH, sign(&STANDARD_WEBHOOKS, secret, body.as_bytes()), body);
        set(&mut request, "content-type", "application/json");
        assert_eq!(told(&router, request).await, expected);
    }
}
