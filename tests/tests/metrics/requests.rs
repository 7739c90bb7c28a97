//! Requests: each outcome and reason, times and sizes.

use std::{
    net::IpAddr,
    time::{Duration, SystemTime},
};

use axum::{Router, body::Body};
use http::{HeaderMap, HeaderValue, Method, Request, header};
use metrics::Unit;
use serde::Deserialize;
use webhook_runtime::{
    Delivery, Provider, Quota, Secret, SecretSource, SourceError, Tenant, Webhook, Webhooks,
    providers::{META, STRIPE},
    scheme::RequestToSign,
    webhook,
};

use crate::{
    common::{End, SECRET, Script, delivery_to, from, post, set, sign, status, webhooks},
    recorder::{described, everything, install, unknown, value, values, with},
};

const HMAC: &str = "hmac-sha256-hex";

#[derive(Deserialize)]
struct Order {
    #[allow(dead_code, reason = "only decoded")]
    id: u64,
}

#[webhook(path = "/{name}", max_body = 1000)]
async fn counted(delivery: &Delivery) -> Result<(), String> {
    match &delivery.body()[..] {
        b"\"fail\"" => Err("no stock left".to_owned()),
        b"\"panic\"" => panic!("on purpose"),
        _ => Ok(()),
    }
}

fn router<H: Webhook<()>>(hooks: Webhooks) -> Router {
    install();
    let _ = H::endpoint();
    hooks.into_router().expect("nothing is wrong with it")
}

/// The series of requests to an endpoint.
fn requests(endpoint: &str, provider: &str, outcome: &str, reason: &str) -> String {
    format!(
        "webhook_requests_total{{endpoint={endpoint},provider={provider},outcome={outcome},\
         reason={reason}}}"
    )
}

/// Sends a request that is counted once, with this outcome and reason.
async fn counts(
    router: &Router,
    request: Request<Body>,
    (endpoint, provider): (&str, &str),
    (code, outcome, reason): (u16, &str, &str),
) {
    let of_endpoint = format!("webhook_requests_total{{endpoint={endpoint},");
    let series = requests(endpoint, provider, outcome, reason);
    let count = value(&series).unwrap_or_default();
    let all: f64 = with(&of_endpoint).values().sum();
    assert_eq!(status(router, request).await, code, "{outcome} {reason}");
    assert_eq!(value(&series), Some(count + 1.0), "{series}\n{}", everything());
    assert_eq!(with(&of_endpoint).values().sum::<f64>(), all + 1.0, "{series} alone");
    let times =
        format!("webhook_request_duration_seconds{{endpoint={endpoint},provider={provider}}}");
    assert_eq!(value(&times), Some(all + 1.0), "each is timed");
}

fn forged(uri: &str) -> Request<Body> {
    let mut request = delivery_to(uri, "{}");
    *request.body_mut() = Body::from("[]");
    request
}

#[tokio::test]
async fn accepted_and_failed_deliveries_are_told_apart() {
    let router = router::<counted>(webhooks::<counted>());
    let of = ("counted", HMAC);
    counts(&router, delivery_to("/a", "{}"), of, (200, "accepted", "")).await;
    counts(&router, delivery_to("/b", "{}"), of, (200, "accepted", "")).await;
    counts(&router, delivery_to("/a", "\"fail\""), of, (500, "failed", "handler_failed")).await;
    counts(&router, delivery_to("/a", "\"panic\""), of, (500, "failed", "handler_panicked")).await;
}

#[webhook(path = "/refusing/{name}", max_body = 100)]
async fn refusing(_: Order) {}

