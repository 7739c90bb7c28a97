//! One mounted endpoint, from the outside: what it takes, what it refuses, and in which order.
//!
//! Nothing here opens a socket: a router is asked as a server would ask it.

mod common;

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use axum::{
    Extension, Router,
    body::Body,
    extract::{DefaultBodyLimit, FromRef, OriginalUri, Path, RawQuery, State},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use common::{
    Answer, End, PATH, Piped, SECRET, Script, ask, delivery, delivery_to, post, router, set, sign,
    signature, status, webhooks,
};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use tokio::{
    sync::{Barrier, mpsc},
    time::Instant,
};
use webhook_runtime::{
    DEFAULT_MAX_BODY, Delivery, Provider, Secret, Source, Webhooks,
    providers::{GITHUB, PLAIN},
    scheme::{Outgoing, Scheme, Timestamp},
    webhook,
};

#[derive(Deserialize)]
struct Order<'a> {
    id: u64,
    #[serde(borrow)]
    note: Cow<'a, str>,
}

const ORDER: &str = r#"{"id":7,"note":"with care"}"#;

/// Takes an order, and tells what it read.
#[webhook(path = "/webhook")]
async fn order_paid(order: Order<'_>) -> String {
    format!("{}: {}", order.id, order.note)
}

/// Takes whatever is genuine, and gives it back.
#[webhook(path = "/webhook")]
async fn echo(delivery: &Delivery) -> Bytes {
    delivery.body().clone()
}

#[tokio::test]
async fn a_genuine_delivery_reaches_the_handler() {
    let answer = ask(&router::<order_paid>(), delivery(ORDER)).await;
    assert_eq!((answer.status, answer.text()), (StatusCode::OK, "7: with care"));
}

#[tokio::test]
async fn a_body_in_pieces_is_one_body() {
    let router = router::<echo>();
    for pieces in [vec!["", "ab", "", "c", ""], vec!["abc"], vec!["a", "b", "c"]] {
        let mut request = delivery("abc");
        *request.body_mut() = Script::new(pieces, End::Complete).into();
        assert_eq!(ask(&router, request).await.text(), "abc");
    }
    assert_eq!(ask(&router, delivery("")).await.status, StatusCode::OK, "an empty body is a body");
}

// ---- the order of the steps ----

/// A request with everything wrong, and one mistake less from line to line.
#[tokio::test]
async fn every_step_refuses_before_the_next_is_asked() {
    #[webhook(path = "/webhook", max_body = 64)]
    async fn small(order: Order<'_>) -> String {
        order.note.into_owned()
    }
    let router = router::<small>();
    let forged = signature(b"something else");
    let long = "x".repeat(65);
    let declared = || Script::new([long.clone()], End::Silence).declared(65);
    let in_pieces = || Script::new([long.clone()], End::Silence);

    let mut request = Request::get(PATH).body(declared().into()).expect("a request");
    set(&mut request, "content-encoding", "gzip");
    set(&mut request, "content-type", "image/png");
    assert_eq!(status(&router, request).await, 405, "the method comes first");

    let mut request = post(PATH, HeaderMap::new(), declared());
    set(&mut request, "content-encoding", "gzip");
    set(&mut request, "content-type", "image/png");
    assert_eq!(status(&router, request).await, 415, "then the content encoding");

    let mut request = post(PATH, HeaderMap::new(), declared());
    set(&mut request, "content-type", "image/png");
    assert_eq!(status(&router, request).await, 413, "then the declared length");

    let mut request = post(PATH, HeaderMap::new(), in_pieces());
    set(&mut request, "content-type", "image/png");
    assert_eq!(status(&router, request).await, 401, "then the form of the signature");

    let mut request = post(PATH, HeaderMap::new(), in_pieces());
    set(&mut request, "content-type", "image/png");
    set(&mut request, "x-signature", &forged);
    assert_eq!(status(&router, request).await, 413, "then the length that arrives");

    let mut request = post(PATH, HeaderMap::new(), "not JSON");
    set(&mut request, "content-type", "image/png");
    set(&mut request, "x-signature", &forged);
    assert_eq!(status(&router, request).await, 401, "then the signature");

    let mut request = delivery("not JSON");
    set(&mut request, "content-type", "image/png");
    assert_eq!(status(&router, request).await, 415, "then the content type");

    assert_eq!(status(&router, delivery("not JSON")).await, 400, "then the body's grammar");
    assert_eq!(status(&router, delivery("{}")).await, 422, "then the payload's type");
    assert_eq!(status(&router, delivery(ORDER)).await, 200);
}

// ---- 405 ----

#[tokio::test]
async fn every_method_but_post_is_refused_and_told_so() {
    let router = router::<echo>();
    let custom = Method::from_bytes(b"PURGE").expect("a method");
    for method in [
        Method::GET,
        Method::HEAD,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
        Method::TRACE,
        Method::CONNECT,
        custom,
    ] {
        let mut request = delivery("{}");
        *request.method_mut() = method.clone();
        let answer = ask(&router, request).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(answer.headers[header::ALLOW], "POST", "{method}");
        assert_eq!(answer.body.is_empty(), method == Method::HEAD, "{method}");
    }
}

