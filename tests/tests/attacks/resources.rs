//! The cost of a request: memory, time, workers and connections.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, Request as Asked},
    middleware::{Next, from_fn},
};
use http_body::Frame;
use serde::Deserialize;
use tokio::{io::AsyncWriteExt as _, net::TcpStream, task::JoinSet, time::timeout};
use webhook_runtime::{
    Delivery, Inbox, Secret, UnknownEvent, WebhookEvent, Webhooks,
    inbox::{Backoff, DeliveryState, Filter},
    providers::{GITHUB, HMAC_SHA256_HEX},
    scheme::RequestToSign,
    webhook,
};

use crate::{
    family::{self, MAX_BODY},
    server::Server,
    tally,
    wire::{Client, PATIENCE, Request},
};

const SECRET: &str = "the secret of these tests";

#[webhook(path = "/webhook", max_body = MAX_BODY)]
async fn bounded(_: &Delivery) {}

fn signed(target: &str, body: impl Into<Vec<u8>>) -> Request {
    let body = body.into();
    let signed = HMAC_SHA256_HEX.sign(&Secret::new(SECRET), &RequestToSign::new(&body)).unwrap();
    Request::json(target, body.clone()).with_all(&signed.headers)
}

fn forged(target: &str) -> Request {
    Request::json(target, "").with("x-signature", "0".repeat(64))
}

/// Elsewhere, a body of any length was read to its end before the signature was checked
/// (CVE-2026-91080, GHSA-v7xq-3wx6-fqc2, RUSTSEC-2022-0055). Here 64 senders at a time send without
/// end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endless_bodies_are_rejected() {
    let hooks = || Webhooks::new().mount::<bounded>().secrets::<bounded>([Secret::new(SECRET)]);
    // The application may lift axum's own limit. Ours is another one.
    let lifted = |router: axum::Router| router.layer(DefaultBodyLimit::disable());
    for server in [Server::start(hooks()).await, Server::of_axum(hooks(), lifted).await] {
        let mut all = JoinSet::new();
        for _ in 0..64 {
            let address = server.address;
            all.spawn(async move {
                let request = forged("/webhook").with("transfer-encoding", "chunked");
                let stream = TcpStream::connect(address).await.unwrap();
                let (mut reader, mut writer) = stream.into_split();
                let sending = tokio::spawn(async move {
                    writer.write_all(&request.head()).await?;
                    let piece = [&b"10000\r\n"[..], &vec![b'x'; 0x1_0000], b"\r\n"].concat();
                    // A thousand times the limit: an unlimited server would still be reading.
                    for sent in 0..1_000_usize {
                        if writer.write_all(&piece).await.is_err() {
                            return Ok(sent);
                        }
                    }
                    std::io::Result::Ok(1_000)
                });
                let answer = crate::wire::first(&mut reader).await;
                drop(reader);
                (answer, sending.await.unwrap().unwrap_or_default())
            });
        }
        while let Some(ended) = all.join_next().await {
            let (answer, sent) = ended.unwrap();
            tally::note("plain", "a body without end", &answer);
            assert_eq!(answer.status, 413, "{answer:?}");
            assert!(sent < 1_000, "it was all taken");
        }
        for length in ["65537", "1073741824", "9223372036854775807", "18446744073709551615"] {
            let request = forged("/webhook").with("content-length", length);
            let answer = server.refuses("plain", length, &request, &[413, 431]).await;
            assert!(answer.took < Duration::from_secs(5), "it is not waited for");
        }
        assert_eq!(server.client().ask(&signed("/webhook", "{}")).await.status, 200);
    }
    tally::tell();
}

/// Endless zeros, with a count of those that were read.
struct Zeros(Arc<AtomicUsize>);

impl http_body::Body for Zeros {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.fetch_add(8 * 1024, Ordering::SeqCst);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[0; 8 * 1024])))))
    }
}

