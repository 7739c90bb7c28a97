//! Stripe.

use std::borrow::Cow::{self, Borrowed};

use serde::Deserialize;
use webhook_runtime::payloads::stripe;

use crate::{decode, vector};

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
    assert_eq!((event.created, event.livemode), (1_760_000_000, false));
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