// ---- 415 before the body ----

/// The signature covers the bytes as sent: whatever would change them on the way in is refused,
/// even `identity`, which senders have no reason to write.
#[tokio::test]
async fn every_content_encoding_is_refused() {
    let router = router::<echo>();
    for coding in ["gzip", "br", "zstd", "deflate", "identity", "gzip, br", "", "\u{e9}"] {
        let mut request = delivery("{}");
        set(&mut request, "content-encoding", coding);
        let answer = ask(&router, request).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{coding:?}");
        let detail = answer.problem()["detail"].to_string();
        assert!(detail.contains("Content-Encoding"), "{detail}");
    }
}

// ---- 413 ----

#[tokio::test]
async fn a_body_may_be_as_large_as_max_body_and_no_larger() {
    #[webhook(path = "/webhook", max_body = 10)]
    async fn ten(delivery: &Delivery) -> Bytes {
        delivery.body().clone()
    }
    let router = router::<ten>();
    for (body, expected) in [("0123456789", 200), ("0123456789a", 413)] {
        assert_eq!(status(&router, delivery(body)).await, expected, "declared");
        for at in [1, 5, 9] {
            let (first, second) = body.split_at(at);
            let mut request = delivery(body);
            *request.body_mut() = Script::new([first, second], End::Complete).into();
            assert_eq!(status(&router, request).await, expected, "counted, in pieces from {at}");
        }
    }
    let answer = ask(&router, delivery("0123456789a")).await;
    assert_eq!(answer.problem()["detail"], "the body may have at most 10 bytes");
}

#[tokio::test]
async fn without_max_body_two_mebibytes_are_taken() {
    let router = router::<echo>();
    let most = vec![b'x'; DEFAULT_MAX_BODY];
    let more = vec![b'x'; DEFAULT_MAX_BODY + 1];
    assert_eq!(status(&router, delivery(most)).await, 200);
    assert_eq!(status(&router, delivery(more)).await, 413);
}

/// `usize` is what lengths are compared in; what does not fit into it is too large as well.
#[tokio::test]
async fn a_length_beyond_every_limit_is_too_large() {
    let router = router::<echo>();
    for declared in [DEFAULT_MAX_BODY as u64 + 1, u64::MAX / 2, u64::MAX] {
        let body = Script::new(["x"], End::Silence).declared(declared);
        let mut request = delivery("x");
        *request.body_mut() = body.into();
        assert_eq!(status(&router, request).await, 413, "{declared}");
    }
}

#[tokio::test]
async fn an_endless_body_is_read_no_further_than_the_limit() {
    #[webhook(path = "/webhook", max_body = 100)]
    async fn hundred(delivery: &Delivery) -> Bytes {
        delivery.body().clone()
    }
    let endless = Script::new(vec!["x".repeat(10); 10_000], End::Silence);
    let asked = endless.asked();
    let mut request = delivery("x");
    *request.body_mut() = endless.into();
    assert_eq!(status(&router::<hundred>(), request).await, 413);
    assert_eq!(asked.load(Ordering::Relaxed), 11, "ten pieces fit, the eleventh does not");
}

/// axum's own limit protects its extractors, and an application may lift it for an upload route.
#[tokio::test]
async fn lifting_axums_limit_lifts_not_ours() {
    let router = router::<echo>().layer(DefaultBodyLimit::disable());
    let more = vec![b'x'; DEFAULT_MAX_BODY + 1];
    let mut in_pieces = delivery(more.clone());
    *in_pieces.body_mut() = Script::new([more.clone()], End::Complete).into();
    assert_eq!(status(&router, delivery(more)).await, 413);
    assert_eq!(status(&router, in_pieces).await, 413);
}

// ---- 401 ----

/// Everything that is wrong about a signature, each a header or none.
fn forgeries() -> Vec<(&'static str, Option<HeaderValue>)> {
    let genuine = signature(ORDER.as_bytes());
    let text = |text: String| Some(HeaderValue::try_from(text).expect("a header's value"));
    let other_digit = if genuine.ends_with('0') { "1" } else { "0" };
    vec![
        ("missing", None),
        ("empty", text(String::new())),
        ("truncated by a digit", text(genuine[..63].to_owned())),
        ("truncated by a byte", text(genuine[..62].to_owned())),
        ("extended by a byte", text(format!("{genuine}00"))),
        ("twice as long", text(genuine.repeat(2))),
        ("upper case", text(genuine.to_uppercase())),
        ("another digit", text(format!("{}{other_digit}", &genuine[..63]))),
        ("no hexadecimal", text("z".repeat(64))),
        ("another scheme's prefix", text(format!("sha256={genuine}"))),
        ("another notation", text(format!("0x{}", &genuine[2..]))),
        ("a list", text(format!("{genuine},{genuine}"))),
        ("quoted", text(format!("\"{genuine}\""))),
        ("space inside", text(format!("{} {}", &genuine[..32], &genuine[32..]))),
        ("not ASCII", Some(HeaderValue::from_bytes(&[0xe9; 64]).expect("a header's value"))),
        ("zeros", text("0".repeat(64))),
        ("of another body", text(signature(b"{}"))),
        ("of no body", text(signature(b""))),
        (
            "with another secret",
            Some(sign(&PLAIN, "guess", ORDER.as_bytes())["x-signature"].clone()),
        ),
        ("very long", text("a".repeat(100_000))),
    ]
}

