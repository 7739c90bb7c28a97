//! `serve` from the outside: what it listens on, which protocols it speaks, and its limits.

#[allow(dead_code, reason = "every test program uses a part of it")]
#[path = "../common/mod.rs"]
mod common;

mod http2;
mod limits;
mod listeners;
mod server;
mod shutdown;
mod threads;
mod tls;
