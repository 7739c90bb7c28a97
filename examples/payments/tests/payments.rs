//! The example with Stripe, over a socket. What it books is tested beside its code.

use example_harness::{Program, fails_to_start, request};
use webhook_runtime::{Secret, providers::STRIPE, scheme::RequestToSign};

const PAYMENTS: &str = env!("CARGO_BIN_EXE_payments");
const PAID: &str = r#"{"id":"evt_1","type":"payment_intent.succeeded","created":1760000000,
    "livemode":false,"data":{"object":{"amount":1250,"currency":"eur"}},"request":null}"#;

fn deliver(secret: &str) -> u16 {
    let signed = STRIPE.sign(&Secret::new(secret), &RequestToSign::new(PAID.as_bytes()));
    let signed = signed.expect("signed").headers;
    let signature = signed["stripe-signature"].to_str().expect("text");
    let headers = [("stripe-signature", signature), ("content-type", "application/json")];
    request("POST", "/stripe", &headers, PAID.as_bytes()).status
}

#[test]
fn a_payment_is_booked_once_whatever_comes() {
    let program = Program::start(PAYMENTS, &[("STRIPE_SECRET", "whsec_1")], "payments");
    assert_eq!([deliver("whsec_1"), deliver("whsec_2"), deliver("whsec_1")], [200, 401, 200]);
    assert_eq!(request("GET", "/balance", &[], b"").body, "1250 eur\n");
    drop(program);
}

#[test]
fn without_its_secret_it_does_not_start() {
    let output = fails_to_start(PAYMENTS, &[]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("the environment variable STRIPE_SECRET is not set"), "{told}");
}
