//! One connection, from its first byte to its end: protocol detection and timeouts.

use std::{future::poll_fn, net::SocketAddr, pin::pin, sync::Arc, task::Poll};

use axum::{Router, extract::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{rt::TokioIo, server::graceful::GracefulConnection};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::sleep_until,
};

use super::{
    config::{MAX_HEAD, ServerConfig},
    guard::{ConnectionGuard, Signal},
    request::respond,
    stream::TrackedStream,
};
#[cfg(feature = "tls")]
use crate::support::trace;

/// Serves the requests of one connection, until either end closes it, a timeout passes, or it has to
/// make room for another one.
pub(crate) async fn serve_connection<T>(
    router: Router,
    config: &ServerConfig,
    guard: &ConnectionGuard,
    stream: T,
    peer: Option<SocketAddr>,
) where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let stream = TrackedStream::new(stream, Arc::clone(&guard.state));
    #[cfg(feature = "http2")]
    let (stream, is_http2) = {
        let mut stream = stream;
        let detected = before_first_request(config, guard, stream.is_http2()).await;
        let Some(Ok(is_http2)) = detected else { return };
        (stream, is_http2)
    };
    let (all, state) = (Arc::clone(&guard.all), Arc::clone(&guard.state));
    // A Unix socket, which has no peer, is never encrypted.
    #[cfg(feature = "tls")]
    let is_tls = peer.is_some() && config.tls.is_some();
    #[cfg_attr(not(feature = "tls"), allow(unused_mut, reason = "nothing is marked"))]
    let service = service_fn(move |mut request: Request<Incoming>| {
        #[cfg(feature = "tls")]
        if is_tls {
            trace::mark_tls(request.extensions_mut());
        }
        let in_flight = all.begin_request(&state);
        respond(router.clone(), in_flight, Arc::clone(&state), peer, request)
    });
    let stream = TokioIo::new(stream);
    #[cfg(feature = "http2")]
    if is_http2 {
        let connection = http2(config).serve_connection(stream, service);
        return drive(connection, config, guard, true).await;
    }
    let connection = http1::Builder::new()
        // The guard has its own timeout.
        .header_read_timeout(None)
        .max_header_size(MAX_HEAD as usize)
        .max_buf_size(MAX_HEAD as usize)
        .serve_connection(stream, service);
    drive(connection, config, guard, false).await;
}

/// HTTP/2 with a limit for each of its known abuses.
#[cfg(feature = "http2")]
fn http2(
    config: &ServerConfig,
) -> hyper::server::conn::http2::Builder<hyper_util::rt::TokioExecutor> {
    /// The part of a body that is accepted before the handler reads it: nginx, `http2_body_preread_size`.
    const UNREAD_BODY: u32 = 64 * 1024;
    /// The same for all bodies of one connection together.
    const UNREAD_BODIES: u32 = 4 * UNREAD_BODY;
    /// The number of pending streams that a client may reset before the connection ends with
    /// `ENHANCE_YOUR_CALM` (CVE-2023-44487): the default of h2.
    const RESET_BY_CLIENT: usize = 20;
    /// The number of streams that the server may reset because of a client's errors before the connection ends
    /// (CVE-2025-8671): a tenth of hyper's default, since no honest client makes that many errors.
    const RESET_BY_SERVER: usize = 100;

    let mut builder =
        hyper::server::conn::http2::Builder::new(hyper_util::rt::TokioExecutor::new());
    builder
        .max_concurrent_streams(config.max_concurrent_streams)
        .max_header_list_size(MAX_HEAD)
        .max_pending_accept_reset_streams(RESET_BY_CLIENT)
        .max_local_error_reset_streams(RESET_BY_SERVER)
        .initial_stream_window_size(UNREAD_BODY)
        .initial_connection_window_size(UNREAD_BODIES);
    builder
}

/// Runs a step that precedes the first request. `None` if its deadline passes or the connection gets
/// a signal.
#[cfg(any(feature = "http2", feature = "tls"))]
pub(crate) async fn before_first_request<T>(
    config: &ServerConfig,
    guard: &ConnectionGuard,
    step: impl Future<Output = T>,
) -> Option<T> {
    let (mut step, mut signal) = (pin!(step), pin!(guard.signalled()));
    let done = poll_fn(|context| match step.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => signal.as_mut().poll(context).map(|()| None),
    });
    tokio::time::timeout_at(guard.first_deadline(config), done).await.ok().flatten()
}

/// Drives a connection until it ends, a timeout passes, or the server closes it.
async fn drive<C>(connection: C, config: &ServerConfig, guard: &ConnectionGuard, multiplexed: bool)
where
    C: GracefulConnection<Error = hyper::Error>,
{
    let mut connection = pin!(connection);
    let mut next_check = pin!(sleep_until(guard.next_check(config, multiplexed)));
    let mut signalled = pin!(guard.signalled());
    let mut finishing = false;
    poll_fn(|context| {
        loop {
            if let Poll::Ready(ended) = connection.as_mut().poll(context) {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended early");
                }
                return Poll::Ready(());
            }
            let signal = if signalled.as_mut().poll(context).is_ready() {
                signalled.set(guard.signalled());
                guard.signal()
            } else if next_check.as_mut().poll(context).is_ready() {
                let due = guard.due(config, multiplexed);
                next_check.as_mut().reset(guard.next_check(config, multiplexed));
                due
            } else {
                return Poll::Pending;
            };
            match signal {
                Signal::Close => return Poll::Ready(()),
                Signal::Finish if !finishing => {
                    finishing = true;
                    connection.as_mut().graceful_shutdown();
                }
                Signal::Finish | Signal::Continue => {}
            }
        }
    })
    .await;
}
