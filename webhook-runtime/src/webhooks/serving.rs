//! Webhooks on the server of this crate: its limits, its start and its end.

use std::{io::Write as _, num::NonZeroUsize, time::Duration};

use tokio::net::ToSocketAddrs;

use super::{Webhooks, error::Error};
use crate::{
    endpoint::Endpoint,
    serve::{Listener, MAX_TIMEOUT, ServeError, Server, ServerConfig, ShutdownSignal},
};

/// The settings of [`serve`](Webhooks::serve).
impl<S> Webhooks<S> {
    /// Limits how long a client of [`serve`](Webhooks::serve) may take to send the head of a request,
    /// and how long a new connection may wait for its first request. Then the connection is closed.
    /// The default is 10 seconds, as in the examples of `HAProxy`'s documentation
    /// (`timeout http-request`).
    pub fn header_timeout(mut self, timeout: Duration) -> Self {
        self.server.header_timeout = timeout.min(MAX_TIMEOUT);
        self
    }

    /// Limits how long a connection of [`serve`](Webhooks::serve) may be silent between two requests.
    /// Then it is closed. The default is 75 seconds, as in nginx (`keepalive_timeout`).
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.server.idle_timeout = timeout.min(MAX_TIMEOUT);
        self
    }

    /// Limits the age of a connection of [`serve`](Webhooks::serve). Then it is closed after the
    /// requests in flight. The default is one hour, as in nginx (`keepalive_time`).
    pub fn max_connection_age(mut self, age: Duration) -> Self {
        self.server.max_connection_age = age.min(MAX_TIMEOUT);
        self
    }

    /// Limits the number of open connections of [`serve`](Webhooks::serve). The default is 900, just
    /// below the number of open files that most systems allow a process.
    ///
    /// At the maximum, the peer with the most connections gives one up for another peer: its longest-idle
    /// one or, if all are busy, its newest. A connection with a verified delivery is never closed for
    /// another. A new connection that finds no place waits, and is closed if too many of its peer wait.
    /// Each unverified request on an HTTP/2 connection counts. A peer is an IPv4 address, or an IPv6
    /// network (/64).
    pub fn max_connections(mut self, max: usize) -> Self {
        self.server.max_connections = max;
        self
    }

    /// Limits the number of concurrent requests on one HTTP/2 connection of
    /// [`serve`](Webhooks::serve). The default is 128, as in nginx (`http2_max_concurrent_streams`).
    #[cfg(feature = "http2")]
    pub fn max_concurrent_streams(mut self, max: u32) -> Self {
        self.server.max_concurrent_streams = max;
        self
    }

    /// Sets the number of threads on which [`serve`](Webhooks::serve) runs handlers. Each thread has
    /// a runtime of its own, which is faster than one runtime whose threads steal each other's work.
    /// The default is the number of threads of the runtime on which `serve` is called.
    ///
    /// With one thread, everything runs on the runtime on which `serve` is called. Choose that if
    /// handlers call `tokio::task::block_in_place`, or compute for long: a thread that computes
    /// serves no other request meanwhile. `tokio::task::spawn_blocking` is the better way to
    /// compute.
    pub fn worker_threads(mut self, threads: NonZeroUsize) -> Self {
        self.server.worker_threads = Some(threads);
        self
    }

    /// Makes [`serve`](Webhooks::serve) speak TLS on TCP. Sockets in the file system are not
    /// affected.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: crate::serve::Tls) -> Self {
        self.server.tls = Some(tls);
        self
    }

    /// Limits how long [`serve`](Webhooks::serve) waits for open connections and running handlers
    /// when it is asked to stop. The default is 30 seconds.
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.server.shutdown_timeout = timeout.min(MAX_TIMEOUT);
        self
    }
}

