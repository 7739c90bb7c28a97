//! Attacks on the quickstart as it runs.

use example_harness::{
    Program,
    attacks::{CANARY, UNSET_OR_BLANK, refuses_strangers, refuses_to_start},
};
use webhook_runtime::providers::HMAC_SHA256_HEX;

const QUICKSTART: &str = env!("CARGO_BIN_EXE_quickstart");

#[test]
fn blank_secrets_prevent_the_start() {
    refuses_to_start(QUICKSTART, &[], "SECRET", UNSET_OR_BLANK);
}

#[test]
fn strangers_get_the_same_refusal() {
    let _program = Program::start(QUICKSTART, &[("SECRET", CANARY)], "webhooks");
    refuses_strangers("/webhook", &HMAC_SHA256_HEX, CANARY);
}
