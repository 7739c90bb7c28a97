//! The conformance suite over real sockets, against [`Webhooks::serve`], with one endpoint of every
//! family of schemes. `cargo test -p webhook-tests --test sockets -- --nocapture` prints the
//! numbers of bad requests.

use std::{
    collections::HashSet,
    convert::Infallible,
    fmt::Write as _,
    io,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use axum::{body::Body, response::Response};
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, tcp::OwnedWriteHalf},
    time::{sleep, timeout},
};
use tower::Service;
use webhook_runtime::{
    Delivery, Provider, Secret, Webhook, Webhooks,
    providers::{
        GITHUB, GITLAB, HMAC_SHA256_HEX, SHOPIFY, SLACK, SQUARE, STANDARD_WEBHOOKS, STRIPE, TWILIO,
    },
    testing::{
        TestClock,
        conformance::{CASES, Target, Verdict},
    },
    webhook,
};

/// How long an answer may take before the server counts as hung.
const PATIENCE: Duration = Duration::from_secs(20);

/// The number of handler calls so far.
static RUNS: [AtomicUsize; 9] = [const { AtomicUsize::new(0) }; 9];

macro_rules! endpoints {
    ($($at:literal $name:ident: $provider:ident),* $(,)?) => { $(
        #[webhook(path = "/webhook", provider = $provider, max_body = 256 * 1024)]
        async fn $name(_: &Delivery) {
            RUNS[$at].fetch_add(1, Ordering::SeqCst);
        }
    )* };
}

endpoints! {
    0 plain: HMAC_SHA256_HEX,
    1 github: GITHUB,
    2 stripe: STRIPE,
    3 slack: SLACK,
    4 standard: STANDARD_WEBHOOKS,
    5 shopify: SHOPIFY,
    6 gitlab: GITLAB,
    7 square: SQUARE,
    8 twilio: TWILIO,
}

/// Counts of requests and answers.
#[derive(Default)]
struct Tally {
    requests: AtomicUsize,
    taken: AtomicUsize,
    server_errors: AtomicUsize,
    unauthorized: Mutex<HashSet<Vec<u8>>>,
}

/// Sends every request over a new connection.
#[derive(Clone)]
struct Remote {
    server: SocketAddr,
    tally: Arc<Tally>,
}

impl Service<Request<Body>> for Remote {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Self { server, tally } = self.clone();
        Box::pin(async move {
            let answer = timeout(PATIENCE, exchange(server, request)).await.expect("an answer");
            tally.requests.fetch_add(1, Ordering::SeqCst);
            let answer = answer.expect("an answer, and no broken connection");
            let status = answer.status();
            if status.is_success() {
                tally.taken.fetch_add(1, Ordering::SeqCst);
            } else if status.is_server_error() {
                tally.server_errors.fetch_add(1, Ordering::SeqCst);
            }
            let (parts, body) = answer.into_parts();
            let body = body.collect().await.expect("it is there").to_bytes();
            if status == StatusCode::UNAUTHORIZED {
                tally.unauthorized.lock().expect("no panic").insert(body.to_vec());
            }
            Ok(Response::from_parts(parts, Body::from(body)))
        })
    }
}

async fn exchange(server: SocketAddr, request: Request<Body>) -> io::Result<Response> {
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map_or("/", |uri| uri.as_str());
    let mut head = format!("{} {target} HTTP/1.1\r\n", parts.method).into_bytes();
    if !parts.headers.contains_key(header::HOST) {
        head.extend(b"host: localhost\r\n");
    }
    for (name, value) in &parts.headers {
        head.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    head.extend(b"connection: close\r\n");
    let length = http_body::Body::size_hint(&body).exact();
    let declares = parts.headers.contains_key(header::CONTENT_LENGTH);
    match length {
        _ if declares => {}
        Some(0) if parts.method != http::Method::POST => {}
        Some(length) => head.extend(format!("content-length: {length}\r\n").bytes()),
        None => head.extend(b"transfer-encoding: chunked\r\n"),
    }
    head.extend(b"\r\n");
    let (mut reader, mut writer) = TcpStream::connect(server).await?.into_split();
    let chunked = length.is_none() && !declares;
    // The server may answer and close before it has read everything.
    let sending = tokio::spawn(async move {
        let _ = send(&mut writer, &head, body, chunked).await;
        writer
    });
    let mut answer = Vec::new();
    let read = reader.read_to_end(&mut answer).await;
    let _ = sending.await;
    if answer.is_empty() {
        read?;
    }
    parse(&answer).ok_or_else(|| io::Error::other(String::from_utf8_lossy(&answer).into_owned()))
}

async fn send(
    writer: &mut OwnedWriteHalf,
    head: &[u8],
    mut body: Body,
    chunked: bool,
) -> io::Result<()> {
    writer.write_all(head).await?;
    while let Some(Ok(frame)) = body.frame().await {
        let Ok(data) = frame.into_data() else { continue };
        if chunked {
            writer.write_all(format!("{:x}\r\n", data.len()).as_bytes()).await?;
            writer.write_all(&[&data[..], b"\r\n"].concat()).await?;
        } else {
            writer.write_all(&data).await?;
        }
    }
    if chunked {
        writer.write_all(b"0\r\n\r\n").await?;
    }
    Ok(())
}

fn parse(answer: &[u8]) -> Option<Response> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let mut lines = std::str::from_utf8(&answer[..end]).ok()?.split("\r\n");
    let status: u16 = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let mut response = Response::builder().status(status);
    for line in lines {
        let (name, value) = line.split_once(':')?;
        response = response.header(name, value.trim());
    }
    response.body(Body::from(answer[end + 4..].to_vec())).ok()
}

