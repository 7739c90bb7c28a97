//! Spans of OpenTelemetry: one delivery from its request to its last run, as an exporter sees it.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use std::{sync::OnceLock, time::Duration};

use axum::{Router, body::Body};
use common::{SECRET, delivery_to, set, status};
use http::Request;
use opentelemetry::trace::{SpanId, SpanKind, Status, TracerProvider as _};
use opentelemetry_sdk::trace::{InMemorySpanExporter, Sampler, SdkTracerProvider, SpanData};
use tracing_subscriber::layer::SubscriberExt as _;
use webhook_runtime::{
    BatchLayout, Delivery, Provider, Secret, Webhook, Webhooks,
    inbox::{Backoff, Inbox, InboxBuilder},
    scheme::Scheme,
    webhook,
};

const SENDERS: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// All spans of this program. The threads of inboxes have the same subscriber.
fn exported() -> Vec<SpanData> {
    static EXPORTER: OnceLock<InMemorySpanExporter> = OnceLock::new();
    let exporter = EXPORTER.get_or_init(|| {
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("webhook"));
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::set_global_default(subscriber).expect("the first one");
        exporter
    });
    exporter.get_finished_spans().unwrap()
}

fn attribute(span: &SpanData, key: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key.as_str() == key)?;
    Some(found.value.to_string())
}

/// Waits for the spans of an endpoint, in the order in which they ended.
async fn spans(endpoint: &str, count: usize) -> Vec<SpanData> {
    for _ in 0..1000 {
        let mut found = exported();
        found.retain(|span| attribute(span, "endpoint").as_deref() == Some(endpoint));
        if found.len() >= count {
            assert_eq!(found.len(), count, "{found:#?}");
            return found;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("there are no {count} spans of {endpoint}: {:#?}", exported());
}

/// The spans that a span is linked to.
fn links(span: &SpanData) -> Vec<SpanId> {
    span.links.iter().map(|link| link.span_context.span_id()).collect()
}

fn is_root(span: &SpanData) -> bool {
    span.parent_span_id == SpanId::INVALID
}

fn assert_has(span: &SpanData, attributes: &[(&str, &str)]) {
    for (key, value) in attributes {
        assert_eq!(attribute(span, key).as_deref(), Some(*value), "{key}: {:#?}", span.attributes);
    }
}

/// A delivery whose sender is in a trace.
fn traced(uri: &str) -> Request<Body> {
    let mut request = delivery_to(uri, "{}");
    set(&mut request, "traceparent", SENDERS);
    request
}

#[webhook(path = "/plain/{id}")]
async fn plain(_: &Delivery) -> Result<(), &'static str> {
    let _span = tracing::info_span!("inside", endpoint = "inside").entered();
    Err("no stock left")
}

#[tokio::test]
async fn a_sender_is_linked_once_it_is_verified() {
    exported();
    let router = common::router::<plain>();
    let mut forged = traced("/plain/7");
    *forged.body_mut() = Body::from("[]");
    assert_eq!(status(&router, forged).await, 401);
    let refused = spans("plain", 1).await.remove(0);
    assert!(is_root(&refused) && links(&refused).is_empty(), "{refused:#?}");
    assert!(!refused.span_context.trace_id().to_string().starts_with("4bf92f35"));
    assert_eq!((&*refused.name, refused.span_kind.clone()), ("POST /plain/{id}", SpanKind::Server));
    assert_has(&refused, &[("http.response.status_code", "401")]);
    assert_eq!(refused.status, Status::Unset, "an error of the client");

    assert_eq!(status(&router, traced("/plain/7")).await, 500);
    let failed = spans("plain", 2).await.remove(1);
    assert!(is_root(&failed), "a stranger's span is no parent");
    assert_eq!(links(&failed)[0].to_string(), "00f067aa0ba902b7");
    assert!(!failed.span_context.trace_id().to_string().starts_with("4bf92f35"));
    let attributes = [
        ("http.request.method", "POST"),
        ("http.route", "/plain/{id}"),
        ("url.path", "/plain/7"),
        ("url.scheme", "http"),
        ("network.protocol.version", "1.1"),
        ("http.response.status_code", "500"),
        ("error.type", "500"),
    ];
    assert_has(&failed, &attributes);
    assert!(matches!(failed.status, Status::Error { .. }));
    let inside = spans("inside", 1).await.remove(0);
    assert_eq!(inside.parent_span_id, failed.span_context.span_id(), "the handler's own span");

    // Two of them, or nonsense, are nobody's.
    let mut doubled = traced("/plain/7");
    doubled.headers_mut().append("traceparent", SENDERS.parse().unwrap());
    assert_eq!(status(&router, doubled).await, 500);
    let mut nonsense = traced("/plain/7");
    set(&mut nonsense, "traceparent", "00-stranger");
    assert_eq!(status(&router, nonsense).await, 500);
    assert!(spans("plain", 4).await[2..].iter().all(|span| links(span).is_empty()));
    let mut strange = traced("/plain/7");
    *strange.method_mut() = "STRANGER".parse().unwrap();
    assert_eq!(status(&router, strange).await, 405);
    let strange = spans("plain", 5).await.remove(4);
    assert_eq!(&*strange.name, "HTTP /plain/{id}");
    assert_has(&strange, &[("http.request.method", "_OTHER")]);
}

#[webhook(path = "/panics")]
async fn panics(_: &Delivery) {
    panic!("on purpose");
}

#[tokio::test]
async fn a_panic_is_an_error_of_its_request() {
    exported();
    assert_eq!(status(&common::router::<panics>(), traced("/panics")).await, 500);
    let span = spans("panics", 1).await.remove(0);
    assert_has(&span, &[("http.response.status_code", "500"), ("error.type", "500")]);
    assert!(matches!(span.status, Status::Error { .. }));
}

#[webhook(path = "/sampled")]
async fn sampled(_: &Delivery) {}

/// The sender says that its trace is sampled; the program decides for itself.
#[tokio::test]
async fn a_sender_does_not_decide_what_is_sampled() {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOff)))
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("webhook"));
    let subscriber = tracing_subscriber::registry().with(layer);
    let router = common::router::<sampled>();
    let guard = tracing::subscriber::set_default(subscriber);
    assert_eq!(status(&router, traced("/sampled")).await, 200);
    drop(guard);
    assert_eq!(exporter.get_finished_spans().unwrap().len(), 0, "the sender is believed");
}

