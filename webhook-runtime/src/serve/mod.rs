//! A program that serves one router, and nothing else.

mod config;
mod connection;
mod connections;
mod guard;
mod listener;
mod server;
mod shutdown;
mod stream;
#[cfg(feature = "tls")]
mod tls;
mod worker_threads;

pub use listener::Listener;
#[cfg(feature = "tls")]
pub use tls::{Tls, TlsError};

pub(crate) use config::{Limits, NEVER};
pub(crate) use connection::Server;
pub(crate) use server::accept;
pub(crate) use shutdown::asked_to_stop;
