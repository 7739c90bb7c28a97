//! Requests that a proxy and a server may read differently. Each hides a genuine delivery where
//! only a wrong reading finds it.

use std::time::Duration;

use webhook_runtime::{
    Delivery, Secret, Webhooks, providers::HMAC_SHA256_HEX, scheme::RequestToSign, webhook,
};

use crate::{
    server::Server,
    tally,
    wire::{Request, raw},
};

const SECRET: &str = "the secret of these tests";

const DEADLINE: Duration = Duration::from_millis(500);

#[webhook(path = "/webhook", max_body = 256 * 1024)]
async fn anything(_: &Delivery) {}

/// A server with short timeouts.
async fn server() -> Server {
    let hooks = Webhooks::new().mount::<anything>().secrets::<anything>([Secret::new(SECRET)]);
    Server::start(hooks.header_timeout(DEADLINE).body_timeout(DEADLINE)).await
}

fn tag(body: &[u8]) -> String {
    let signed = HMAC_SHA256_HEX.sign(&Secret::new(SECRET), &RequestToSign::new(body)).unwrap();
    signed.headers["x-signature"].to_str().unwrap().to_owned()
}

fn genuine() -> Request {
    Request::json("/webhook", "{}").with("x-signature", tag(b"{}"))
}

/// A request with these headers and this body. Its signature is well formed, so that the body is
/// read.
fn request(line: &str, headers: &str, rest: impl AsRef<[u8]>) -> Vec<u8> {
    let head = format!("{line}\r\nhost: localhost\r\n{headers}\r\n");
    [head.as_bytes(), rest.as_ref()].concat()
}

fn post(headers: &str, rest: impl AsRef<[u8]>) -> Vec<u8> {
    let forged = "0".repeat(64);
    request("POST /webhook HTTP/1.1", &format!("x-signature: {forged}\r\n{headers}"), rest)
}

/// Requests with two lengths, with a length and chunks, and with invalid lengths.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn request_smuggling_fails() {
    let server = server().await;
    let hidden = genuine().bytes();
    let length = hidden.len();
    let chunk = [format!("{length:x}\r\n").as_bytes(), &hidden, b"\r\n0\r\n\r\n"].concat();
    let ended = [b"0\r\n\r\n", &hidden[..]].concat();
    let all = ended.len();
    let mut cases = vec![
        // By its length, the hidden delivery is a body; by its chunks, it is a second request.
        post(&format!("content-length: {all}\r\ntransfer-encoding: chunked\r\n"), &ended),
        post(&format!("transfer-encoding: chunked\r\ncontent-length: {all}\r\n"), &ended),
        post(&format!("content-length: {all}\r\ntransfer-encoding: Chunked\r\n"), &ended),
        post(&format!("content-length: {all}\r\ntransfer-encoding:\tchunked\r\n"), &ended),
        post(&format!("content-length: {all}\r\ntransfer-encoding:chunked \r\n"), &ended),
        // And the other way round.
        post("content-length: 4\r\ntransfer-encoding: chunked\r\n", &chunk),
        post("transfer-encoding: chunked\r\ncontent-length: 4\r\n", &chunk),
        post(&format!("content-length: 0\r\ncontent-length: {length}\r\n"), &hidden),
        post(&format!("content-length: {length}\r\ncontent-length: 0\r\n"), &hidden),
        post(&format!("content-length: 0\r\nContent-Length: {length}\r\n"), &hidden),
    ];
    for value in [
        "",
        " ",
        "+0",
        "-0",
        "-1",
        "0x0",
        "0,0",
        "0, 0",
        "0;0",
        "0 0",
        "0.0",
        "1e1",
        "zero",
        "00x",
        "\u{660}",
        "0\u{b}",
        "99999999999999999999",
        "0\0",
    ] {
        cases.push(post(&format!("content-length: {value}\r\n"), &hidden));
    }
    for value in [
        "identity",
        "gzip",
        "chunked, identity",
        "chunked, gzip",
        "xchunked",
        "chunkedx",
        "chunked\u{b}",
        "\u{b}chunked",
        "\"chunked\"",
        "chunk",
        "",
        "chunked;q=1",
        "cow, chunked x",
    ] {
        cases.push(post(&format!("transfer-encoding: {value}\r\n"), &ended));
        let both = format!("content-length: 0\r\ntransfer-encoding: {value}\r\n");
        cases.push(post(&both, &hidden));
    }
    for headers in [
        "content-length : 0\r\n",
        "transfer-encoding : chunked\r\n",
        " content-length: 0\r\n",
        "content-length\0: 0\r\n",
        "content-length\u{b}: 0\r\n",
        "x: y\r\n z\r\ncontent-length: 0\r\n",
        "content-length: 0\r\n transfer-encoding: chunked\r\n",
        "content-length:\r\n 0\r\n",
        "x: y\rcontent-length: 0\r\n",
        "x: y\0\r\ncontent-length: 0\r\n",
        "\u{b}x: y\r\ncontent-length: 0\r\n",
        ": y\r\ncontent-length: 0\r\n",
        "x\r\ncontent-length: 0\r\n",
        "x y: z\r\ncontent-length: 0\r\n",
        "content-length: 0\r\ncontent-length: 0x0\r\n",
    ] {
        cases.push(post(headers, &hidden));
    }
    // HTTP/1.0 has no chunks.
    let old = format!("content-length: {all}\r\ntransfer-encoding: chunked\r\n");
    cases.push(request("POST /webhook HTTP/1.0", &old, &ended));
    server.survives("raw HTTP", cases).await;
    // The check works: after an empty body, the hidden delivery is found.
    let before = server.effects();
    let answers = raw(server.address, &post("content-length: 0\r\n", &hidden)).await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!((&statuses[..], server.effects()), (&[401, 200][..], before + 1));
    tally::tell();
}

