//! Secrets, and the signatures that were expected, are shown nowhere: a canary is sent down every way
//! that there is, and looked for in everything that anybody could read afterwards, in every form that
//! it could have there.
//!
//! `forms` and `scanner` look, `ear` hears, `sender` and `receiver` make the ways; the other files
//! are a kind of way each.

#[path = "../runner/mod.rs"]
mod runner;

#[allow(clippy::unwrap_used, dead_code, reason = "shared with other tests")]
#[path = "../inbox/mod.rs"]
mod inbox_of;

mod deliveries;
mod ear;
mod forms;
mod kit;
mod program;
mod receiver;
mod scanner;
mod sender;
mod shown;
mod sources;
mod starts;
mod stored;
