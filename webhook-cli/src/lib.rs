//! The program `webhook`, as a library for its tests: [`explain`] finds out why a request does not
//! verify, and [`capture`] reads requests in the formats in which people have them.

pub mod capture;
mod challenge;
mod client;
mod clock;
mod commands;
mod conformance;
mod credentials;
mod error;
pub mod explain;
mod files;
#[cfg(feature = "inbox")]
mod inbox;
mod interrupt;
mod listen;
mod names;
mod outgoing;
mod output;
mod progress;
mod random;
mod sample;
mod secrets;
mod values;

use std::process::ExitCode;

pub use names::provider;

/// Runs the program with the arguments of the process.
#[must_use]
pub fn run() -> ExitCode {
    error::exit(commands::run())
}
