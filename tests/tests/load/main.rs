//! The server under load: `tests/src/bin/server.rs` as a separate process, with default limits. The
//! tests measure its memory.
//!
//! Each test is short by default. `docs/evidence.md` has the variables for longer runs, and the
//! figures.

#[path = "../common/mod.rs"]
mod common;

mod bodies;
mod busy;
mod crowd;
mod http2;
mod panics;
mod program;
mod slow;
mod steady;

/// Held by the running test, because each measures a process.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
