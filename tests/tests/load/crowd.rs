//! Many idle connections.

use std::time::Duration;

use crate::{
    ALONE,
    program::{MIB, Program, number_from_env, p99},
};

/// Opens `WEBHOOK_CONNECTIONS`, 800 by default. Raise `ulimit -n` for more than the limit of open
/// files.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_do_not_block_others() {
    let _alone = ALONE.lock().await;
    let count = number_from_env("WEBHOOK_CONNECTIONS", 800);
    let server = Program::start();
    let before = server.resident();
    let (mut left, mut times) = (Vec::with_capacity(count), Vec::new());
    for nth in 0..count {
        left.push(server.connect().await);
        if nth % 20 == 0 {
            let (status, took) = server.deliver(br#"{"n":1}"#).await;
            assert_eq!(status, 200);
            times.push(took);
        }
    }
    let open = open_connections(&left);
    let (honest, p99) = (times.len(), p99(times));
    let grown = server.resident().saturating_sub(before) / MIB;
    println!("{count} connections, {open} still open; {honest} honest, p99 {p99:?}; {grown} MiB");
    // The default of `max_connections`.
    assert!(open <= 900, "{open}");
    assert!(p99 < Duration::from_secs(5), "{p99:?}");
}

/// Counts those that the server has not closed.
fn open_connections(all: &[tokio::net::TcpStream]) -> usize {
    let is_open = |stream: &&tokio::net::TcpStream| {
        let read = stream.try_read(&mut [0]);
        matches!(read, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
    };
    all.iter().filter(is_open).count()
}
