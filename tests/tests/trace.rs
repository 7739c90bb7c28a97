//! What an operator sees of a delivery, and what nobody ever sees.

mod common;

use std::{
    collections::{BTreeMap, HashMap},
    fmt::{self, Write as _},
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{Extension, Router, body::Body};
use common::{Answer, PATH, SECRET, ask, delivery, post, router, set, sign, status};
use http::{HeaderMap, HeaderValue, Request};
use serde::Deserialize;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
    subscriber::DefaultGuard,
};
use tracing_subscriber::{
    layer::{Context, Layer, SubscriberExt as _},
    registry::LookupSpan,
};
use webhook_runtime::{
    Delivery, Provider, Quota, Rejection, Secret, SystemClock, Webhook, Webhooks,
    providers::{GITHUB, PLAIN},
    scheme::{Incoming, KeyEncoding, Outgoing, Scheme},
    webhook,
};

// ---- a subscriber that keeps everything ----

type Fields = BTreeMap<&'static str, String>;

/// What was traced, of every target and at every level.
#[derive(Clone, Default)]
struct Records(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    /// Spans in the order in which they began: name and fields.
    spans: Vec<(&'static str, Fields)>,
    /// Events, each with the name of the span it is in.
    events: Vec<(Option<&'static str>, Fields)>,
    /// Every name and value there was.
    everything: String,
}

/// The place of a span in the list of spans.
struct Number(usize);

/// Keeps fields by their name, and everything as it is printed.
struct Reader<'r>(&'r mut Fields, &'r mut String);

impl Visit for Reader<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        let _ = writeln!(self.1, "{} = {value}", field.name());
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

impl Records {
    /// Traces this thread until the guard is dropped.
    fn start() -> (Self, DefaultGuard) {
        let records = Self::default();
        let subscriber = tracing_subscriber::registry().with(records.clone());
        (records, tracing::subscriber::set_default(subscriber))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().expect("nobody panics holding it")
    }

    fn note(&self, metadata: &Metadata<'_>) {
        let _ = writeln!(self.inner().everything, "{metadata:?}");
    }

    /// The only delivery so far.
    fn delivery(&self) -> Fields {
        let inner = self.inner();
        let ours: Vec<_> = inner.spans.iter().filter(|(name, _)| *name == "webhook").collect();
        let [(_, fields)] = ours[..] else { panic!("one span for one delivery: {ours:?}") };
        fields.clone()
    }

    /// The reason given for the only refusal so far.
    fn reason(&self) -> String {
        let inner = self.inner();
        let reasons: Vec<_> = inner
            .events
            .iter()
            .filter_map(|(span, fields)| Some((*span, fields.get("reason")?)))
            .collect();
        let [(span, reason)] = reasons[..] else { panic!("one reason: {reasons:?}") };
        assert_eq!(span, Some("webhook"), "the reason stands with its delivery");
        reason.clone()
    }
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Records {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, all: Context<'_, S>) {
        self.note(attributes.metadata());
        let mut inner = self.inner();
        let mut fields = Fields::new();
        attributes.record(&mut Reader(&mut fields, &mut inner.everything));
        let number = Number(inner.spans.len());
        inner.spans.push((attributes.metadata().name(), fields));
        all.span(id).expect("a live span").extensions_mut().insert(number);
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, all: Context<'_, S>) {
        let span = all.span(id).expect("a live span");
        let Number(number) = *span.extensions().get().expect("every span has one");
        let Inner { spans, everything, .. } = &mut *self.inner();
        values.record(&mut Reader(&mut spans[number].1, everything));
    }

    fn on_event(&self, event: &Event<'_>, all: Context<'_, S>) {
        self.note(event.metadata());
        let mut inner = self.inner();
        let mut fields = Fields::new();
        event.record(&mut Reader(&mut fields, &mut inner.everything));
        inner.events.push((all.event_span(event).map(|span| span.name()), fields));
    }
}

// ---- what an operator sees ----

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
            ("provider", "plain"),
            ("secret", "secret"),
            ("outcome", "200"),
        ])
    );
}

#[tokio::test]
async fn the_span_has_the_id_the_event_and_the_secrets_name() {
    let (records, _guard) = Records::start();
    let router = Webhooks::new()
        .mount::<github>()
        .secrets::<github>([
            Secret::new("new").named("GITHUB_SECRET"),
            Secret::new(SECRET).named("GITHUB_SECRET_OLD"),
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
            ("delivery", "d-1"),
            ("event", "push"),
            ("secret", "GITHUB_SECRET_OLD"),
            ("outcome", "200"),
        ])
    );
}

