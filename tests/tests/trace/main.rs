//! What an operator sees of a delivery, and what nobody ever sees.

#[path = "../common/mod.rs"]
mod common;

mod operator;
mod records;
mod silence;
