//! The server as a process: its memory, and requests to it.

use std::{fs, ops::Deref, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, timeout},
};

use crate::common::{self, signature, slow::head};

/// The time limit of an answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A running server.
pub(crate) struct Program(common::program::Program);

impl Deref for Program {
    type Target = common::program::Program;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Program {
    pub(crate) fn start() -> Self {
        Self(common::program::Program::start())
    }

    /// Starts the same endpoints under `axum::serve`.
    pub(crate) fn start_under_axum() -> Self {
        Self(common::program::Program::listen("axum"))
    }

    /// Its resident memory in bytes, as Linux reports it.
    pub(crate) fn resident(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id()));
        let status = status.expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
        let kib = line.trim().strip_suffix(" kB").expect("kB");
        kib.parse::<usize>().expect("a number") * 1024
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("it listens")
    }

    /// Sends a genuine delivery on a new connection, and returns the status and the time.
    pub(crate) async fn deliver(&self, body: &[u8]) -> (u16, Duration) {
        let asked = Instant::now();
        let mut stream = self.connect().await;
        let head = head(body.len(), &signature(body), "connection: close\r\n");
        stream.write_all(&[head.as_bytes(), body].concat()).await.expect("it takes bytes");
        let mut answer = String::new();
        let read = timeout(PATIENCE, stream.read_to_string(&mut answer)).await.expect("in time");
        read.expect("it answers");
        (status(&answer), asked.elapsed())
    }
}

/// The status of an answer.
pub(crate) fn status(answer: &str) -> u16 {
    let status = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
    status.and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{answer:?}"))
}

/// The 99th percentile.
pub(crate) fn p99(mut all: Vec<Duration>) -> Duration {
    all.sort_unstable();
    all[(all.len() * 99 / 100).min(all.len() - 1)]
}

/// The number in an environment variable, or the default.
pub(crate) fn number_from_env(variable: &str, else_: usize) -> usize {
    std::env::var(variable).map_or(else_, |text| text.parse().expect("a number"))
}

pub(crate) const MIB: usize = 1024 * 1024;
