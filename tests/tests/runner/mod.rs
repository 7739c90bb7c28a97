//! Shared by the runners: the lines of a vector file, their providers, and an endpoint over a real
//! connection.

#![allow(dead_code, reason = "every test program uses a part of it")]

pub(crate) mod endpoint;
pub(crate) mod http;
pub(crate) mod keys;
pub(crate) mod lines;
pub(crate) mod random;
pub(crate) mod registry;

use std::io::Write as _;

/// Prints a line even if the test passes, unlike `println!`.
pub(crate) fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}
