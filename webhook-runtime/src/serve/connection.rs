//! One connection, from its first byte to its end: which protocol it speaks, what is answered on it,
//! and until when it may stay.

use std::{
    convert::Infallible,
    future::poll_fn,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
    response::Response,
};
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{rt::TokioIo, server::graceful::GracefulConnection};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::sleep_until,
};
use tower_service::Service as _;

use super::{
    config::{Limits, MAX_HEAD},
    guard::{Answering, Asked, Seat, State, Told},
    stream::Stream,
};

/// What all connections have in common.
pub(crate) struct Server {
    pub(crate) router: Router,
    pub(crate) limits: Limits,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<super::tls::Tls>,
}

/// Answers what comes on one connection, until either end closes it, the client is slow, or it has to
/// make room for another.
pub(crate) async fn converse<T>(server: &Server, seat: &Seat, stream: T, peer: Option<SocketAddr>)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let stream = Stream::new(stream, Arc::clone(&seat.state));
    #[cfg(feature = "http2")]
    let (stream, is_http2) = {
        let mut stream = stream;
        let Some(Ok(is_http2)) = unless_told(server, seat, stream.is_http2()).await else { return };
        (stream, is_http2)
    };
    let (router, state) = (server.router.clone(), Arc::clone(&seat.state));
    let answers =
        service_fn(move |request| answer(router.clone(), Arc::clone(&state), peer, request));
    let stream = TokioIo::new(stream);
    #[cfg(feature = "http2")]
    if is_http2 {
        let conversation = http2(&server.limits).serve_connection(stream, answers);
        return until_over(conversation, seat, &server.limits, true).await;
    }
    let conversation = http1::Builder::new()
        // Whose time is up is seen to by the seat.
        .header_read_timeout(None)
        .max_header_size(MAX_HEAD as usize)
        .max_buf_size(MAX_HEAD as usize)
        .serve_connection(stream, answers);
    until_over(conversation, seat, &server.limits, false).await;
}

/// HTTP/2 with limits to everything that was abused so far.
#[cfg(feature = "http2")]
fn http2(limits: &Limits) -> hyper::server::conn::http2::Builder<hyper_util::rt::TokioExecutor> {
    /// What is taken of a body before anybody reads it: nginx, `http2_body_preread_size`.
    const UNREAD_BODY: u32 = 64 * 1024;
    /// As much of all bodies of one connection.
    const UNREAD_BODIES: u32 = 4 * UNREAD_BODY;
    /// How many streams a client may have reset that were not looked at yet, before it is told to
    /// calm down (CVE-2023-44487): h2's own default.
    const RESET_BY_CLIENT: usize = 20;
    /// How many streams we may have to reset because of what a client sends on them, before the
    /// connection ends (CVE-2025-8671): a tenth of hyper's default, since no sender makes one mistake
    /// after the other.
    const RESET_BY_US: usize = 100;

    let mut builder =
        hyper::server::conn::http2::Builder::new(hyper_util::rt::TokioExecutor::new());
    builder
        .max_concurrent_streams(limits.concurrent_streams)
        .max_header_list_size(MAX_HEAD)
        .max_pending_accept_reset_streams(RESET_BY_CLIENT)
        .max_local_error_reset_streams(RESET_BY_US)
        .initial_stream_window_size(UNREAD_BODY)
        .initial_connection_window_size(UNREAD_BODIES);
    builder
}

/// What has to be done before the first request: within its deadline, and unless the connection is
/// told to end.
#[cfg(any(feature = "http2", feature = "tls"))]
pub(crate) async fn unless_told<T>(
    server: &Server,
    seat: &Seat,
    work: impl Future<Output = T>,
) -> Option<T> {
    let (mut work, mut signal) = (pin!(work), pin!(seat.signalled()));
    let done = poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => signal.as_mut().poll(context).map(|()| None),
    });
    tokio::time::timeout_at(seat.first_deadline(&server.limits), done).await.ok().flatten()
}

/// Lets a conversation go on until it is over, its time is up, or the connection is told to end.
async fn until_over<C>(conversation: C, seat: &Seat, limits: &Limits, multiplexed: bool)
where
    C: GracefulConnection<Error = hyper::Error>,
{
    let mut conversation = pin!(conversation);
    let mut look = pin!(sleep_until(seat.next_look(limits, multiplexed)));
    let mut signal = pin!(seat.signalled());
    let mut finishing = false;
    poll_fn(|context| {
        loop {
            if let Poll::Ready(ended) = conversation.as_mut().poll(context) {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended early");
                }
                return Poll::Ready(());
            }
            let told = if signal.as_mut().poll(context).is_ready() {
                signal.set(seat.signalled());
                seat.told()
            } else if look.as_mut().poll(context).is_ready() {
                let due = seat.due(limits, multiplexed);
                look.as_mut().reset(seat.next_look(limits, multiplexed));
                due
            } else {
                return Poll::Pending;
            };
            match told {
                Told::Leave => return Poll::Ready(()),
                Told::Finish if !finishing => {
                    finishing = true;
                    conversation.as_mut().graceful_shutdown();
                }
                Told::Finish | Told::Nothing => {}
            }
        }
    })
    .await;
}

async fn answer(
    mut router: Router,
    state: Arc<State>,
    peer: Option<SocketAddr>,
    mut request: Request<Incoming>,
) -> Result<Response, Infallible> {
    let answering = Answering::new(&state);
    if let Some(peer) = peer {
        request.extensions_mut().insert(ConnectInfo(peer));
    }
    let request = request.map(|incoming| Body::new(Coming::new(incoming, &answering.0)));
    router.call(request).await
}

/// The body of a request, which tells when it is there.
struct Coming {
    body: Incoming,
    request: Arc<Asked>,
}

impl Coming {
    fn new(body: Incoming, request: &Arc<Asked>) -> Self {
        if body.is_end_stream() {
            request.is_whole();
        }
        Self { body, request: Arc::clone(request) }
    }
}

impl HttpBody for Coming {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if matches!(frame, Poll::Ready(None)) || self.body.is_end_stream() {
            self.request.is_whole();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
