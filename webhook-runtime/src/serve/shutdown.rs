//! The signals that ask a process to stop, and what is said about it.

use std::{io, time::Duration};

use crate::support::console;

/// SIGINT and SIGTERM, or Ctrl-C on systems other than Unix.
#[cfg(unix)]
pub(crate) struct ShutdownSignals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl ShutdownSignals {
    /// Registers the handlers: from now on no signal is missed.
    pub(crate) fn register() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for the next signal, and returns the status of a process that it has ended, as shells
    /// show it.
    pub(crate) async fn next(&mut self) -> i32 {
        use std::{future::poll_fn, task::Poll};

        use tokio::signal::unix::SignalKind;

        poll_fn(|context| {
            let number = if self.interrupt.poll_recv(context).is_ready() {
                SignalKind::interrupt().as_raw_value()
            } else if self.terminate.poll_recv(context).is_ready() {
                SignalKind::terminate().as_raw_value()
            } else {
                return Poll::Pending;
            };
            Poll::Ready(128 + number)
        })
        .await
    }
}

/// SIGINT and SIGTERM, or Ctrl-C on systems other than Unix.
#[cfg(not(unix))]
pub(crate) struct ShutdownSignals(());

#[cfg(not(unix))]
impl ShutdownSignals {
    #[allow(clippy::unnecessary_wraps, reason = "it can fail on Unix")]
    pub(crate) fn register() -> io::Result<Self> {
        Ok(Self(()))
    }

    /// Waits for the next Ctrl-C, and returns the status of a process that it has ended.
    #[allow(clippy::unused_self, reason = "it is used on Unix")]
    pub(crate) async fn next(&mut self) -> i32 {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        // STATUS_CONTROL_C_EXIT
        0xC000_013A_u32.cast_signed()
    }
}

/// Says what still runs after the first signal, and until when.
pub(crate) fn say_stopping(running: &[String], timeout: Duration) {
    let timeout = if running.is_empty() { Duration::ZERO } else { timeout };
    let (running, seconds) = (in_words(running), timeout.as_secs_f64());
    tracing::info!(running, timeout_seconds = seconds, "stopping; a second signal ends at once");
    if timeout.is_zero() {
        return console::notice(format_args!("stopping: {running} is running"));
    }
    console::notice(format_args!(
        "stopping: {running} still running, for at most {seconds} s; a second signal ends at once"
    ));
}

/// Says that connections were closed whose clients were too slow.
pub(crate) fn say_closed(connections: usize) {
    if let Some(closed) = count(connections, "connection") {
        tracing::info!(connections, "closed connections of clients that did not go on");
        console::notice(format_args!("closed {closed}: the clients did not go on"));
    }
}

/// Says what is given up at the end of the time.
pub(crate) fn say_given_up(running: &[String]) {
    let running = in_words(running);
    tracing::warn!(running, "the time to stop is over; what still runs is dropped");
    console::notice(format_args!("stopped: {running} still running, and dropped"));
}

/// Says that a second signal ends the process.
pub(crate) fn say_ended() {
    tracing::warn!("a second signal: stopped at once, without waiting for what was running");
    console::notice(format_args!("stopped at once, without waiting for what was running"));
}

fn in_words(running: &[String]) -> String {
    if running.is_empty() { "nothing".to_owned() } else { running.join(" and ") }
}

/// A number with its noun.
pub(crate) fn count(number: usize, noun: &str) -> Option<String> {
    match number {
        0 => None,
        1 => Some(format!("1 {noun}")),
        _ => Some(format!("{number} {noun}s")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_is_said_in_words() {
        let running = |requests, handlers| {
            let all = [count(requests, "request"), count(handlers, "background handler")];
            in_words(&all.into_iter().flatten().collect::<Vec<_>>())
        };
        assert_eq!(running(0, 0), "nothing");
        assert_eq!(running(1, 0), "1 request");
        assert_eq!(running(2, 1), "2 requests and 1 background handler");
    }
}
