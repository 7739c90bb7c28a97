//! Places for connections and requests, which peers share.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, request::Parts};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use webhook_runtime::{Delivery, Secret, SecretSource, SourceError, Tenant, Webhooks, webhook};

use crate::{
    common::{SECRET, connect_from, signature},
    http2::client,
    server::{PATIENCE, Server, deliver, head, hooks},
};

/// A source that never answers.
struct Silent;

impl SecretSource for Silent {
    async fn secrets(&self, _: &Tenant) -> Result<Vec<Secret>, SourceError> {
        std::future::pending().await
    }
}

#[webhook(path = "/unknown/{tenant}")]
async fn unknown(_: &Delivery) {}

/// Takes a second.
#[webhook(path = "/slow")]
async fn slow(_: &Delivery) -> &'static str {
    sleep(Duration::from_secs(1)).await;
    "slowly"
}

/// A server with ten places.
async fn server() -> Server {
    Server::start(hooks_with_ten_places()).await
}

fn hooks_with_ten_places() -> Webhooks {
    hooks()
        .mount::<unknown>()
        .secret_source::<unknown>(Silent)
        .mount::<slow>()
        .secrets::<slow>([Secret::new(SECRET)])
        .max_connections(10)
}

/// The address of a busy peer. The honest client has 127.0.0.1.
const BUSY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

fn request_to(path: &str) -> Vec<u8> {
    let head = head(1, &signature(b"1")).replace("/webhook", path);
    [head.as_bytes(), b"1"].concat()
}

/// Delivers from 127.0.0.1, well before a request of the others ends.
async fn deliver_soon(server: &Server) {
    let start = Instant::now();
    timeout(PATIENCE, async { deliver(&mut server.connect().await).await }).await.expect("in time");
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn busy_peer_gives_up_connections() {
    let server = server().await;
    let mut busy = Vec::new();
    // More than there are places, and more than can wait for one.
    for number in 0..60 {
        let mut stream = connect_from(BUSY, server.address).await.expect("it listens");
        let _ = stream.write_all(&request_to(&format!("/unknown/{number}"))).await;
        busy.push(stream);
    }
    for _ in 0..5 {
        deliver_soon(&server).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn busy_peer_keeps_no_slow_client_out() {
    let server = server().await;
    let mut busy = JoinSet::new();
    for number in 0..60 {
        let request = request_to(&format!("/unknown/{number}"));
        busy.spawn(async move {
            loop {
                let mut stream = connect_from(BUSY, server.address).await.expect("it listens");
                let _ = stream.write_all(&request).await;
                // Until it is closed for another one.
                let _ = stream.read(&mut [0; 1024]).await;
                sleep(Duration::from_millis(10)).await;
            }
        });
    }
    sleep(Duration::from_millis(500)).await;
    for _ in 0..3 {
        let mut stream = server.connect().await;
        let request = request_to("/webhook");
        let (head, body) = request.split_at(request.len() - 1);
        for part in [&head[..20], &head[20..], body] {
            sleep(Duration::from_millis(300)).await;
            stream.write_all(part).await.expect("it stays open");
        }
        let mut answer = vec![0; 1024];
        let read = timeout(PATIENCE, stream.read(&mut answer)).await.expect("in time");
        let answer = String::from_utf8_lossy(&answer[..read.expect("it answers")]);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

/// The client of a proxy that is trusted.
fn forwarded(parts: &Parts) -> Option<IpAddr> {
    parts.headers.get("x-forwarded-for")?.to_str().ok()?.parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn busy_client_of_a_proxy_keeps_no_other_client_out() {
    let server = Server::start(hooks_with_ten_places().peer_ip(forwarded)).await;
    let as_client = |request: Vec<u8>, client: &str| {
        let request = String::from_utf8(request).expect("text");
        request.replacen("\r\n", &format!("\r\nX-Forwarded-For: {client}\r\n"), 1)
    };
    let mut busy = Vec::new();
    for number in 0..60 {
        let request = as_client(request_to(&format!("/unknown/{number}")), "192.0.2.1");
        let mut stream = server.connect().await;
        let _ = stream.write_all(request.as_bytes()).await;
        busy.push(stream);
    }
    for _ in 0..5 {
        let mut stream = server.connect().await;
        let request = as_client(request_to("/webhook"), "192.0.2.2");
        stream.write_all(request.as_bytes()).await.expect("it takes bytes");
        let mut answer = vec![0; 1024];
        let start = Instant::now();
        let read = timeout(PATIENCE, stream.read(&mut answer)).await.expect("in time");
        let answer = String::from_utf8_lossy(&answer[..read.expect("it answers")]);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verified_deliveries_keep_their_connections() {
    let server = server().await;
    let mut all = JoinSet::new();
    for _ in 0..10 {
        let mut stream = connect_from(BUSY, server.address).await.expect("it listens");
        all.spawn(async move {
            stream.write_all(&request_to("/slow")).await.expect("it takes bytes");
            let mut answer = vec![0; 1024];
            let read = timeout(PATIENCE, stream.read(&mut answer)).await.expect("in time");
            String::from_utf8_lossy(&answer[..read.expect("it answers")]).into_owned()
        });
    }
    sleep(Duration::from_millis(300)).await;
    let answer = deliver(&mut server.connect().await).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    while let Some(answer) = all.join_next().await {
        let answer = answer.expect("no panic");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_stream_counts_like_a_connection() {
    let server = server().await;
    let mut greedy = client(connect_from(BUSY, server.address).await.expect("it listens")).await;
    let (mut bodies, mut answers) = (Vec::new(), JoinSet::new());
    for _ in 0..30 {
        greedy = greedy.ready().await.expect("it takes requests");
        let request = Request::post("http://localhost/webhook")
            .header("x-signature", signature(b"another"))
            .body(())
            .expect("a request");
        let (answer, mut body) = greedy.send_request(request, false).expect("it takes requests");
        body.send_data(Bytes::from_static(b"1"), false).expect("it takes bytes");
        bodies.push(body);
        answers.spawn(async move { answer.await.map(|answer| answer.status().as_u16()) });
    }
    for _ in 0..20 {
        let refused = timeout(PATIENCE, answers.join_next()).await.expect("in time");
        let refused = refused.expect("more are open").expect("no panic");
        assert_eq!(refused.expect("the connection stays"), 503);
    }
    // The others stay while nobody else needs their places.
    assert!(timeout(Duration::from_millis(500), answers.join_next()).await.is_err());
    let mut other = client(server.connect().await).await;
    for _ in 0..5 {
        assert_eq!(crate::http2::deliver(&mut other, b"1").await.0, 200);
    }
}
