//! What clients may take of the server, and of whom the defaults are.

use std::{num::NonZeroUsize, time::Duration};

/// What clients may take of the server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// How long the head of a request may take to arrive.
    pub(crate) header_deadline: Duration,
    /// How long a connection may be silent between requests.
    pub(crate) idle_timeout: Duration,
    /// How old a connection may become.
    pub(crate) connection_lifetime: Duration,
    /// How many connections may be open.
    pub(crate) connections: usize,
    /// How many requests one HTTP/2 connection may have under way.
    #[cfg(feature = "http2")]
    pub(crate) concurrent_streams: u32,
    /// On how many threads the connections are, where somebody has said so.
    pub(crate) threads: Option<NonZeroUsize>,
    /// How long open connections are waited for at the end.
    pub(crate) shutdown_deadline: Duration,
}

/// The most that a request's head may have, in bytes: what an Application Load Balancer of AWS
/// takes. What is more is answered by 431.
pub(crate) const MAX_HEAD: u32 = 64 * 1024;

/// As long as any machine runs: a time beyond can be said, but not be reckoned with.
pub(crate) const NEVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

impl Default for Limits {
    fn default() -> Self {
        Self {
            // `timeout http-request` in the examples of HAProxy's documentation.
            header_deadline: Duration::from_secs(10),
            // nginx, `keepalive_timeout`.
            idle_timeout: Duration::from_secs(75),
            // nginx, `keepalive_time`.
            connection_lifetime: Duration::from_secs(60 * 60),
            // A process may have 1,024 open files on most systems, and needs some for other things.
            connections: 900,
            // nginx, `http2_max_concurrent_streams`.
            #[cfg(feature = "http2")]
            concurrent_streams: 128,
            threads: None,
            // What Kubernetes, and supervisors like it, allow before they kill.
            shutdown_deadline: Duration::from_secs(30),
        }
    }
}
