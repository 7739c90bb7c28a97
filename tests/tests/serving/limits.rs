//! Until when a connection may stay.

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
async fn a_connection_that_never_asks_is_closed_at_the_deadline_of_the_head() {
    let server = Server::start(hooks().header_deadline(SHORT).idle_timeout(LONG)).await;
    closed_soon(server.connect().await).await;
}

#[tokio::test]
async fn between_requests_a_connection_may_be_silent_for_longer() {
    let server = Server::start(hooks().header_deadline(SHORT).idle_timeout(LONG)).await;
    let mut stream = server.connect().await;
    deliver(&mut stream).await;
    sleep(SHORT * 3).await;
    deliver(&mut stream).await;
    // What has begun has to go on, though.
    stream.write_all(b"POST /webhook HTT").await.expect("it takes bytes");
    closed_soon(stream).await;
}

#[tokio::test]
async fn but_not_for_ever() {
    let server = Server::start(hooks().header_deadline(LONG).idle_timeout(SHORT)).await;
    let mut stream = server.connect().await;
    deliver(&mut stream).await;
    closed_soon(stream).await;
}

#[tokio::test]
async fn a_connection_that_is_used_all_the_time_ends_as_well() {
    let server = Server::start(hooks().connection_lifetime(SHORT)).await;
    let mut stream = server.connect().await;
    let began = Instant::now();
    while began.elapsed() < SHORT * 2 / 3 {
        deliver(&mut stream).await;
    }
    closed_soon(stream).await;
    deliver(&mut server.connect().await).await;
}
