//! The server: its connections, what it sheds, and the bytes that it holds.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use bytes::Bytes;
use h2::client::SendRequest;
use http::{Method, Request};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::{Mutex, MutexGuard},
    task::JoinHandle,
};
use webhook_runtime::{Delivery, Listener, Tls, Webhooks, webhook};

use crate::{
    common::{connect_from, signature, webhooks},
    recorder::{install, until, value, with},
};

/// One test at a time: the gauges and counters have no labels that tell servers apart.
static TURN: Mutex<()> = Mutex::const_new(());

const OPEN: &str = "webhook_server_connections";
const ACCEPTED: &str = "webhook_server_connections_accepted_total";
const HELD: &str = "webhook_in_flight_bytes";

fn shed(reason: &str) -> f64 {
    number(&format!("webhook_server_connections_shed_total{{reason={reason}}}"))
}

fn number(series: &str) -> f64 {
    value(series).unwrap_or_default()
}

/// The requests to an endpoint that were counted, whatever their outcomes.
fn requests(endpoint: &str) -> f64 {
    with(&format!("webhook_requests_total{{endpoint={endpoint},")).values().sum()
}

fn reason(endpoint: &str, reason: &str) -> f64 {
    let all = with(&format!("webhook_requests_total{{endpoint={endpoint},"));
    let found = all.iter().filter(|(name, _)| name.ends_with(&format!("reason={reason}}}")));
    found.map(|(_, count)| count).sum()
}

/// A server that ends when this is dropped.
struct Server {
    address: SocketAddr,
    serving: JoinHandle<Result<(), webhook_runtime::Error>>,
    _turn: MutexGuard<'static, ()>,
}

