//! The limits of a server, and where their defaults come from.

use std::{num::NonZeroUsize, time::Duration};

/// The limits that a server sets its clients, and its TLS.
#[derive(Clone, Debug)]
pub(crate) struct ServerConfig {
    /// The time that the head of a request may take to arrive.
    pub(crate) header_timeout: Duration,
    /// The time that a connection may be silent between requests.
    pub(crate) idle_timeout: Duration,
    /// The maximum age of a connection.
    pub(crate) max_connection_age: Duration,
    /// The maximum number of open connections.
    pub(crate) max_connections: usize,
    /// The maximum number of requests in flight on one HTTP/2 connection.
    #[cfg(feature = "http2")]
    pub(crate) max_concurrent_streams: u32,
    /// The number of worker threads; `None` for as many as the runtime has.
    pub(crate) worker_threads: Option<NonZeroUsize>,
    /// The name of the worker threads, before their number.
    pub(crate) thread_name: &'static str,
    /// The time that a shutdown waits for open connections.
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
