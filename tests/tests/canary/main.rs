//! Secrets and expected signatures leak nowhere. The tests use canary secrets, and look for them,
//! in every encoding, in everything that anybody could read afterwards.
//!
//! `forms` and `scanner` search, `recorder` listens, `sender` and `receiver` are the two ends. Each
//! other file is one kind of leak.

#[path = "../runner/mod.rs"]
mod runner;

#[allow(clippy::unwrap_used, dead_code, reason = "shared with other tests")]
#[path = "../inbox/mod.rs"]
mod inbox_of;

mod deliveries;
mod forms;
mod kit;
mod program;
mod receiver;
mod recorder;
mod scanner;
mod sender;
mod shown;
mod sources;
mod starts;
mod stored;
