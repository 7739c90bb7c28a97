//! `serve` from the outside: what it listens on, which protocols it speaks, and its limits.

#[path = "../common/mod.rs"]
mod common;

mod application;
mod console;
mod http2;
mod limits;
mod listeners;
mod peers;
mod pressure;
mod server;
mod shares;
mod shutdown;
mod threads;
mod tls;
