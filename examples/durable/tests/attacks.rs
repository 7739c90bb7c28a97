//! Attacks on the example with an inbox as it runs.

mod store;

use std::{thread, time::Duration};

use example_harness::{
    attacks::{
        CANARY, PREFIX_ONLY, STRIPE_CANARY, UNSET_OR_BLANK, refuses_strangers, refuses_to_start,
    },
    request,
};
use store::{DURABLE, Store};
use webhook_runtime::{Secret, providers::STRIPE, scheme::RequestToSign};

#[test]
fn blank_secrets_prevent_the_start() {
    let store = Store::new("blank");
    let others = [("DATABASE_URL", &*store.url())];
    refuses_to_start(DURABLE, &others, "STRIPE_SECRET", UNSET_OR_BLANK);
    refuses_to_start(DURABLE, &others, "STRIPE_SECRET", PREFIX_ONLY);
}

#[test]
fn strangers_get_the_same_refusal() {
    let store = Store::new("strangers");
    let program = store.start(STRIPE_CANARY, &[]);
    refuses_strangers("/stripe", &STRIPE, STRIPE_CANARY);
    drop(program);
}

/// Other receivers remembered deliveries in memory alone (CVE-2026-28449). Here a recorded delivery
/// is booked once, even if the program is killed and started again.
#[test]
fn a_recorded_delivery_is_booked_once() {
    let body = br#"{"id":"evt_1","type":"payment_intent.succeeded","created":1760000000,
        "livemode":false,"data":{"object":{"amount":7,"currency":"eur"}},"request":null}"#;
    let signed =
        STRIPE.sign(&Secret::new(CANARY), &RequestToSign::new(body)).expect("signed").headers;
    let signature = signed["stripe-signature"].to_str().expect("text");
    let store = Store::new("recorded");
    for _ in 0..3 {
        let program = store.start(CANARY, &[]);
        for id in ["1", "2", "3"] {
            let headers = [
                ("stripe-signature", signature),
                ("content-type", "application/json"),
                ("x-request-id", id),
                ("idempotency-key", id),
            ];
            assert_eq!(request("POST", "/stripe", &headers, body).status, 202);
        }
        // Long enough for a second booking, if there were one.
        thread::sleep(Duration::from_millis(500));
        assert_eq!(store.booked(), [7]);
        drop(program); // by SIGKILL
    }
}
