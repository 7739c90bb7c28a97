//! Spans and events that an operator sees.

use http::{HeaderMap, HeaderValue};
use serde::Deserialize;
use webhook_runtime::{
    Delivery, Quota, Secret, Webhooks,
    providers::{BRAINTREE, GITHUB},
    webhook,
};

use crate::{
    common::{self, PATH, SECRET, ask, delivery, post, router, set, sign, status},
    records::{Fields, Records},
};

#[derive(Deserialize)]
struct Order {
    #[allow(dead_code, reason = "only decoded")]
    id: u64,
}

#[webhook(path = "/webhook")]
async fn order_paid(_: Order) {
    tracing::debug!("stored");
}

#[webhook(path = "/webhook", provider = GITHUB)]
async fn github(_: &Delivery) {}

fn fields<const N: usize>(fields: [(&'static str, &str); N]) -> Fields {
    fields.into_iter().map(|(name, value)| (name, value.to_owned())).collect()
}

#[tokio::test]
async fn a_delivery_is_one_span() {
    let (records, _guard) = Records::start();
    assert_eq!(status(&router::<order_paid>(), delivery(r#"{"id":1}"#)).await, 200);
    assert_eq!(
        records.delivery(),
        fields([
            ("endpoint", "order_paid"),
            ("provider", "hmac-sha256-hex"),
            ("secret_name", "secret"),
            ("status", "200"),
        ])
    );
}

#[tokio::test]
async fn the_span_has_id_event_and_secret_name() {
    let (records, _guard) = Records::start();
    let router = Webhooks::new()
        .mount::<github>()
        .secrets::<github>([
            Secret::new("new").with_name("GITHUB_SECRET"),
            Secret::new(SECRET).with_name("GITHUB_SECRET_OLD"),
        ])
        .into_router()
        .expect("nothing is wrong with it");
    let mut request = post(PATH, sign(&GITHUB, SECRET, b"{}"), "{}");
    set(&mut request, "x-github-delivery", "d-1");
    set(&mut request, "x-github-event", "push");
    assert_eq!(status(&router, request).await, 200);
    assert_eq!(
        records.delivery(),
        fields([
            ("endpoint", "github"),
            ("provider", "github"),
            ("delivery_id", "d-1"),
            ("event", "push"),
            ("secret_name", "GITHUB_SECRET_OLD"),
            ("status", "200"),
        ])
    );
}

#[tokio::test]
async fn handler_events_are_inside_the_span() {
    let (records, _guard) = Records::start();
    assert_eq!(status(&router::<order_paid>(), delivery(r#"{"id":1}"#)).await, 200);
    let inner = records.inner();
    let stored = inner.events.iter().find(|(_, fields)| fields["message"] == "stored");
    assert_eq!(stored.expect("the handler's event").0, Some("webhook"));
}

/// The sender sees only the status. The reason is in the trace.
#[tokio::test]
async fn rate_limits_are_traced_as_rejections() {
    let hooks = common::webhooks::<order_paid>().limit_on::<order_paid>(Quota::per_hour(1));
    let router = hooks.into_router().expect("nothing is wrong with it");
    assert_eq!(status(&router, delivery(r#"{"id":1}"#)).await, 200);
    let (records, _guard) = Records::start();
    assert_eq!(status(&router, delivery(r#"{"id":1}"#)).await, 429);
    assert_eq!(records.reason(), "the quota of the endpoint is used up");
    let span = [("endpoint", "order_paid"), ("provider", "hmac-sha256-hex"), ("status", "429")];
    assert_eq!(records.delivery(), fields(span));
}

#[tokio::test]
async fn rejections_are_spans_with_a_reason() {
    let unsigned = || post(PATH, HeaderMap::new(), "{}");
    let signed = |signature: &str| {
        let mut request = unsigned();
        set(&mut request, "x-signature", signature);
        request
    };
    let mut get = delivery("{}");
    *get.method_mut() = http::Method::GET;
    let mut encoded = delivery("{}");
    set(&mut encoded, "content-encoding", "gzip");
    let mut repeated = delivery("{}");
    repeated.headers_mut().append("x-signature", HeaderValue::from_static("00"));
    let mut image = delivery("{}");
    set(&mut image, "content-type", "image/png");
    for (request, outcome, reason) in [
        (get, "405", "the provider does not deliver with this method"),
        (encoded, "415", "the body has a content encoding"),
        (delivery(vec![0; 3_000_000]), "413", "the body has more than 2097152 bytes"),
        (unsigned(), "401", "the header x-signature is missing"),
        (repeated, "401", "the header x-signature was sent more than once"),
        (signed("00"), "401", "the signature in x-signature is malformed"),
        (signed(&"0".repeat(64)), "401", "signature does not match any configured secret"),
        (image, "415", "the content type is not supported"),
        (
            delivery("not JSON"),
            "400",
            "the request is malformed: the body is not JSON: expected ident at line 1 column 2",
        ),
        (delivery("{}"), "422", "the body does not fit the payload at id: missing field `id`"),
    ] {
        let (records, _guard) = Records::start();
        ask(&router::<order_paid>(), request).await;
        assert_eq!(records.reason(), reason);
        let delivery = records.delivery();
        assert_eq!(delivery["status"], outcome, "{reason}");
        assert_eq!(delivery["endpoint"], "order_paid", "{reason}");
        let verified = matches!(outcome, "400" | "422") || reason.contains("content type");
        assert_eq!(delivery.contains_key("secret_name"), verified, "{reason}");
    }
}

#[tokio::test]
async fn a_refused_challenge_has_its_reason() {
    #[webhook(path = "/webhook", provider = BRAINTREE)]
    async fn paid(_: &Delivery) {}
    let hooks = Webhooks::new().mount::<paid>().secrets::<paid>([Secret::new("public:private")]);
    let router = hooks.into_router().expect("nothing is wrong with it");
    let mut request = post("/webhook?bt_challenge=x", HeaderMap::new(), "");
    *request.method_mut() = http::Method::GET;
    let (records, _guard) = Records::start();
    assert_eq!(status(&router, request).await, 400);
    let reason = "the request is malformed: the challenge is not of the provider's form";
    assert_eq!(records.reason(), reason);
}

#[tokio::test]
async fn panics_are_in_the_span() {
    #[webhook(path = "/webhook")]
    async fn clumsy(_: &Delivery) {
        panic!("a bug");
    }
    let (records, _guard) = Records::start();
    assert_eq!(status(&router::<clumsy>(), delivery("{}")).await, 500);
    assert_eq!(records.reason(), "the handler panicked: a bug");
    assert_eq!(records.delivery()["status"], "500");
}

/// Unsigned ids and events are shown only after verification.
#[tokio::test]
async fn forgeries_trace_none_of_their_claims() {
    let (records, _guard) = Records::start();
    let mut request = post(PATH, HeaderMap::new(), "{}");
    set(&mut request, "x-hub-signature-256", &format!("sha256={}", "0".repeat(64)));
    set(&mut request, "x-github-delivery", "d-1");
    set(&mut request, "x-github-event", "push");
    assert_eq!(status(&router::<github>(), request).await, 401);
    assert_eq!(
        records.delivery(),
        fields([("endpoint", "github"), ("provider", "github"), ("status", "401")])
    );
}