#[tokio::test]
async fn what_the_handler_traces_is_inside_the_span() {
    let (records, _guard) = Records::start();
    assert_eq!(status(&router::<order_paid>(), delivery(r#"{"id":1}"#)).await, 200);
    let inner = records.inner();
    let stored = inner.events.iter().find(|(_, fields)| fields["message"] == "stored");
    assert_eq!(stored.expect("the handler's event").0, Some("webhook"));
}

/// The sender is told the status alone; the reason is here.
#[tokio::test]
async fn who_is_limited_is_told_as_a_refusal() {
    let hooks = common::webhooks::<order_paid>().limit_on::<order_paid>(Quota::per_hour(1));
    let router = hooks.into_router().expect("nothing is wrong with it");
    assert_eq!(status(&router, delivery(r#"{"id":1}"#)).await, 200);
    let (records, _guard) = Records::start();
    assert_eq!(status(&router, delivery(r#"{"id":1}"#)).await, 429);
    assert_eq!(records.reason(), "the quota of the endpoint is used up");
    let span = [("endpoint", "order_paid"), ("provider", "plain"), ("outcome", "429")];
    assert_eq!(records.delivery(), fields(span));
}

#[tokio::test]
async fn a_refusal_is_a_span_with_its_reason() {
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
        (get, "405", "the method is not one that deliveries come with"),
        (encoded, "415", "the body has a content encoding"),
        (delivery(vec![0; 3_000_000]), "413", "the body has more than 2097152 bytes"),
        (unsigned(), "401", "the header x-signature is missing"),
        (repeated, "401", "the header x-signature was sent more than once"),
        (signed("00"), "401", "the signature in the header x-signature is malformed"),
        (signed(&"0".repeat(64)), "401", "no live secret made this signature"),
        (image, "415", "the content type is not supported"),
        (delivery("not JSON"), "400", "the body is malformed"),
        (delivery("{}"), "422", "the body does not fit the payload"),
    ] {
        let (records, _guard) = Records::start();
        ask(&router::<order_paid>(), request).await;
        assert_eq!(records.reason(), reason);
        let delivery = records.delivery();
        assert_eq!(delivery["outcome"], outcome, "{reason}");
        assert_eq!(delivery["endpoint"], "order_paid", "{reason}");
        let verified = matches!(outcome, "400" | "422") || reason.contains("content type");
        assert_eq!(delivery.contains_key("secret"), verified, "{reason}");
    }
}

#[tokio::test]
async fn a_panic_is_in_the_span_as_well() {
    #[webhook(path = "/webhook")]
    async fn clumsy(_: &Delivery) {
        panic!("a bug");
    }
    let (records, _guard) = Records::start();
    assert_eq!(status(&router::<clumsy>(), delivery("{}")).await, 500);
    assert_eq!(records.reason(), "the handler panicked");
    assert_eq!(records.delivery()["outcome"], "500");
}

/// An id or event that nobody signed is shown only once somebody signed the rest.
#[tokio::test]
async fn a_forgery_says_nothing_of_itself() {
    let (records, _guard) = Records::start();
    let mut request = post(PATH, HeaderMap::new(), "{}");
    set(&mut request, "x-hub-signature-256", &format!("sha256={}", "0".repeat(64)));
    set(&mut request, "x-github-delivery", "d-1");
    set(&mut request, "x-github-event", "push");
    assert_eq!(status(&router::<github>(), request).await, 401);
    assert_eq!(
        records.delivery(),
        fields([("endpoint", "github"), ("provider", "github"), ("outcome", "401")])
    );
}

// ---- what nobody sees ----

const SECRET_CANARY: &str = "canary-secret-8c1f";
const BODY_CANARY: &str = "canary-body-77aa";

const TOKEN: Provider = Provider::new("token", Scheme::token().header("x-token"));
const HEX_KEY: Provider =
    Provider::new("hex-key", Scheme::hmac_sha256().header("x-sig").hex().key(KeyEncoding::Hex));

/// Fails if a canary, or an expected signature, can be read in `text`.
fn sings(text: &str, expected: &[String]) -> Option<String> {
    let canaries = [SECRET_CANARY, BODY_CANARY].into_iter();
    // The beginning of a signature is as bad as the whole.
    canaries.chain(expected.iter().map(|signature| &signature[..16])).find_map(|canary| {
        let as_list = format!("{:?}", canary.as_bytes());
        let as_hex: String = canary.bytes().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let forms = [canary, as_list.trim_matches(['[', ']']), &as_hex];
        forms.iter().any(|form| text.contains(form)).then(|| canary.to_owned())
    })
}

#[track_caller]
fn assert_silent(text: &str, expected: &[String]) {
    if let Some(canary) = sings(text, expected) {
        panic!("{canary} can be read in: {text}");
    }
}

type Seen = Arc<Mutex<Vec<Delivery>>>;

#[derive(Deserialize)]
struct Canary {
    #[allow(dead_code, reason = "only decoded")]
    id: u64,
    note: Option<String>,
    #[allow(dead_code, reason = "only decoded")]
    more: Option<HashMap<String, u8>>,
}

/// Keeps what it is given, and panics with it if told to.
#[webhook(path = "/plain")]
async fn plain(Extension(seen): Extension<Seen>, delivery: Delivery, canary: Canary) {
    seen.lock().expect("nobody panics holding it").push(delivery);
    if let Some(note) = canary.note {
        panic!("{note}");
    }
}

#[webhook(path = "/token", provider = TOKEN)]
async fn token(Extension(seen): Extension<Seen>, delivery: Delivery, _: Canary) {
    seen.lock().expect("nobody panics holding it").push(delivery);
}

fn canary_router(seen: &Seen) -> Router {
    Webhooks::new()
        .mount::<plain>()
        .mount::<token>()
        .secrets::<plain>([Secret::new(SECRET_CANARY), Secret::new(SECRET)])
        .secrets::<token>([Secret::new(SECRET_CANARY)])
        .into_router()
        .expect("nothing is wrong with it")
        .layer(Extension(Arc::clone(seen)))
}

/// Bodies that are fine, and that fail in every way there is.
fn bodies() -> [String; 7] {
    [
        format!(r#"{{"id":1,"x":"{BODY_CANARY}"}}"#),
        format!(r#"{{"id":1,"note":"{BODY_CANARY}"}}"#),
        format!(r#"{{"id":"{BODY_CANARY}"}}"#),
        format!(r#"{{"id":1,"more":{{"{BODY_CANARY}":-1}}}}"#),
        format!(r#"{{"id":1,"note":"{BODY_CANARY}"#),
        BODY_CANARY.to_owned(),
        format!("id={BODY_CANARY}"),
    ]
}

/// Every request that can be made of a body, and the signatures that were expected for them.
fn requests() -> (Vec<Request<Body>>, Vec<String>) {
    let mut requests = Vec::new();
    let mut expected = Vec::new();
    for body in bodies() {
        let genuine = sign(&PLAIN, SECRET_CANARY, body.as_bytes());
        let other = sign(&PLAIN, SECRET, body.as_bytes());
        for headers in [&genuine, &other] {
            expected.push(headers["x-signature"].to_str().expect("text").to_owned());
        }
        let mut truncated = genuine.clone();
        let half = HeaderValue::from_str(&expected[expected.len() - 2][..62]).expect("a value");
        truncated.insert("x-signature", half);
        let mut repeated = genuine.clone();
        repeated.append("x-signature", genuine["x-signature"].clone());
        let forged = sign(&PLAIN, "a guess", body.as_bytes());
        for headers in [genuine, other, truncated, repeated, forged, HeaderMap::new()] {
            for content_type in
                ["application/json", "application/x-www-form-urlencoded", "image/png"]
            {
                let mut request = post("/plain", headers.clone(), body.clone());
                set(&mut request, "content-type", content_type);
                requests.push(request);
            }
        }
        let genuine = sign(&TOKEN, SECRET_CANARY, body.as_bytes());
        let forged = sign(&TOKEN, "a guess", body.as_bytes());
        for headers in [genuine, forged] {
            requests.push(post("/token", headers, body.clone()));
        }
    }
    (requests, expected)
}

#[tokio::test]
async fn no_trace_holds_a_secret_a_signature_or_a_body() {
    let (records, _guard) = Records::start();
    let seen = Seen::default();
    let router = canary_router(&seen);
    let (requests, expected) = requests();
    for request in requests {
        ask(&router, request).await;
    }
    let failing = Webhooks::<()>::new().secrets::<plain>([Secret::new(SECRET_CANARY)]);
    assert!(failing.into_router().is_err());

    let everything = records.inner().everything.clone();
    assert!(everything.contains("outcome = 200"), "some were taken");
    assert!(everything.contains("outcome = 401"), "some were forged");
    assert!(everything.contains("outcome = 422"), "some did not fit");
    assert!(everything.contains("outcome = 500"), "some made the handler panic");
    assert_silent(&everything, &expected);
}

/// A 422 tells the sender what it sent. Nothing tells anybody a secret or a signature, and who is
/// not believed is told nothing.
#[tokio::test]
async fn no_answer_holds_a_secret_or_a_signature() {
    let seen = Seen::default();
    let router = canary_router(&seen);
    let (requests, expected) = requests();
    for request in requests {
        let answer = ask(&router, request).await;
        let Answer { status, headers, .. } = &answer;
        let text = format!("{status} {headers:?} {}", answer.text());
        match status.as_u16() {
            400 | 422 => assert_silent(&text.replace(BODY_CANARY, ""), &expected),
            _ => assert_silent(&text, &expected),
        }
    }
}

#[tokio::test]
async fn the_debug_of_a_delivery_is_silent() {
    let seen = Seen::default();
    let router = canary_router(&seen);
    let (requests, expected) = requests();
    for request in requests {
        ask(&router, request).await;
    }
    let seen = seen.lock().expect("nobody panics holding it");
    assert!(seen.len() > 3);
    for delivery in seen.iter() {
        assert_silent(&format!("{delivery:?} {delivery:#?}"), &expected);
    }
}

/// A rejection can be had from [`Payload::decode`](webhook_runtime::Payload::decode), and is what a
/// handler logs when it cannot decode an event.
#[tokio::test]
async fn the_text_of_a_rejection_is_silent() {
    for rejection in rejections().await {
        assert_silent(&rejection.to_string(), &[]);
    }
}

#[tokio::test]
async fn the_debug_of_a_rejection_is_silent() {
    for rejection in rejections().await {
        assert_silent(&format!("{rejection:?}"), &[]);
    }
}

/// What comes of decoding genuine bodies that do not fit.
async fn rejections() -> Vec<Rejection> {
    #[webhook(path = "/webhook")]
    async fn keep(Extension(seen): Extension<Seen>, delivery: &Delivery) {
        seen.lock().expect("nobody panics holding it").push(delivery.clone());
    }
    let seen = Seen::default();
    let router = router::<keep>().layer(Extension(Arc::clone(&seen)));
    for body in bodies() {
        for content_type in ["application/json", "application/x-www-form-urlencoded"] {
            let mut request = delivery(body.clone());
            set(&mut request, "content-type", content_type);
            assert_eq!(status(&router, request).await, 200);
        }
    }
    let seen = seen.lock().expect("nobody panics holding it");
    let rejections: Vec<_> =
        seen.iter().filter_map(|delivery| delivery.decode::<Canary>().err()).collect();
    assert!(rejections.len() > 5);
    rejections
}

#[test]
fn the_debug_of_a_request_to_sign_is_silent() {
    let body = &bodies()[0];
    assert_silent(&format!("{:?}", Outgoing::new(body.as_bytes())), &[]);
}

#[test]
fn the_debug_of_a_request_to_verify_is_silent() {
    let body = &bodies()[0];
    let headers = sign(&TOKEN, SECRET_CANARY, body.as_bytes());
    let incoming =
        Incoming { method: "POST", url: "", query: "", headers: &headers, body: body.as_bytes() };
    assert_silent(&format!("{incoming:?}"), &[]);
}

#[test]
fn the_debug_of_secrets_providers_and_mistakes_is_silent() {
    #[webhook(path = "/hex", provider = HEX_KEY)]
    async fn hex_key(_: &Delivery) {}
    let mut texts = vec![
        format!("{:?}", Secret::new(SECRET_CANARY)),
        format!("{:?}", Secret::from_key(SECRET_CANARY).named("KEY")),
        format!("{:?}", <hex_key as Webhook<()>>::endpoint()),
        format!("{HEX_KEY:?} {TOKEN:?} {GITHUB:?} {PLAIN:?}"),
        format!("{SystemClock:?}"),
    ];
    let error = HEX_KEY.sign(&Secret::new(SECRET_CANARY), &Outgoing::new(b""));
    let error = error.expect_err("it is not hexadecimal");
    texts.push(format!("{error} {error:?}"));
    // A line break cannot stand in the header that carries the token.
    let unsendable = Secret::new(format!("{SECRET_CANARY}\n{SECRET_CANARY}"));
    let error = TOKEN.sign(&unsendable, &Outgoing::new(b"")).expect_err("it cannot be sent");
    texts.push(format!("{error} {error:?}"));
    let padded = format!(" {SECRET_CANARY}");
    for secret in [SECRET_CANARY, "", &padded] {
        let error = Webhooks::<()>::new()
            .mount::<hex_key>()
            .mount::<hex_key>()
            .secrets::<hex_key>([Secret::new(secret)])
            .secrets::<plain>([Secret::new(SECRET_CANARY)])
            .into_router()
            .expect_err("several mistakes");
        texts.push(format!("{error} {error:?} {:?}", error.problems()));
        let error = webhook_runtime::Error::from(error);
        texts.push(format!("{error} {error:?}"));
    }
    for text in texts {
        assert_silent(&text, &[]);
    }
}

/// The canaries are heard when they sing: otherwise the tests above would show nothing.
#[test]
fn canaries_are_heard() {
    let signature = common::signature(b"");
    assert!(sings(SECRET_CANARY, &[]).is_some());
    assert!(sings(&format!("{:?}", BODY_CANARY.as_bytes()), &[]).is_some());
    assert!(sings(&signature, std::slice::from_ref(&signature)).is_some());
    assert!(sings("nothing", &[signature]).is_none());
}
