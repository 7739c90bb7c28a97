//! The signals that ask a process to stop.

use std::{future::poll_fn, task::Poll};

/// Listens for SIGINT and SIGTERM (Ctrl-C elsewhere than on Unix), and gives what waits for them.
#[cfg(unix)]
pub(crate) fn asked_to_stop() -> std::io::Result<impl Future<Output = ()>> {
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
pub(crate) fn asked_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
