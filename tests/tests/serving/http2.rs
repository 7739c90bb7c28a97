//! HTTP/2 over plain TCP and over TLS.

use std::time::Duration;

use bytes::Bytes;
use h2::client::SendRequest;
use http::Request;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    time::{sleep, timeout},
};

use crate::{
    common::signature,
    server::{PATIENCE, Server, closed, hooks},
};

/// A client on a connection.
pub(crate) async fn client<T>(stream: T) -> SendRequest<Bytes>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (client, connection) = h2::client::handshake(stream).await.expect("it speaks HTTP/2");
    tokio::spawn(connection);
    client.ready().await.expect("it takes requests")
}

/// Sends a genuine delivery, and returns the status and text.
pub(crate) async fn deliver(client: &mut SendRequest<Bytes>, body: &[u8]) -> (u16, String) {
    let request = Request::post("http://localhost/webhook")
        .header("x-signature", signature(body))
        .body(())
        .expect("a request");
    let (response, mut stream) = client.send_request(request, false).expect("it takes requests");
    let body = Bytes::copy_from_slice(body);
    stream.send_data(body, true).expect("it takes bytes");
    let response = timeout(PATIENCE, response).await.expect("in time").expect("it answers");
    let status = response.status().as_u16();
    let mut answer = response.into_body();
    let mut text = Vec::new();
    while let Some(data) = answer.data().await {
        text.extend_from_slice(&data.expect("it goes on"));
    }
    (status, String::from_utf8(text).expect("text"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_protocols_on_one_port() {
    let server = Server::start(hooks()).await;
    let mut client = client(server.connect().await).await;
    for length in [1, 100, 100_000, 1_000_000] {
        let (status, text) = deliver(&mut client, &vec![b' '; length]).await;
        assert_eq!((status, &text[..]), (200, &format!("{length} bytes from 127.0.0.1")[..]));
    }
    let answer = crate::server::deliver(&mut server.connect().await).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_http2_prefaces_are_closed() {
    let server = Server::start(hooks()).await;
    for begun in
        ["PRI * HTTP/2.0\r\n\r\nSM\r\n\rX", "PRI * HTTP/1.1\r\n\r\n", "PRI /x HTTP/2.0\r\n\r\n"]
    {
        let mut stream = server.connect().await;
        stream.write_all(begun.as_bytes()).await.expect("it takes bytes");
        let _ = stream.shutdown().await;
        closed(stream).await;
    }
    // The first byte of a POST is also that of a preface.
    let mut stream = server.connect().await;
    stream.set_nodelay(true).expect("a socket can do that");
    let body = b"1";
    let head = crate::server::head(1, &signature(body));
    for byte in head.as_bytes().iter().chain(body) {
        stream.write_all(&[*byte]).await.expect("it takes bytes");
    }
    let mut answer = vec![0; 1024];
    let read = timeout(PATIENCE, stream.read(&mut answer)).await.expect("in time");
    let answer = String::from_utf8_lossy(&answer[..read.expect("it answers")]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_connections_are_closed() {
    let short = Duration::from_millis(300);
    let server = Server::start(hooks().header_timeout(short).idle_timeout(short * 2)).await;
    // An unfinished preface, a preface without a request, and one with a request.
    let mut half = server.connect().await;
    half.write_all(b"PRI * HT").await.expect("it takes bytes");
    closed(half).await;
    let mut silent = server.connect().await;
    silent.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.expect("it takes bytes");
    closed(silent).await;
    let mut client = client(server.connect().await).await;
    assert_eq!(deliver(&mut client, b"1").await.0, 200);
    sleep(short).await;
    assert_eq!(deliver(&mut client, b"1").await.0, 200);
    let ended = async {
        while client.clone().ready().await.is_ok() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, ended).await.expect("it is closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forgeries_are_answered_alike_over_http2() {
    let server = Server::start(hooks()).await;
    let mut client = client(server.connect().await).await;
    let request = Request::post("http://localhost/webhook")
        .header("x-signature", signature(b"another"))
        .body(())
        .expect("a request");
    let (response, mut stream) = client.send_request(request, false).expect("it takes requests");
    stream.send_data(Bytes::from_static(b"1"), true).expect("it takes bytes");
    assert_eq!(response.await.expect("it answers").status(), 401);
    assert_eq!(deliver(&mut client, b"1").await.0, 200);
}
