//! What other receivers of webhooks fell for, over real sockets: a test for each attack that no other
//! test makes. `docs/attacks.md` has the whole list, with where each was seen.
//!
//! How many bad inputs each family of schemes was sent is told: `cargo test -p webhook-tests --test
//! attacks -- --nocapture`. Attacks on whole programs are in `examples/*/tests/attacks.rs`.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod authentication;
mod comparison;
mod durability;
mod family;
mod resources;
mod server;
mod smuggling;
mod surface;
mod tally;
mod time;
mod wire;
