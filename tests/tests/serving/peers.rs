//! Rate limits by the peer's address, which `serve` knows.

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::UnixStream,
    time::timeout,
};
use webhook_runtime::{Listener, Quota};

use crate::{
    common::signature,
    server::{PATIENCE, Server, deliver, head, hooks},
};

/// Sends a forgery, and returns the status.
async fn forge<T: AsyncRead + AsyncWrite + Unpin>(stream: &mut T) -> String {
    let request = [head(1, &signature(b"another")).as_bytes(), b"1"].concat();
    stream.write_all(&request).await.expect("it takes bytes");
    let mut answer = vec![0; 4096];
    let read = timeout(PATIENCE, stream.read(&mut answer)).await.expect("in time");
    let answer = String::from_utf8_lossy(&answer[..read.expect("it answers")]).into_owned();
    answer["HTTP/1.1 ".len()..].chars().take(3).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn peers_over_quota_get_429() {
    let path = std::env::temp_dir().join(format!("webhooks-{}-peers", std::process::id()));
    let unix = Listener::bind_unix(&path).expect("a socket");
    let tcp = Listener::bind("127.0.0.1:0").await.expect("a port");
    let address = tcp.local_addr().expect("it is TCP");
    let hooks = hooks().limit_per_peer(Quota::per_hour(3));
    let server = Server { address, task: tokio::spawn(hooks.serve_on([tcp, unix])) };
    let mut stream = server.connect().await;
    // Genuine deliveries do not count.
    for _ in 0..5 {
        deliver(&mut stream).await;
    }
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(forge(&mut server.connect().await).await);
    }
    assert_eq!(statuses, ["401", "401", "401", "429", "429"]);
    // Peers on a Unix socket have no address.
    let mut stream = UnixStream::connect(&path).await.expect("it listens");
    for _ in 0..5 {
        assert_eq!(forge(&mut stream).await, "401");
    }
}
