//! Each reason that `docs/metrics.md` lists is reached by a request that is counted with it.

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime},
};

use axum::body::Body;
use http::{HeaderMap, Method, Request};
use serde::Deserialize;
use webhook_runtime::{
    BatchLayout, Delivery, Provider, Quota, Secret, SecretSource, SourceError, Tenant, Webhooks,
    inbox::InboxBuilder,
    providers::{META, STRIPE},
    scheme::{
        RequestToSign, Scheme, SchemeInfo, SignError, Signed, SignedParts, SignedRequest, Verify,
        VerifyContext, VerifyError,
    },
    webhook,
};

use crate::{
    common::{End, SECRET, Script, delivery_to, from, post, set, status, webhooks},
    recorder::{value, with},
    requests::{HMAC, counts, forged, router},
};

/// The reasons of requests that were counted.
fn reached() -> BTreeSet<String> {
    let all = with("webhook_requests_total{").into_keys();
    let reasons = all.filter_map(|name| {
        let (_, reason) = name.split_once("reason=")?;
        Some(reason.trim_end_matches('}').to_owned())
    });
    reasons.filter(|reason| !reason.is_empty()).collect()
}

/// The reasons that the document lists.
fn listed() -> BTreeSet<String> {
    let text = include_str!("../../../docs/metrics.md");
    let (_, reasons) = text.split_once("## Reasons").expect("the part");
    let names = reasons.lines().filter_map(|line| line.strip_prefix("* `")?.strip_suffix('`'));
    names.map(str::to_owned).collect()
}

#[tokio::test]
async fn each_reason_is_reached() {
    requests_that_are_refused().await;
    a_layer_that_refuses_a_body().await;
    times_of_signatures().await;
    limits().await;
    no_room().await;
    a_source_that_fails().await;
    errors_of_schemes().await;
    wrong_verify_tokens().await;
    deliveries_that_fail().await;
    a_store_that_has_gone().await;
    a_client_that_has_gone().await;
    assert_eq!(reached(), listed());
}

#[derive(Deserialize)]
struct Order {
    #[allow(dead_code, reason = "only decoded")]
    id: u64,
}

#[webhook(path = "/refusing/{name}", max_body = 100)]
async fn refusing(_: Order) {}

