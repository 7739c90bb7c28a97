//! The server as a process, and what it takes.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, timeout},
};

use crate::common::{SECRET, signature};

/// The longest that anything here may take for an answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A running server. It is killed when this is dropped.
pub(crate) struct Program {
    child: Child,
    pub(crate) address: SocketAddr,
    /// Read no further, but kept: what is printed into a closed pipe is an error.
    _out: BufReader<ChildStdout>,
}

impl Program {
    /// Starts it on a port of its own.
    pub(crate) fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_server"))
            .env("SECRET", SECRET)
            .env("LISTEN", "127.0.0.1:0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        out.read_line(&mut line).expect("text");
        let address = line.trim().strip_prefix("webhooks on http://").expect("where it listens");
        Self { address: address.parse().expect("an address"), child, _out: out }
    }

    /// What is resident of its memory, in bytes, as Linux tells it.
    pub(crate) fn resident(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
        let kib = line.trim().strip_suffix(" kB").expect("kB");
        kib.parse::<usize>().expect("a number") * 1024
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("it listens")
    }

    /// A genuine delivery on a connection of its own: the status, and how long that took.
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

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The status of an answer.
pub(crate) fn status(answer: &str) -> u16 {
    let status = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
    status.and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{answer:?}"))
}

/// The head of a delivery.
pub(crate) fn head(length: usize, signature: &str, more: &str) -> String {
    format!(
        "POST /webhook HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\nx-signature: {signature}\r\n{more}\r\n"
    )
}

/// The value below which 99 of 100 are.
pub(crate) fn p99(mut all: Vec<Duration>) -> Duration {
    all.sort_unstable();
    all[(all.len() * 99 / 100).min(all.len() - 1)]
}

/// As many as a variable asks for.
pub(crate) fn asked(variable: &str, else_: usize) -> usize {
    std::env::var(variable).map_or(else_, |text| text.parse().expect("a number"))
}

pub(crate) const MIB: usize = 1024 * 1024;
