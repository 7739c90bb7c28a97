//! Signed parts beside the body: time, id and URL.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use axum::{Extension, Router, body::Body};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use serde_json::Value;
use webhook_runtime::{
    Delivery, Field, Provider, Secret, Webhooks,
    providers::GITHUB,
    scheme::{RequestToSign, Scheme, Timestamp},
    webhook,
};

use crate::common::{PATH, SECRET, ask, post, router, set, sign, status, webhooks};

/// A custom provider that signs a time and an id, with the event in the body.
const ACME: Provider = Provider::new(
    "acme",
    Scheme::hmac_sha256()
        .header("x-acme-signature")
        .prefix("v1=")
        .hex()
        .id_header("x-acme-id")
        .timestamp(Timestamp::header("x-acme-time").with_tolerance(Duration::from_secs(300)))
        .signed("{id}.{timestamp}.{body}"),
)
.with_id(Field::header("x-acme-id"))
.with_event(Field::pointer("/event/name"))
.with_action(Field::pointer("/event/action"));

const NOW: u64 = 1_760_000_000;

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// A delivery by [`ACME`], signed at this time.
fn acme(seconds: u64, body: &'static str) -> Request<Body> {
    let outgoing = RequestToSign::new(body.as_bytes()).id("d-1").at(at(seconds));
    let headers = ACME.sign(&Secret::new(SECRET), &outgoing).expect("it can be signed").headers;
    post(PATH, headers, body)
}

#[tokio::test]
async fn deliveries_outside_the_window_are_rejected() {
    #[webhook(path = "/webhook", provider = ACME)]
    async fn five_minutes(_: &Delivery) {}
    #[webhook(path = "/webhook", provider = ACME, tolerance = Duration::from_secs(10))]
    async fn ten_seconds(_: &Delivery) {}

    let five_minutes = webhooks::<five_minutes>().clock(at(NOW)).into_router();
    let ten_seconds = webhooks::<ten_seconds>().clock(at(NOW)).into_router();
    for (router, window) in [(five_minutes, 300), (ten_seconds, 10)] {
        let router = router.expect("nothing is wrong with it");
        for signed in [NOW, NOW - window, NOW + window] {
            assert_eq!(status(&router, acme(signed, "{}")).await, 200, "{window} {signed}");
        }
        let untimed = post(PATH, HeaderMap::new(), "{}");
        let refused = ask(&router, untimed).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        for signed in [NOW - window - 1, NOW + window + 1, 1_000_000_000, 9_999_999_999] {
            let answer = ask(&router, acme(signed, "{}")).await;
            assert_eq!(answer, refused, "{window} {signed}");
        }
    }
}

#[tokio::test]
async fn only_the_signed_time_counts() {
    #[webhook(path = "/webhook", provider = ACME)]
    async fn acme_hook(_: &Delivery) {}
    let router = webhooks::<acme_hook>().clock(at(NOW)).into_router();
    let router = router.expect("nothing is wrong with it");
    // A recorded delivery with a newer time.
    for time in [NOW.to_string(), String::new(), format!("{}", NOW - 300), "NaN".to_owned()] {
        let mut request = acme(NOW - 301, "{}");
        set(&mut request, "x-acme-time", &time);
        assert_eq!(status(&router, request).await, 401, "{time:?}");
    }
    // A recorded delivery with another id.
    let mut request = acme(NOW, "{}");
    set(&mut request, "x-acme-id", "d-2");
    assert_eq!(status(&router, request).await, 401);
}

/// Without `clock`, the system clock decides.
#[tokio::test]
async fn the_system_clock_is_the_default() {
    #[webhook(path = "/webhook", provider = ACME)]
    async fn acme_hook(_: &Delivery) {}
    let router = router::<acme_hook>();
    let headers = ACME.sign(&Secret::new(SECRET), &RequestToSign::new(b"{}"));
    let request = post(PATH, headers.expect("it can be signed").headers, "{}");
    assert_eq!(status(&router, request).await, 200);
    assert_eq!(status(&router, acme(NOW, "{}")).await, 401, "October 2025 is over");
}

