//! The public server: a router, its limits, its start and its stop.

use std::{
    future::poll_fn,
    io::{IsTerminal as _, Write as _},
    num::NonZeroUsize,
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

use axum::Router;
use tokio::{
    net::ToSocketAddrs,
    time::{Instant, timeout_at},
};

use super::{
    accept::{BoundServer, OpenConnections},
    config::{MAX_TIMEOUT, ServerConfig},
    error::ServeError,
    listener::Listener,
    shutdown::{self, ShutdownSignals},
};
use crate::support::console;

/// A server for any axum `Router`, made to face the open internet: it limits slow clients and their
/// number, and stops gracefully.
///
/// [`Webhooks::serve`](crate::Webhooks::serve) runs on it. Use it directly for an application in which
/// webhooks are a part, or which has none. It sets no limits to bodies: webhooks have their own, and axum
/// has `DefaultBodyLimit`.
///
/// ```no_run
/// use std::time::Duration;
///
/// use axum::{Router, routing::get};
/// use webhook_runtime::{ServeError, Server};
///
/// # async fn serve() -> Result<(), ServeError> {
/// let app = Router::new().route("/health", get(async || "OK"));
/// Server::new(app).idle_timeout(Duration::from_secs(30)).serve("127.0.0.1:3000").await
/// # }
/// ```
#[must_use]
pub struct Server {
    router: Router,
    config: ServerConfig,
    title: &'static str,
    table: Option<Table>,
    work: Option<Box<dyn BackgroundWork>>,
}

/// Makes the lines that are printed at start. In a terminal, it gets the origin of the server's URLs.
type Table = Box<dyn FnOnce(Option<&str>) -> Vec<String> + Send + Sync>;

/// The work of an application outside of its connections, for which a stop waits.
pub(crate) trait BackgroundWork: Send + Sync {
    /// The server takes no more connections.
    fn stop(&self);

    /// The work that is running, in words.
    fn running(&self) -> Vec<String>;

    /// Finishes the work until the deadline.
    fn finish(self: Box<Self>, deadline: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

impl Server {
    /// Creates a server with default limits. A router with state needs
    /// [`Router::with_state`](axum::Router::with_state) first.
    pub fn new(router: Router) -> Self {
        let config = ServerConfig::default();
        Self { router, config, title: "serving", table: None, work: None }
    }

    /// Limits how long a client may take to send the head of a request, and how long a new connection
    /// may wait for its first request. Then the connection is closed. The default is 10 seconds, as in
    /// the examples of `HAProxy`'s documentation (`timeout http-request`).
    pub fn header_timeout(mut self, timeout: Duration) -> Self {
        self.config.header_timeout = timeout.min(MAX_TIMEOUT);
        self
    }

    /// Limits how long a connection may be silent between two requests, and how long a client may
    /// pause while it reads a response. Then the connection is closed. The default is 75 seconds, as in
    /// nginx (`keepalive_timeout`).
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.config.idle_timeout = timeout.min(MAX_TIMEOUT);
        self
    }

    /// Limits the age of a connection. Then it is closed after the requests in flight. The default is
    /// one hour, as in nginx (`keepalive_time`).
    pub fn max_connection_age(mut self, age: Duration) -> Self {
        self.config.max_connection_age = age.min(MAX_TIMEOUT);
        self
    }

    /// Limits the number of open connections. The default is 900, just below the number of open files
    /// that most systems allow a process.
    ///
    /// At the maximum, the peer with the most connections gives one up for another peer: its longest-idle
    /// one or, if all are busy, its newest. A connection with a verified delivery is never closed for
    /// another. A new connection that finds no place waits, and is closed if too many of its peer wait.
    /// Each unverified request on an HTTP/2 connection counts. A peer is an IPv4 address, or an IPv6
    /// network (/64).
    pub fn max_connections(mut self, max: usize) -> Self {
        self.config.max_connections = max;
        self
    }

    /// Limits the number of concurrent requests on one HTTP/2 connection. The default is 128, as in
    /// nginx (`http2_max_concurrent_streams`).
    #[cfg(feature = "http2")]
    pub fn max_concurrent_streams(mut self, max: u32) -> Self {
        self.config.max_concurrent_streams = max;
        self
    }

    /// Sets the number of threads on which handlers run. Each thread has a runtime of its own, which is
    /// faster than one runtime whose threads steal each other's work. The default is as many as the
    /// runtime has on which the server is started.
    ///
    /// With one thread, everything runs on the runtime on which the server is started. Choose that if
    /// handlers call `tokio::task::block_in_place`. A handler that computes for long, or blocks in another
    /// way, has to use `block_in_place` or `tokio::task::spawn_blocking`: its thread serves no other
    /// request meanwhile and, with one thread, sees no signal either.
    pub fn worker_threads(mut self, threads: NonZeroUsize) -> Self {
        self.config.worker_threads = Some(threads);
        self
    }

    /// Speaks TLS on TCP. Sockets in the file system are not affected.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: super::Tls) -> Self {
        self.config.tls = Some(tls);
        self
    }

    /// Limits how long a stop waits for requests and handlers that are running. The default is 30
    /// seconds.
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.config.shutdown_timeout = timeout.min(MAX_TIMEOUT);
        self
    }

    /// Serves on `address` until the process gets SIGINT or SIGTERM (Ctrl-C on other systems than
    /// Unix).
    ///
    /// Then it accepts no more connections, says what is still running, and finishes the requests in
    /// flight, within [`shutdown_timeout`](Self::shutdown_timeout). A client has five seconds to send
    /// the rest of its request and to read its response. A second signal ends the process at once, with
    /// the status that shells show for the signal: 130 or 143.
    ///
    /// # Errors
    /// If the server cannot listen on the address.
    pub async fn serve(self, address: impl ToSocketAddrs) -> Result<(), ServeError> {
        let listener = Listener::bind(address).await?;
        self.serve_on([listener]).await
    }

    /// Serves as [`serve`](Self::serve) does, on existing listeners.
    ///
    /// # Errors
    /// If there is no listener.
    pub async fn serve_on(
        self,
        listeners: impl IntoIterator<Item = Listener>,
    ) -> Result<(), ServeError> {
        let listeners = listeners.into_iter().collect();
        let Self { router, config, title, table, work } = self;
        let timeout = config.shutdown_timeout;
        let server = BoundServer::new(router, config, listeners)?;
        let mut signals = ShutdownSignals::register().map_err(ServeError::Stopped)?;
        console::open();
        announce(title, &server.urls(), table);
        let connections = server.run(async { _ = signals.next().await }).await?;
        let deadline = Instant::now() + timeout;
        if let Some(work) = &work {
            work.stop();
        }
        shutdown::say_stopping(&running(&connections, work.as_deref()), timeout);
        stop(connections, work, deadline, signals).await;
        console::flush();
        Ok(())
    }

    /// Replaces the router.
    pub(crate) fn with_router(mut self, router: Router) -> Self {
        self.router = router;
        self
    }

    /// Sets the name of the threads, before their number.
    pub(crate) fn with_thread_name(mut self, name: &'static str) -> Self {
        self.config.thread_name = name;
        self
    }

    /// Sets the name of the application, and the table that is printed at start. `table` gets the
    /// origin of the server's URLs, or `None` if nobody is there to read more than the rows.
    pub(crate) fn with_title(
        mut self,
        title: &'static str,
        table: impl FnOnce(Option<&str>) -> Vec<String> + Send + Sync + 'static,
    ) -> Self {
        self.title = title;
        self.table = Some(Box::new(table));
        self
    }

    /// Sets the work that a stop has to finish.
    pub(crate) fn with_work(mut self, work: impl BackgroundWork + 'static) -> Self {
        self.work = Some(Box::new(work));
        self
    }
}