#[tokio::test]
async fn no_forged_signature_is_believed_and_every_401_is_the_same() {
    let router = router::<order_paid>();
    let mut answers: Vec<(&str, Answer)> = Vec::new();
    for (what, header) in forgeries() {
        let mut request = delivery(ORDER);
        request.headers_mut().remove("x-signature");
        if let Some(value) = header {
            request.headers_mut().insert("x-signature", value);
        }
        answers.push((what, ask(&router, request).await));
    }
    // Twice is once too often, even if both are right: two readers could see two values.
    for second in [signature(ORDER.as_bytes()), "0".repeat(64)] {
        let mut request = delivery(ORDER);
        let second = second.parse().expect("a header's value");
        request.headers_mut().append("x-signature", second);
        answers.push(("repeated", ask(&router, request).await));
    }
    // Bodies that would be refused later, had they been believed.
    for body in ["", "not JSON", "{}", "\u{0}"] {
        let mut request = delivery(body);
        set(&mut request, "x-signature", &signature(ORDER.as_bytes()));
        answers.push(("of another body", ask(&router, request).await));
    }

    let (_, first) = answers[0].clone();
    for (what, answer) in answers {
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{what}");
        assert_eq!(answer, first, "{what}");
    }
    assert_eq!(first.text(), r#"{"status":401,"title":"Unauthorized","type":"about:blank"}"#);
}

/// A payload that tells whether anybody tried to decode it.
struct Tripwire;

static TRIPPED: AtomicBool = AtomicBool::new(false);

impl<'de> Deserialize<'de> for Tripwire {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        TRIPPED.store(true, Ordering::Relaxed);
        Value::deserialize(deserializer).map(|_| Self)
    }
}

#[tokio::test]
async fn nothing_is_decoded_before_the_signature_is_believed() {
    #[webhook(path = "/webhook")]
    async fn tripwire(_: Tripwire) {}
    let router = router::<tripwire>();
    for body in ["not JSON", "{}"] {
        let mut request = delivery(body);
        set(&mut request, "x-signature", &signature(b"something else"));
        assert_eq!(status(&router, request).await, 401);
        assert!(!TRIPPED.load(Ordering::Relaxed), "{body}");
    }
    assert_eq!(status(&router, delivery("{}")).await, 200);
    assert!(TRIPPED.load(Ordering::Relaxed), "the tripwire works");
}

// ---- what is refused before the body ----

/// Refused heads, each with the answer it gets.
fn refused_heads() -> [(u16, Request<Body>); 4] {
    let silent = || Script::new([""; 0], End::Silence);
    let genuine = sign(&PLAIN, SECRET, b"");
    let mut get = post(PATH, genuine.clone(), silent());
    *get.method_mut() = Method::GET;
    let mut encoded = post(PATH, genuine.clone(), silent());
    set(&mut encoded, "content-encoding", "gzip");
    let long = post(PATH, genuine, silent().declared(DEFAULT_MAX_BODY as u64 + 1));
    let unsigned = post(PATH, HeaderMap::new(), silent());
    [(405, get), (415, encoded), (413, long), (401, unsigned)]
}

#[tokio::test(start_paused = true)]
async fn a_refused_head_is_answered_without_waiting_for_the_body() {
    let router = router::<echo>();
    for (expected, request) in refused_heads() {
        let start = Instant::now();
        assert_eq!(status(&router, request).await, expected);
        assert_eq!(start.elapsed(), Duration::ZERO, "{expected}");
    }
}

/// A connection that is closed with bytes unread is reset, and the sender would lose the answer.
#[tokio::test(start_paused = true)]
async fn a_little_of_a_refused_body_is_read_beside_the_answer() {
    let body = Script::new(vec![vec![0; 16 * 1024]; 1000], End::Silence);
    let asked = body.asked();
    let answer = ask(&router::<echo>(), post(PATH, HeaderMap::new(), body)).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(asked.load(Ordering::Relaxed), 0, "the answer is there first");
    tokio::time::sleep(Duration::from_secs(60)).await;
    let asked = asked.load(Ordering::Relaxed);
    assert!((1..=64).contains(&asked), "a little, and no more: {asked} pieces");
}

