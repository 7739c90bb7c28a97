//! Shutdown: running requests are finished. The server is a separate process, since it gets a
//! signal.

use std::os::unix::process::ExitStatusExt as _;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Duration, Instant, sleep, timeout},
};

use crate::{
    application::Application,
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

/// The time for the server to read a head.
const READ: Duration = Duration::from_millis(300);

#[tokio::test]
async fn first_signal_says_what_is_running() {
    let application = Application::start();
    let _busy = application.begin("sleep").await;
    sleep(READ).await;
    application.signal("TERM");
    sleep(READ).await;
    application.signal("TERM");
    let (_, text) = application.ended().await;
    let line = "stopping: 1 request still running, for at most 30 s; a second signal ends at once";
    assert_eq!(text.lines().next(), Some(line), "{text}");
}

#[tokio::test]
async fn second_signal_ends_at_once() {
    for body in ["sleep", "block"] {
        let application = Application::start();
        let _busy = application.begin(body).await;
        sleep(READ).await;
        let began = Instant::now();
        application.signal("INT");
        sleep(READ).await;
        application.signal("INT");
        let (status, text) = application.ended().await;
        assert!(began.elapsed() < Duration::from_secs(5), "{body}: {:?}", began.elapsed());
        assert_eq!((status.code(), status.signal()), (Some(130), None), "{body}");
        assert!(text.contains("stopped at once"), "{text}");
    }
}

#[tokio::test]
async fn dripping_body_does_not_prolong_shutdown() {
    let application = Application::start();
    let mut drip = application.connect().await;
    let head = head(1000, &signature(b"x"));
    drip.write_all(head.as_bytes()).await.expect("it takes bytes");
    let dripping = tokio::spawn(async move {
        while drip.write_all(b"x").await.is_ok() {
            sleep(Duration::from_millis(50)).await;
        }
    });
    sleep(READ).await;
    ends_soon(application).await;
    dripping.abort();
}

#[tokio::test]
async fn slow_reader_does_not_prolong_shutdown() {
    let application = Application::start();
    let mut slow = application.connect().await;
    slow.write_all(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("it takes bytes");
    let reading = tokio::spawn(async move {
        while slow.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {
            sleep(Duration::from_millis(50)).await;
        }
    });
    sleep(READ).await;
    ends_soon(application).await;
    reading.abort();
}

/// Clients have five seconds, and the whole shutdown thirty.
async fn ends_soon(application: Application) {
    let began = Instant::now();
    application.signal("TERM");
    let (status, text) = application.ended().await;
    assert!(status.success(), "{status}: {text}");
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
}
