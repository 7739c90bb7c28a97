//! Providers that send forms with a signature in them, and expect one certain answer.

use serde_json::{Value, json};
use webhook_runtime::{
    Inbox, Webhooks,
    inbox::{DeliveryState, Filter},
    providers::{ALIPAY, DROPBOX_SIGN},
    webhook,
};

use crate::{Of, hooks};

const RECEIVED: &str = "Hello API Event Received";

#[tokio::test]
async fn json_in_a_multipart_form_is_handed_out() {
    let (hooks, seen) = hooks(&DROPBOX_SIGN);
    let sent = json!({"signature_request": {"title": "\u{e4} \"--\""}});
    let deliver = || hooks.deliver::<Of>().event("signature_request_signed").json(&sent);
    let answer = deliver().await;
    assert_eq!((answer.status().as_u16(), answer.text()), (200, RECEIVED.into()));
    let seen = seen.last();
    assert_eq!(seen.headers()["content-type"], "application/json");
    assert_eq!(seen.event().as_deref(), Some("signature_request_signed"));
    assert!(seen.signed_at().is_some());
    let body: Value = serde_json::from_slice(seen.body()).expect("JSON");
    assert_eq!(body["signature_request"], sent["signature_request"]);
    for (how, wrong) in [("tampered", deliver().tampered()), ("forged", deliver().forged())] {
        let answer = wrong.await;
        assert_eq!(answer.status(), 401, "{how}");
    }
    // JSON alone is nothing that it sends.
    let json = json!({"event": body["event"]}).to_string();
    let answer = hooks.deliver::<Of>().unsigned().body(json).await;
    assert_eq!(answer.status(), 401);
}

#[webhook(path = "/sign", provider = DROPBOX_SIGN, inbox)]
async fn sign(event: Value) -> Result<(), String> {
    let is_whole = event["event"]["event_type"] == "callback_test" && event["n"] == 7;
    if is_whole { Ok(()) } else { Err(event.to_string()) }
}

/// The JSON is stored, so that it can be run again.
#[tokio::test]
async fn an_inbox_stores_the_json_of_a_form() {
    let inbox = Inbox::builder("").open_in_memory().expect("right");
    let hooks = Webhooks::new().mount::<sign>().inbox(inbox.clone()).test(());
    for _ in 0..2 {
        let answer = hooks.deliver::<sign>().json(&json!({"n": 7})).await;
        assert_eq!((answer.status().as_u16(), answer.text()), (200, RECEIVED.into()));
    }
    hooks.drain().await;
    let all = inbox.list(Filter::all()).collect().await.expect("it lists");
    assert_eq!(all.len(), 2, "nothing tells two events of one second apart");
    assert!(all.iter().all(|record| record.state == DeliveryState::Completed), "{all:?}");
}

#[webhook(path = "/failing", provider = DROPBOX_SIGN)]
async fn failing(_: Value) -> Result<&'static str, &'static str> {
    Err("not today")
}

#[tokio::test]
async fn a_failure_is_not_answered_as_a_success() {
    let hooks = Webhooks::new().mount::<failing>().test(());
    let answer = hooks.deliver::<failing>().await;
    assert_eq!(answer.status(), 500);
    assert!(!answer.text().contains(RECEIVED));
}

#[tokio::test]
async fn fields_of_a_form_name_event_and_id() {
    let (hooks, seen) = hooks(&ALIPAY);
    let answer = hooks.deliver::<Of>().event("TRADE_SUCCESS").id("n_1").await;
    assert_eq!((answer.status().as_u16(), answer.text()), (200, "success".into()));
    assert_eq!(seen.last().event().as_deref(), Some("TRADE_SUCCESS"));
    assert_eq!(seen.last().id().as_deref(), Some("n_1"));
    let fields = [("subject", "\u{8336} & = + %"), ("notify_type", "trade_status_sync")];
    let deliver = || hooks.deliver::<Of>().form(&fields);
    assert_eq!(deliver().await.status(), 200);
    assert_eq!(seen.last().event().as_deref(), Some("trade_status_sync"));
    assert_eq!(seen.last().decode::<Value>().expect("a form")["subject"], fields[0].1);
    assert_eq!(deliver().tampered().await.status(), 401);
}
