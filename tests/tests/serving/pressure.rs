//! Clients that put the server or the system under pressure, while others are answered.

use std::{
    net::{Ipv4Addr, SocketAddr},
    process::Command,
    time::{Duration, Instant},
};

use axum::{Router, body::Bytes, routing::post};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinHandle,
    time::{sleep, timeout},
};
use webhook_runtime::{Listener, Server};

use crate::{
    application::{Application, answer},
    common::connect_from,
    http2,
    server::PATIENCE,
};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;

/// HEADERS that are complete, of a request whose body follows.
const END_HEADERS: u8 = 4;

/// The most that one flood sends.
const FLOOD: usize = 256 * 1024 * 1024;

/// The time limit of an answer to somebody else.
const SOON: Duration = Duration::from_secs(5);

/// A frame of RFC 9113, section 4.1.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short one").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

async fn serve() -> (SocketAddr, JoinHandle<()>) {
    let read = async |body: Bytes| format!("{} bytes", body.len());
    let listener = Listener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("it is TCP");
    let server = Server::new(Router::new().route("/webhook", post(read)));
    let server = server.idle_timeout(Duration::from_secs(2));
    let serving = async move { server.serve_on([listener]).await.expect("it serves") };
    (address, tokio::spawn(serving))
}

/// Begins a request on a new connection, and sends a frame again and again. Returns how much the server
/// took until it closed the connection.
async fn flood(address: SocketAddr, frame_of_flood: Vec<u8>, reads: bool) -> usize {
    let stream = TcpStream::connect(address).await.expect("it listens");
    let (mut read, mut write) = stream.into_split();
    let fields = b"\x83\x86\x44\x08/webhook\x41\x09localhost";
    let begin =
        [PREFACE, &frame(SETTINGS, 0, 0, &[]), &frame(HEADERS, END_HEADERS, 1, fields)].concat();
    write.write_all(&begin).await.expect("it takes bytes");
    let reading = tokio::spawn(async move {
        while reads && read.read(&mut [0; 16 * 1024]).await.is_ok_and(|read| read > 0) {}
        read
    });
    let many = frame_of_flood.repeat(64 * 1024 / frame_of_flood.len());
    let mut sent = 0;
    while sent < FLOOD && write.write_all(&many).await.is_ok() {
        sent += many.len();
    }
    reading.abort();
    sent
}

/// A request on a connection of its own.
async fn honest(address: SocketAddr) -> Duration {
    let asked = Instant::now();
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let request = b"POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\n1";
    stream.write_all(request).await.expect("it takes bytes");
    let answer = answer(&mut stream).await;
    assert!(answer.ends_with("1 bytes"), "{answer}");
    asked.elapsed()
}

async fn flood_is_survived(frame: Vec<u8>, reads: bool) {
    let (address, serving) = serve().await;
    let floods: Vec<_> =
        (0..4).map(|_| tokio::spawn(flood(address, frame.clone(), reads))).collect();
    for _ in 0..20 {
        let took = honest(address).await;
        assert!(took < SOON, "{took:?}");
        sleep(Duration::from_millis(20)).await;
    }
    for flood in floods {
        let sent = timeout(PATIENCE, flood).await.expect("it is closed").expect("no panic");
        assert!(sent < FLOOD, "it could go on: {sent}");
    }
    honest(address).await;
    serving.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ping_floods() {
    flood_is_survived(frame(PING, 0, 0, b"12345678"), true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ping_floods_whose_answers_nobody_reads() {
    flood_is_survived(frame(PING, 0, 0, b"12345678"), false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_floods() {
    flood_is_survived(frame(SETTINGS, 0, 0, &[]), true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn window_update_floods() {
    flood_is_survived(frame(WINDOW_UPDATE, 0, 0, &1_u32.to_be_bytes()), true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn empty_data_floods() {
    flood_is_survived(frame(DATA, 0, 1, &[]), true).await;
}

/// Much traffic on one connection is no flood if it is requests.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn busy_connections_are_no_floods() {
    let (address, serving) = serve().await;
    let mut client = http2::client(TcpStream::connect(address).await.expect("it listens")).await;
    for length in [vec![0; 500], vec![64 * 1024; 10], vec![1_000_000; 2]].concat() {
        let (status, text) = http2::deliver(&mut client, &vec![b' '; length]).await;
        assert_eq!((status, text), (200, format!("{length} bytes")));
    }
    serving.abort();
}

/// The client keeps the connection alive by PINGs, but opens no window for the response.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn responses_nobody_reads() {
    const INITIAL_WINDOW_SIZE: [u8; 6] = [0, 4, 0, 0, 0, 0];
    const END_STREAM: u8 = 1;

    let (address, serving) = serve().await;
    let stream = TcpStream::connect(address).await.expect("it listens");
    let (mut read, mut write) = stream.into_split();
    let fields = b"\x83\x86\x44\x08/webhook\x41\x09localhost";
    let request = frame(HEADERS, END_HEADERS | END_STREAM, 1, fields);
    let begin = [PREFACE, &frame(SETTINGS, 0, 0, &INITIAL_WINDOW_SIZE), &request].concat();
    write.write_all(&begin).await.expect("it takes bytes");
    let asked = Instant::now();
    let pings = tokio::spawn(async move {
        while write.write_all(&frame(PING, 0, 0, b"12345678")).await.is_ok() {
            sleep(Duration::from_millis(300)).await;
        }
    });
    let mut answers = [0; 1024];
    while timeout(PATIENCE, read.read(&mut answers))
        .await
        .expect("in time")
        .is_ok_and(|read| read > 0)
    {
        assert!(asked.elapsed() < 3 * SOON, "it stays open");
    }
    pings.abort();
    serving.abort();
}

/// A process with few open files, and more clients than files.
async fn too_few_open_files(request: &[u8]) {
    let mut command = Command::new("sh");
    command.args(["-c", r#"ulimit -n 80; exec "$0""#, env!("CARGO_BIN_EXE_application")]);
    let application = Application::spawn(command);
    let mut crowd = Vec::new();
    for _ in 0..200 {
        let stream = connect_from(Ipv4Addr::new(127, 0, 0, 2), application.address).await;
        let mut stream = stream.expect("it listens");
        let _ = stream.write_all(request).await;
        crowd.push(stream);
    }
    for _ in 0..5 {
        let asked = Instant::now();
        let answer = application.deliver("1").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(asked.elapsed() < SOON, "{:?}", asked.elapsed());
    }
    application.signal("KILL");
    let (_, text) = application.ended().await;
    assert!(text.contains("no connection could be taken in"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_few_open_files_for_slow_clients() {
    too_few_open_files(b"POST /webhook HTTP/1.1\r\n").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_few_open_files_for_slow_requests() {
    too_few_open_files(b"GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
}
