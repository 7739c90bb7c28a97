//! Failures of handlers: an `Err` never passes for success, and its text is in the trace and in the
//! inbox, never in the response.

#[path = "../common/mod.rs"]
mod common;

mod kinds;
mod names;
mod stored;
mod traced;
mod warnings;
