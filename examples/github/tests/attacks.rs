//! Attacks on the GitHub bot as it runs.

use example_harness::{
    Program,
    attacks::{BLANK, CANARY, UNSET_OR_BLANK, refuses_strangers, refuses_to_start},
};
use webhook_runtime::providers::GITHUB;

const BOT: &str = env!("CARGO_BIN_EXE_github");

#[test]
fn blank_secrets_prevent_the_start() {
    refuses_to_start(BOT, &[], "GITHUB_SECRET", UNSET_OR_BLANK);
    // Without the old one of two secrets, the rotation is over.
    refuses_to_start(BOT, &[("GITHUB_SECRET", CANARY)], "GITHUB_SECRET_OLD", BLANK);
}

#[test]
fn strangers_get_the_same_refusal() {
    let _program = Program::start(BOT, &[("GITHUB_SECRET", CANARY)], "bot");
    refuses_strangers("/github", &GITHUB, CANARY);
}
