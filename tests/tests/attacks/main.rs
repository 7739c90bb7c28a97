//! Attacks that worked on other webhook receivers, over real sockets. `docs/attacks.md` lists all
//! of them, with where each was seen, also those that other tests cover.
//!
//! The tests print how many bad inputs each family of schemes was sent: `cargo test -p
//! webhook-tests --test attacks -- --nocapture`. Attacks on whole programs are in
//! `examples/*/tests/attacks.rs`.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod authentication;
mod comparison;
mod durability;
mod family;
mod replay;
mod resources;
mod server;
mod signatures;
mod smuggling;
mod surface;
mod tally;
mod time;
mod wire;