/// The sender of a body without a length cannot know when it has sent too much, and is still
/// sending when it is refused.
#[tokio::test(start_paused = true)]
async fn a_little_of_a_body_that_grew_too_large_is_read_beside_the_answer() {
    let fits = DEFAULT_MAX_BODY / (16 * 1024);
    let body = Script::new(vec![vec![0; 16 * 1024]; 10 * fits], End::Silence);
    let asked = body.asked();
    let answer = ask(&router::<echo>(), post(PATH, sign(&PLAIN, SECRET, b""), body)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(asked.load(Ordering::Relaxed), fits + 1, "the answer is there first");
    tokio::time::sleep(Duration::from_secs(60)).await;
    let more = asked.load(Ordering::Relaxed) - fits - 1;
    assert!((1..=64).contains(&more), "a little, and no more: {more} pieces");
}

/// To read would be to ask for the body.
#[tokio::test(start_paused = true)]
async fn who_asks_before_sending_a_refused_body_is_not_asked_for_it() {
    let body = Script::new(["never to be sent"], End::Complete);
    let asked = body.asked();
    let mut request = post(PATH, HeaderMap::new(), body);
    set(&mut request, "expect", "100-continue");
    assert_eq!(status(&router::<echo>(), request).await, 401);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}

/// Layers around, such as one that counts or logs bodies, often forget the length of what they
/// wrap. The request still declares it.
#[tokio::test(start_paused = true)]
async fn a_declared_length_counts_even_if_a_layer_hides_it_from_the_body() {
    let body = Script::new([""; 0], End::Silence);
    let mut request = post(PATH, sign(&PLAIN, SECRET, b""), body);
    set(&mut request, "content-length", &(DEFAULT_MAX_BODY + 1).to_string());
    let start = Instant::now();
    assert_eq!(status(&router::<echo>(), request).await, 413);
    assert_eq!(start.elapsed(), Duration::ZERO);
}

// ---- 408, and 400 for what broke off ----

#[tokio::test(start_paused = true)]
async fn a_body_that_never_arrives_is_given_up() {
    let silent = |piece: &'static str| {
        let mut request = delivery(ORDER);
        *request.body_mut() = Script::new([piece], End::Silence).into();
        request
    };
    let after_three = webhooks::<echo>().body_deadline(Duration::from_secs(3)).into_router();
    let after_three = after_three.expect("nothing is wrong with it");
    for (router, seconds) in [(router::<echo>(), 10), (after_three, 3)] {
        for piece in ["", "{", ORDER] {
            let start = Instant::now();
            let answer = ask(&router, silent(piece)).await;
            assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT);
            assert_eq!(answer.problem()["detail"], "the body did not arrive in time");
            // The timer is exact to the millisecond.
            assert_eq!(start.elapsed().as_secs(), seconds);
        }
    }
}

