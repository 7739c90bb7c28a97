//! The client of the conformance suite: HTTP/1.1 over TCP or TLS, a connection for each request.
//!
//! The unread rest of a request would be the beginning of the next one on the same
//! connection. An answer that comes before the whole request is sent is read.

use std::{
    convert::Infallible,
    future::Future,
    io,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{HeaderValue, Request, Response, Uri, header},
};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, pki_types::ServerName},
};
use tower_service::Service;
use webhook_runtime::testing::conformance::NoAnswer;

/// The most bytes of an answer that are read.
const MAX_ANSWER: usize = 1024 * 1024;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A client that sends to one receiver.
#[derive(Clone)]
pub(super) struct Wire(Arc<Receiver>);

struct Receiver {
    host: String,
    port: u16,
    /// The value of `Host`.
    authority: HeaderValue,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    /// The path that is signed, and the path that is called.
    path: (String, String),
}

impl Wire {
    /// A client for a URL. Requests to the path `signed` go to the path of the URL.
    pub(super) fn new(url: &Uri, signed: &str) -> Result<Self, String> {
        let authority = url.authority().ok_or("the URL has no host")?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let is_https = url.scheme_str() == Some("https");
        let tls = if is_https { Some((connector(), server_name(&host)?)) } else { None };
        // A name before `@` is no part of the host.
        let own = authority.as_str().rsplit('@').next().unwrap_or_default();
        Ok(Self(Arc::new(Receiver {
            port: authority.port_u16().unwrap_or(if is_https { 443 } else { 80 }),
            authority: HeaderValue::from_str(own).map_err(|error| error.to_string())?,
            host,
            tls,
            path: (signed.to_owned(), url.path().to_owned()),
        })))
    }

    /// Opens a connection and closes it: a receiver that has ended takes none.
    pub(super) async fn connects(&self) -> Result<(), NoAnswer> {
        self.0.connect().await.map(drop)
    }
}

impl Service<Request<Body>> for Wire {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let receiver = Arc::clone(&self.0);
        Box::pin(async move {
            Ok(receiver.send(request).await.unwrap_or_else(|no_answer| {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = axum::http::StatusCode::BAD_REQUEST;
                response.extensions_mut().insert(no_answer);
                response
            }))
        })
    }
}

impl Receiver {
    async fn connect(&self) -> Result<Box<dyn Stream>, NoAnswer> {
        let unreachable = |error: io::Error| NoAnswer::Unreachable(error.to_string());
        let connected = TcpStream::connect((&*self.host, self.port));
        let stream = tokio::time::timeout(CONNECT_TIMEOUT, connected)
            .await
            .map_err(|_| NoAnswer::Unreachable("timed out".to_owned()))?
            .map_err(unreachable)?;
        // Small requests leave at once.
        stream.set_nodelay(true).map_err(unreachable)?;
        match &self.tls {
            None => Ok(Box::new(stream)),
            Some((connector, name)) => {
                let connected = connector.connect(name.clone(), stream);
                let stream = tokio::time::timeout(CONNECT_TIMEOUT, connected)
                    .await
                    .map_err(|_| NoAnswer::Unreachable("TLS timed out".to_owned()))?
                    .map_err(unreachable)?;
                Ok(Box::new(stream))
            }
        }
    }

    async fn send(&self, mut request: Request<Body>) -> Result<Response<Body>, NoAnswer> {
        self.address(&mut request);
        let stream = TokioIo::new(WriteOn { stream: self.connect().await?, is_broken: false });
        let closed = |error: hyper::Error| NoAnswer::Closed(error.to_string());
        let (mut sender, connection) = http1::Builder::new()
            .title_case_headers(true)
            .handshake(stream)
            .await
            .map_err(closed)?;
        let answer = pin!(async move {
            let response = sender.send_request(request).await.map_err(closed)?;
            let (parts, body) = response.into_parts();
            Ok(Response::from_parts(parts, Body::from(read(body).await)))
        });
        // Both in one task: when this is done, the connection is closed.
        let mut connection = pin!(connection);
        let mut answer = answer;
        let mut is_over = false;
        loop {
            tokio::select! {
                answer = &mut answer => return answer,
                _ = &mut connection, if !is_over => is_over = true,
            }
        }
    }

    fn address(&self, request: &mut Request<Body>) {
        let (signed, called) = &self.path;
        let path_and_query = request.uri().to_string();
        if signed != called
            && let Some(rest) = path_and_query.strip_prefix(&**signed)
            && let Ok(uri) = format!("{called}{rest}").parse()
        {
            *request.uri_mut() = uri;
        }
        let headers = request.headers_mut();
        if !headers.contains_key(header::HOST) {
            headers.insert(header::HOST, self.authority.clone());
        }
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
}

/// Reads the beginning of an answer, also of one that breaks off.
async fn read(body: hyper::body::Incoming) -> Bytes {
    let mut body = pin!(body);
    let mut bytes = Vec::new();
    while let Some(Ok(frame)) =
        std::future::poll_fn(|context| body.as_mut().poll_frame(context)).await
    {
        if let Ok(data) = frame.into_data() {
            bytes.extend_from_slice(&data);
        }
        if bytes.len() > MAX_ANSWER {
            break;
        }
    }
    bytes.into()
}

fn connector() -> TlsConnector {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

fn server_name(host: &str) -> Result<ServerName<'static>, String> {
    ServerName::try_from(host.to_owned()).map_err(|error| format!("{host}: {error}"))
}

/// Bytes in both directions.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A stream that goes on when it can no longer be written to: a receiver that refuses a request
/// before it has read all of it has sent its answer already.
struct WriteOn {
    stream: Box<dyn Stream>,
    is_broken: bool,
}

impl AsyncRead for WriteOn {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for WriteOn {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_broken {
            // The answer is there, or it never comes. Nothing more is taken.
            return Poll::Pending;
        }
        match Pin::new(&mut self.stream).poll_write(context, bytes) {
            Poll::Ready(Err(_)) => {
                self.is_broken = true;
                Poll::Ready(Ok(bytes.len()))
            }
            poll => poll,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_flush(context) {
            Poll::Ready(Err(_)) => {
                self.is_broken = true;
                Poll::Ready(Ok(()))
            }
            poll => poll,
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
