//! Metrics: what is counted and timed, and that labels have nothing that a stranger has written.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(clippy::float_cmp, reason = "counts are whole numbers")]

#[path = "../common/mod.rs"]
mod common;

mod cached;
mod documents;
mod gone;
mod inbox;
mod reasons;
mod recorder;
mod requests;
mod runs;
mod server;
mod sources;
mod table;
