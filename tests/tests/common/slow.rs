//! Clients that are slow on purpose.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};

use super::signature;

/// The longest that a client waits until it is closed.
const PATIENCE: Duration = Duration::from_secs(60);

/// The kinds of slow clients. Each goes on until it is closed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Slow {
    Silent,
    HalfHeader,
    HeaderDrip,
    BodyDrip,
    HugeLength,
}

impl Slow {
    pub(crate) const ALL: [Self; 5] =
        [Self::Silent, Self::HalfHeader, Self::HeaderDrip, Self::BodyDrip, Self::HugeLength];

    /// Sends one byte every `pause`, and returns how long the server allowed it.
    pub(crate) async fn keep_at_it(self, mut stream: TcpStream, pause: Duration) -> Duration {
        let began = Instant::now();
        let signed = signature(b"x");
        let (first, drip) = match self {
            Self::Silent => (String::new(), ""),
            Self::HalfHeader => ("POST /webhook HTTP/1.1\r\nhost: loc".to_owned(), ""),
            Self::HeaderDrip => ("POST /webhook HTTP/1.1\r\n".to_owned(), "x-drip: 1\r\n"),
            Self::BodyDrip => (head(1_000_000, &signed, ""), " "),
            Self::HugeLength => (head(1 << 40, &signed, ""), " "),
        };
        let _ = stream.write_all(first.as_bytes()).await;
        let (mut read, mut write) = stream.into_split();
        let dripping = tokio::spawn(async move {
            while !drip.is_empty() && write.write_all(drip.as_bytes()).await.is_ok() {
                sleep(pause).await;
            }
            // A failed write ends the loop; the connection stays open while it is read.
            std::future::pending::<()>().await;
        });
        let mut all = Vec::new();
        let ended = timeout(PATIENCE, read.read_to_end(&mut all)).await;
        dripping.abort();
        assert!(ended.is_ok(), "{self:?} is still open");
        began.elapsed()
    }
}

/// The head of a delivery of JSON over HTTP/1.1.
pub(crate) fn head(length: usize, signature: &str, more: &str) -> String {
    format!(
        "POST /webhook HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\nx-signature: {signature}\r\n{more}\r\n"
    )
}