/// The running work, in words.
fn running(connections: &OpenConnections, work: Option<&dyn BackgroundWork>) -> Vec<String> {
    let requests = shutdown::count(connections.requests_in_flight(), "request");
    let responses = shutdown::count(connections.responses_not_taken(), "response");
    requests
        .into_iter()
        .chain(responses)
        .chain(work.into_iter().flat_map(BackgroundWork::running))
        .collect()
}

/// Finishes what is running until the deadline. A second signal ends the process.
async fn stop(
    connections: OpenConnections,
    work: Option<Box<dyn BackgroundWork>>,
    deadline: Instant,
    mut signals: ShutdownSignals,
) {
    let finish = async move {
        if timeout_at(deadline, connections.finish()).await.is_err() {
            shutdown::say_given_up(&running(&connections, work.as_deref()));
        }
        // The connections are closed before the work ends: they would begin more.
        drop(connections);
        if let Some(work) = work {
            work.finish(deadline).await;
        }
    };
    let (mut finish, mut second) = (pin!(finish), pin!(signals.next()));
    poll_fn(|context| {
        if let Poll::Ready(status) = second.as_mut().poll(context) {
            shutdown::say_ended();
            console::flush();
            // Whoever asks twice does not want to wait: for destructors, blocking tasks, or the
            // rest of `main`.
            std::process::exit(status);
        }
        finish.as_mut().poll(context)
    })
    .await;
}

/// Prints to standard output. The server runs even if the output is closed.
fn announce(title: &str, urls: &[String], table: Option<Table>) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{title} on {}", urls.join(" and "));
    let origin = local_origin(urls).filter(|_| out.is_terminal());
    for line in table.map(|table| table(origin.as_deref())).unwrap_or_default() {
        let _ = writeln!(out, "  {line}");
    }
    let _ = out.flush();
}

/// The origin for requests from this machine; `None` if the server only listens on files.
fn local_origin(urls: &[String]) -> Option<String> {
    let url = urls.iter().find(|url| url.contains("://"))?;
    Some(url.replacen("//0.0.0.0:", "//127.0.0.1:", 1).replacen("//[::]:", "//[::1]:", 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_from_this_machine_have_an_address() {
        for (urls, origin) in [
            (&["http://0.0.0.0:3000"][..], Some("http://127.0.0.1:3000")),
            (&["unix:a.sock", "https://[::]:443"], Some("https://[::1]:443")),
            (&["http://192.0.2.1:80", "http://127.0.0.1:80"], Some("http://192.0.2.1:80")),
            (&["unix:a.sock"], None),
        ] {
            let urls: Vec<_> = urls.iter().map(|url| (*url).to_owned()).collect();
            assert_eq!(local_origin(&urls).as_deref(), origin);
        }
    }
}
