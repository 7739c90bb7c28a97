//! One request of a connection: its bodies record who waits for whom, and a terminal shows its end.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
};
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use tower_service::Service as _;

use super::guard::{ConnectionState, InFlightGuard, ProducingGuard, RequestProgress};
use crate::support::{
    console::{self, Reported},
    trust::RequestTrust,
};

/// Answers one request by the router, if it has a place in flight.
pub(crate) async fn respond(
    mut router: Router,
    state: Arc<ConnectionState>,
    in_flight: Option<InFlightGuard>,
    peer: Option<SocketAddr>,
    mut request: Request<Incoming>,
) -> Result<Response<ResponseBody>, Infallible> {
    let Some(in_flight) = in_flight else {
        let response = too_many_requests_in_flight();
        return Ok(response.map(|body| ResponseBody { body, connection: state, producing: None }));
    };
    request.extensions_mut().insert(RequestTrust(Arc::clone(&in_flight.0) as _));
    if let Some(peer) = peer {
        request.extensions_mut().insert(ConnectInfo(peer));
    }
    let shown = console::shows_all().then(|| (request.method().clone(), request.uri().clone()));
    let request = request.map(|body| Body::new(RequestBody::new(body, &in_flight.0, &state)));
    let Ok(response) = router.call(request).await;
    if let Some((method, uri)) = shown
        && response.extensions().get::<Reported>().is_none()
    {
        // Without the query, which may have a token.
        let status = response.status().as_u16();
        console::success(format_args!("{status} {method} {}", uri.path()));
    }
    Ok(response.map(|body| ResponseBody { body, connection: state, producing: None }))
}

/// The response to a request of a peer that has more than its share in flight.
fn too_many_requests_in_flight() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// A request's body, which records when it is complete.
struct RequestBody {
    body: Incoming,
    connection: Arc<ConnectionState>,
    /// `None` once the body has ended: it keeps the connection busy no longer.
    progress: Option<Arc<RequestProgress>>,
}

impl RequestBody {
    fn new(
        body: Incoming,
        progress: &Arc<RequestProgress>,
        connection: &Arc<ConnectionState>,
    ) -> Self {
        let connection = Arc::clone(connection);
        if body.is_end_stream() {
            progress.complete();
            return Self { body, connection, progress: None };
        }
        Self { body, connection, progress: Some(Arc::clone(progress)) }
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if (matches!(frame, Poll::Ready(None)) || self.body.is_end_stream())
            && let Some(progress) = self.progress.take()
        {
            progress.complete();
        }
        count_bytes(&self.connection, &frame);
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Counts the bytes of a body. Over HTTP/2, they have to be a part of what the client sends.
#[allow(unused_variables, reason = "it counts for HTTP/2 only")]
fn count_bytes<E>(connection: &ConnectionState, frame: &Poll<Option<Result<Frame<Bytes>, E>>>) {
    #[cfg(feature = "http2")]
    if let Poll::Ready(Some(Ok(frame))) = frame
        && let Some(data) = frame.data_ref()
    {
        connection.on_body(data.len());
    }
}

/// A response's body. It has no deadline while the application makes its next part; a client that does
/// not read what is there has one.
pub(crate) struct ResponseBody {
    body: Body,
    connection: Arc<ConnectionState>,
    producing: Option<ProducingGuard>,
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if frame.is_ready() {
            self.producing = None;
        } else if self.producing.is_none() {
            self.producing = Some(ProducingGuard::new(&self.connection));
        }
        count_bytes(&self.connection, &frame);
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
