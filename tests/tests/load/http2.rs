//! Known abuses of HTTP/2: streams that are reset at once, and endless heads.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, timeout},
};

use crate::{
    ALONE,
    program::{MIB, PATIENCE, Program, number_from_env},
};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const CONTINUATION: u8 = 9;

const END_HEADERS: u8 = 4;

/// A frame of RFC 9113, section 4.1.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short one").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// `POST http://localhost/webhook`, with HPACK's static table where possible.
fn fields() -> Vec<u8> {
    [b"\x83\x86\x44\x08/webhook\x41\x09localhost".as_slice()].concat()
}

async fn begun(server: &Program) -> TcpStream {
    let mut stream = server.connect().await;
    stream.write_all(PREFACE).await.expect("it takes bytes");
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.expect("it takes bytes");
    stream
}

/// Sends everything, or until the other end closes; true if it closed. Reads meanwhile.
async fn pour(stream: TcpStream, frames: impl Iterator<Item = Vec<u8>>) -> (usize, bool) {
    let (mut read, mut write) = stream.into_split();
    let reading = tokio::spawn(async move { read.read_to_end(&mut Vec::new()).await });
    let mut sent = 0;
    for frame in frames {
        if write.write_all(&frame).await.is_err() {
            break;
        }
        sent += 1;
    }
    let closed = timeout(Duration::from_secs(2), reading).await.is_ok();
    (sent, closed)
}

/// Resets `WEBHOOK_RESETS` streams, 5,000 by default, over as many connections as needed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rapid_stream_resets_are_survived() {
    let _alone = ALONE.lock().await;
    let count = number_from_env("WEBHOOK_RESETS", 5_000);
    let server = Program::start();
    server.deliver(b"1").await;
    let before = server.resident();
    let (mut sent, mut closed, mut most) = (0, 0, 0);
    let began = Instant::now();
    while sent < count {
        let stream = begun(&server).await;
        let frames = (0..count - sent).map(|nth| {
            let id = u32::try_from(2 * nth + 1).expect("few");
            let open = frame(HEADERS, END_HEADERS, id, &fields());
            [open, frame(RST_STREAM, 0, id, &8_u32.to_be_bytes())].concat()
        });
        let (of_this, was_closed) = pour(stream, frames).await;
        sent += of_this.max(1);
        closed += usize::from(was_closed);
        most = most.max(server.resident());
    }
    let took = began.elapsed();
    assert_eq!(server.deliver(b"1").await.0, 200);
    let grown = most.saturating_sub(before) / MIB;
    println!("{sent} resets in {took:?}, {closed} connections closed for it; {grown} MiB");
    assert!(grown <= 64, "{grown}");
}

/// Sends `WEBHOOK_CONTINUATION_MIB` of it, 10 by default.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_head_is_cut_off() {
    let _alone = ALONE.lock().await;
    let mib = number_from_env("WEBHOOK_CONTINUATION_MIB", 10);
    let server = Program::start();
    server.deliver(b"1").await;
    let before = server.resident();
    let mut stream = begun(&server).await;
    stream.write_all(&frame(HEADERS, 0, 1, &fields())).await.expect("it takes bytes");
    // Literal fields, never indexed, of 100 bytes each.
    let field = [b"\x10\x01a\x60".as_slice(), &[b'a'; 96]].concat();
    let payload = field.repeat(160);
    let one = frame(CONTINUATION, 0, 1, &payload);
    let (sent, closed) = pour(stream, (0..mib * MIB / one.len()).map(|_| one.clone())).await;
    let grown = server.resident().saturating_sub(before) / MIB;
    assert_eq!(timeout(PATIENCE, server.deliver(b"1")).await.expect("in time").0, 200);
    println!(
        "{} KiB of CONTINUATION taken, closed: {closed}; {grown} MiB",
        sent * one.len() / 1024
    );
    assert!(closed && grown <= 64, "{closed} {grown}");
}
