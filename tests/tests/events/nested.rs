//! Nested enums, and enums that a handler decodes itself.

use serde_json::Value;
use webhook_runtime::{
    Delivery, Rejection, UnknownEvent, WebhookEvent, providers::GITHUB, webhook,
};

use crate::{
    Issues, Push, body::Stripe, common::router, names::Github, of_github, providers::Typed, tell,
    told,
};

#[derive(WebhookEvent)]
enum Outer<'a> {
    #[event("issues")]
    Issues(Inner<'a>),
    #[event("push")]
    Push(StrictInner<'a>),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[derive(WebhookEvent)]
enum Inner<'a> {
    #[event("issues.opened")]
    Opened(Issues),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[derive(WebhookEvent)]
#[event(strict)]
enum StrictInner<'a> {
    #[event("push")]
    Push(Push<'a>),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[webhook(path = "/webhook", provider = GITHUB)]
async fn nested(event: Outer<'_>) -> String {
    match event {
        Outer::Issues(Inner::Opened(opened)) => format!("opened {}", opened.issue.number),
        Outer::Issues(Inner::Other(other)) => format!("inner {}", tell(&other)),
        Outer::Push(StrictInner::Push(push)) => format!("push to {}", push.reference),
        Outer::Push(StrictInner::Other(other)) => format!("strict {}", tell(&other)),
        Outer::Other(other) => format!("outer {}", tell(&other)),
    }
}

#[tokio::test]
async fn enums_can_be_nested() {
    let router = router::<nested>();
    for (event, body, expected) in [
        ("issues", r#"{"action":"opened","issue":{"number":7}}"#, "opened 7"),
        ("issues", r#"{"action":"closed"}"#, "inner other: issues Some(\"closed\") 19 bytes"),
        (
            "issues",
            r#"{"action":"opened"}"#,
            "inner other: issues Some(\"opened\") 19 bytes, does not fit",
        ),
        ("push", r#"{"ref":"main","commits":[]}"#, "push to main"),
        // Rejected by the inner enum, kept by the outer one.
        ("push", "{}", "outer other: push None 2 bytes, does not fit"),
        ("star", "{}", "outer other: star None 2 bytes"),
    ] {
        assert_eq!(told(&router, of_github(event, body)).await, expected);
    }
}

#[webhook(path = "/webhook", provider = GITHUB)]
async fn decoded(delivery: &Delivery) -> Result<String, Rejection> {
    Ok(match delivery.decode::<Github<'_>>()? {
        Github::Push(push) => push.reference.into_owned(),
        Github::Other(other) => {
            let again: Value = other.decode()?;
            assert_eq!(other.raw_event().delivery().body().len(), other.bytes().len());
            format!("{other:?} {again}")
        }
        _ => "known".to_owned(),
    })
}

#[tokio::test]
async fn debug_of_unknown_events_hides_the_body() {
    let router = router::<decoded>();
    let told = told(&router, of_github("team", r#"{"action":"added","secret":"s3cret"}"#)).await;
    let (shown, again) = told.split_once(" } ").or_else(|| told.split_once(".. } ")).expect("both");
    assert!(
        shown.contains("team") && shown.contains("added") && !shown.contains("s3cret"),
        "{shown}"
    );
    assert!(again.contains("s3cret"));
}

#[test]
fn names_keep_their_written_order() {
    assert_eq!(Stripe::EVENTS, ["charge.succeeded", "charge.refunded", "charge", "ping"]);
    assert_eq!(Typed::<u8>::EVENTS, ["order.paid", "order.noted"]);
}