fn builder() -> InboxBuilder {
    exported();
    InboxBuilder::default().backoff(Backoff::new(Duration::from_millis(5), Duration::from_secs(1)))
}

fn router<H: Webhook<()>>(inbox: Inbox) -> Router {
    let hooks = Webhooks::new().mount::<H>().secrets::<H>([Secret::new(SECRET)]).inbox(inbox);
    hooks.into_router().unwrap()
}

#[webhook(path = "/kept", inbox)]
async fn kept(delivery: &Delivery) -> Result<(), &'static str> {
    static RUNS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    assert!(delivery.headers().contains_key("content-type"));
    match RUNS.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
        0 => panic!("on purpose"),
        1 => Err("no stock left"),
        _ => Ok(()),
    }
}

#[tokio::test]
async fn a_delivery_is_traced_to_its_last_run() {
    let inbox = builder().open_in_memory().unwrap();
    let router = router::<kept>(inbox.clone());
    assert_eq!(status(&router, traced("/kept")).await, 202);
    let mut all = spans("kept", 4).await;
    // The request's has no attempt.
    all.sort_by_key(|span| attribute(span, "webhook.attempt"));
    let [request, first, second, third] = &all[..] else { unreachable!("four") };
    assert_eq!((&*request.name, request.span_kind.clone()), ("POST /kept", SpanKind::Server));
    assert_eq!(links(request)[0].to_string(), "00f067aa0ba902b7");
    assert_has(request, &[("http.response.status_code", "202")]);
    let [of_request, of_first] = [request, first].map(|span| span.span_context.span_id());
    assert_eq!(links(first), [of_request]);
    for retry in [second, third] {
        assert_eq!(links(retry), [of_request, of_first], "retries are linked to the first run");
    }
    for (run, attempt) in [first, second, third].into_iter().zip(["1", "2", "3"]) {
        assert!(is_root(run), "{run:#?}");
        assert_ne!(run.span_context.trace_id(), request.span_context.trace_id());
        assert_eq!((&*run.name, run.span_kind.clone()), ("process kept", SpanKind::Consumer));
        let attributes = [
            ("messaging.system", "webhook_inbox"),
            ("messaging.operation.type", "process"),
            ("messaging.operation.name", "process"),
            ("messaging.destination.name", "kept"),
            ("messaging.message.id", "1"),
            ("messaging.message.body.size", "2"),
            ("webhook.attempt", attempt),
        ];
        assert_has(run, &attributes);
    }
    assert!(matches!(first.status, Status::Error { .. }), "a panic: {first:#?}");
    assert!(matches!(second.status, Status::Error { .. }), "an error: {second:#?}");
    assert_has(second, &[("error.type", "500"), ("http.response.status_code", "500")]);
    assert_eq!(third.status, Status::Unset);
    assert_has(third, &[("http.response.status_code", "200")]);

    // The context is stored with the delivery, also where its run is another process's.
    let stored = inbox.get(1).await.unwrap().unwrap();
    let traceparent = stored.head.traceparent.unwrap();
    let context = &request.span_context;
    assert_eq!(traceparent, format!("00-{}-{}-01", context.trace_id(), context.span_id()));
}

