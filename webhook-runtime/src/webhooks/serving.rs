//! A program that is nothing but webhooks.

use std::{io, io::Write as _, num::NonZeroUsize, time::Duration};

use tokio::net::ToSocketAddrs;

use crate::{
    serve::{Listener, NEVER, Server, accept, asked_to_stop},
    webhooks::{
        Webhooks,
        start::{Error, line},
    },
};

impl Webhooks<()> {
    /// Serves the webhooks on `address` and nothing else, until the process is asked to stop
    /// (SIGINT or SIGTERM); deliveries that are running are finished first, for as long as
    /// [`shutdown_deadline`](Self::shutdown_deadline) allows.
    ///
    /// Prints where it listens and what is mounted. Speaks HTTP/1.1 and, with the feature `http2`,
    /// HTTP/2; with [`tls`](Self::tls), over TLS. Bounds what a client can be slow at: the head of a
    /// request by [`header_deadline`](Self::header_deadline), its body by
    /// [`body_deadline`](Self::body_deadline), the time between requests by
    /// [`idle_timeout`](Self::idle_timeout), all of it by
    /// [`connection_lifetime`](Self::connection_lifetime); and how many connections there are by
    /// [`max_connections`](Self::max_connections).
    ///
    /// Handlers run on as many threads as the runtime has, each thread with a runtime of its own:
    /// [`serving_threads`](Self::serving_threads) says what that means, and changes it.
    ///
    /// # Errors
    /// When the webhooks cannot start (every problem at once) or the address cannot be listened on.
    pub async fn serve(self, address: impl ToSocketAddrs) -> Result<(), Error> {
        self.serve_from(async || Ok(vec![Listener::bind(address).await?])).await
    }

    /// As [`serve`](Self::serve), on sockets that are there already: several addresses at once, a
    /// socket in the file system, or one that whoever started the program has opened.
    ///
    /// ```no_run
    /// # use webhook_runtime::{Listener, Webhooks, webhook};
    /// # #[webhook(path = "/webhook", secret_env = "SECRET")]
    /// # async fn order_paid(order: serde_json::Value) -> &'static str { "OK" }
    /// # #[cfg(unix)]
    /// # async fn serve() -> Result<(), webhook_runtime::Error> {
    /// let hooks = Webhooks::new().mount::<order_paid>();
    /// let (tcp, unix) = (Listener::bind("[::]:3000").await?, Listener::unix("hooks.sock")?);
    /// hooks.serve_on([tcp, unix]).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the webhooks cannot start (every problem at once), or there is no socket.
    pub async fn serve_on(
        self,
        listeners: impl IntoIterator<Item = Listener>,
    ) -> Result<(), Error> {
        let listeners: Vec<_> = listeners.into_iter().collect();
        self.serve_from(async || Ok(listeners)).await
    }

    /// Listens when everything else is known to be right: a start that fails takes no connections.
    async fn serve_from(
        self,
        listen: impl AsyncFnOnce() -> Result<Vec<Listener>, Error>,
    ) -> Result<(), Error> {
        let (limits, late) = (self.limits, self.late_handlers());
        #[cfg(feature = "inbox")]
        let inbox = self.inbox.clone();
        let scheme = "http";
        #[cfg(feature = "tls")]
        let tls = self.tls.clone();
        #[cfg(feature = "tls")]
        let scheme = if tls.is_some() { "https" } else { scheme };
        let mounted: Vec<String> = self.endpoints().map(line).collect();
        let router = self.into_router()?;
        let listeners = listen().await?;
        if listeners.is_empty() {
            let source = io::Error::new(io::ErrorKind::InvalidInput, "no socket was given");
            return Err(Error::Listen { address: None, source });
        }
        let asked_to_stop = asked_to_stop().map_err(Error::Serve)?;
        let server = Server {
            router,
            limits,
            #[cfg(feature = "tls")]
            tls,
        };
        let places: Vec<_> = listeners.iter().map(|listener| listener.told_as(scheme)).collect();
        announce(&format!("webhooks on {}", places.join(" and ")), &mounted);
        let open = accept(listeners, server, asked_to_stop).await.map_err(Error::Serve)?;
        #[cfg(feature = "inbox")]
        let stopped_at = tokio::time::Instant::now();
        let everything = async {
            open.finish().await;
            late.finished().await;
        };
        if tokio::time::timeout(limits.shutdown_deadline, everything).await.is_err() {
            tracing::warn!(
                late_handlers = late.running(),
                "connections or handlers were still open at the deadline of the shutdown"
            );
        }
        // What was received until now has been stored. What runs is finished, or given back.
        #[cfg(feature = "inbox")]
        if let Some(inbox) = inbox {
            inbox.end(limits.shutdown_deadline.saturating_sub(stopped_at.elapsed())).await;
        }
        Ok(())
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
    pub fn tls(mut self, tls: crate::serve::Tls) -> Self {
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

/// Tells on standard output; a program whose output nobody reads serves all the same.
fn announce(title: &str, lines: &[String]) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{title}");
    for line in lines {
        let _ = writeln!(out, "  {line}");
    }
    let _ = out.flush();
}
