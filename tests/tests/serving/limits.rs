//! The timeouts of connections.

use std::{future::poll_fn, net::SocketAddr, pin::pin, time::Duration};

use axum::{
    Router,
    body::Body,
    routing::{get, post},
};
use http::Request;
use http_body::Body as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use webhook_runtime::{Listener, ServeError};

use crate::{
    application::answer,
    common::Piped,
    server::{PATIENCE, Server, closed, deliver, hooks},
};

const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(60);

/// Well after `SHORT`, and well before `LONG`.
const SOON: Duration = Duration::from_secs(10);

async fn closed_soon(stream: impl tokio::io::AsyncRead + Unpin) {
    let waiting = Instant::now();
    closed(stream).await;
    assert!(waiting.elapsed() < SOON, "{:?}", waiting.elapsed());
}

#[tokio::test]
async fn silent_new_connections_are_closed() {
    let server = Server::start(hooks().header_timeout(SHORT).idle_timeout(LONG)).await;
    closed_soon(server.connect().await).await;
}

#[tokio::test]
async fn keep_alive_outlasts_the_head_timeout() {
    let server = Server::start(hooks().header_timeout(SHORT).idle_timeout(LONG)).await;
    let mut stream = server.connect().await;
    deliver(&mut stream).await;
    sleep(SHORT * 3).await;
    deliver(&mut stream).await;
    // A started request must continue, though.
    stream.write_all(b"POST /webhook HTT").await.expect("it takes bytes");
    closed_soon(stream).await;
}

#[tokio::test]
async fn idle_keep_alive_connections_are_closed() {
    let server = Server::start(hooks().header_timeout(LONG).idle_timeout(SHORT)).await;
    let mut stream = server.connect().await;
    deliver(&mut stream).await;
    closed_soon(stream).await;
}

#[tokio::test]
async fn busy_connections_reach_their_max_age() {
    let server = Server::start(hooks().max_connection_age(SHORT)).await;
    let mut stream = server.connect().await;
    let began = Instant::now();
    while began.elapsed() < SHORT * 2 / 3 {
        deliver(&mut stream).await;
    }
    closed_soon(stream).await;
    deliver(&mut server.connect().await).await;
}

/// More than the buffers of a connection hold.
const LARGE: usize = 64 * 1024 * 1024;

/// A router without webhooks on a server with these limits.
async fn serve(
    configure: impl FnOnce(webhook_runtime::Server) -> webhook_runtime::Server,
) -> (SocketAddr, JoinHandle<Result<(), ServeError>>) {
    let app = Router::new()
        .route("/slow", get(slowly))
        .route("/large", get(async || vec![b'x'; LARGE]))
        .route("/early", post(early));
    let listener = Listener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("it is TCP");
    let server = configure(webhook_runtime::Server::new(app));
    (address, tokio::spawn(server.serve_on([listener])))
}

/// A response whose parts are made after one another.
async fn slowly() -> Body {
    let (sender, pieces) = mpsc::channel(1);
    tokio::spawn(async move {
        for piece in ["one", "two", "three"] {
            let _ = sender.send(piece).await;
            sleep(SHORT * 2).await;
        }
    });
    Piped(pieces).into()
}

/// Answers before the body has arrived, and goes on reading it.
async fn early(body: Body) -> &'static str {
    tokio::spawn(async move {
        let mut body = pin!(body);
        while poll_fn(|context| body.as_mut().poll_frame(context)).await.is_some() {}
    });
    "early"
}

#[tokio::test]
async fn a_slow_response_is_no_idle_connection() {
    let (address, serving) = serve(|server| server.idle_timeout(SHORT)).await;
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let request = b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n";
    stream.write_all(request).await.expect("it takes bytes");
    let mut all = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut all)).await.expect("it is closed");
    let all = String::from_utf8_lossy(&all);
    assert!(read.is_ok() && all.contains("three") && all.ends_with("0\r\n\r\n"), "{all}");
    serving.abort();
}

#[tokio::test]
async fn unread_responses_are_closed() {
    let (address, serving) = serve(|server| server.idle_timeout(SHORT)).await;
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let request = b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n";
    stream.write_all(request).await.expect("it takes bytes");
    sleep(SHORT * 4).await;
    let mut all = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut all)).await.expect("it is closed");
    assert!(all.len() < LARGE, "{}", all.len());
    serving.abort();
}

#[tokio::test]
async fn unread_responses_over_http2_are_closed() {
    let (address, serving) = serve(|server| server.idle_timeout(SHORT)).await;
    let stream = TcpStream::connect(address).await.expect("it listens");
    let (mut client, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
    let connection = tokio::spawn(connection);
    let request = Request::get("http://localhost/large").body(()).expect("a request");
    let (response, _) = client.send_request(request, true).expect("it is open");
    // The window of the stream is never given back.
    let _response = timeout(PATIENCE, response).await.expect("in time").expect("an answer");
    let waiting = Instant::now();
    let _ = timeout(PATIENCE, connection).await.expect("it is closed");
    assert!(waiting.elapsed() < SOON, "{:?}", waiting.elapsed());
    serving.abort();
}

#[tokio::test]
async fn deadlines_begin_when_the_last_body_has_ended() {
    let limits = |server: webhook_runtime::Server| server.header_timeout(SHORT).idle_timeout(LONG);
    let (address, serving) = serve(limits).await;
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let request = b"POST /early HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n";
    stream.write_all(request).await.expect("it takes bytes");
    for nth in 0..10 {
        stream.write_all(b"x").await.expect("it takes bytes");
        if nth == 0 {
            let answer = answer(&mut stream).await;
            assert!(answer.ends_with("early"), "{answer}");
        }
        sleep(SHORT / 3).await;
    }
    sleep(SHORT * 2).await;
    stream.write_all(request).await.expect("it takes bytes");
    let answer = answer(&mut stream).await;
    assert!(answer.ends_with("early"), "{answer}");
    serving.abort();
}