/// Chunks with invalid lengths, endless chunks, and a signature in the trailers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_chunks_are_rejected() {
    let server = server().await;
    let long = format!("2;{}\r\n{{}}\r\n0\r\n\r\n", "x".repeat(100_000));
    let many = "1;x\r\n \r\n".repeat(20_000) + "0\r\n\r\n";
    let trailer = format!("2\r\n{{}}\r\n0\r\nx-signature: {}\r\n\r\n", tag(b"{}"));
    let trailers = format!("2\r\n{{}}\r\n0\r\n{}\r\n", "x: y\r\n".repeat(10_000));
    let fold = "2\r\n{}\r\n0\r\nx: y\r\n z\r\n\r\n".to_owned();
    let mut cases = Vec::new();
    for body in [
        "0x2\r\n{}\r\n0\r\n\r\n",
        "+2\r\n{}\r\n0\r\n\r\n",
        "-2\r\n{}\r\n0\r\n\r\n",
        "2 2\r\n{}\r\n0\r\n\r\n",
        "g\r\n{}\r\n0\r\n\r\n",
        "\r\n{}\r\n0\r\n\r\n",
        "ffffffffffffffff\r\n{}\r\n0\r\n\r\n",
        "fffffffffffffffff\r\n{}\r\n0\r\n\r\n",
        "8000000000000000\r\n{}\r\n0\r\n\r\n",
        "00000000000000000000000000000000002\r\n{}\r\n0\r\n\r\n",
        "2\n{}\n0\n\n",
        "2\r{}\r0\r\r",
        "2\r\n{}0\r\n\r\n",
        "2\r\n{}xx0\r\n\r\n",
        "2\r\n{}\n0\r\n\r\n",
        "1\r\n{}\r\n0\r\n\r\n",
        "2;a=\"\r\n{}\r\n0\r\n\r\n",
        "2;a\nb\r\n{}\r\n0\r\n\r\n",
        "2;\r\n{}\r\n0\r\n\r\n",
        &long,
        &many,
        &trailer,
        &trailers,
        &fold,
    ] {
        cases.push(post("transfer-encoding: chunked\r\nconnection: close\r\n", body));
    }
    // Announcing the trailer does not help either.
    let head = "transfer-encoding: chunked\r\ntrailer: x-signature\r\nte: trailers\r\n";
    cases.push(request("POST /webhook HTTP/1.1", head, &trailer));
    server.survives("raw HTTP", cases).await;
    assert_eq!(server.client().ask(&genuine()).await.status, 200);
    tally::tell();
}

