//! Shutdown: running requests are finished. The server is a separate process, since it gets a
//! signal.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Duration, timeout},
};

use crate::{
    common::{program::Program, signature},
    server::{PATIENCE, closed, head},
};

#[tokio::test]
async fn shutdown_finishes_requests_and_closes_idle() {
    let program = Program::start();
    let address = program.address;
    let body = br#"{"n":1}"#;
    let mut idle = TcpStream::connect(address).await.expect("it listens");
    idle.write_all(&[head(body.len(), &signature(body)).as_bytes(), body].concat())
        .await
        .expect("bytes");
    let read = timeout(PATIENCE, idle.read(&mut [0; 1024])).await.expect("in time");
    assert!(read.expect("it answers") > 0);
    let mut busy = TcpStream::connect(address).await.expect("it listens");
    busy.write_all(head(body.len(), &signature(body)).as_bytes()).await.expect("bytes");
    busy.write_all(&body[..3]).await.expect("bytes");
    // Waits until the server has read the head.
    tokio::time::sleep(Duration::from_millis(300)).await;

    program.stop();
    closed(idle).await;
    busy.write_all(&body[3..]).await.expect("it still takes bytes");
    let mut answer = String::new();
    let read = timeout(PATIENCE, busy.read_to_string(&mut answer)).await.expect("in time");
    read.expect("it answers");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let ended = tokio::task::spawn_blocking(|| program.ended()).await.expect("no panic");
    assert!(ended.success());
}