/// Serves one endpoint, and runs every case on it.
async fn ask<H: Webhook<()>>(at: usize, provider: &'static Provider, secret: &str) -> String {
    let secret = Secret::new(secret);
    let clock = TestClock::new(SystemTime::now());
    let any = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let server = any.local_addr().expect("an address");
    drop(any);
    let hooks = Webhooks::new()
        .mount::<H>()
        .secrets::<H>([secret.clone()])
        .public_url("https://hooks.test")
        .clock(clock.clone());
    let serving = tokio::spawn(async move { hooks.serve(server).await.expect("it serves") });
    let listens = async {
        while TcpStream::connect(server).await.is_err() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, listens).await.expect("it listens");

    let tally = Arc::new(Tally::default());
    let remote = Remote { server, tally: Arc::clone(&tally) };
    let subject = Target::service(remote, provider, secret, "/webhook")
        .handled_count(move || RUNS[at].load(Ordering::SeqCst))
        .clock(clock)
        // Not strict: the server strips white space around a header's value.
        .max_body(256 * 1024);
    let (mut passed, mut other) = (0, 0);
    for case in CASES {
        match case.run(&subject).await {
            Ok(Verdict::Passed) => passed += 1,
            Ok(_) => other += 1,
            Err(failure) => panic!("{}: {}: {failure}", provider.name(), case.name()),
        }
    }
    serving.abort();
    let count = |count: &AtomicUsize| count.load(Ordering::SeqCst);
    let (requests, taken) = (count(&tally.requests), count(&tally.taken));
    // Every accepted request was handled, or was a handshake; and no other was handled.
    assert!(count(&RUNS[at]) <= taken && passed > 20, "{}", provider.name());
    assert_eq!(count(&tally.server_errors), 0, "{}", provider.name());
    assert_eq!(tally.unauthorized.lock().expect("no panic").len(), 1, "{}", provider.name());
    let mut line = String::new();
    let _ = write!(
        line,
        "{}: {passed} cases passed, {other} do not apply; {} bad requests, {taken} good ones",
        provider.name(),
        requests - taken
    );
    println!("{line}");
    BAD.fetch_add(requests - taken, Ordering::SeqCst);
    line
}

/// The total of bad requests.
static BAD: AtomicUsize = AtomicUsize::new(0);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_family_rejects_bad_requests() {
    let standard = "whsec_czNjcmV0czNjcmV0czNjcmV0czNjcmV0";
    ask::<plain>(0, &HMAC_SHA256_HEX, "s3cret of plain").await;
    ask::<github>(1, &GITHUB, "s3cret of github").await;
    ask::<stripe>(2, &STRIPE, "whsec_of_stripe").await;
    ask::<slack>(3, &SLACK, "s3cret of slack").await;
    ask::<self::standard>(4, &STANDARD_WEBHOOKS, standard).await;
    ask::<shopify>(5, &SHOPIFY, "s3cret of shopify").await;
    ask::<gitlab>(6, &GITLAB, "s3cret-of-gitlab").await;
    ask::<square>(7, &SQUARE, "s3cret of square").await;
    ask::<twilio>(8, &TWILIO, "s3cret of twilio").await;
    let bad = BAD.load(Ordering::SeqCst);
    println!("{bad} bad requests, none taken, none answered by 5xx");
    assert!(bad > 2_000, "{bad}");
}
