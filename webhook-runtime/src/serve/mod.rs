//! A program that is nothing but webhooks.

mod connection;
mod connections;

mod config;
mod guard;
mod listener;
mod server;
mod stream;
#[cfg(feature = "tls")]
mod tls;
mod worker_threads;

use std::{future::poll_fn, io, io::Write as _, task::Poll};

use tokio::net::ToSocketAddrs;

pub use listener::Listener;
#[cfg(feature = "tls")]
pub use tls::{Tls, TlsError};

pub(crate) use config::Limits;
use connection::Server;

use crate::webhooks::{
    Webhooks,
    start::{Error, line},
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
        let open = server::accept(listeners, server, asked_to_stop).await.map_err(Error::Serve)?;
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

/// Tells on standard output; a program whose output nobody reads serves all the same.
fn announce(title: &str, lines: &[String]) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{title}");
    for line in lines {
        let _ = writeln!(out, "  {line}");
    }
    let _ = out.flush();
}

/// Listens for SIGINT and SIGTERM (Ctrl-C elsewhere than on Unix), and gives what waits for them.
#[cfg(unix)]
fn asked_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    Ok(poll_fn(move |context| {
        let stop =
            interrupted.poll_recv(context).is_ready() || terminated.poll_recv(context).is_ready();
        if stop { Poll::Ready(()) } else { Poll::Pending }
    }))
}

#[cfg(not(unix))]
fn asked_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
