//! Signed deliveries, each of which is new.

use std::{
    net::Ipv4Addr,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    runtime::Runtime,
    task::JoinSet,
};
use webhook_benches::{SECRET, Sample};

use crate::endpoints::SECOND_PATH;

const CONNECTIONS: usize = 64;

/// What was acknowledged in one go.
pub(crate) struct Slice {
    /// How long each took, in microseconds.
    pub(crate) latencies: Vec<u32>,
    pub(crate) elapsed: Duration,
}

/// Connections to one program, spread over its processes.
pub(crate) struct Client {
    runtime: Runtime,
    connections: Vec<(TcpStream, Letter)>,
}

impl Client {
    /// Connects to these ports in turn. Where a port is 0, nothing is received, and nothing is sent.
    pub(crate) fn connect(ports: &[u16], two_paths: bool) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("the runtime starts");
        let letters = [Letter::new(), if two_paths { Letter::to_second() } else { Letter::new() }];
        let ports: Vec<u16> = ports.iter().copied().filter(|port| *port != 0).collect();
        let connections = runtime.block_on(async {
            let mut connections = Vec::with_capacity(CONNECTIONS);
            for (number, port) in ports.iter().cycle().take(CONNECTIONS).enumerate() {
                let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, *port)).await;
                let stream = stream.expect("the server accepts");
                stream.set_nodelay(true).expect("a socket can do that");
                connections.push((stream, letters[number % 2].clone()));
            }
            connections
        });
        Self { runtime, connections }
    }

    /// Sends deliveries, one at a time on each connection.
    pub(crate) fn drive(&mut self, duration: Duration) -> Slice {
        let start = Instant::now();
        let end = start + duration;
        let mut latencies = Vec::new();
        self.runtime.block_on(async {
            if self.connections.is_empty() {
                tokio::time::sleep(duration).await;
            }
            let mut running = JoinSet::new();
            for connection in self.connections.drain(..) {
                running.spawn(repeat(connection, end));
            }
            while let Some(done) = running.join_next().await {
                let (connection, took) = done.expect("the server answers");
                self.connections.push(connection);
                latencies.extend(took);
            }
        });
        Slice { latencies, elapsed: start.elapsed() }
    }
}

async fn repeat(
    (mut stream, mut letter): (TcpStream, Letter),
    end: Instant,
) -> ((TcpStream, Letter), Vec<u32>) {
    let mut buffer = [0; 1024];
    let mut latencies = Vec::new();
    loop {
        letter.renew();
        let begun = Instant::now();
        if begun >= end {
            return ((stream, letter), latencies);
        }
        stream.write_all(&letter.request).await.expect("the server reads");
        let mut filled = 0;
        while !buffer[..filled].windows(4).any(|four| four == b"\r\n\r\n") {
            let read = stream.read(&mut buffer[filled..]).await.expect("the server answers");
            assert!(read > 0, "the server closed the connection");
            filled += read;
        }
        let answer = &buffer[..filled];
        assert!(answer.starts_with(b"HTTP/1.1 20"), "{}", String::from_utf8_lossy(answer));
        latencies.push(begun.elapsed().as_micros().try_into().unwrap_or(u32::MAX));
    }
}

/// A request that is written anew for each delivery, at as little cost as possible: what comes
/// before the place that changes is hashed once.
#[derive(Clone)]
struct Letter {
    request: Vec<u8>,
    signature: usize,
    id: usize,
    /// In the body, near its end.
    node: usize,
    signed: Hmac<Sha256>,
}

/// How much is written at `id` and `node`.
const DIGITS: usize = 12;

impl Letter {
    fn new() -> Self {
        let request = Sample::Comment.wire().to_vec();
        let after = |what: &[u8], found: Option<usize>| found.expect("it is there") + what.len();
        let first =
            |what: &[u8]| after(what, request.windows(what.len()).position(|at| at == what));
        let last =
            |what: &[u8]| after(what, request.windows(what.len()).rposition(|at| at == what));
        let (signature, body) = (first(b"sha256="), first(b"\r\n\r\n"));
        let id = first(b"x-github-delivery: 72d3162e-cc78-11e3-81ab-");
        let node = last(b"\"node_id\":\"");
        let mut signed =
            Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key of any length");
        signed.update(&request[body..node]);
        Self { request, signature, id, node, signed }
    }

    /// To the second endpoint.
    fn to_second() -> Self {
        let mut letter = Self::new();
        let path =
            letter.request.windows(SECOND_PATH.len()).position(|at| at == b"/commit_comment");
        let at = path.expect("it is there");
        letter.request[at..][..SECOND_PATH.len()].copy_from_slice(SECOND_PATH.as_bytes());
        letter
    }

    fn renew(&mut self) {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let digits = format!("{number:0DIGITS$x}");
        self.request[self.id..][..DIGITS].copy_from_slice(digits.as_bytes());
        self.request[self.node..][..DIGITS].copy_from_slice(digits.as_bytes());
        let mut signed = self.signed.clone();
        signed.update(&self.request[self.node..]);
        let place = &mut self.request[self.signature..][..64];
        hex::encode_to_slice(signed.finalize().into_bytes(), place).expect("it is as long");
    }
}
