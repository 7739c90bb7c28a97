//! The timeouts of connections.

use std::time::Duration;

use tokio::{
    io::AsyncWriteExt as _,
    time::{Instant, sleep},
};

use crate::server::{Server, closed, deliver, hooks};

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
