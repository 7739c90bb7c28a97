//! A server for any axum `Router` on the open internet: listeners, connections, timeouts, TLS.

mod accept;
mod config;
mod connection;
mod connections;
mod error;
mod guard;
mod listener;
mod metrics;
mod request;
mod server;
mod shutdown;
#[cfg(unix)]
mod socket_file;
mod stream;
#[cfg(feature = "tls")]
mod tls;
mod worker_threads;

pub use error::ServeError;
pub use listener::Listener;
pub use server::Server;
#[cfg(feature = "tls")]
pub use tls::{Tls, TlsError};

pub(crate) use server::BackgroundWork;
pub(crate) use shutdown::count;