/// The deadline is for the body as a whole: who sends a byte now and then holds no place for ever.
#[tokio::test(start_paused = true)]
async fn a_body_that_drips_is_given_up_as_well() {
    let dripping = |count: usize| {
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            for _ in 0..count {
                if sender.send("x").await.is_err() {
                    break;
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
        let mut request = delivery("x".repeat(count));
        *request.body_mut() = Piped(receiver).into();
        request
    };
    let router = router::<echo>();
    assert_eq!(status(&router, dripping(5)).await, 200, "slow, but in time");
    assert_eq!(status(&router, dripping(1000)).await, 408);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_malformed() {
    let mut request = delivery(ORDER);
    *request.body_mut() = Script::new([ORDER], End::Broken).into();
    let answer = ask(&router::<echo>(), request).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.problem()["detail"], "the body broke off");
}

// ---- the payload: 415, 400, 422 ----

#[tokio::test]
async fn json_comes_under_many_names() {
    let router = router::<order_paid>();
    for (content_type, expected) in [
        (Some("application/json"), 200),
        (Some("Application/JSON; charset=utf-8"), 200),
        (Some("application/cloudevents+json"), 200),
        (Some("text/plain"), 200),
        (None, 200),
        (Some("application/xml"), 415),
        (Some("application/octet-stream"), 415),
        (Some("multipart/form-data; boundary=x"), 415),
        (Some("application/jsonp"), 415),
        (Some("+json"), 415),
        (Some(""), 415),
    ] {
        let mut request = delivery(ORDER);
        request.headers_mut().remove("content-type");
        if let Some(content_type) = content_type {
            set(&mut request, "content-type", content_type);
        }
        assert_eq!(status(&router, request).await, expected, "{content_type:?}");
    }
}

#[tokio::test]
async fn a_raw_delivery_may_be_of_any_type() {
    let mut request = delivery("\u{0}\u{1}");
    set(&mut request, "content-type", "application/octet-stream");
    assert_eq!(status(&router::<echo>(), request).await, 200);
}

#[tokio::test]
async fn what_is_not_json_is_malformed() {
    let router = router::<order_paid>();
    let unbounded = format!(r#"{{"id":{}}}"#, "9".repeat(1000));
    let ill: [&[u8]; 8] = [
        b"",
        b"{",
        br#"{"id":7,"note":"x"}}"#,
        br#"{"id":7,"note":"x"} {}"#,
        br"{'id':7}",
        br#"{"id":7,"note":"#,
        b"\xff\xfe",
        unbounded.as_bytes(),
    ];
    for body in ill {
        let answer = ask(&router, delivery(body.to_vec())).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", body.escape_ascii());
        answer.problem();
    }
    let answer = ask(&router, delivery("{\n  \"id\": x}")).await;
    let detail = answer.problem()["detail"].to_string();
    assert!(detail.contains("line 2 column 9"), "the place is told: {detail}");
}

/// To recurse as deep as a sender likes would overflow the stack, and end the process.
#[tokio::test]
async fn endless_nesting_is_malformed() {
    #[webhook(path = "/webhook", provider = GITHUB)]
    async fn any(delivery: Delivery, _: Value) {
        assert_eq!(delivery.action(), None);
    }
    #[webhook(path = "/webhook", provider = GITHUB)]
    async fn action(delivery: &Delivery) -> String {
        format!("{:?}", delivery.action())
    }
    for opening in ["[", r#"{"action":"#, r#"{"x":"#, r#"{"x":[{"action":"#] {
        let deep = opening.repeat(100_000);
        let request = || post(PATH, sign(&GITHUB, SECRET, deep.as_bytes()), deep.clone());
        assert_eq!(status(&router::<any>(), request()).await, 400, "{opening}");
        assert_eq!(ask(&router::<action>(), request()).await.text(), "None", "{opening}");
    }
}

#[tokio::test]
async fn what_does_not_fit_is_told_by_its_path() {
    #[derive(Deserialize)]
    struct Basket<'a> {
        #[serde(borrow)]
        #[allow(dead_code, reason = "only decoded")]
        items: Vec<Order<'a>>,
        #[allow(dead_code, reason = "only decoded")]
        paid: Option<bool>,
    }
    #[webhook(path = "/webhook")]
    async fn basket(_: Basket<'_>) {}
    let router = router::<basket>();
    for (body, path) in [
        (r#"{"items":[{"id":1,"note":""},{"id":"2","note":""}]}"#, "items[1].id"),
        (r#"{"items":[{"id":-1,"note":""}]}"#, "items[0].id"),
        (r#"{"items":[{"id":1,"note":null}]}"#, "items[0].note"),
        (r#"{"items":[{"id":1}]}"#, "items[0].note"),
        (r#"{"paid":true}"#, "items"),
        (r#"{"items":[],"paid":"yes"}"#, "paid"),
        ("{\n  \"items\":\n  7}", "items"),
        ("[1, 2, 3]", "[0]"),
        ("7", ""),
    ] {
        let answer = ask(&router, delivery(body)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(answer.problem()["path"], path, "{body}");
    }
}

#[tokio::test]
async fn a_form_is_decoded_by_its_fields() {
    let router = router::<order_paid>();
    let form = |body: &'static str| {
        let mut request = delivery(body);
        set(&mut request, "content-type", "application/x-www-form-urlencoded");
        request
    };
    let answer = ask(&router, form("id=7&note=with+care%21&more=1")).await;
    assert_eq!((answer.status, answer.text()), (StatusCode::OK, "7: with care!"));
    for (body, path) in [("id=x&note=", "id"), ("id=7", "note"), ("id=7&id=8&note=", "id")] {
        let answer = ask(&router, form(body)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(answer.problem()["path"], path, "{body}");
    }
}

#[tokio::test]
async fn a_payload_is_whatever_serde_can_read() {
    #[webhook(path = "/str")]
    async fn borrowed(delivery: Delivery, text: &str) -> String {
        assert!(delivery.body().as_ptr_range().contains(&text.as_ptr()), "no copy");
        text.to_owned()
    }
    #[webhook(path = "/cow")]
    async fn cow(text: Cow<'_, str>) -> String {
        text.into_owned()
    }
    #[webhook(path = "/string")]
    async fn string(text: String) -> String {
        text
    }
    #[webhook(path = "/value")]
    async fn value(value: Value) -> String {
        value["a"].to_string()
    }
    #[webhook(path = "/map")]
    async fn map(map: HashMap<&str, u8>) -> String {
        map["a"].to_string()
    }
    #[webhook(path = "/tuple")]
    async fn tuple((number, text): (u8, &str)) -> String {
        format!("{number} {text}")
    }
    #[webhook(path = "/option")]
    async fn option(number: Option<u8>) -> String {
        format!("{number:?}")
    }
    let secret = || [Secret::new(SECRET)];
    let router = Webhooks::new()
        .mount::<borrowed>()
        .mount::<cow>()
        .mount::<string>()
        .mount::<value>()
        .mount::<map>()
        .mount::<tuple>()
        .mount::<option>()
        .secrets::<borrowed>(secret())
        .secrets::<cow>(secret())
        .secrets::<string>(secret())
        .secrets::<value>(secret())
        .secrets::<map>(secret())
        .secrets::<tuple>(secret())
        .secrets::<option>(secret())
        .into_router()
        .expect("nothing is wrong with it");
    for (path, body, told) in [
        ("/str", r#""abc""#, "abc"),
        ("/cow", r#""a\nc""#, "a\nc"),
        ("/string", r#""a\u00e9c""#, "aéc"),
        ("/value", r#"{"a":[1]}"#, "[1]"),
        ("/map", r#"{"a":1}"#, "1"),
        ("/tuple", r#"[1,"b"]"#, "1 b"),
        ("/option", "7", "Some(7)"),
        ("/option", "null", "None"),
    ] {
        let answer = ask(&router, delivery_to(path, body)).await;
        assert_eq!((answer.status, answer.text()), (StatusCode::OK, told), "{path} {body}");
    }
    let answer = ask(&router, delivery_to("/str", r#""a\nc""#)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "an escaped text is not borrowed");
}

/// Why examples write `Cow` with `#[serde(borrow)]`: it borrows what it can.
#[tokio::test]
async fn a_field_is_borrowed_unless_it_is_escaped() {
    #[webhook(path = "/webhook")]
    async fn kept_over_await(order: Order<'_>) -> &'static str {
        tokio::task::yield_now().await;
        if matches!(order.note, Cow::Borrowed(_)) { "borrowed" } else { "owned" }
    }
    let router = router::<kept_over_await>();
    assert_eq!(ask(&router, delivery(ORDER)).await.text(), "borrowed");
    assert_eq!(ask(&router, delivery(r#"{"id":1,"note":"\""}"#)).await.text(), "owned");
}

// ---- the handler ----

#[tokio::test]
async fn the_handlers_answer_is_the_answer() {
    struct Failure;
    impl IntoResponse for Failure {
        fn into_response(self) -> Response {
            (StatusCode::IM_A_TEAPOT, [("x-why", "tea")], "no coffee").into_response()
        }
    }
    #[webhook(path = "/webhook")]
    async fn fallible(works: bool) -> Result<(StatusCode, &'static str), Failure> {
        if works { Ok((StatusCode::ACCEPTED, "queued")) } else { Err(Failure) }
    }
    let router = router::<fallible>();
    let answer = ask(&router, delivery("true")).await;
    assert_eq!((answer.status, answer.text()), (StatusCode::ACCEPTED, "queued"));
    let answer = ask(&router, delivery("false")).await;
    assert_eq!((answer.status, answer.text()), (StatusCode::IM_A_TEAPOT, "no coffee"));
    assert_eq!(answer.headers["x-why"], "tea");
}

#[tokio::test]
async fn a_panic_is_500_and_everything_else_lives_on() {
    #[derive(Clone, Copy, Deserialize, PartialEq)]
    enum Where {
        Nowhere,
        AtOnce,
        AfterAwait,
        InTheAnswer,
    }
    struct Answering(Where);
    impl IntoResponse for Answering {
        fn into_response(self) -> Response {
            assert!(self.0 != Where::InTheAnswer, "a bug in the answer");
            "OK".into_response()
        }
    }
    #[webhook(path = "/webhook")]
    async fn clumsy(place: Where) -> Answering {
        assert!(place != Where::AtOnce, "a bug at once");
        tokio::task::yield_now().await;
        assert!(place != Where::AfterAwait, "a bug later");
        Answering(place)
    }
    let router = router::<clumsy>();
    for place in [r#""AtOnce""#, r#""AfterAwait""#, r#""InTheAnswer""#] {
        let answer = ask(&router, delivery(place)).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{place}");
        assert!(!answer.text().contains("bug"), "the message is ours alone: {}", answer.text());
        answer.problem();
        assert_eq!(status(&router, delivery(r#""Nowhere""#)).await, 200, "after {place}");
    }
}

#[tokio::test]
async fn a_panic_while_decoding_is_500_as_well() {
    struct Fragile;
    impl<'de> Deserialize<'de> for Fragile {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let number = u8::deserialize(deserializer)?;
            assert!(number != 0, "a bug in the payload");
            Ok(Self)
        }
    }
    #[webhook(path = "/webhook")]
    async fn fragile(_: Fragile) {}
    let router = router::<fragile>();
    assert_eq!(status(&router, delivery("0")).await, 500);
    assert_eq!(status(&router, delivery("1")).await, 200);
}

#[tokio::test]
async fn two_deliveries_are_handled_at_once() {
    #[webhook(path = "/webhook")]
    async fn meeting(Extension(barrier): Extension<Arc<Barrier>>, _: Value) -> &'static str {
        // Nobody passes alone.
        barrier.wait().await;
        "met"
    }
    let router = router::<meeting>().layer(Extension(Arc::new(Barrier::new(2))));
    let (one, two) = tokio::join!(ask(&router, delivery("1")), ask(&router, delivery("2")));
    assert_eq!((one.text(), two.text()), ("met", "met"));
}

// ---- extractors ----

#[derive(Clone)]
struct App {
    name: &'static str,
    handled: Arc<AtomicUsize>,
}

#[derive(Clone)]
struct Name(&'static str);

impl FromRef<App> for Name {
    fn from_ref(app: &App) -> Self {
        Self(app.name)
    }
}

#[derive(Clone)]
struct Region(&'static str);

/// `RawQuery` stands for axum's other extractors of the query, which are optional features.
#[webhook(path = "/shops/{shop}/orders/{order}")]
#[allow(clippy::too_many_arguments, reason = "all of them are what is tested")]
async fn extractors(
    State(app): State<App>,
    State(Name(name)): State<Name>,
    Path((shop, number)): Path<(String, u32)>,
    method: Method,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    OriginalUri(uri): OriginalUri,
    Extension(Region(region)): Extension<Region>,
    delivery: Delivery,
    order: Order<'_>,
) -> String {
    app.handled.fetch_add(1, Ordering::Relaxed);
    let kind = headers["content-type"].to_str().expect("text");
    let query = query.as_deref().unwrap_or("-");
    let length = delivery.body().len();
    format!("{name} {shop} {number} {method} {kind} {query} {uri} {region} {length} {}", order.note)
}

fn app() -> (App, Router) {
    let app = App { name: "app", handled: Arc::default() };
    let hooks = Webhooks::new()
        .mount::<extractors>()
        .secrets::<extractors>([Secret::new(SECRET)])
        .into_router()
        .expect("nothing is wrong with it");
    let router = Router::new()
        .route("/", get(|| async { "home" }))
        .nest("/hooks", hooks)
        .layer(Extension(Region("north")))
        .fallback(|| async { (StatusCode::NOT_FOUND, "nothing here") })
        .with_state(app.clone());
    (app, router)
}

#[tokio::test]
async fn a_handler_has_what_axum_has() {
    let (app, router) = app();
    let request = delivery_to("/hooks/shops/caf%C3%A9/orders/3?a=b&c", ORDER);
    let answer = ask(&router, request).await;
    assert_eq!(
        answer.text(),
        "app café 3 POST application/json a=b&c /hooks/shops/caf%C3%A9/orders/3?a=b&c north 27 \
         with care"
    );
    assert_eq!(app.handled.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn an_extractor_that_refuses_has_the_answer() {
    let (app, router) = app();
    let answer = ask(&router, delivery_to("/hooks/shops/a/orders/none", "not an order")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text().starts_with("Invalid URL"), "axum's words: {}", answer.text());
    assert_eq!(app.handled.load(Ordering::Relaxed), 0);
}

/// Extractors may be costly, or tell something: nobody reaches them without a signature.
#[tokio::test]
async fn no_extractor_runs_for_a_forgery() {
    let (_, router) = app();
    let mut request = delivery_to("/hooks/shops/a/orders/none", ORDER);
    set(&mut request, "x-signature", &"0".repeat(64));
    assert_eq!(status(&router, request).await, 401);
}

#[tokio::test]
async fn there_is_no_delivery_outside_a_webhook() {
    let router: Router = Router::new().route("/", get(|_: Delivery| async { "never" }));
    let request = Request::get("/").body(Body::empty()).expect("a request");
    assert_eq!(status(&router, request).await, 500);
}

// ---- in an application's router ----

#[tokio::test]
async fn webhooks_live_beside_other_routes() {
    let (_, app) = app();
    let app = app.merge(router::<order_paid>());
    let get = |uri: &str| Request::get(uri).body(Body::empty()).expect("a request");
    assert_eq!(ask(&app, get("/")).await.text(), "home");
    assert_eq!(ask(&app, get("/elsewhere")).await.text(), "nothing here");
    assert_eq!(ask(&app, delivery_to("/hooks", ORDER)).await.text(), "nothing here");
    assert_eq!(ask(&app, delivery_to("/webhook/", ORDER)).await.text(), "nothing here");
    assert_eq!(ask(&app, delivery(ORDER)).await.text(), "7: with care");
    // The application's fallback does not take over what the endpoint refuses.
    assert_eq!(status(&app, get(PATH)).await, 405);
    assert_eq!(status(&app, post(PATH, HeaderMap::new(), ORDER)).await, 401);
}

#[tokio::test]
async fn a_layer_around_may_look_but_a_changed_body_is_a_forgery() {
    let changed = middleware::from_fn(async |request: Request<Body>, next: middleware::Next| {
        next.run(request.map(|_| Body::from("changed"))).await
    });
    let router = router::<echo>();
    assert_eq!(status(&router.clone().layer(changed), delivery(ORDER)).await, 401);
    assert_eq!(status(&router, delivery(ORDER)).await, 200);
}

// ---- secrets ----

#[tokio::test]
async fn while_a_secret_is_replaced_both_are_live_and_the_delivery_tells_which() {
    #[webhook(path = "/webhook")]
    async fn rotating(delivery: &Delivery) -> String {
        delivery.secret().to_owned()
    }
    let router = Webhooks::new()
        .mount::<rotating>()
        .secrets::<rotating>([Secret::new("2nd").named("NEW"), Secret::new("1st").named("OLD")])
        // Secrets add up: a third comes from elsewhere.
        .secrets::<rotating>([Secret::from_key([0, 255]).named("KEY")])
        .into_router()
        .expect("nothing is wrong with it");
    for (secret, name) in [
        (Secret::new("2nd"), Some("NEW")),
        (Secret::new("1st"), Some("OLD")),
        (Secret::from_key([0, 255]), Some("KEY")),
        (Secret::new("3rd"), None),
        (Secret::new("NEW"), None),
        (Secret::new(" 2nd"), None),
    ] {
        let headers = PLAIN.sign(&secret, &Outgoing::new(b"x")).expect("it can be signed").headers;
        let answer = ask(&router, post(PATH, headers, "x")).await;
        match name {
            Some(name) => assert_eq!(answer.text(), name),
            None => assert_eq!(answer.status, StatusCode::UNAUTHORIZED),
        }
    }
}

#[tokio::test]
async fn endpoints_do_not_share_secrets() {
    #[webhook(path = "/one")]
    async fn one(_: &Delivery) {}
    #[webhook(path = "/two")]
    async fn two(_: &Delivery) {}
    let router = Webhooks::new()
        .mount::<one>()
        .mount::<two>()
        .secrets::<one>([Secret::new("secret of one")])
        .secrets::<two>([Secret::new("secret of two")])
        .into_router()
        .expect("nothing is wrong with it");
    for (path, secret, expected) in [
        ("/one", "secret of one", 200),
        ("/two", "secret of two", 200),
        ("/one", "secret of two", 401),
        ("/two", "secret of one", 401),
    ] {
        let request = post(path, sign(&PLAIN, secret, b""), "");
        assert_eq!(status(&router, request).await, expected, "{path} with the {secret}");
    }
}

// ---- time ----

/// A provider of our own: signs a time, an id, and says the event in the body.
const ACME: Provider = Provider::new(
    "acme",
    Scheme::hmac_sha256()
        .header("x-acme-signature")
        .prefix("v1=")
        .hex()
        .id_header("x-acme-id")
        .timestamp(Timestamp::header("x-acme-time").tolerance(Duration::from_secs(300)))
        .signed("{id}.{timestamp}.{body}"),
)
.id(Source::header("x-acme-id"))
.event(Source::pointer("/event/name"))
.action(Source::pointer("/event/action"));

const NOW: u64 = 1_760_000_000;

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// A delivery by [`ACME`], signed at a time.
fn acme(seconds: u64, body: &'static str) -> Request<Body> {
    let outgoing = Outgoing::new(body.as_bytes()).id("d-1").at(at(seconds));
    let headers = ACME.sign(&Secret::new(SECRET), &outgoing).expect("it can be signed").headers;
    post(PATH, headers, body)
}

#[tokio::test]
async fn a_delivery_is_taken_within_its_window_only() {
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
async fn the_time_that_is_signed_is_the_time_that_counts() {
    #[webhook(path = "/webhook", provider = ACME)]
    async fn acme_hook(_: &Delivery) {}
    let router = webhooks::<acme_hook>().clock(at(NOW)).into_router();
    let router = router.expect("nothing is wrong with it");
    // A recorded delivery, made young again.
    for time in [NOW.to_string(), String::new(), format!("{}", NOW - 300), "NaN".to_owned()] {
        let mut request = acme(NOW - 301, "{}");
        set(&mut request, "x-acme-time", &time);
        assert_eq!(status(&router, request).await, 401, "{time:?}");
    }
    // A recorded delivery, under another id.
    let mut request = acme(NOW, "{}");
    set(&mut request, "x-acme-id", "d-2");
    assert_eq!(status(&router, request).await, 401);
}

/// Without `clock`, deliveries are judged by the time of this machine.
#[tokio::test]
async fn the_clock_is_this_machines_unless_told_otherwise() {
    #[webhook(path = "/webhook", provider = ACME)]
    async fn acme_hook(_: &Delivery) {}
    let router = router::<acme_hook>();
    let headers = ACME.sign(&Secret::new(SECRET), &Outgoing::new(b"{}"));
    let request = post(PATH, headers.expect("it can be signed").headers, "{}");
    assert_eq!(status(&router, request).await, 200);
    assert_eq!(status(&router, acme(NOW, "{}")).await, 401, "October 2025 is over");
}

// ---- what a delivery says of itself ----

#[tokio::test]
async fn a_delivery_says_what_it_is() {
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
    assert_eq!(acme.secret(), "secret");
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

// ---- schemes that sign the URL ----

#[tokio::test]
async fn a_signed_url_is_the_public_one_whatever_the_request_says() {
    const BY_URL: Provider =
        Provider::new("by-url", Scheme::hmac_sha256().header("x-sig").hex().signed("{url}|{body}"));
    #[webhook(path = "/webhook", provider = BY_URL)]
    async fn by_url(_: &Delivery) {}
    let hooks = webhooks::<by_url>().public_url("https://example.com/behind-proxy/").into_router();
    let router = Router::new().nest("/hooks", hooks.expect("nothing is wrong with it"));
    let signed = |url: &str, uri: &str| {
        let outgoing = Outgoing::new(b"x").url(url);
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
