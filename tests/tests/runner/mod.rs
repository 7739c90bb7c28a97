//! What the runners have in common: the lines of a vector file, the providers they name, and an
//! endpoint that is asked over a real connection.

#![allow(dead_code, reason = "every test program uses a part of it")]

pub(crate) mod endpoint;
pub(crate) mod http;
pub(crate) mod keys;
pub(crate) mod lines;
pub(crate) mod registry;

use std::io::Write as _;

/// Prints a line, whether the test passes or fails: what `println!` writes is shown of failed
/// tests only, and the counts are wanted of the others too.
pub(crate) fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}
