//! Traces: what an operator sees of a delivery, and secrets that are never shown.

#[path = "../common/mod.rs"]
mod common;

mod operator;
mod records;
mod silence;
