//! A program that is nothing but webhooks.

use std::io::Write as _;

use tokio::net::{TcpListener, ToSocketAddrs};

use crate::{
    start::{Error, line},
    webhooks::Webhooks,
};

impl Webhooks<()> {
    /// Serves the webhooks on `address` and nothing else, until the process is asked to stop
    /// (SIGINT or SIGTERM); deliveries that are running are finished first.
    ///
    /// Prints where it listens and what is mounted.
    ///
    /// # Errors
    /// When the webhooks cannot start (every problem at once) or the address cannot be listened on.
    pub async fn serve(self, address: impl ToSocketAddrs) -> Result<(), Error> {
        let mounted: Vec<String> = self.endpoints().map(line).collect();
        let router = self.into_router()?;
        let listen = |source| Error::Listen { address: None, source };
        let candidates: Vec<_> = tokio::net::lookup_host(address).await.map_err(listen)?.collect();
        let listener = TcpListener::bind(&candidates[..])
            .await
            .map_err(|source| Error::Listen { address: candidates.first().copied(), source })?;
        let address = listener.local_addr().map_err(listen)?;
        announce(&format!("webhooks on http://{address}"), &mounted);
        axum::serve(listener, router)
            .with_graceful_shutdown(asked_to_stop())
            .await
            .map_err(Error::Serve)
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

/// Waits for SIGINT or SIGTERM (Ctrl-C elsewhere than on Unix).
async fn asked_to_stop() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminated) = signal(SignalKind::terminate()) else {
            return interrupted.await;
        };
        let mut interrupted = std::pin::pin!(interrupted);
        let mut terminated = std::pin::pin!(terminated.recv());
        std::future::poll_fn(|context| {
            let stop = interrupted.as_mut().poll(context).is_ready()
                || terminated.as_mut().poll(context).is_ready();
            if stop { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
    }
    #[cfg(not(unix))]
    interrupted.await;
}
