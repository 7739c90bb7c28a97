//! A server in this process, and HTTP/1.1 clients.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use axum::{Extension, extract::ConnectInfo};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinHandle,
    time::timeout,
};
use webhook_runtime::{Delivery, Error, Listener, Secret, Webhooks, webhook};

use crate::common::{SECRET, signature, slow};

/// The time limit of every step.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Answers with the peer's address and the length of the body.
#[webhook(path = "/webhook")]
pub(crate) async fn hook(
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    delivery: &Delivery,
) -> String {
    let peer =
        peer.map_or("nobody".to_owned(), |Extension(ConnectInfo(peer))| peer.ip().to_string());
    format!("{} bytes from {peer}", delivery.body().len())
}

/// A server that is stopped when dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) task: JoinHandle<Result<(), Error>>,
}

pub(crate) fn hooks() -> Webhooks {
    Webhooks::new().mount::<hook>().secrets::<hook>([Secret::new(SECRET)])
}

impl Server {
    /// On a port of IPv4.
    pub(crate) async fn start(hooks: Webhooks) -> Self {
        let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("it is TCP");
        Self { address, task: tokio::spawn(hooks.serve_on([listener])) }
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("it listens")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Sends a genuine delivery, and reads the answer. The connection stays open.
pub(crate) async fn deliver<T: AsyncRead + AsyncWrite + Unpin>(stream: &mut T) -> String {
    let body = br#"{"n":1}"#;
    let head = head(body.len(), &signature(body));
    stream.write_all(&[head.as_bytes(), body].concat()).await.expect("it takes bytes");
    let mut answer = Vec::new();
    while !String::from_utf8_lossy(&answer).contains("bytes from") {
        let read = timeout(PATIENCE, stream.read_buf(&mut answer)).await.expect("in time");
        assert!(read.expect("it answers") > 0, "{}", String::from_utf8_lossy(&answer));
    }
    String::from_utf8(answer).expect("text")
}

pub(crate) fn head(length: usize, signature: &str) -> String {
    slow::head(length, signature, "")
}

/// Waits until the other end closes.
pub(crate) async fn closed(mut stream: impl AsyncRead + Unpin) {
    let mut rest = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("it is closed");
}
