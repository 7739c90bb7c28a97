//! The signals that ask a process to stop.

use std::io;

/// Waits for SIGINT or SIGTERM, or for Ctrl-C on systems other than Unix.
#[cfg(unix)]
pub(crate) struct ShutdownSignal {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl ShutdownSignal {
    /// Registers the handlers: from now on no signal is missed.
    pub(crate) fn register() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: signal(SignalKind::terminate())? })
    }

    pub(crate) async fn received(mut self) {
        use std::{future::poll_fn, task::Poll};

        poll_fn(move |context| {
            let received = self.interrupt.poll_recv(context).is_ready()
                || self.terminate.poll_recv(context).is_ready();
            if received { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

/// Waits for SIGINT or SIGTERM, or for Ctrl-C on systems other than Unix.
#[cfg(not(unix))]
pub(crate) struct ShutdownSignal(());

#[cfg(not(unix))]
impl ShutdownSignal {
    #[allow(clippy::unnecessary_wraps, reason = "it can fail on Unix")]
    pub(crate) fn register() -> io::Result<Self> {
        Ok(Self(()))
    }

    pub(crate) async fn received(self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
