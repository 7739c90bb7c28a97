//! The server: its connections, and the bytes that it holds.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use webhook_runtime::{Delivery, Listener, webhook};

use crate::{
    common::{signature, webhooks},
    recorder::{install, value},
};

#[webhook(path = "/served")]
async fn served(_: &Delivery) {}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..1000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what}: not in time");
}

/// One test for all of them: they have no labels that tell servers apart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_and_bytes_are_counted() {
    install();
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(webhooks::<served>().max_connections(2).serve_on([listener]));
    let number = |series: &str| value(series).unwrap_or_default();
    let mut first = TcpStream::connect(address).await.unwrap();
    until("open", || number("webhook_server_connections") == 1.0).await;
    assert_eq!(number("webhook_server_connections_accepted_total"), 1.0);

    // A part of a body.
    let body = "x".repeat(5000);
    let head = format!(
        "POST /served HTTP/1.1\r\nhost: a\r\nx-signature: {}\r\ncontent-length: {}\r\n\r\n",
        signature(body.as_bytes()),
        body.len()
    );
    first.write_all(head.as_bytes()).await.unwrap();
    first.write_all(&body.as_bytes()[..3000]).await.unwrap();
    until("the part is held", || number("webhook_in_flight_bytes") >= 3000.0).await;
    first.write_all(&body.as_bytes()[3000..]).await.unwrap();
    let mut answer = [0; 12];
    first.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    until("nothing is held", || number("webhook_in_flight_bytes") == 0.0).await;

    // A third connection displaces the one that has been idle for the longest.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let _second = TcpStream::connect(address).await.unwrap();
    let _third = TcpStream::connect(address).await.unwrap();
    let shed = "webhook_server_connections_shed_total{reason=displaced}";
    until("one is displaced", || number(shed) == 1.0).await;
    until("two are open", || number("webhook_server_connections") == 2.0).await;
    assert_eq!(number("webhook_server_connections_accepted_total"), 3.0);
    serving.abort();
    until("all are closed", || number("webhook_server_connections") == 0.0).await;
}
