//! The example with an inbox: killed at its work, started again, and looked at.

mod store;

use std::{
    thread,
    time::{Duration, Instant},
};

use example_harness::{fails_to_start, request};
use store::{DURABLE, Store};
use webhook_runtime::{Secret, providers::STRIPE, scheme::RequestToSign};

const SECRET: &str = "whsec_1";

fn wait_until_booked(store: &Store, amounts: impl Iterator<Item = i64>) {
    let amounts: Vec<_> = amounts.collect();
    let deadline = Instant::now() + Duration::from_mins(1);
    while store.booked() != amounts {
        assert!(Instant::now() < deadline, "booked were {:?}", store.booked());
        thread::sleep(Duration::from_millis(50));
    }
}

fn deliver(secret: &str, amount: &str) -> u16 {
    let body = format!(
        r#"{{"id":"evt_{amount}","type":"payment_intent.succeeded","created":1760000000,
            "livemode":false,"data":{{"object":{{"amount":{amount},"currency":"eur"}}}},"request":null}}"#
    );
    let signed = STRIPE.sign(&Secret::new(secret), &RequestToSign::new(body.as_bytes()));
    let signed = signed.expect("signed").headers;
    let signature = signed["stripe-signature"].to_str().expect("text");
    let headers = [("stripe-signature", signature), ("content-type", "application/json")];
    request("POST", "/stripe", &headers, body.as_bytes()).status
}

#[test]
fn acknowledged_payments_survive_a_kill() {
    let store = Store::new("killed");
    // Nothing comes to its end in here.
    let program = store.start(SECRET, &[("FAIL_ONE_IN", "1")]);
    for amount in 1..=20 {
        assert_eq!(deliver(SECRET, &amount.to_string()), 202);
    }
    assert_eq!(deliver("whsec_2", "21"), 401);
    drop(program); // by SIGKILL
    assert_eq!(store.booked(), [0; 0], "what failed was taken back");

    let program = store.start(SECRET, &[("FAIL_ONE_IN", "5")]);
    for amount in 11..=30 {
        assert_eq!(deliver(SECRET, &amount.to_string()), 202);
    }
    drop(program);

    let program = store.start(SECRET, &[]);
    // Those that ran when it was killed wait until their leases of five seconds have run out.
    wait_until_booked(&store, 1..=30);
    drop(program);
}

#[test]
fn what_cannot_be_booked_is_a_dead_letter() {
    let store = Store::new("dead");
    let program = store.start(SECRET, &[]);
    for amount in ["12.5", "7"] {
        assert_eq!(deliver(SECRET, amount), 202);
    }
    wait_until_booked(&store, std::iter::once(7));
    let deadline = Instant::now() + Duration::from_secs(10);
    let states = || store.numbers("SELECT state FROM webhook_deliveries ORDER BY id");
    while states() != [4, 3] {
        assert!(Instant::now() < deadline, "{:?}", states());
        thread::sleep(Duration::from_millis(50));
    }
    drop(program);
}

#[test]
fn it_says_what_is_wrong_with_its_store() {
    let output =
        fails_to_start(DURABLE, &[("STRIPE_SECRET", SECRET), ("DATABASE_URL", "mysql://here")]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("write `sqlite://file.db` or `postgres://user@host/database`"), "{told}");
}
