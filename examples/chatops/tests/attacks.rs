//! Attacks on the example with Slack as it runs.

use example_harness::{
    Program,
    attacks::{CANARY, UNSET_OR_BLANK, refuses_strangers, refuses_to_start},
};
use webhook_runtime::providers::SLACK;

const CHATOPS: &str = env!("CARGO_BIN_EXE_chatops");

#[test]
fn blank_secrets_prevent_the_start() {
    refuses_to_start(CHATOPS, &[], "SLACK_SIGNING_SECRET", UNSET_OR_BLANK);
}

#[test]
fn strangers_get_the_same_refusal() {
    let _program = Program::start(CHATOPS, &[("SLACK_SIGNING_SECRET", CANARY)], "chatops");
    refuses_strangers("/slack/commands", &SLACK, CANARY);
    refuses_strangers("/slack/events", &SLACK, CANARY);
}
