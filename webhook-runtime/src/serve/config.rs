//! What clients may take of the server, and of whom the defaults are.

use std::{num::NonZeroUsize, time::Duration};

use crate::webhooks::Webhooks;

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
const NEVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

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

/// What [`serve`](Webhooks::serve) does.
impl<S> Webhooks<S> {
    /// How long a connection of [`serve`](Webhooks::serve) may take to send the head of a request,
    /// and a new one until its first: 10 seconds unless told otherwise, as in the examples of
    /// `HAProxy`'s documentation (`timeout http-request`). Then it is closed.
    pub fn header_deadline(mut self, deadline: Duration) -> Self {
        self.limits.header_deadline = deadline.min(NEVER);
        self
    }

    /// How long a connection of [`serve`](Webhooks::serve) may be silent between two requests: 75
    /// seconds unless told otherwise, as with nginx (`keepalive_timeout`). Then it is closed.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.limits.idle_timeout = timeout.min(NEVER);
        self
    }

    /// How old a connection of [`serve`](Webhooks::serve) may become: an hour unless told otherwise,
    /// as with nginx (`keepalive_time`). Then it is closed after the request that is being answered.
    pub fn connection_lifetime(mut self, lifetime: Duration) -> Self {
        self.limits.connection_lifetime = lifetime.min(NEVER);
        self
    }

    /// How many connections [`serve`](Webhooks::serve) has open at a time: 900 unless told otherwise,
    /// which is just below the number of open files that a process usually may have.
    ///
    /// One more takes the place of one that the server waits for: of the peer that has the most
    /// connections, the one that has been waited for the longest. Where all have a request that is
    /// being answered, it waits. Peers are told apart by their address, an IPv6 one by its /64.
    pub fn max_connections(mut self, most: usize) -> Self {
        self.limits.connections = most;
        self
    }

    /// How many requests a client may have under way at a time on one HTTP/2 connection of
    /// [`serve`](Webhooks::serve): 128 unless told otherwise, as with nginx
    /// (`http2_max_concurrent_streams`).
    #[cfg(feature = "http2")]
    pub fn max_concurrent_streams(mut self, most: u32) -> Self {
        self.limits.concurrent_streams = most;
        self
    }

    /// On how many threads [`serve`](Webhooks::serve) answers, each with a runtime of its own: as many
    /// as the runtime has that `serve` is called on, unless told otherwise. That is faster than one
    /// runtime whose threads take each other's work.
    ///
    /// With one, everything runs on the runtime that `serve` is called on. Ask for that if handlers
    /// call `tokio::task::block_in_place`, or compute for long: a thread that computes answers nobody
    /// else meanwhile. `tokio::task::spawn_blocking` is the better way to do so.
    pub fn serving_threads(mut self, threads: NonZeroUsize) -> Self {
        self.limits.threads = Some(threads);
        self
    }

    /// Has [`serve`](Webhooks::serve) speak TLS on TCP. Sockets in the file system stay as they are.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: super::Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// How long [`serve`](Webhooks::serve) waits for open connections when it is asked to stop: 30
    /// seconds unless told otherwise.
    pub fn shutdown_deadline(mut self, deadline: Duration) -> Self {
        self.limits.shutdown_deadline = deadline.min(NEVER);
        self
    }
}
