//! Shared by the tests: endpoints with one known secret, signed requests, scripted bodies, and
//! complete answers.

#![allow(dead_code, reason = "every test program uses a part of it")]

pub(crate) mod program;
pub(crate) mod slow;

use std::{
    collections::VecDeque,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use axum::{Router, body::Body, extract::ConnectInfo};
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, header};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use tokio::{
    net::{TcpSocket, TcpStream},
    sync::mpsc,
};
use tower::ServiceExt as _;
use webhook_runtime::{
    Provider, Secret, Webhook, Webhooks, providers::HMAC_SHA256_HEX, scheme::RequestToSign,
};

/// The only secret of an endpoint mounted by [`webhooks`] or [`router`].
pub(crate) const SECRET: &str = "the secret of these tests";

/// The path of the test endpoints.
pub(crate) const PATH: &str = "/webhook";

/// One endpoint with [`SECRET`].
pub(crate) fn webhooks<H: Webhook<()>>() -> Webhooks {
    Webhooks::new().mount::<H>().secrets::<H>([Secret::new(SECRET)])
}

/// One endpoint with [`SECRET`], ready to be asked.
pub(crate) fn router<H: Webhook<()>>() -> Router {
    webhooks::<H>().into_router().expect("nothing is wrong with it")
}

/// The headers that a provider sends with `body`.
pub(crate) fn sign(provider: &Provider, secret: &str, body: &[u8]) -> HeaderMap {
    provider
        .sign(&Secret::new(secret), &RequestToSign::new(body))
        .expect("it can be signed")
        .headers
}

/// The plain signature of `body` under [`SECRET`].
pub(crate) fn signature(body: &[u8]) -> String {
    let headers = sign(&HMAC_SHA256_HEX, SECRET, body);
    headers["x-signature"].to_str().expect("hexadecimal").to_owned()
}

/// A genuine delivery of JSON to [`PATH`].
pub(crate) fn delivery(json: impl Into<Bytes>) -> Request<Body> {
    delivery_to(PATH, json)
}

/// A genuine delivery of JSON.
pub(crate) fn delivery_to(uri: &str, json: impl Into<Bytes>) -> Request<Body> {
    let json = json.into();
    let mut request = post(uri, sign(&HMAC_SHA256_HEX, SECRET, &json), json);
    set(&mut request, "content-type", "application/json");
    request
}

/// A POST with only these headers.
pub(crate) fn post(uri: &str, headers: HeaderMap, body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::post(uri).body(body.into()).expect("a request");
    *request.headers_mut() = headers;
    request
}

/// Sets one header of a request.
pub(crate) fn set(request: &mut Request<Body>, name: &'static str, value: &str) {
    request.headers_mut().insert(name, value.parse().expect("a header's value"));
}

/// The request as from this address.
pub(crate) fn from(address: &str, mut request: Request<Body>) -> Request<Body> {
    let address: IpAddr = address.parse().expect("an address");
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from((address, 40_000))));
    request
}

/// A connection from another loopback address than 127.0.0.1.
pub(crate) async fn connect_from(from: Ipv4Addr, server: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    socket.connect(server).await
}

/// An answer, read to its end.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    /// The problem (RFC 9457) in a rejection.
    pub(crate) fn problem(&self) -> serde_json::Value {
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        let problem: serde_json::Value = serde_json::from_slice(&self.body).expect("JSON");
        assert_eq!(problem["status"], self.status.as_u16());
        problem
    }
}

/// Sends one request, and reads the answer.
pub(crate) async fn ask(router: &Router, request: Request<Body>) -> Answer {
    let Ok(response) = router.clone().oneshot(request).await;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("an answer's body").to_bytes();
    Answer { status: parts.status, headers: parts.headers, body }
}

/// Sends one request, and reads only the answer's status.
pub(crate) async fn status(router: &Router, request: Request<Body>) -> u16 {
    ask(router, request).await.status.as_u16()
}

/// A body that arrives in these pieces, ends as scripted, and counts how often it was polled.
pub(crate) struct Script {
    pieces: VecDeque<Bytes>,
    end: End,
    declared: Option<u64>,
    asked: Arc<AtomicUsize>,
}

#[derive(Clone, Copy)]
pub(crate) enum End {
    /// The body is complete.
    Complete,
    /// Nothing more arrives, and the connection stays open.
    Silence,
    /// The connection breaks.
    Broken,
}

impl Script {
    /// Pieces of unknown total length, as a chunked body has.
    pub(crate) fn new<P: Into<Bytes>>(pieces: impl IntoIterator<Item = P>, end: End) -> Self {
        let pieces = pieces.into_iter().map(Into::into).collect();
        Self { pieces, end, declared: None, asked: Arc::default() }
    }

    /// Declares a length, as a server does for a request with `Content-Length`.
    pub(crate) fn declared(mut self, length: u64) -> Self {
        self.declared = Some(length);
        self
    }

    /// The number of polls.
    pub(crate) fn asked(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.asked)
    }
}

impl http_body::Body for Script {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match (self.pieces.pop_front(), self.end) {
            (Some(piece), _) => Poll::Ready(Some(Ok(Frame::data(piece)))),
            (None, End::Complete) => Poll::Ready(None),
            (None, End::Silence) => Poll::Pending,
            (None, End::Broken) => {
                self.end = End::Complete;
                Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into())))
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.declared.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl From<Script> for Body {
    fn from(script: Script) -> Self {
        Self::new(script)
    }
}

/// A body that arrives over a channel.
pub(crate) struct Piped(pub(crate) mpsc::Receiver<&'static str>);

impl http_body::Body for Piped {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| Ok(Frame::data(piece.into()))))
    }
}

impl From<Piped> for Body {
    fn from(piped: Piped) -> Self {
        Self::new(piped)
    }
}
