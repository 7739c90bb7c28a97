//! Event names in the body.

use std::borrow::Cow;

use axum::body::Body;
use bytes::Bytes;
use http::Request;
use serde::Deserialize;
use webhook_runtime::{Delivery, UnknownEvent, WebhookEvent, providers::STRIPE, webhook};

use crate::{
    common::{ask, router},
    delivery, tell, told,
};

#[derive(Deserialize)]
pub(crate) struct Charge<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    data: Data<'a>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    object: Object<'a>,
}

#[derive(Deserialize)]
struct Object<'a> {
    amount: u64,
    #[serde(borrow)]
    currency: Cow<'a, str>,
}

#[derive(WebhookEvent)]
pub(crate) enum Stripe<'a> {
    #[event("charge.succeeded", "charge.refunded")]
    Charge(Charge<'a>),
    #[event("charge", unlisted)]
    NeverSent,
    #[event("ping", unlisted)]
    Ping,
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[webhook(path = "/webhook", provider = STRIPE)]
async fn stripe(delivery: Delivery, event: Stripe<'_>) -> String {
    match event {
        Stripe::Charge(Charge { id, data: Data { object } }) => {
            let body = delivery.body().as_ptr_range();
            // This delivery is a clone, but it shares its bytes with the one that the event borrows
            // from.
            let is_borrowed = |text: &Cow<'_, str>| matches!(text, Cow::Borrowed(text) if body.contains(&text.as_ptr()));
            let borrowed = [&id, &object.currency].map(is_borrowed);
            format!("{id} of {} {}: borrowed {borrowed:?}", object.amount, object.currency)
        }
        Stripe::NeverSent => "charge".to_owned(),
        Stripe::Ping => "ping".to_owned(),
        Stripe::Other(other) => tell(&other),
    }
}

fn of_stripe(body: impl Into<Bytes>) -> Request<Body> {
    delivery(&STRIPE, &[], body)
}

const CHARGE: &str =
    r#""id":"evt_1","data":{"object":{"type":"card","amount":5,"currency":"eur"}}"#;

#[tokio::test]
async fn names_are_found_anywhere_in_the_body() {
    let router = router::<stripe>();
    let expected = "evt_1 of 5 eur: borrowed [true, true]";
    for body in [
        format!(r#"{{"type":"charge.succeeded",{CHARGE}}}"#),
        format!(r#"{{{CHARGE},"type":"charge.refunded"}}"#),
        format!(r#"{{ {CHARGE} , "t\u0079pe" : "charge\u002esucceeded" }}"#),
    ] {
        assert_eq!(told(&router, of_stripe(body.clone())).await, expected, "{body}");
    }
}

#[tokio::test]
async fn borrowed_fields_point_into_the_body() {
    let router = router::<stripe>();
    let escaped = format!(r#"{{{CHARGE},"type":"charge.succeeded"}}"#).replace("eur", "e\\u0075r");
    let told = told(&router, of_stripe(escaped)).await;
    assert_eq!(told, "evt_1 of 5 eur: borrowed [true, false]");
}

#[tokio::test]
async fn partial_names_do_not_match() {
    let router = router::<stripe>();
    for (name, expected) in [
        ("charge", "charge"),
        ("charge.", "other: charge. None"),
        ("charge.succeeded.", "other: charge.succeeded. None"),
        ("charge.failed", "other: charge.failed None"),
        ("Charge", "other: Charge None"),
        ("", "other:  None"),
    ] {
        let told = told(&router, of_stripe(format!(r#"{{"type":"{name}"}}"#))).await;
        assert!(told.starts_with(expected), "{name}: {told}");
    }
}

#[tokio::test]
async fn the_first_of_two_names_wins() {
    let router = router::<stripe>();
    let body = format!(r#"{{"type":"ping",{CHARGE},"type":"charge.succeeded"}}"#);
    assert_eq!(told(&router, of_stripe(body)).await, "ping");
    let body = format!(r#"{{"type":7,{CHARGE},"type":"charge.succeeded"}}"#);
    assert!(told(&router, of_stripe(body)).await.starts_with("other: 7 None"));
}

#[tokio::test]
async fn json_without_a_name_is_an_unknown_event() {
    let router = router::<stripe>();
    for body in [
        "{}",
        r#"{"type":null}"#,
        r#"{"type":{"type":"ping"}}"#,
        r#"{"type":["ping"]}"#,
        "[]",
        "null",
        r#""ping""#,
    ] {
        let expected = format!("other:  None {} bytes", body.len());
        assert_eq!(told(&router, of_stripe(body)).await, expected);
    }
    let deep = "[".repeat(100_000);
    for body in ["", "{", r#"{"id":1"#, r#"{"type:"ping"}"#, "ping", "<ping/>", &deep] {
        let answer = ask(&router, of_stripe(body.to_owned())).await;
        assert_eq!(answer.status, 400, "{}", &body[..body.len().min(40)]);
    }
    assert_eq!(
        ask(&router, of_stripe(&b"{\"type\":\"ping\",\"id\":\"\xff\"}"[..])).await.status,
        400
    );
}

#[tokio::test]
async fn truncated_json_is_rejected() {
    let router = router::<stripe>();
    let body = format!(r#"{{"type":"charge.succeeded",{CHARGE}"#);
    assert_eq!(ask(&router, of_stripe(body)).await.status, 400);
}

#[tokio::test]
async fn long_names_in_the_body_are_unknown_events() {
    let router = router::<stripe>();
    for name in ["charge.".repeat(15_000), "\\u0063".repeat(100_000)] {
        let body = format!(r#"{{{CHARGE},"type":"{name}"}}"#);
        let told = told(&router, of_stripe(body)).await;
        let unescaped = name.replace("\\u0063", "c");
        assert!(told.starts_with(&format!("other: {unescaped} None")), "{}", told.len());
    }
}