#[tokio::test]
async fn each_reason_of_a_refusal_is_counted() {
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

#[tokio::test]
async fn a_layer_around_may_refuse_a_body() {
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

#[tokio::test]
async fn times_of_signatures_are_reasons() {
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

#[webhook(path = "/handshake", provider = META)]
async fn challenged(_: &Delivery) {}

#[tokio::test]
async fn handshakes_have_an_outcome_of_their_own() {
    let hooks = webhooks::<challenged>().verify_token::<challenged>(Secret::new("right"));
    let router = router::<challenged>(hooks);
    for (token, code, outcome, reason) in
        [("right", 200, "handshake", ""), ("wrong", 403, "refused", "wrong_verify_token")]
    {
        let uri = format!("/handshake?hub.mode=subscribe&hub.verify_token={token}&hub.challenge=1");
        let request = Request::get(uri).body(Body::empty()).unwrap();
        counts(&router, request, ("challenged", "meta"), (code, outcome, reason)).await;
    }
}

#[webhook(path = "/limited")]
async fn limited(_: &Delivery) {}

#[tokio::test]
async fn limits_are_reasons() {
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

#[tokio::test]
async fn no_room_is_a_reason() {
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

#[tokio::test]
async fn a_source_that_fails_is_a_reason() {
    let hooks = Webhooks::new().mount::<sourced>().secret_source::<sourced>(Broken);
    let router = router::<sourced>(hooks);
    let expected = (503, "refused", "source_unavailable");
    counts(&router, delivery_to("/sourced", "{}"), ("sourced", HMAC), expected).await;
}

#[webhook(path = "/sized")]
async fn sized(_: &Delivery) {}

#[tokio::test]
async fn sizes_and_times_are_of_verified_deliveries() {
    let router = router::<sized>(webhooks::<sized>());
    for body in ["{}", "[1,2,3,4]"] {
        assert_eq!(status(&router, delivery_to("/sized", body)).await, 200);
    }
    assert_eq!(status(&router, forged("/sized")).await, 401);
    let labels = format!("{{endpoint=sized,provider={HMAC}}}");
    assert_eq!(values(&format!("webhook_body_bytes{labels}")), [2.0, 9.0]);
    let verified = values(&format!("webhook_verify_duration_seconds{labels}"));
    let all = values(&format!("webhook_request_duration_seconds{labels}"));
    assert_eq!((verified.len(), all.len()), (2, 3));
    for (verifying, whole) in verified.iter().zip(&all) {
        assert!(0.0 < *verifying && verifying < whole && *whole < 10.0, "{verifying} {whole}");
    }
}

#[webhook(path = "/stranger/{name}", name = "strange/endpoint")]
async fn strange(_: &Delivery) {}

/// Everything that a stranger can write into a request.
#[tokio::test]
async fn labels_have_nothing_of_a_stranger() {
    const MARK: &str = "stranger-wrote-this";
    let router = router::<strange>(webhooks::<strange>());
    let uri = format!("/stranger/{MARK}?{MARK}={MARK}");
    let mut headers = sign(&webhook_runtime::providers::HMAC_SHA256_HEX, SECRET, b"{}");
    for name in ["user-agent", "x-event", "x-request-id", "host", "traceparent", "content-type"] {
        headers.insert(name, HeaderValue::from_static(MARK));
    }
    headers.insert(header::HeaderName::from_static(MARK), HeaderValue::from_static(MARK));
    let address: IpAddr = [203, 0, 113, 77].into();
    for (body, method) in [("{}", "POST"), (MARK, "POST"), ("{}", "STRANGER-WROTE-THIS")] {
        let mut request = post(&uri, headers.clone(), body);
        *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
        status(&router, from(&address.to_string(), request)).await;
    }
    let found = with("endpoint=strange/endpoint,");
    assert!(found.len() > 5, "{found:?}");
    let all = everything().to_lowercase();
    assert!(!all.contains(MARK) && !all.contains("203.0.113"), "{all}");
    assert_eq!(unknown(), [""; 0], "the table has all of them");
}

#[tokio::test]
async fn a_recorder_learns_what_everything_is() {
    #[webhook(path = "/described")]
    async fn described_endpoint(_: &Delivery) {}

    let _router = router::<described_endpoint>(webhooks::<described_endpoint>());
    let found = described();
    for metric in webhook_runtime::metrics::ALL {
        let (_, unit, text) = found.iter().find(|(name, ..)| name == metric.name).unwrap();
        assert_eq!(text, metric.description);
        let expected = match metric.name.rsplit('_').next() {
            Some("seconds") => Some(Unit::Seconds),
            Some("bytes") => Some(Unit::Bytes),
            _ => None,
        };
        assert_eq!(*unit, expected, "{}", metric.name);
    }
}
