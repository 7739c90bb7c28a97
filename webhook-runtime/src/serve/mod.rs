//! A server for any axum `Router` on the open internet: listeners, connections, timeouts, TLS.

mod config;
mod connection;
mod connections;
mod error;
mod guard;
mod listener;
mod server;
mod shutdown;
mod stream;
#[cfg(feature = "tls")]
mod tls;
mod worker_threads;

pub use error::ServeError;
pub use listener::Listener;
#[cfg(feature = "tls")]
pub use tls::{Tls, TlsError};

pub(crate) use config::{MAX_TIMEOUT, ServerConfig};
pub(crate) use server::Server;
pub(crate) use shutdown::ShutdownSignal;
