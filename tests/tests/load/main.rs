//! What a server survives: `tests/src/bin/server.rs`, with every limit at its default, as a process of
//! its own whose memory is looked at.
//!
//! Each is short, unless its variable asks for more; CONTRIBUTING has the commands and the figures.

#[path = "../common/mod.rs"]
mod common;

mod bodies;
mod crowd;
mod http2;
mod panics;
mod program;
mod slow;
mod steady;

/// One at a time: each measures a process that it wants to be alone with.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
