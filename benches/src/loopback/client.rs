//! A client that costs little: ready-made requests, and responses read as far as they go.

use std::{
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    runtime::Runtime,
    task::JoinSet,
};

const CONNECTIONS: usize = 64;

/// What was done in one go.
#[derive(Clone, Copy, Debug)]
pub struct Slice {
    requests: u32,
    elapsed: Duration,
    pub(super) processor_time: Duration,
}

impl Slice {
    /// Requests a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        f64::from(self.requests) / self.elapsed.as_secs_f64()
    }

    /// Microseconds of the server's processor time a request.
    #[must_use]
    pub fn cost(&self) -> f64 {
        self.processor_time.as_secs_f64() * 1e6 / f64::from(self.requests)
    }
}

/// Connections to one server, the request that all of them send, and the status that answers it.
#[derive(Debug)]
pub struct Client {
    runtime: Runtime,
    streams: Vec<TcpStream>,
    request: Bytes,
    status: u16,
}

impl Client {
    /// Opens the connections.
    ///
    /// # Panics
    /// When the server does not accept them.
    #[must_use]
    pub fn connect(port: u16, request: Bytes, status: u16) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("the runtime starts");
        let streams = runtime.block_on(async {
            let mut streams = Vec::with_capacity(CONNECTIONS);
            for _ in 0..CONNECTIONS {
                let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await;
                let stream = stream.expect("the server accepts");
                stream.set_nodelay(true).expect("a socket can do that");
                streams.push(stream);
            }
            streams
        });
        Self { runtime, streams, request, status }
    }

    /// Sends requests, one at a time on each connection.
    ///
    /// # Panics
    /// When they are answered by another status, or not at all.
    pub fn drive(&mut self, duration: Duration) -> Slice {
        let start = Instant::now();
        let end = start + duration;
        let mut requests = 0;
        self.runtime.block_on(async {
            let mut running = JoinSet::new();
            for stream in self.streams.drain(..) {
                running.spawn(repeat(stream, self.request.clone(), self.status, end));
            }
            while let Some(done) = running.join_next().await {
                let (stream, count) = done.expect("the server answers");
                self.streams.push(stream);
                requests += count;
            }
        });
        Slice { requests, elapsed: start.elapsed(), processor_time: Duration::ZERO }
    }
}

async fn repeat(
    mut stream: TcpStream,
    request: Bytes,
    status: u16,
    end: Instant,
) -> (TcpStream, u32) {
    let expected = format!("HTTP/1.1 {status} ");
    let mut buffer = [0; 1024];
    let mut count = 0;
    while Instant::now() < end {
        stream.write_all(&request).await.expect("the server reads");
        let mut filled = 0;
        while !is_whole(&buffer[..filled]) {
            let read = stream.read(&mut buffer[filled..]).await.expect("the server answers");
            assert!(read > 0, "the server closed the connection");
            filled += read;
        }
        let answer = &buffer[..filled];
        assert!(answer.starts_with(expected.as_bytes()), "{}", String::from_utf8_lossy(answer));
        count += 1;
    }
    (stream, count)
}

/// Whether a response is complete, by its content length.
fn is_whole(response: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(response) else { return false };
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.split("\r\n").find_map(|line| line.strip_prefix("content-length: "));
    length.and_then(|length| length.parse().ok()) == Some(body.len())
}