/// Malformed request lines, and requests for other servers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_http_reaches_no_endpoint() {
    let server = server().await;
    let rest = "content-length: 2\r\nconnection: close\r\n";
    let huge = "A".repeat(100_000);
    let mut cases = Vec::new();
    for line in [
        "POST http://evil.test/webhook HTTP/1.1",
        "POST https://user:password@localhost/webhook HTTP/1.1",
        "POST http://localhost:99999/webhook HTTP/1.1",
        "POST file:///webhook HTTP/1.1",
        "POST //evil.test/webhook HTTP/1.1",
        "POST evil.test:80 HTTP/1.1",
        "POST * HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "CONNECT localhost:22 HTTP/1.1",
        "CONNECT /webhook HTTP/1.1",
        "POST webhook HTTP/1.1",
        "POST /webhook HTTP/1.2",
        "POST /webhook HTTP/0.9",
        "POST /webhook HTTP/3.0",
        "POST /webhook http/1.1",
        "POST /webhook HTTPS/1.1",
        "POST /webhook HTTP/1.1 x",
        "POST /webhook",
        "POST",
        "POST /web hook HTTP/1.1",
        "POST\t/webhook\tHTTP/1.1",
        "POST  /webhook HTTP/1.1",
        " POST /webhook HTTP/1.1",
        "P\0ST /webhook HTTP/1.1",
        "POST /webhook\0 HTTP/1.1",
        "POST /web\u{7f}hook HTTP/1.1",
        "POST /web\u{e9}hook HTTP/1.1",
        "POST /webhook#x HTTP/1.1",
        "(POST) /webhook HTTP/1.1",
        "{} {} {}",
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nxxxxxxxxxxxxxxxxxxxxx",
        "SSH-2.0-OpenSSH_9.9",
        "EHLO localhost",
        "*1\r\n$4\r\nPING",
        &format!("{huge} /webhook HTTP/1.1"),
        &format!("POST /{huge} HTTP/1.1"),
        &format!("POST /webhook?{huge} HTTP/1.1"),
        &format!("POST /webhook HTTP/1.1{huge}"),
    ] {
        cases.push(request(line, rest, "{}"));
    }
    let many = "x: y\r\n".repeat(5_000);
    for headers in [
        "host: evil.test\r\n",
        "expect: 200-ok\r\n",
        "expect: 100-continue, 100-continue\r\n",
        "upgrade: h2c\r\nconnection: upgrade, http2-settings\r\nhttp2-settings: AAMAAABk\r\n",
        "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n",
        "connection: x-signature\r\n",
        "connection: close, x-signature, content-length\r\n",
        "x-original-url: /other\r\nx-rewrite-url: /other\r\n",
        "x-middleware-subrequest: middleware\r\n",
        "te: trailers, deflate;q=0.5\r\n",
        "range: bytes=0-0,0-0,0-0,0-0,0-0,0-0\r\n",
        "accept-encoding: *;q=0\r\n",
        "x-signature: \r\n",
        &many,
        &format!("{huge}: y\r\n"),
        &format!("x: {huge}{huge}{huge}{huge}{huge}\r\n"),
        &format!("cookie: {huge}\r\n"),
    ] {
        cases.push(request("POST /webhook HTTP/1.1", &format!("{headers}{rest}"), "{}"));
    }
    for bytes in [&b""[..], b"\r\n\r\n\r\n", b"\0\0\0\0", &[0xff; 4_096], b"\n", b"POST /webhook"] {
        cases.push([bytes, b"\r\n\r\n"].concat());
    }
    server.survives("raw HTTP", cases).await;
    assert_eq!(server.client().ask(&genuine()).await.status, 200);
    tally::tell();
}