impl Webhooks<()> {
    /// Serves the webhooks on `address` until the process gets SIGINT or SIGTERM. Then it finishes
    /// the running deliveries, within [`shutdown_timeout`](Self::shutdown_timeout).
    ///
    /// It prints its address and the endpoints. It speaks HTTP/1.1 and, with the feature `http2`,
    /// HTTP/2; with [`tls`](Self::tls), over TLS. Slow clients are limited by
    /// [`header_timeout`](Self::header_timeout), [`body_timeout`](Self::body_timeout),
    /// [`idle_timeout`](Self::idle_timeout), [`max_connection_age`](Self::max_connection_age) and
    /// [`max_connections`](Self::max_connections).
    ///
    /// Handlers run on as many threads as the runtime has, and each thread has a runtime of its own:
    /// see [`worker_threads`](Self::worker_threads).
    ///
    /// # Errors
    /// If the webhooks cannot start (with every problem at once), or the server cannot listen on the
    /// address.
    pub async fn serve(self, address: impl ToSocketAddrs) -> Result<(), Error> {
        self.serve_from(async || Ok(vec![Listener::bind(address).await?])).await
    }

    /// Serves the webhooks as [`serve`](Self::serve) does, on existing listeners: several addresses,
    /// a socket in the file system, or sockets from systemd.
    ///
    /// ```no_run
    /// # use webhook_runtime::{Listener, Webhooks, webhook};
    /// # #[webhook(path = "/webhook", secret_env = "SECRET")]
    /// # async fn order_paid(order: serde_json::Value) -> &'static str { "OK" }
    /// # #[cfg(unix)]
    /// # async fn serve() -> Result<(), webhook_runtime::Error> {
    /// let hooks = Webhooks::new().mount::<order_paid>();
    /// let (tcp, unix) = (Listener::bind("[::]:3000").await?, Listener::bind_unix("hooks.sock")?);
    /// hooks.serve_on([tcp, unix]).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the webhooks cannot start (with every problem at once), or there is no listener.
    pub async fn serve_on(
        self,
        listeners: impl IntoIterator<Item = Listener>,
    ) -> Result<(), Error> {
        let listeners: Vec<_> = listeners.into_iter().collect();
        self.serve_from(async || Ok(listeners)).await
    }

    /// Listens after everything else is checked: a failed start accepts no connection.
    async fn serve_from(
        self,
        listen: impl AsyncFnOnce() -> Result<Vec<Listener>, ServeError>,
    ) -> Result<(), Error> {
        let config = ServerConfig { thread_name: "webhooks", ..self.server.clone() };
        let (background, timeout) = (self.background_handlers(), config.shutdown_timeout);
        #[cfg(feature = "inbox")]
        let inbox = self.inbox.clone();
        let endpoints: Vec<String> = self.endpoints().map(table_row).collect();
        let router = self.into_router()?;
        let server = Server::new(router, config, listen().await?)?;
        let shutdown = ShutdownSignal::register().map_err(ServeError::Stopped)?;
        announce(&format!("webhooks on {}", server.urls().join(" and ")), &endpoints);
        let connections = server.run(shutdown.received()).await?;
        #[cfg(feature = "inbox")]
        let stopped_at = tokio::time::Instant::now();
        let finished = async {
            connections.finish().await;
            background.wait().await;
        };
        if tokio::time::timeout(timeout, finished).await.is_err() {
            tracing::warn!(
                background_handlers = background.running(),
                "connections or handlers were still open at the deadline of the shutdown"
            );
        }
        // Every delivery that was acknowledged is stored. The inbox finishes or releases its jobs.
        #[cfg(feature = "inbox")]
        if let Some(inbox) = inbox {
            inbox.end(timeout.saturating_sub(stopped_at.elapsed())).await;
        }
        Ok(())
    }
}

/// Prints to standard output. The server runs even if the output is closed.
fn announce(title: &str, lines: &[String]) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{title}");
    for line in lines {
        let _ = writeln!(out, "  {line}");
    }
    let _ = out.flush();
}

/// An endpoint as a row of the table that is printed at start.
fn table_row(endpoint: &Endpoint) -> String {
    let Endpoint { path, name, provider, .. } = endpoint;
    format!("{} {path}  {name}  ({})", provider.methods(), provider.name())
}