#[tokio::test]
async fn the_delivery_exposes_its_metadata() {
    type Seen = Arc<Mutex<Vec<Delivery>>>;
    #[webhook(path = "/webhook", provider = ACME)]
    async fn acme_hook(Extension(seen): Extension<Seen>, delivery: Delivery, _: Value) {
        seen.lock().expect("nobody panics holding it").push(delivery);
    }
    #[webhook(path = "/github", provider = GITHUB)]
    async fn github_hook(Extension(seen): Extension<Seen>, delivery: Delivery, _: Value) {
        seen.lock().expect("nobody panics holding it").push(delivery);
    }
    let seen = Seen::default();
    let router = Webhooks::new()
        .mount::<acme_hook>()
        .mount::<github_hook>()
        .secrets::<acme_hook>([Secret::new(SECRET)])
        .secrets::<github_hook>([Secret::new(SECRET)])
        .clock(at(NOW))
        .into_router()
        .expect("nothing is wrong with it")
        .layer(Extension(Arc::clone(&seen)));

    let body = r#"{"event":{"name":"order","action":"paid"},"action":"another"}"#;
    assert_eq!(status(&router, acme(NOW - 5, body)).await, 200);
    let mut headers = sign(&GITHUB, SECRET, body.as_bytes());
    headers.insert("x-github-delivery", HeaderValue::from_static("d-2"));
    headers.insert("x-github-event", HeaderValue::from_static("issues"));
    assert_eq!(status(&router, post("/github", headers, body)).await, 200);
    assert_eq!(status(&router, post("/github", sign(&GITHUB, SECRET, b"[]"), "[]")).await, 200);

    let seen = seen.lock().expect("nobody panics holding it");
    let [acme, github, bare] = &seen[..] else { panic!("three deliveries") };
    assert_eq!((acme.provider(), acme.endpoint()), ("acme", "acme_hook"));
    assert_eq!(acme.id().as_deref(), Some("d-1"));
    assert!(acme.id_is_signed());
    assert_eq!(acme.event().as_deref(), Some("order"));
    assert_eq!(acme.action().as_deref(), Some("paid"));
    assert_eq!(acme.signed_at(), Some(at(NOW - 5)));
    assert_eq!(acme.received_at(), at(NOW));
    assert_eq!(acme.secret_name(), "secret");
    assert_eq!(acme.body(), body);
    assert_eq!(acme.headers()["x-acme-id"], "d-1");

    assert_eq!((github.provider(), github.endpoint()), ("github", "github_hook"));
    assert_eq!(github.id().as_deref(), Some("d-2"));
    assert!(!github.id_is_signed(), "anybody on the way can change it");
    assert_eq!(github.event().as_deref(), Some("issues"));
    assert_eq!(github.action().as_deref(), Some("another"));
    assert_eq!(github.signed_at(), None);

    assert_eq!((bare.id(), bare.event(), bare.action()), (None, None, None));
}

#[tokio::test]
async fn signed_urls_use_the_public_url() {
    const BY_URL: Provider =
        Provider::new("by-url", Scheme::hmac_sha256().header("x-sig").hex().signed("{url}|{body}"));
    #[webhook(path = "/webhook", provider = BY_URL)]
    async fn by_url(_: &Delivery) {}
    let hooks = webhooks::<by_url>().public_url("https://example.com/behind-proxy/").into_router();
    let router = Router::new().nest("/hooks", hooks.expect("nothing is wrong with it"));
    let signed = |url: &str, uri: &str| {
        let outgoing = RequestToSign::new(b"x").url(url);
        let headers =
            BY_URL.sign(&Secret::new(SECRET), &outgoing).expect("it can be signed").headers;
        let mut request = post(uri, headers, "x");
        set(&mut request, "host", "attacker.example");
        request
    };
    for (url, uri, expected) in [
        ("https://example.com/behind-proxy/hooks/webhook", "/hooks/webhook", 200),
        ("https://example.com/behind-proxy/hooks/webhook?a=b", "/hooks/webhook?a=b", 200),
        ("https://example.com/behind-proxy/hooks/webhook", "/hooks/webhook?a=b", 401),
        ("https://example.com/behind-proxy/hooks/webhook?a=b", "/hooks/webhook", 401),
        ("https://example.com/behind-proxy/webhook", "/hooks/webhook", 401),
        ("https://attacker.example/hooks/webhook", "/hooks/webhook", 401),
        ("", "/hooks/webhook", 401),
    ] {
        assert_eq!(status(&router, signed(url, uri)).await, expected, "{url} {uri}");
    }
}
