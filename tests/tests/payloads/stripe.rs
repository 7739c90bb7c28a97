//! Stripe.

use std::borrow::Cow::{self, Borrowed};

use serde::Deserialize;
use webhook_runtime::{payloads::stripe, providers::STRIPE, webhook};

use crate::{answer, decode, vector};

#[derive(Deserialize, Debug, PartialEq)]
struct PaymentIntent<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    amount: u64,
}

#[test]
fn stripe_events_are_generic() {
    let body = vector("public/stripe/accept-1");
    let event: stripe::Event<'_, PaymentIntent<'_>> = decode(&body);
    assert_eq!(event.id, "evt_1avykMMaVBo");
    assert_eq!(event.kind, "payment_intent.succeeded");
    assert_eq!((event.created, event.livemode), (Some(1_760_000_000), Some(false)));
    assert_eq!(event.api_version.as_deref(), Some("2025-09-30"));
    assert_eq!((event.account, event.request), (None, None));
    assert_eq!(event.data.object, PaymentIntent { id: Borrowed("pi_1"), amount: 2000 });
    assert!(matches!(event.data.object.id, Borrowed(_)));
    assert_eq!(event.data.previous_attributes, None);
}

#[test]
fn stripe_events_have_request_and_previous() {
    #[derive(Deserialize)]
    struct Before {
        amount: Option<u64>,
    }
    let body = r#"{"id":"evt_2","object":"event","account":"acct_1","api_version":null,"created":2,
        "livemode":true,"pending_webhooks":1,"type":"payment_intent.updated",
        "data":{"object":{"id":"pi_2","amount":3},"previous_attributes":{"amount":2}},
        "request":{"id":"req_3","idempotency_key":null}}"#;
    let event: stripe::Event<'_, PaymentIntent<'_>> = decode(body);
    assert!(matches!(event.account, Some(Borrowed("acct_1"))));
    assert_eq!(event.api_version, None);
    let request = event.request.expect("a request");
    assert_eq!((request.id.as_deref(), request.idempotency_key), (Some("req_3"), None));
    assert!(event.data.previous_attributes.is_some(), "whatever was in it");

    let event: stripe::Event<'_, PaymentIntent<'_>, Before> = decode(body);
    assert_eq!(event.data.previous_attributes.expect("it is there").amount, Some(2));

    let body = body.replace(r#""created":2"#, r#""created":"2""#);
    assert!(serde_json::from_str::<stripe::Event<'_, PaymentIntent<'_>>>(&body).is_err());
}

/// API versions before 2017-05-25 send the id of a request alone, and the oldest no `livemode`.
#[test]
fn old_events_have_no_livemode_and_a_text_as_request() {
    let body = r#"{"id":"evt_1","object":"event","created":1,"type":"charge.succeeded",
        "request":"req_1","data":{"object":{"id":"ch_1","amount":3}}}"#;
    let event: stripe::Event<'_, PaymentIntent<'_>> = decode(body);
    assert_eq!((event.livemode, event.created), (None, Some(1)));
    let request = event.request.expect("a request");
    assert!(matches!(request.id, Some(Borrowed("req_1"))));
    assert_eq!(request.idempotency_key, None);

    let escaped = body.replace("req_1", r"req\u005f1");
    let request = decode::<stripe::Event<'_, PaymentIntent<'_>>>(&escaped).request;
    assert_eq!(request.expect("a request").id.as_deref(), Some("req_1"));
    let none = body.replace(r#""req_1""#, "null");
    assert_eq!(decode::<stripe::Event<'_, PaymentIntent<'_>>>(&none).request, None);
    for wrong in ["7", "[]", r#"{"id":7}"#] {
        let wrong = body.replace(r#""req_1""#, wrong);
        assert!(serde_json::from_str::<stripe::Event<'_, PaymentIntent<'_>>>(&wrong).is_err());
    }
}

#[tokio::test]
async fn endpoints_take_requests_of_old_versions() {
    #[webhook(path = "/webhook", provider = STRIPE)]
    async fn hook(event: stripe::Event<'_, PaymentIntent<'_>>) -> String {
        event.request.and_then(|request| request.id).expect("an id").into_owned()
    }
    let body = |request: &str| {
        format!(
            r#"{{"id":"evt_1","type":"charge.succeeded","data":{{"object":{{"id":"ch_1","amount":3}}}},
                "request":{request}}}"#
        )
    };
    for request in [r#""req_1""#, r#"{"id":"req_1"}"#] {
        let right = answer::<hook>(&STRIPE, "application/json", body(request)).await;
        assert_eq!((right.status.as_u16(), right.text()), (200, "req_1"));
    }
    let wrong = answer::<hook>(&STRIPE, "application/json", body(r#"{"id":7}"#)).await;
    assert_eq!(
        (wrong.status.as_u16(), wrong.problem()["path"].as_str()),
        (422, Some("request.id"))
    );
}
