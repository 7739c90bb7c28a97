//! Takes connections in, and answers what comes on them: HTTP/1.1, with a limit to everything that a
//! client can be slow at.

use std::{
    convert::Infallible, future::poll_fn, io, pin::pin, sync::Arc, task::Poll, time::Duration,
};

use axum::{Router, body::Body, extract::Request, response::Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::net::{TcpListener, TcpStream};
use tower_service::Service as _;

use super::connections::{Connections, Seat};

/// What clients may take of the server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// How long a request's head may take to arrive, and how long a connection may be silent.
    pub(crate) header_deadline: Duration,
    /// How many connections may be open.
    pub(crate) connections: usize,
}

/// After which time the system is asked again for what it could not give.
const PAUSE: Duration = Duration::from_millis(50);

/// The most that a request's head may have, in bytes. What is more is answered by 431.
const MOST_HEAD: usize = 64 * 1024;

/// Takes connections in until it is asked to stop, and gives what those are ended with that are open
/// then.
pub(crate) async fn accept(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    asked_to_stop: impl Future<Output = ()>,
) -> GracefulShutdown {
    let connections = Connections::new(limits.connections);
    let graceful = GracefulShutdown::new();
    let accept = async {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let seat = connections.enter().await;
                    let watcher = graceful.watcher();
                    tokio::spawn(connection(stream, router.clone(), limits, seat, watcher));
                }
                Err(error) => refused(&error, &connections).await,
            }
        }
    };
    first(accept, asked_to_stop).await;
    graceful
}

/// Answers what comes on one connection, until either end closes it, it is silent for too long, or it
/// has to make room for another.
async fn connection(
    stream: TcpStream,
    router: Router,
    limits: Limits,
    seat: Arc<Seat>,
    watcher: Watcher,
) {
    // An answer is one small packet, and the sender waits for it.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| answer(router.clone(), Arc::clone(&seat), request));
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_deadline)
        .max_buf_size(MOST_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let serving = async {
        if let Err(error) = watcher.watch(serving).await {
            tracing::debug!(%error, "a connection ended early");
        }
    };
    first(serving, seat.asked_to_leave()).await;
}

async fn answer(
    mut router: Router,
    seat: Arc<Seat>,
    request: Request<Incoming>,
) -> Result<Response, Infallible> {
    let _busy = seat.busy();
    router.call(request.map(Body::new)).await
}

/// What comes of a connection that could not be had.
async fn refused(error: &io::Error, connections: &Connections) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};

    // The client was gone before it was taken in.
    if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        return;
    }
    // Most likely, there are no more files to be had.
    tracing::error!(%error, "no connection could be taken in");
    connections.make_room();
    tokio::time::sleep(PAUSE).await;
}

/// Runs both until one has ended.
async fn first(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|context| {
        if one.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        other.as_mut().poll(context)
    })
    .await;
}