async fn requests_that_are_refused() {
    let router = router::<refusing>(webhooks::<refusing>().body_timeout(Duration::from_millis(50)));
    let of = ("refusing", HMAC);
    let uri = "/refusing/a";
    let changed = |change: &dyn Fn(&mut Request<Body>)| {
        let mut request = delivery_to(uri, r#"{"id":1}"#);
        change(&mut request);
        request
    };
    let header = |name: &'static str, value: &'static str| {
        changed(&move |request| set(request, name, value))
    };
    counts(&router, header("x-other", "1"), of, (200, "accepted", "")).await;
    for (request, code, reason) in [
        (changed(&|request| *request.method_mut() = Method::PUT), 405, "method_not_allowed"),
        (header("content-encoding", "gzip"), 415, "unsupported_content_encoding"),
        (delivery_to(uri, " ".repeat(101)), 413, "too_large"),
        (post(uri, HeaderMap::new(), "{}"), 401, "missing_header"),
        (
            changed(&|request| {
                let again = request.headers()["x-signature"].clone();
                request.headers_mut().append("x-signature", again);
            }),
            401,
            "repeated_header",
        ),
        (header("x-signature", "nonsense"), 401, "malformed_signature"),
        (forged(uri), 401, "invalid_signature"),
        (header("content-type", "image/png"), 415, "unsupported_content_type"),
        (delivery_to(uri, "{"), 400, "malformed_payload"),
        (delivery_to(uri, "{}"), 422, "payload_mismatch"),
        (
            changed(&|request| *request.body_mut() = Script::new(["{"], End::Broken).into()),
            400,
            "incomplete_body",
        ),
        (
            changed(&|request| *request.body_mut() = Script::new(["{"], End::Silence).into()),
            408,
            "body_timeout",
        ),
    ] {
        counts(&router, request, of, (code, "refused", reason)).await;
    }
}

#[webhook(path = "/layered")]
async fn layered(_: &Delivery) {}

async fn a_layer_that_refuses_a_body() {
    let hooks = webhooks::<layered>();
    let router = router::<layered>(hooks).layer(axum::middleware::map_request(
        |request: Request<Body>| async {
            request.map(|body| Body::new(http_body_util::Limited::new(body, 1)))
        },
    ));
    let expected = (413, "refused", "too_large_for_layer");
    counts(&router, delivery_to("/layered", "{}"), ("layered", HMAC), expected).await;
}

#[webhook(path = "/stripe", provider = STRIPE)]
async fn timed(_: &Delivery) {}

async fn times_of_signatures() {
    let router = router::<timed>(webhooks::<timed>());
    let signed = |provider: &Provider, at: SystemTime| {
        let request = RequestToSign::new(b"{}").at(at);
        let signed = provider.sign(&Secret::new(SECRET), &request).expect("it can be signed");
        post("/stripe", signed.headers, "{}")
    };
    let now = SystemTime::now();
    let hour = Duration::from_secs(3600);
    for (at, code, outcome, reason) in [
        (now, 200, "accepted", ""),
        (now - hour, 401, "refused", "timestamp_too_old"),
        (now + hour, 401, "refused", "timestamp_too_new"),
    ] {
        counts(&router, signed(&STRIPE, at), ("timed", "stripe"), (code, outcome, reason)).await;
    }
    let mut many = signed(&STRIPE, now);
    let one = many.headers()["stripe-signature"].to_str().unwrap().to_owned();
    let (time, signature) = one.split_once(',').unwrap();
    let nine = format!("{time},{}", [signature; 9].join(","));
    many.headers_mut().insert("stripe-signature", nine.parse().unwrap());
    counts(&router, many, ("timed", "stripe"), (401, "refused", "too_many_signatures")).await;
}

#[webhook(path = "/limited")]
async fn limited(_: &Delivery) {}

async fn limits() {
    let hooks = webhooks::<limited>()
        .limit_per_peer(Quota::per_hour(1))
        .limit_on::<limited>(Quota::per_hour(3));
    let router = router::<limited>(hooks);
    let of = ("limited", HMAC);
    let forged = || from("192.0.2.1", forged("/limited"));
    counts(&router, forged(), of, (401, "refused", "invalid_signature")).await;
    counts(&router, forged(), of, (429, "refused", "rate_limited_peer")).await;
    let genuine = || from("192.0.2.2", delivery_to("/limited", "{}"));
    counts(&router, genuine(), of, (200, "accepted", "")).await;
    counts(&router, genuine(), of, (200, "accepted", "")).await;
    counts(&router, genuine(), of, (429, "refused", "rate_limited_endpoint")).await;
    for by in ["peer", "endpoint"] {
        let series = format!("webhook_rate_limited_total{{endpoint=limited,by={by}}}");
        assert_eq!(value(&series), Some(1.0), "{series}");
    }
}

#[webhook(path = "/full", max_in_flight = 1)]
async fn full(_: &Delivery) {
    std::future::pending::<()>().await;
}

async fn no_room() {
    let router = router::<full>(webhooks::<full>());
    let running = tokio::spawn({
        let router = router.clone();
        async move { status(&router, delivery_to("/full", "{}")).await }
    });
    tokio::task::yield_now().await;
    let expected = (503, "refused", "overloaded");
    counts(&router, delivery_to("/full", "{}"), ("full", HMAC), expected).await;
    running.abort();
}

struct Broken;

impl SecretSource for Broken {
    async fn secrets(&self, _: &Tenant) -> Result<Vec<Secret>, SourceError> {
        Err(SourceError::unavailable("the database is down"))
    }
}

#[webhook(path = "/sourced")]
async fn sourced(_: &Delivery) {}

async fn a_source_that_fails() {
    let hooks = Webhooks::new().mount::<sourced>().secret_source::<sourced>(Broken);
    let router = router::<sourced>(hooks);
    let expected = (503, "refused", "source_unavailable");
    counts(&router, delivery_to("/sourced", "{}"), ("sourced", HMAC), expected).await;
}

/// A scheme of the program's own, which refuses as the body says.
#[derive(Debug)]
struct Refusing;

const ERRORS: [VerifyError; 16] = [
    VerifyError::MissingHeader("x-refusing"),
    VerifyError::RepeatedHeader("x-refusing"),
    VerifyError::MalformedHeader("x-refusing"),
    VerifyError::MissingParameter("refusing"),
    VerifyError::RepeatedParameter("refusing"),
    VerifyError::MalformedParameter("refusing"),
    VerifyError::MalformedSignature("x-refusing"),
    VerifyError::TooManySignatures("x-refusing"),
    VerifyError::MalformedTimestamp,
    VerifyError::TimestampTooOld,
    VerifyError::TimestampTooNew,
    VerifyError::InvalidSignature,
    VerifyError::MalformedBody,
    VerifyError::UntrustedKey,
    VerifyError::InvalidAudience,
    VerifyError::InvalidSecret(webhook_runtime::SecretError::Blank),
];

/// The error that a text names.
fn error_of(name: &[u8]) -> Option<VerifyError> {
    let mut all = ERRORS.into_iter().chain([VerifyError::KeyUnavailable]);
    all.find(|error| error.name().as_bytes() == name)
}

impl Verify for Refusing {
    fn check_headers(&self, headers: &HeaderMap) -> Result<(), VerifyError> {
        let early = headers.get("x-refusing").and_then(|name| error_of(name.as_bytes()));
        early.map_or(Ok(()), Err)
    }

    fn verify<'r>(
        &self,
        request: &SignedRequest<'r>,
        _: &VerifyContext<'_>,
    ) -> Result<Signed<'r>, VerifyError> {
        error_of(request.body).map_or_else(|| Ok(Signed::nothing()), Err)
    }

    fn sign<'r>(&self, _: &Secret, _: &RequestToSign<'r>) -> Result<SignedParts<'r>, SignError> {
        Err(SignError::Unsupported)
    }

    fn scheme_info(&self) -> SchemeInfo {
        SchemeInfo::new("refuses", "x-refusing")
    }
}