#[webhook(path = "/continued", inbox)]
async fn continued(_: &Delivery) {}

#[tokio::test]
async fn a_run_is_a_child_where_the_inbox_says_so() {
    let inbox = builder().continue_traces(true).open_in_memory().unwrap();
    let router = router::<continued>(inbox);
    assert_eq!(status(&router, traced("/continued")).await, 202);
    let all = spans("continued", 2).await;
    let run = all.iter().find(|span| span.span_kind == SpanKind::Consumer).unwrap();
    let request = all.iter().find(|span| span.span_kind == SpanKind::Server).unwrap();
    assert_eq!(run.parent_span_id, request.span_context.span_id());
    assert_eq!(run.span_context.trace_id(), request.span_context.trace_id());
    assert_eq!(links(run), []);
}

const BATCH: Provider = Provider::new("batch", Scheme::hmac_sha256().header("x-signature").hex())
    .with_batch(BatchLayout::at(""));

#[webhook(path = "/batch", provider = BATCH, inbox)]
async fn item(number: u64) -> Result<(), String> {
    if number == 1 { Ok(()) } else { Err("no stock left".to_owned()) }
}

/// Each event of a batch has runs of its own, all linked to the one request.
#[tokio::test]
async fn events_of_a_batch_are_linked_to_their_request() {
    let inbox = builder().max_attempts(2).open_in_memory().unwrap();
    let router = router::<item>(inbox);
    assert_eq!(status(&router, delivery_to("/batch", "[1,2]")).await, 202);
    let all = spans("item", 4).await;
    let request = all.iter().find(|span| span.span_kind == SpanKind::Server).unwrap();
    let of_request = request.span_context.span_id();
    let runs = || all.iter().filter(|span| span.span_kind == SpanKind::Consumer);
    let runs_of = |id: &str| -> Vec<&SpanData> {
        runs().filter(|run| attribute(run, "messaging.message.id").as_deref() == Some(id)).collect()
    };
    let [once] = runs_of("1")[..] else { panic!("{all:#?}") };
    assert_eq!(links(once), [of_request]);
    let [first, second] = runs_of("2")[..] else { panic!("{all:#?}") };
    assert_eq!(links(first), [of_request]);
    assert_eq!(links(second), [of_request, first.span_context.span_id()]);
}

#[webhook(path = "/restarted", inbox)]
async fn restarted(_: &Delivery) {}

/// The trace is in the database: the run of another process is linked to the request.
#[tokio::test]
async fn a_trace_survives_a_restart() {
    let file = std::env::temp_dir().join(format!("webhook-otel-{}.db", std::process::id()));
    let url = format!("sqlite://{}", file.display());
    exported();
    let inbox = Inbox::open(&url).await.unwrap();
    inbox.pause("restarted", "ann", "to be restarted").await.unwrap();
    let before = router::<restarted>(inbox.clone());
    assert_eq!(status(&before, traced("/restarted")).await, 202);
    let request = spans("restarted", 1).await.remove(0);
    assert_eq!(request.span_kind, SpanKind::Server);
    let _ = inbox.shutdown(Duration::ZERO).await;
    inbox.close().await.unwrap();

    let inbox = Inbox::open(&url).await.unwrap();
    let _after = router::<restarted>(inbox.clone());
    inbox.resume("restarted", "ann").await.unwrap();
    let run = spans("restarted", 2).await.remove(1);
    assert_eq!(run.span_kind, SpanKind::Consumer);
    let linked = &run.links[0].span_context;
    assert_eq!(linked.span_id(), request.span_context.span_id());
    assert_eq!(linked.trace_id(), request.span_context.trace_id());
    let _ = inbox.shutdown(Duration::ZERO).await;
    inbox.close().await.unwrap();
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{ending}", file.display()));
    }
}