/// Elsewhere, a small body was inflated to a large one before verification (CVE-2026-90797,
/// CVE-2026-42587, CVE-2026-53659, CVE-2026-28975). Here nothing is inflated. If a layer of the
/// application inflates, the limit counts its output.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compressed_bodies_are_not_inflated() {
    const ENCODINGS: [&str; 12] = [
        "gzip",
        "x-gzip",
        "br",
        "zstd",
        "deflate",
        "compress",
        "gzip,gzip",
        "gzip, br",
        "identity, gzip",
        "GZIP",
        ", br",
        "aes128gcm",
    ];
    for target in family::all().await {
        for encoding in ENCODINGS {
            let bomb = target.genuine.clone().with("content-encoding", encoding);
            let name = target.family.name;
            target.server.refuses(name, encoding, &bomb, &[415]).await;
        }
        let two = target.genuine.clone().with("content-encoding", "gzip");
        let two = two.with("content-encoding", "gzip");
        target.server.refuses(target.family.name, "gzip twice", &two, &[415]).await;
        // No coding at all: the bytes are verified as they are.
        for none in ["identity", ""] {
            let (before, plain) = (target.server.effects(), target.genuine.clone());
            let answer = target.server.client().ask(&plain.with("content-encoding", none)).await;
            assert!(answer.status < 300, "{}: {none:?}: {answer:?}", target.family.name);
            assert_eq!(target.server.effects(), before + 1, "{}", target.family.name);
        }
        target.believes().await;
    }

    let inflated = Arc::new(AtomicUsize::new(0));
    let inflating = Arc::clone(&inflated);
    let layer = from_fn(move |mut request: Asked, next: Next| {
        if request.headers_mut().remove("content-encoding").is_some() {
            request.headers_mut().remove("content-length");
            *request.body_mut() = Body::new(Zeros(Arc::clone(&inflating)));
        }
        next.run(request)
    });
    let hooks = Webhooks::new().mount::<bounded>().secrets::<bounded>([Secret::new(SECRET)]);
    let server = Server::of_axum(hooks, |router| router.layer(layer)).await;
    for request in [signed("/webhook", "{}"), forged("/webhook")] {
        let before = inflated.load(Ordering::SeqCst);
        let bomb = request.with("content-encoding", "gzip");
        server.refuses("plain", "a bomb, inflated by a layer", &bomb, &[413]).await;
        let after = inflated.load(Ordering::SeqCst);
        assert!(after - before < 8 * MAX_BODY, "{} bytes were inflated", after - before);
    }
    assert_eq!(server.client().ask(&signed("/webhook", "{}")).await.status, 200);
    tally::tell();
}

#[webhook(path = "/value")]
async fn value(_: serde_json::Value) {}

#[derive(Deserialize)]
struct Order {
    #[serde(rename = "id")]
    _id: u64,
    #[serde(default, rename = "note")]
    _note: String,
}

#[webhook(path = "/typed")]
async fn typed(_: Order) {}

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("push")]
    Push(BTreeMap<String, serde_json::Value>),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[webhook(path = "/github", provider = GITHUB)]
async fn event(event: Event<'_>) {
    match event {
        Event::Push(push) => drop(push),
        Event::Other(other) => assert!(other.name().len() < 100),
    }
}

#[webhook(path = "/stored", inbox)]
async fn stored(_: Order) {}

