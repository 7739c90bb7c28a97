//! The limits of a server, and where their defaults come from.

use std::{num::NonZeroUsize, time::Duration};

/// The limits that a server sets its clients, and its TLS.
#[derive(Clone, Debug)]
pub(crate) struct ServerConfig {
    /// How long the head of a request may take to arrive.
    pub(crate) header_timeout: Duration,
    /// How long a connection may be silent between requests.
    pub(crate) idle_timeout: Duration,
    /// How old a connection may become.
    pub(crate) max_connection_age: Duration,
    /// How many connections may be open.
    pub(crate) max_connections: usize,
    /// How many requests one HTTP/2 connection may have in flight.
    #[cfg(feature = "http2")]
    pub(crate) max_concurrent_streams: u32,
    /// How many worker threads there are; `None` for as many as the runtime has.
    pub(crate) worker_threads: Option<NonZeroUsize>,
    /// How the worker threads are called, before their number.
    pub(crate) thread_name: &'static str,
    /// How long a shutdown waits for open connections.
    pub(crate) shutdown_timeout: Duration,
    /// The certificate for TCP connections; `None` for plain HTTP.
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<super::Tls>,
}

/// The maximum size of a request's head in bytes: that of an Application Load Balancer of AWS. A
/// larger head is answered by 431.
pub(crate) const MAX_HEAD: u32 = 64 * 1024;

/// A hundred years: a deadline that far ahead can still be computed.
pub(crate) const MAX_TIMEOUT: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            // `timeout http-request` in the examples of HAProxy's documentation.
            header_timeout: Duration::from_secs(10),
            // nginx, `keepalive_timeout`.
            idle_timeout: Duration::from_secs(75),
            // nginx, `keepalive_time`.
            max_connection_age: Duration::from_secs(60 * 60),
            // A process may have 1,024 open files on most systems, and needs some for other things.
            max_connections: 900,
            // nginx, `http2_max_concurrent_streams`.
            #[cfg(feature = "http2")]
            max_concurrent_streams: 128,
            worker_threads: None,
            thread_name: "server",
            // What Kubernetes, and supervisors like it, allow before they kill.
            shutdown_timeout: Duration::from_secs(30),
            #[cfg(feature = "tls")]
            tls: None,
        }
    }
}
