//! The way of one delivery, from the first header to the answer.
//!
//! Each step refuses, and ends the story, or hands on. Nothing of a request is believed, decoded or
//! shown to the handler before its signature has been checked over the bytes as they came.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use axum::{
    body::Body,
    extract::{OriginalUri, Request},
    handler::Handler,
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, header, request::Parts};
use http_body::Body as _;
use tracing::{Instrument, Span, field};

use crate::{
    clock::Clock,
    delivery::Delivery,
    endpoint::{Endpoint, HandlerFuture, Verified},
    rejection::Rejection,
    scheme::{Incoming, Verifier},
};

/// What stands between the network and one handler.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) endpoint: Endpoint,
    pub(crate) verifier: Verifier,
    /// Scheme and authority of the public URL, where the provider signs URLs.
    pub(crate) public_url: Option<Arc<str>>,
    pub(crate) clock: Arc<dyn Clock>,
    /// How long a body may take to arrive.
    pub(crate) body_deadline: Duration,
}

/// A gate with the handler behind it, as axum wants it.
pub(crate) struct Mounted<S> {
    pub(crate) gate: Arc<Gate>,
    pub(crate) call: fn(Verified<S>) -> HandlerFuture,
}

impl<S> Clone for Mounted<S> {
    fn clone(&self) -> Self {
        Self { gate: Arc::clone(&self.gate), call: self.call }
    }
}

impl<S: Clone + Send + Sync + 'static> Handler<(), S> for Mounted<S> {
    type Future = HandlerFuture;

    fn call(self, request: Request, state: S) -> HandlerFuture {
        let span = self.gate.span();
        let story = async move {
            match self.gate.receive(request).await {
                Ok((parts, delivery)) => {
                    let verified = Verified::new(delivery, parts, state);
                    unless_it_panics((self.call)(verified)).await
                }
                Err(refusal) => refusal,
            }
        };
        if span.is_disabled() {
            Box::pin(story)
        } else {
            Box::pin(async move { told(story.await) }.instrument(span))
        }
    }
}

impl Gate {
    /// From a request to a verified delivery, or to the answer that refuses it.
    async fn receive(&self, request: Request) -> Result<(Parts, Delivery), Response> {
        let (mut parts, body) = request.into_parts();
        if let Err(rejection) = self.judge_head(&parts, &body) {
            drain(&parts.headers, body);
            return Err(refuse(rejection));
        }
        let body = self.read(body).await.map_err(refuse)?;
        let now = self.clock.now();
        let url = self.url_of(&parts);
        let request = Incoming {
            method: parts.method.as_str(),
            url: &url,
            headers: &parts.headers,
            body: &body,
        };
        let proof = self
            .verifier
            .verify(&request, now)
            .map_err(|error| refuse(Rejection::Unauthorized(error)))?;
        let delivery = Delivery::new(
            self.endpoint.provider,
            self.endpoint.name,
            std::mem::take(&mut parts.headers),
            body,
            proof,
            now,
        );
        tell(&delivery);
        Ok((parts, delivery))
    }

    /// What can be refused before a byte of the body is read.
    fn judge_head(&self, parts: &Parts, body: &Body) -> Result<(), Rejection> {
        if parts.method != Method::POST {
            return Err(Rejection::MethodNotAllowed);
        }
        if parts.headers.contains_key(header::CONTENT_ENCODING) {
            return Err(Rejection::ContentEncoding);
        }
        let limit = self.endpoint.max_body;
        if usize::try_from(body.size_hint().lower()).map_or(true, |declared| declared > limit) {
            return Err(Rejection::TooLarge { limit });
        }
        self.verifier.check_headers(&parts.headers).map_err(Rejection::Unauthorized)
    }

    /// Reads the body, counting for itself: the limits of layers around can be switched off.
    async fn read(&self, body: Body) -> Result<Bytes, Rejection> {
        let limit = self.endpoint.max_body;
        let mut body = pin!(body);
        let mut first = Bytes::new();
        let mut rest: Option<BytesMut> = None;
        let mut read = pin!(poll_fn(|context| {
            loop {
                let frame = match std::task::ready!(body.as_mut().poll_frame(context)) {
                    None => return Poll::Ready(Ok(())),
                    Some(Err(_)) => return Poll::Ready(Err(Rejection::BrokenBody)),
                    Some(Ok(frame)) => frame,
                };
                let Ok(data) = frame.into_data() else { continue };
                let length = rest.as_ref().map_or(first.len(), BytesMut::len);
                if data.len() > limit - length {
                    return Poll::Ready(Err(Rejection::TooLarge { limit }));
                }
                if first.is_empty() && rest.is_none() {
                    // Most bodies come in one piece, and then nothing is copied.
                    first = data;
                } else {
                    rest.get_or_insert_with(|| BytesMut::from(&first[..])).extend_from_slice(&data);
                }
            }
        }));
        // A body that is there already needs no timer.
        let at_once = poll_fn(|context| Poll::Ready(read.as_mut().poll(context))).await;
        match at_once {
            Poll::Ready(result) => result?,
            Poll::Pending => tokio::time::timeout(self.body_deadline, read)
                .await
                .map_err(|_| Rejection::Timeout)??,
        }
        Ok(rest.map_or(first, BytesMut::freeze))
    }

    /// The URL as the provider knows it: the configured public one with the path that was asked
    /// for. What the request says of its own host is never believed.
    fn url_of(&self, parts: &Parts) -> String {
        let Some(origin) = &self.public_url else { return String::new() };
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
        let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        format!("{origin}{path}")
    }

    fn span(&self) -> Span {
        tracing::info_span!(
            "webhook",
            endpoint = self.endpoint.name,
            provider = self.endpoint.provider.name(),
            delivery = field::Empty,
            event = field::Empty,
            secret = field::Empty,
            outcome = field::Empty,
        )
    }
}

fn refuse(rejection: Rejection) -> Response {
    tracing::info!(reason = %rejection, "refused");
    rejection.into_response()
}

/// Records on the span what a verified delivery says of itself.
fn tell(delivery: &Delivery) {
    let span = Span::current();
    if span.is_disabled() {
        return;
    }
    span.record("secret", delivery.secret());
    if let Some(id) = delivery.id() {
        span.record("delivery", &*id);
    }
    if let Some(event) = delivery.event() {
        span.record("event", &*event);
    }
}

/// Records on the span how the delivery was answered.
fn told(response: Response) -> Response {
    Span::current().record("outcome", response.status().as_u16());
    response
}

/// Runs a handler; one that panics is answered by 500, and everything else lives on.
async fn unless_it_panics(mut handler: HandlerFuture) -> Response {
    let run = poll_fn(|context| {
        match catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(context))) {
            Ok(poll) => poll,
            Err(_) => Poll::Ready(refuse(Rejection::Panicked)),
        }
    });
    run.await
}

/// The most that is read of a body whose request was refused already.
const DRAIN_BYTES: usize = 256 * 1024;
/// How long that may take.
const DRAIN_TIME: Duration = Duration::from_millis(500);

/// Reads a bounded little of a refused body, beside the answer: a connection closed with unread
/// bytes is reset, and the sender would lose the answer.
fn drain(headers: &HeaderMap, body: Body) {
    // Who asks first has sent nothing, and reading would ask for it.
    if body.is_end_stream() || headers.contains_key(header::EXPECT) {
        return;
    }
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    runtime.spawn(tokio::time::timeout(DRAIN_TIME, async move {
        let mut body = pin!(body);
        let mut left = DRAIN_BYTES;
        while let Some(Ok(frame)) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                break;
            }
        }
    }));
}