const REFUSING: Provider = Provider::custom("refusing", &Refusing);

#[webhook(path = "/scheme", provider = REFUSING)]
async fn of_scheme(_: &Delivery) {}

/// Errors before the body is read, and after it.
async fn errors_of_schemes() {
    let router = router::<of_scheme>(webhooks::<of_scheme>());
    let of = ("of_scheme", "refusing");
    for error in ERRORS {
        let mut early = post("/scheme", HeaderMap::new(), "{}");
        set(&mut early, "x-refusing", error.name());
        for request in [early, post("/scheme", HeaderMap::new(), error.name())] {
            counts(&router, request, of, (401, "refused", error.name())).await;
        }
    }
    // A key that cannot be fetched is a source that fails.
    let name = VerifyError::KeyUnavailable.name();
    let mut early = post("/scheme", HeaderMap::new(), "{}");
    set(&mut early, "x-refusing", name);
    for request in [early, post("/scheme", HeaderMap::new(), name)] {
        counts(&router, request, of, (503, "refused", "source_unavailable")).await;
    }
}

#[webhook(path = "/tokens", provider = META)]
async fn with_token(_: &Delivery) {}

async fn wrong_verify_tokens() {
    let hooks = webhooks::<with_token>().verify_token::<with_token>(Secret::new("right"));
    let uri = "/tokens?hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=1";
    let request = Request::get(uri).body(Body::empty()).unwrap();
    let expected = (403, "refused", "wrong_verify_token");
    counts(&router::<with_token>(hooks), request, ("with_token", "meta"), expected).await;
}

const BATCH: Provider = Provider::new("batch", Scheme::hmac_sha256().header("x-signature").hex())
    .with_batch(BatchLayout::at(""));

#[webhook(path = "/items", provider = BATCH)]
async fn items(number: u64) -> Result<(), String> {
    if number == 0 { Err("it is nothing".to_owned()) } else { Ok(()) }
}

#[webhook(path = "/fails")]
async fn fails(delivery: &Delivery) -> Result<(), String> {
    assert!(&delivery.body()[..] != b"\"panic\"", "on purpose");
    Err("no stock left".to_owned())
}

async fn deliveries_that_fail() {
    let fails = router::<fails>(webhooks::<fails>());
    for (body, reason) in [("{}", "handler_failed"), ("\"panic\"", "handler_panicked")] {
        let expected = (500, "failed", reason);
        counts(&fails, delivery_to("/fails", body), ("fails", HMAC), expected).await;
    }
    let items = router::<items>(webhooks::<items>());
    let of = ("items", "batch");
    counts(&items, delivery_to("/items", "[1,2]"), of, (200, "accepted", "")).await;
    let expected = (500, "failed", "batch_failed");
    counts(&items, delivery_to("/items", "[1,0,2]"), of, expected).await;
}

#[webhook(path = "/closed", inbox)]
async fn closed(_: &Delivery) {}

async fn a_store_that_has_gone() {
    let inbox = InboxBuilder::default().open_in_memory().unwrap();
    let router = router::<closed>(webhooks::<closed>().inbox(inbox.clone()));
    inbox.close().await.unwrap();
    let expected = (503, "failed", "not_stored");
    counts(&router, delivery_to("/closed", "{}"), ("closed", HMAC), expected).await;
}

#[webhook(path = "/left")]
async fn left(_: &Delivery) {}

async fn a_client_that_has_gone() {
    let router = router::<left>(webhooks::<left>());
    let mut request = delivery_to("/left", "{}");
    *request.body_mut() = Body::from(Script::new(["{"], End::Silence));
    let dropped = tokio::time::timeout(Duration::from_millis(50), status(&router, request)).await;
    assert!(dropped.is_err(), "{dropped:?}");
    let series = "webhook_requests_total{endpoint=left,provider=hmac-sha256-hex,\
                  outcome=refused,reason=no_response}";
    assert_eq!(value(series), Some(1.0));
}