/// Texts that broke other parsers, with the answers of three handlers: of any JSON, of a struct,
/// and of an enum of events. The enum treats anything but an object as a mismatched event.
fn shapes() -> Vec<(&'static str, Vec<u8>, [u16; 3])> {
    const MALFORMED: [u16; 3] = [400; 3];
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth)).into_bytes();
    let objects = format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
    let number = format!(r#"{{"id":{}}}"#, "9".repeat(1_000_000));
    let fraction = format!(r#"{{"id":1.{}}}"#, "9".repeat(1_000_000));
    let keys: Vec<String> = (0..50_000).map(|at| format!(r#""k{at}":{at}"#)).collect();
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        ("lists 100,000 deep", nested(100_000), [400, 422, 200]),
        ("lists 127 deep", nested(127), [200, 422, 200]),
        ("lists 128 deep", nested(128), [400, 422, 200]),
        ("objects 100,000 deep", objects.into_bytes(), [400, 422, 400]),
        ("a million brackets", vec![b'['; 1_000_000], [400, 422, 200]),
        ("a million braces", vec![b'{'; 1_000_000], MALFORMED),
        ("a million quotation marks", vec![b'"'; 1_000_000], [400, 422, 200]),
        ("keys that are given twice", text(r#"{"id":1,"id":2}"#), [200, 422, 200]),
        ("a byte order mark", text("\u{feff}{\"id\":1}"), [200; 3]),
        ("UTF-16", utf16("{\"id\":1}"), MALFORMED),
        ("UTF-16 with its mark", utf16("\u{feff}{\"id\":1}"), MALFORMED),
        ("an escaped NUL", text("{\"id\":1,\"note\":\"a\\u0000b\"}"), [200; 3]),
        ("a NUL", text("{\"id\":1,\"note\":\"a\0b\"}"), MALFORMED),
        ("half a surrogate pair", text(r#"{"id":1,"note":"\ud800"}"#), [200; 3]),
        ("bytes that are no text", b"{\"id\":1,\"note\":\"\xff\xfe\"}".to_vec(), MALFORMED),
        ("a number of a million digits", number.into_bytes(), [422, 422, 200]),
        ("a million digits behind the point", fraction.into_bytes(), [200, 422, 200]),
        ("a number that is too large", text(r#"{"id":1e400}"#), [422, 422, 200]),
        ("an exponent without end", text(r#"{"id":1e99999999999999999999}"#), [422, 422, 200]),
        ("a negative id", text(r#"{"id":-1}"#), [200, 422, 200]),
        ("no number", text(r#"{"id":NaN}"#), MALFORMED),
        ("nothing", Vec::new(), MALFORMED),
        ("null", text("null"), [200, 422, 200]),
        ("a text", text("\"{}\""), [200, 422, 200]),
        ("a megabyte of spaces", vec![b' '; 1 << 20], MALFORMED),
        ("two texts", text(r#"{"id":1}{"id":2}"#), MALFORMED),
        ("a comma too many", text(r#"{"id":1,}"#), MALFORMED),
        ("a comment", text(r#"{"id":1/**/}"#), MALFORMED),
        ("apostrophes", text("{'id':1}"), MALFORMED),
        ("50,000 keys", format!("{{{}}}", keys.join(",")).into_bytes(), [200, 422, 200]),
        ("a prototype", text(r#"{"__proto__":{"id":1},"constructor":1}"#), [200, 422, 200]),
    ]
}

/// Signed JSON with extreme depth, duplicate keys, NUL or numbers gets its documented answer, and
/// quickly. An inbox stores it unchanged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_json_is_answered_below_500() {
    let key = || [Secret::new(SECRET)];
    let inbox = Inbox::builder("").open_in_memory().unwrap();
    let hooks = Webhooks::new()
        .mount::<value>()
        .secrets::<value>(key())
        .mount::<typed>()
        .secrets::<typed>(key())
        .mount::<event>()
        .secrets::<event>(key())
        .mount::<stored>()
        .secrets::<stored>(key())
        .inbox(inbox.clone());
    let server = Server::start(hooks).await;
    // A generous limit, for an unoptimised program on a busy machine.
    let most = Duration::from_millis(if cfg!(debug_assertions) { 2_000 } else { 500 });
    let shapes = shapes();
    let mut wrong = Vec::new();
    for (what, body, expected) in &shapes {
        let github = GITHUB.sign(&Secret::new(SECRET), &RequestToSign::new(body)).unwrap();
        let github = Request::json("/github", body.clone()).with_all(&github.headers);
        let github = github.set("x-github-event", "push");
        let requests = [signed("/value", body.clone()), signed("/typed", body.clone()), github];
        for (request, expected) in requests.iter().zip(expected) {
            let answer = server.client().ask(request).await;
            if answer.status >= 400 {
                tally::note("signed JSON", what, &answer);
            }
            assert!(answer.took < most, "{what}: {:?}", answer.took);
            assert!(answer.body.len() < 1_000, "{what}: {}", answer.body.len());
            if answer.status != *expected {
                wrong.push(format!(
                    "{what}, {}: {} {}",
                    request.target,
                    answer.status,
                    answer.text()
                ));
            }
        }
        let answer = server.client().ask(&signed("/stored", body.clone())).await;
        assert_eq!(answer.status, 202, "{what}: what was signed is kept");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");

    let all = async {
        loop {
            let all = inbox.list(Filter::all()).collect().await.unwrap();
            let ends = |state| matches!(state, DeliveryState::Completed | DeliveryState::Dead);
            if all.iter().all(|record| ends(record.state)) {
                return all;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let all = timeout(PATIENCE, all).await.expect("none of it is tried for ever");
    assert_eq!(all.len(), shapes.len());
    for (record, (what, body, [_, typed, _])) in all.iter().zip(&shapes) {
        let state = if *typed == 200 { DeliveryState::Completed } else { DeliveryState::Dead };
        assert_eq!((record.state, record.attempt), (state, 1), "{what}");
        let kept = inbox.get(record.id).await.unwrap().expect("it is there");
        assert!(kept.body == body[..], "{what}: it is kept to the byte");
    }
    inbox.shutdown(PATIENCE).await;
    tally::tell();
}

#[webhook(path = "/webhook")]
async fn explodes(delivery: &Delivery) {
    if delivery.body() == "\"explode\"" {
        // The panic's message is not printed.
        std::panic::resume_unwind(Box::new("as it was asked to"));
    }
}

#[webhook(path = "/jobs", inbox)]
async fn explodes_later(delivery: &Delivery) {
    if delivery.body() == "\"explode\"" {
        std::panic::resume_unwind(Box::new("as it was asked to"));
    }
}

/// Elsewhere, one request ended the process (CVE-2023-50728), or a panic ended its worker (apalis).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn panics_end_no_connection_and_no_worker() {
    let inbox = Inbox::builder("")
        .max_attempts(3)
        .concurrency(2)
        .backoff(Backoff::new(Duration::from_millis(5), Duration::from_millis(20)))
        .poll_interval(Duration::from_millis(10))
        .open_in_memory()
        .unwrap();
    let key = || [Secret::new(SECRET)];
    let hooks = Webhooks::new()
        .mount::<explodes>()
        .secrets::<explodes>(key())
        .mount::<explodes_later>()
        .secrets::<explodes_later>(key())
        .inbox(inbox.clone());
    let server = Server::start(hooks).await;
    let mut client: Client = server.client();
    for _ in 0..100 {
        let answer = client.ask(&signed("/webhook", "\"explode\"")).await;
        assert_eq!(answer.status, 500, "the handler's failure is told: {answer:?}");
        assert!(!answer.text().contains("asked"), "but not what it said: {answer:?}");
        assert_eq!(client.ask(&signed("/webhook", "{}")).await.status, 200);
    }
    assert_eq!(client.opened, 1, "all of it on one connection");

    // More panics than there are workers.
    for number in 0..20 {
        let body = if number == 0 { "\"explode\"".to_owned() } else { format!("{number}") };
        assert_eq!(client.ask(&signed("/jobs", body)).await.status, 202);
    }
    let all = async {
        loop {
            let all = inbox.list(Filter::all()).collect().await.unwrap();
            if all.iter().all(|record| {
                matches!(record.state, DeliveryState::Completed | DeliveryState::Dead)
            }) {
                return all;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let all = timeout(PATIENCE, all).await.expect("it comes to an end");
    assert_eq!((all[0].state, all[0].attempt), (DeliveryState::Dead, 3));
    assert!(all[0].last_error.is_some(), "it says why");
    assert!(all[1..].iter().all(|record| record.state == DeliveryState::Completed));
    inbox.shutdown(PATIENCE).await;
}