impl Server {
    async fn start(hooks: Webhooks) -> Self {
        install();
        let turn = TURN.lock().await;
        until("the server before has ended", || number(OPEN) == 0.0).await;
        let listener = Listener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        Self { address, serving: tokio::spawn(hooks.serve_on([listener])), _turn: turn }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn http2(&self, from: Ipv4Addr) -> SendRequest<Bytes> {
        let stream = connect_from(from, self.address).await.unwrap();
        let (client, connection) = h2::client::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        client.ready().await.unwrap()
    }

    /// Nothing is left of connections and bodies.
    async fn is_empty(&self) {
        until("all are closed", || number(OPEN) == 0.0).await;
        until("nothing is held", || number(HELD) == 0.0).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn head(path: &str, body: &[u8]) -> String {
    let (length, signature) = (body.len(), signature(body));
    format!(
        "POST {path} HTTP/1.1\r\nhost: a\r\nx-signature: {signature}\r\ncontent-length: {length}\r\n\r\n"
    )
}

#[webhook(path = "/served")]
async fn served(_: &Delivery) {}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_and_bytes_are_counted() {
    let server = Server::start(webhooks::<served>().max_connections(2)).await;
    let (accepted, displaced) = (number(ACCEPTED), shed("displaced"));
    let mut first = server.connect().await;
    until("open", || number(OPEN) == 1.0).await;
    assert_eq!(number(ACCEPTED), accepted + 1.0);

    // A part of a body.
    let body = "x".repeat(5000);
    first.write_all(head("/served", body.as_bytes()).as_bytes()).await.unwrap();
    first.write_all(&body.as_bytes()[..3000]).await.unwrap();
    until("the part is held", || number(HELD) >= 3000.0).await;
    first.write_all(&body.as_bytes()[3000..]).await.unwrap();
    let mut answer = [0; 12];
    first.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    until("nothing is held", || number(HELD) == 0.0).await;

    // A third connection displaces the one that has been idle for the longest.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let _second = server.connect().await;
    let _third = server.connect().await;
    until("one is displaced", || shed("displaced") == displaced + 1.0).await;
    until("two are open", || number(OPEN) == 2.0).await;
    assert_eq!(number(ACCEPTED), accepted + 3.0);
    server.serving.abort();
    server.is_empty().await;
}

#[webhook(path = "/leaving")]
async fn leaving(_: &Delivery) {
    std::future::pending::<()>().await;
}

/// Over HTTP/1.1: in the middle of the body, and while the handler runs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_leave_are_counted_once() {
    let server = Server::start(webhooks::<leaving>()).await;
    let body = "x".repeat(5000);
    let mut stream = server.connect().await;
    stream.write_all(head("/leaving", body.as_bytes()).as_bytes()).await.unwrap();
    stream.write_all(&body.as_bytes()[..3000]).await.unwrap();
    until("the part is held", || number(HELD) >= 3000.0).await;
    drop(stream);
    until("it is counted", || requests("leaving") == 1.0).await;
    server.is_empty().await;

    let mut stream = server.connect().await;
    stream.write_all(format!("{}{{}}", head("/leaving", b"{}")).as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(requests("leaving"), 1.0, "it runs");
    drop(stream);
    until("it is counted", || requests("leaving") == 2.0).await;
    let labels = "endpoint=leaving,provider=hmac-sha256-hex,outcome=failed,reason=no_response";
    assert_eq!(number(&format!("webhook_requests_total{{{labels}}}")), 1.0);
    server.is_empty().await;
    assert_eq!(requests("leaving"), 2.0);
}

#[webhook(path = "/resetting")]
async fn resetting(_: &Delivery) {
    std::future::pending::<()>().await;
}

/// The same over HTTP/2: the connection stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_that_are_reset_are_counted_once() {
    let server = Server::start(webhooks::<resetting>()).await;
    let mut client = server.http2(Ipv4Addr::LOCALHOST).await;
    let body = Bytes::from("x".repeat(5000));
    for (sent, is_whole) in [(&body[..3000], false), (&body[..], true)] {
        let before = requests("resetting");
        client = client.ready().await.unwrap();
        let request = Request::post("http://localhost/resetting")
            .header("x-signature", signature(&body))
            .body(())
            .unwrap();
        let (answer, mut stream) = client.send_request(request, false).unwrap();
        stream.send_data(Bytes::copy_from_slice(sent), is_whole).unwrap();
        until("it is held", || number(HELD) >= 3000.0).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(requests("resetting"), before, "it has no end");
        stream.send_reset(h2::Reason::CANCEL);
        drop(answer);
        until("it is counted", || requests("resetting") == before + 1.0).await;
        until("nothing is held", || number(HELD) == 0.0).await;
    }
    assert_eq!(number(OPEN), 1.0);
    drop(client);
    server.is_empty().await;
    assert_eq!(requests("resetting"), 2.0);
}

#[webhook(path = "/methods")]
async fn methods(_: &Delivery) {}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_methods_are_counted_once() {
    let server = Server::start(webhooks::<methods>()).await;
    let all = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND"];
    for (number, method) in all.iter().enumerate() {
        let mut stream = server.connect().await;
        let request = format!("{method} /methods HTTP/1.1\r\nhost: a\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 405", "{method}");
        #[allow(clippy::cast_precision_loss, reason = "there are seven")]
        let expected = number as f64 + 1.0;
        assert_eq!(reason("methods", "method_not_allowed"), expected, "{method}");
    }
    let mut client = server.http2(Ipv4Addr::LOCALHOST).await;
    for method in [Method::GET, Method::HEAD] {
        client = client.ready().await.unwrap();
        let request = Request::builder().method(method).uri("http://localhost/methods");
        let (answer, _) = client.send_request(request.body(()).unwrap(), true).unwrap();
        assert_eq!(answer.await.unwrap().status(), 405);
    }
    assert_eq!((requests("methods"), reason("methods", "method_not_allowed")), (9.0, 9.0));
    drop(client);
    server.is_empty().await;
}

/// The address of a busy peer.
const BUSY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// Accepted connections with and without a place.
const PLACES: u32 = 932;

/// The open files that this process may have.
fn max_files() -> u64 {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().nth(3)?.parse().ok());
    soft.unwrap_or(u64::MAX)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_without_a_place_are_counted() {
    if max_files() < 2 * u64::from(PLACES) + 200 {
        println!("skipped: {} open files are too few for {PLACES} connections", max_files());
        return;
    }
    let server = Server::start(webhooks::<leaving>().max_connections(1)).await;
    let (refused, evicted, displaced) = (shed("refused"), shed("evicted"), shed("displaced"));
    // A verified delivery keeps its place.
    let mut first = connect_from(BUSY, server.address).await.unwrap();
    first.write_all(format!("{}{{}}", head("/leaving", b"{}")).as_bytes()).await.unwrap();
    until("it is open", || number(OPEN) == 1.0).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let accepted = number(ACCEPTED);
    let mut waiting = Vec::new();
    for _ in 1..PLACES {
        waiting.push(connect_from(BUSY, server.address).await.unwrap());
    }
    until("they wait", || number(ACCEPTED) == accepted + f64::from(PLACES - 1)).await;
    assert_eq!((shed("refused"), shed("evicted")), (refused, evicted));
    waiting.push(connect_from(BUSY, server.address).await.unwrap());
    until("one more is refused", || shed("refused") == refused + 1.0).await;
    waiting.push(server.connect().await);
    until("another peer takes a place", || shed("evicted") == evicted + 1.0).await;
    assert_eq!((shed("refused"), shed("displaced")), (refused + 1.0, displaced));
    assert_eq!(number(OPEN), 1.0, "those that wait are not open");
    // The end of the server is no eviction.
    server.serving.abort();
    server.is_empty().await;
    assert_eq!((shed("refused"), shed("evicted")), (refused + 1.0, evicted + 1.0));
}

#[webhook(path = "/crowded")]
async fn crowded(_: &Delivery) {}

/// Requests that never come to an endpoint are not counted as its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_over_their_share_are_counted() {
    const SHED: &str = "webhook_server_requests_shed_total";
    let server = Server::start(webhooks::<crowded>().max_connections(10)).await;
    let before = number(SHED);
    let mut client = server.http2(BUSY).await;
    let mut open = Vec::new();
    for _ in 0..30 {
        client = client.ready().await.unwrap();
        let request = Request::post("http://localhost/crowded")
            .header("x-signature", signature(b"another"))
            .body(())
            .unwrap();
        let (answer, mut body) = client.send_request(request, false).unwrap();
        body.send_data(Bytes::from_static(b"1"), false).unwrap();
        open.push((tokio::spawn(answer), body));
    }
    until("twenty are refused", || number(SHED) == before + 20.0).await;
    assert_eq!(requests("crowded"), 0.0);
    for (answer, _) in &open {
        answer.abort();
    }
    drop((open, client));
    server.is_empty().await;
    until("the others have ended", || requests("crowded") == 10.0).await;
    assert_eq!(number(SHED), before + 20.0);
}

/// New certificates, by the server's own looks and by the program.
#[tokio::test]
async fn certificates_are_counted() {
    install();
    let place = std::env::temp_dir().join(format!("webhook-metrics-tls-{}", std::process::id()));
    std::fs::create_dir_all(&place).unwrap();
    let files = ["chain.pem", "key.pem"].map(|name| place.join(name));
    let put = |number: u32| {
        for (file, ending) in files.iter().zip(["pem", "key.pem"]) {
            std::fs::copy(format!("fixtures/tls/server-{number}.{ending}"), file).unwrap();
        }
    };
    let count =
        |outcome: &str| number(&format!("webhook_server_tls_reloads_total{{outcome={outcome}}}"));
    put(1);
    let tls = Tls::from_pem_files(&files[0], &files[1]).unwrap();
    let tls = tls.reload_interval(Duration::from_millis(50));
    assert!(!tls.reload().unwrap(), "it is the same");
    assert_eq!((count("renewed"), count("failed")), (0.0, 0.0));
    put(2);
    assert!(tls.reload().unwrap());
    assert_eq!((count("renewed"), count("failed")), (1.0, 0.0));
    std::fs::write(&files[1], "nonsense").unwrap();
    assert!(tls.reload().is_err());
    assert_eq!((count("renewed"), count("failed")), (1.0, 1.0));
    put(2);
    let server = Server::start(webhooks::<served>().tls(tls)).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!((count("renewed"), count("failed")), (1.0, 1.0), "nothing is new");
    put(1);
    until("it is renewed", || count("renewed") == 2.0).await;
    drop(server);
    let _ = std::fs::remove_dir_all(place);
}
