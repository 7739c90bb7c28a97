//! Clients that are slow on purpose, against `serve`: they are closed in time, while others are
//! answered.

mod common;

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use common::{
    SECRET, signature,
    slow::{Slow, head},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep, timeout},
};
use webhook_runtime::{Delivery, Secret, Webhooks, webhook};

/// The timeouts of the server under test, shorter than real ones.
const DEADLINE: Duration = Duration::from_millis(500);

/// Extra time for a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

#[webhook(path = "/webhook")]
async fn hook(delivery: &Delivery) -> String {
    format!("{} bytes", delivery.body().len())
}

/// A server on a free port, stopped when dropped.
struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    async fn start(configure: impl FnOnce(Webhooks) -> Webhooks) -> Self {
        let any = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = any.local_addr().expect("an address");
        drop(any);
        let hooks = Webhooks::new()
            .mount::<hook>()
            .secrets::<hook>([Secret::new(SECRET)])
            .header_timeout(DEADLINE)
            .body_timeout(DEADLINE);
        let hooks = configure(hooks);
        let task = tokio::spawn(async move { hooks.serve(address).await.expect("it serves") });
        let listens = async {
            while TcpStream::connect(address).await.is_err() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, listens).await.expect("it listens");
        Self { address, task }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("it listens")
    }

    /// Sends a genuine delivery on a new connection, and returns the time of its answer.
    async fn honest(&self) -> Duration {
        let body = br#"{"n":1}"#;
        let asked = Instant::now();
        let mut stream = self.connect().await;
        let head = head(body.len(), &signature(body), "connection: close\r\n");
        stream.write_all(&[head.as_bytes(), body].concat()).await.expect("it takes bytes");
        let mut answer = String::new();
        let read = timeout(PATIENCE, stream.read_to_string(&mut answer)).await.expect("in time");
        read.expect("it answers");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        asked.elapsed()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_clients_do_not_block_others() {
    let server = Arc::new(Server::start(|hooks| hooks).await);
    let mut all = JoinSet::new();
    for nth in 0..250 {
        let (stream, kind) = (server.connect().await, Slow::ALL[nth % Slow::ALL.len()]);
        all.spawn(async move { (kind, kind.keep_at_it(stream, DEADLINE / 10).await) });
    }
    for _ in 0..50 {
        let took = server.honest().await;
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
    while let Some(ended) = all.join_next().await {
        let (kind, took) = ended.expect("no panic");
        assert!(took < DEADLINE + Duration::from_secs(5), "{kind:?}: {took:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_connections_make_room_for_new() {
    // Long timeouts: only the connection limit can make room.
    let long = Duration::from_secs(60);
    let server = Server::start(|hooks| hooks.header_timeout(long).max_connections(20)).await;
    let mut left_open = Vec::new();
    for nth in 0..100 {
        let mut stream = server.connect().await;
        let _ = stream.write_all(b"POST /webhook HTTP/1.1\r\n").await;
        left_open.push(stream);
        if nth % 10 == 0 {
            server.honest().await;
        }
    }
    // The first ones were closed, and the last ones are still open.
    let mut one = [0];
    let first = timeout(PATIENCE, left_open[0].read(&mut one)).await.expect("it is closed");
    assert!(matches!(first, Ok(0) | Err(_)), "{first:?}");
    let last = timeout(Duration::from_millis(200), left_open[99].read(&mut one)).await;
    assert!(last.is_err(), "{last:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_connection_serves_many_requests() {
    let server = Server::start(|hooks| hooks.max_connections(1)).await;
    let mut stream = server.connect().await;
    // The previous connection may have to close first.
    sleep(Duration::from_millis(50)).await;
    for nth in 0..20 {
        if nth == 10 {
            // A long idle connection stays while nobody else needs its place.
            sleep(DEADLINE / 2).await;
        }
        let body = format!("{{\"n\":{nth}}}");
        let head = head(body.len(), &signature(body.as_bytes()), "");
        stream.write_all(format!("{head}{body}").as_bytes()).await.expect("it takes bytes");
        let mut answer = vec![0; 1024];
        let read = timeout(PATIENCE, stream.read(&mut answer)).await.expect("in time");
        let answer = String::from_utf8_lossy(&answer[..read.expect("it answers")]).into_owned();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_head_is_rejected() {
    let server = Server::start(|hooks| hooks.header_timeout(Duration::from_secs(30))).await;
    let mut stream = server.connect().await;
    let _ = stream.write_all(b"POST /webhook HTTP/1.1\r\n").await;
    let line = format!("x-long: {}\r\n", "a".repeat(4000));
    // The server closes at some point, and then writing fails.
    for _ in 0..100 {
        if stream.write_all(line.as_bytes()).await.is_err() {
            break;
        }
    }
    let mut answer = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("it is closed");
    let answer = String::from_utf8_lossy(&answer);
    assert!(read.is_err() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    server.honest().await;
}

/// Permits that limit the concurrent clients, so that the test does not run out of files.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_connections_is_survived() {
    let server = Arc::new(Server::start(|hooks| hooks.max_connections(50)).await);
    let permits = Arc::new(Semaphore::new(100));
    let mut all = JoinSet::new();
    for _ in 0..1_000 {
        let (server, permits) = (Arc::clone(&server), Arc::clone(&permits));
        all.spawn(async move {
            let _permit = permits.acquire().await.expect("it is never closed");
            let mut stream = server.connect().await;
            let _ = stream.write_all(b"GARBAGE\r\n\r\n").await;
            let mut answer = Vec::new();
            let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("closed");
        });
    }
    for _ in 0..20 {
        server.honest().await;
    }
    while let Some(ended) = all.join_next().await {
        ended.expect("no panic");
    }
}
