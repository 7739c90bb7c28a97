//! A program that is nothing but webhooks.

use std::{future::poll_fn, io::Write as _, pin::pin, task::Poll};

use tokio::{
    net::{TcpListener, ToSocketAddrs},
    sync::watch,
    time::Instant,
};

use crate::{
    start::{Error, line},
    webhooks::Webhooks,
};

impl Webhooks<()> {
    /// Serves the webhooks on `address` and nothing else, until the process is asked to stop
    /// (SIGINT or SIGTERM); deliveries that are running are finished first, for as long as
    /// [`shutdown_deadline`](Self::shutdown_deadline) allows.
    ///
    /// Prints where it listens and what is mounted.
    ///
    /// # Errors
    /// When the webhooks cannot start (every problem at once) or the address cannot be listened on.
    pub async fn serve(self, address: impl ToSocketAddrs) -> Result<(), Error> {
        let deadline = self.shutdown_deadline;
        let late = self.late_handlers();
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
        let (stopping, mut stopped) = watch::channel(None);
        #[cfg(feature = "inbox")]
        let stop_at = stopped.clone();
        let server = axum::serve(listener, router).with_graceful_shutdown(async move {
            asked_to_stop.await;
            let _ = stopping.send(Some(Instant::now()));
        });
        let everything = async {
            let result = server.await;
            late.finished().await;
            result
        };
        let too_late = async move {
            match stopped.wait_for(Option::is_some).await {
                Ok(_) => tokio::time::sleep(deadline).await,
                // Without a word, the server has ended by itself.
                Err(_) => std::future::pending().await,
            }
        };
        let mut everything = pin!(everything);
        let mut too_late = pin!(too_late);
        let result = poll_fn(|context| match everything.as_mut().poll(context) {
            Poll::Ready(result) => Poll::Ready(result.map_err(Error::Serve)),
            Poll::Pending => too_late.as_mut().poll(context).map(|()| {
                tracing::warn!(
                    late_handlers = late.running(),
                    "connections or handlers were still open at the deadline of the shutdown"
                );
                Ok(())
            }),
        })
        .await;
        // What was received until now has been stored. What runs is finished, or given back.
        #[cfg(feature = "inbox")]
        if let Some(inbox) = inbox {
            let waited = stop_at.borrow().map(|at| at.elapsed()).unwrap_or_default();
            inbox.end(deadline.saturating_sub(waited)).await;
        }
        result
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
