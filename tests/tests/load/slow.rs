//! Clients that are slow on purpose.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use crate::{
    ALONE,
    common::signature,
    program::{PATIENCE, Program, asked, head, p99},
};

/// What a slow client does; each goes on until it is closed.
#[derive(Clone, Copy, Debug)]
enum Slow {
    Silent,
    HalfHeader,
    HeaderDrip,
    BodyDrip,
    HugeLength,
}

const KINDS: [Slow; 5] =
    [Slow::Silent, Slow::HalfHeader, Slow::HeaderDrip, Slow::BodyDrip, Slow::HugeLength];

/// Does it, and tells how long the server has put up with it.
async fn slow(mut stream: TcpStream, kind: Slow) -> Duration {
    let began = Instant::now();
    let signed = signature(b"x");
    let (first, drip) = match kind {
        Slow::Silent => (String::new(), ""),
        Slow::HalfHeader => ("POST /webhook HTTP/1.1\r\nhost: loc".to_owned(), ""),
        Slow::HeaderDrip => ("POST /webhook HTTP/1.1\r\n".to_owned(), "x-drip: 1\r\n"),
        Slow::BodyDrip => (head(1_000_000, &signed, ""), " "),
        Slow::HugeLength => (head(1 << 40, &signed, ""), " "),
    };
    let _ = stream.write_all(first.as_bytes()).await;
    let (mut read, mut write) = stream.into_split();
    let dripping = tokio::spawn(async move {
        while !drip.is_empty() && write.write_all(drip.as_bytes()).await.is_ok() {
            sleep(Duration::from_millis(500)).await;
        }
        // What ends the writing ends the connection: it is kept open for as long as it is read.
        std::future::pending::<()>().await;
    });
    let mut all = Vec::new();
    let ended = timeout(PATIENCE, read.read_to_end(&mut all)).await;
    dripping.abort();
    assert!(ended.is_ok(), "{kind:?} is still open");
    began.elapsed()
}

/// `WEBHOOK_SLOW_CLIENTS` of them, 100 if it is not set.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_clients_are_closed_and_honest_ones_answered() {
    let _alone = ALONE.lock().await;
    let count = asked("WEBHOOK_SLOW_CLIENTS", 100);
    let server = Program::start();
    let mut all = JoinSet::new();
    for nth in 0..count {
        let (stream, kind) = (server.connect().await, KINDS[nth % KINDS.len()]);
        all.spawn(async move { (kind, slow(stream, kind).await) });
    }
    let mut times = Vec::new();
    let mut longest = Duration::ZERO;
    while !all.is_empty() {
        let (status, took) = server.deliver(br#"{"n":1}"#).await;
        assert_eq!(status, 200);
        times.push(took);
        while let Some(ended) = all.try_join_next() {
            let (kind, took) = ended.expect("no panic");
            assert!(took < Duration::from_secs(15), "{kind:?}: {took:?}");
            longest = longest.max(took);
        }
        sleep(Duration::from_millis(20)).await;
    }
    let (honest, p99) = (times.len(), p99(times));
    println!("{count} slow clients, closed within {longest:?}; {honest} honest, p99 {p99:?}");
    assert!(p99 < Duration::from_millis(200) || count < 1_000, "{p99:?}");
}
