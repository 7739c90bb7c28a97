//! Attacks on the example with many providers as it runs.

use example_harness::{
    Program,
    attacks::{
        CANARY, PREFIX_ONLY, STANDARD_CANARY, STRIPE_CANARY, UNSET_OR_BLANK, refuses_strangers,
        refuses_to_start,
    },
};
use webhook_runtime::providers::{GITHUB, LINE, SHOPIFY, STANDARD_WEBHOOKS, STRIPE};

const MANY: &str = env!("CARGO_BIN_EXE_many");

const VARIABLES: [(&str, &str); 5] = [
    ("GITHUB_SECRET", CANARY),
    ("STRIPE_SECRET", STRIPE_CANARY),
    ("LINE_CHANNEL_SECRET", CANARY),
    ("STANDARD_SECRET", STANDARD_CANARY),
    ("SHOPS", "acme=canary-7c1e"),
];

#[test]
fn blank_secrets_prevent_the_start() {
    for variable in ["GITHUB_SECRET", "STRIPE_SECRET", "LINE_CHANNEL_SECRET", "STANDARD_SECRET"] {
        refuses_to_start(MANY, &VARIABLES, variable, UNSET_OR_BLANK);
    }
    for variable in ["STANDARD_SECRET", "STRIPE_SECRET"] {
        refuses_to_start(MANY, &VARIABLES, variable, PREFIX_ONLY);
    }
}

#[test]
fn strangers_get_the_same_refusal() {
    let _program = Program::start(MANY, &VARIABLES, "webhooks");
    refuses_strangers("/github", &GITHUB, CANARY);
    refuses_strangers("/stripe", &STRIPE, STRIPE_CANARY);
    refuses_strangers("/shopify/acme", &SHOPIFY, CANARY);
    refuses_strangers("/line", &LINE, CANARY);
    refuses_strangers("/standard", &STANDARD_WEBHOOKS, STANDARD_CANARY);
}
