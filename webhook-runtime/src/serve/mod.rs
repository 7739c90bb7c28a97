//! A program that is nothing but webhooks.

mod connections;
mod server;

use std::{future::poll_fn, io::Write as _, task::Poll};

use tokio::net::{TcpListener, ToSocketAddrs};

pub(crate) use server::Limits;

use crate::{
    start::{Error, line},
    webhooks::Webhooks,
};

impl Webhooks<()> {
    /// Serves the webhooks on `address` and nothing else, until the process is asked to stop
    /// (SIGINT or SIGTERM); deliveries that are running are finished first, for as long as
    /// [`shutdown_deadline`](Self::shutdown_deadline) allows.
    ///
    /// Prints where it listens and what is mounted. Speaks HTTP/1.1, and bounds what a client can be
    /// slow at: the head of a request by [`header_deadline`](Self::header_deadline), its body by
    /// [`body_deadline`](Self::body_deadline), and how many connections there are by
    /// [`max_connections`](Self::max_connections).
    ///
    /// # Errors
    /// When the webhooks cannot start (every problem at once) or the address cannot be listened on.
    pub async fn serve(self, address: impl ToSocketAddrs) -> Result<(), Error> {
        let deadline = self.shutdown_deadline;
        let (limits, late) = (self.limits, self.late_handlers());
        #[cfg(feature = "inbox")]
        let inbox = self.inbox.clone();
        let mounted: Vec<String> = self.endpoints().map(line).collect();
        let router = self.into_router()?;
        let listen = |source| Error::Listen { address: None, source };
        let candidates: Vec<_> = tokio::net::lookup_host(address).await.map_err(listen)?.collect();
        let listener = TcpListener::bind(&candidates[..])
            .await
            .map_err(|source| Error::Listen { address: candidates.first().copied(), source })?;
        let address = listener.local_addr().map_err(listen)?;
        let asked_to_stop = asked_to_stop().map_err(Error::Serve)?;
        announce(&format!("webhooks on http://{address}"), &mounted);
        let open = server::accept(listener, router, limits, asked_to_stop).await;
        #[cfg(feature = "inbox")]
        let stopped_at = tokio::time::Instant::now();
        let everything = async {
            open.shutdown().await;
            late.finished().await;
        };
        if tokio::time::timeout(deadline, everything).await.is_err() {
            tracing::warn!(
                late_handlers = late.running(),
                "connections or handlers were still open at the deadline of the shutdown"
            );
        }
        // What was received until now has been stored. What runs is finished, or given back.
        #[cfg(feature = "inbox")]
        if let Some(inbox) = inbox {
            inbox.end(deadline.saturating_sub(stopped_at.elapsed())).await;
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
