//! Attacks on the example with Stripe as it runs.

use example_harness::{
    Program,
    attacks::{PREFIX_ONLY, STRIPE_CANARY, UNSET_OR_BLANK, refuses_strangers, refuses_to_start},
};
use webhook_runtime::providers::STRIPE;

const PAYMENTS: &str = env!("CARGO_BIN_EXE_payments");

#[test]
fn blank_secrets_prevent_the_start() {
    refuses_to_start(PAYMENTS, &[], "STRIPE_SECRET", UNSET_OR_BLANK);
    refuses_to_start(PAYMENTS, &[], "STRIPE_SECRET", PREFIX_ONLY);
}

#[test]
fn strangers_get_the_same_refusal() {
    let _program = Program::start(PAYMENTS, &[("STRIPE_SECRET", STRIPE_CANARY)], "payments");
    refuses_strangers("/stripe", &STRIPE, STRIPE_CANARY);
}
