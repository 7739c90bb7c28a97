//! Enums of events, as payloads of mounted endpoints: which variant a delivery makes, and that none is
//! lost.

mod common;

use std::{borrow::Cow, fs};

use axum::{Router, body::Body};
use bytes::Bytes;
use common::{Answer, PATH, SECRET, ask, post, router, set, sign};
use http::Request;
use serde::Deserialize;
use serde_json::{Value, json};
use webhook_runtime::{
    Delivery, Provider, Rejection, Secret, Unknown, WebhookEvent, Webhooks,
    providers::{GITHUB, SHOPIFY, SLACK, STANDARD_WEBHOOKS, STRIPE},
    webhook,
};

/// A genuine delivery of JSON, with these headers beside the signature.
fn delivery(
    provider: &Provider,
    headers: &[(&'static str, &str)],
    body: impl Into<Bytes>,
) -> Request<Body> {
    let body = body.into();
    let mut request = post(PATH, sign(provider, SECRET, &body), body);
    set(&mut request, "content-type", "application/json");
    for (name, value) in headers {
        set(&mut request, name, value);
    }
    request
}

/// What the handler says that it got.
async fn told(router: &Router, request: Request<Body>) -> String {
    let answer = ask(router, request).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text().to_owned()
}

/// Everything that the last variant knows.
fn tell(unknown: &Unknown<'_>) -> String {
    let bytes = unknown.bytes().len();
    let mut told = format!("other: {} {:?} {bytes} bytes", unknown.name(), unknown.action());
    if let Some(error) = unknown.error() {
        assert_eq!(error.status(), 422);
        told.push_str(", does not fit");
    }
    told
}

#[derive(Deserialize)]
struct Push<'a> {
    #[serde(borrow, rename = "ref")]
    reference: Cow<'a, str>,
    commits: Vec<Commit<'a>>,
}

#[derive(Deserialize)]
struct Commit<'a> {
    #[serde(borrow)]
    message: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Issues {
    issue: Issue,
}

#[derive(Deserialize)]
struct Issue {
    number: u64,
}

#[derive(WebhookEvent)]
enum Github<'a> {
    #[event("push")]
    Push(Push<'a>),
    #[event("issues.opened")]
    Opened(Issues),
    #[event("issues")]
    Issues(&'a Delivery),
    #[event("ping", "star.created", "release.published")]
    Seen,
    #[event(other)]
    Other(Unknown<'a>),
}

#[webhook(path = "/webhook", provider = GITHUB)]
async fn github(event: Github<'_>) -> String {
    match event {
        Github::Push(push) => format!("push to {}: {}", push.reference, push.commits.len()),
        Github::Opened(opened) => format!("opened {}", opened.issue.number),
        Github::Issues(delivery) => {
            assert_eq!(delivery.event().as_deref(), Some("issues"));
            "issues of any action".to_owned()
        }
        Github::Seen => "seen".to_owned(),
        Github::Other(other) => tell(&other),
    }
}

fn of_github(event: &str, body: impl Into<Bytes>) -> Request<Body> {
    delivery(&GITHUB, &[("x-github-event", event)], body)
}

/// A payload of GitHub's own.
fn fixture(file: &str) -> Bytes {
    let path = format!("{}/fixtures/github/{file}", env!("CARGO_MANIFEST_DIR"));
    fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}")).into()
}

#[tokio::test]
async fn events_of_github_make_their_variants() {
    let router = router::<github>();
    for (file, event, expected) in [
        ("push.json", "push", "push to refs/heads/master: 1"),
        ("issues.opened.json", "issues", "opened 1"),
        ("ping.json", "ping", "seen"),
        ("star.created.json", "star", "seen"),
        ("release.published.json", "release", "seen"),
        (
            "issue_comment.created.json",
            "issue_comment",
            "other: issue_comment Some(\"created\") 13993 bytes",
        ),
        (
            "security_advisory.published.json",
            "security_advisory",
            "other: security_advisory Some(\"published\") 1098 bytes",
        ),
    ] {
        assert_eq!(told(&router, of_github(event, fixture(file))).await, expected, "{file}");
    }
}

#[tokio::test]
async fn the_most_specific_name_is_chosen() {
    let router = router::<github>();
    let issues = |action: &str| format!(r#"{{"issue":{{"number":7}},"action":{action}}}"#);
    for (action, expected) in [
        (r#""opened""#, "opened 7"),
        (r#""open\u0065d""#, "opened 7"),
        (r#""closed""#, "issues of any action"),
        (r#""opened ""#, "issues of any action"),
        (r#""opened.""#, "issues of any action"),
        (r#""""#, "issues of any action"),
        ("null", "issues of any action"),
        ("{}", "issues of any action"),
    ] {
        assert_eq!(told(&router, of_github("issues", issues(action))).await, expected, "{action}");
    }
    // Only some of its actions have a variant.
    let star = told(&router, of_github("star", r#"{"action":"deleted"}"#)).await;
    assert_eq!(star, "other: star Some(\"deleted\") 20 bytes");
    // The action of one event is none of another's.
    let pushed = told(&router, of_github("push.issues", r#"{"action":"opened"}"#)).await;
    assert_eq!(pushed, "other: push.issues Some(\"opened\") 19 bytes");
}

/// GitHub signs the action, but not the name, which anybody on the way can change.
#[tokio::test]
async fn a_name_does_not_stand_in_for_an_action() {
    let router = router::<github>();
    for body in [r#"{"action":"deleted","issue":{"number":7}}"#, r#"{"issue":{"number":7}}"#] {
        let told = told(&router, of_github("issues.opened", body)).await;
        assert!(told.starts_with("other: issues.opened"), "{told}");
    }
}

#[tokio::test]
async fn a_unit_variant_asks_nothing_of_the_body() {
    let router = router::<github>();
    for body in [&b"{}"[..], b"", b"not JSON", b"{\"zen\":", b"\xff\xfe"] {
        assert_eq!(told(&router, of_github("ping", body)).await, "seen", "{body:?}");
    }
    let mut xml = of_github("ping", "<ping/>");
    set(&mut xml, "content-type", "application/xml");
    assert_eq!(told(&router, xml).await, "seen");
}

#[tokio::test]
async fn an_unknown_event_is_not_lost_whatever_its_body() {
    let router = router::<github>();
    for body in [&b"{}"[..], b"", b"not JSON", b"\xff\xfe"] {
        let expected = format!("other: team None {} bytes", body.len());
        assert_eq!(told(&router, of_github("team", body)).await, expected);
    }
}

#[tokio::test]
async fn a_known_event_that_does_not_fit_is_not_lost() {
    let router = router::<github>();
    for body in [
        r#"{"commits":[]}"#,
        r#"{"ref":7,"commits":[]}"#,
        r#"{"ref":"main","commits":[{"message":null}]}"#,
        "[]",
        "null",
    ] {
        let expected = format!("other: push None {} bytes, does not fit", body.len());
        assert_eq!(told(&router, of_github("push", body)).await, expected);
    }
}

#[tokio::test]
async fn what_is_no_json_does_not_fit_and_is_refused() {
    let router = router::<github>();
    for body in [&b""[..], b"{", b"{\"ref\":\"main\",\"commits\":[]", b"push", b"\xff"] {
        let answer = ask(&router, of_github("push", body)).await;
        assert_eq!(answer.status, 400, "{body:?}");
    }
    let mut xml = of_github("push", "<push/>");
    set(&mut xml, "content-type", "application/xml");
    assert_eq!(ask(&router, xml).await.status, 415);
}

#[tokio::test]
async fn a_form_is_decoded_as_the_json_in_it_would_be() {
    let router = router::<github>();
    let mut form = of_github("push", fixture("push.form"));
    set(&mut form, "content-type", "application/x-www-form-urlencoded");
    assert_eq!(told(&router, form).await, "push to refs/heads/master: 1");

    let body = "payload=%7B%22issue%22%3A%7B%22number%22%3A7%7D%2C%22action%22%3A%22opened%22%7D";
    let mut form = of_github("issues", body);
    set(&mut form, "content-type", "application/x-www-form-urlencoded");
    assert_eq!(told(&router, form).await, "opened 7");
}

#[tokio::test]
async fn without_a_name_an_event_is_another_one() {
    let router = router::<github>();
    let nameless = told(&router, delivery(&GITHUB, &[], r#"{"action":"opened"}"#)).await;
    assert_eq!(nameless, "other:  Some(\"opened\") 19 bytes");
    let empty = told(&router, of_github("", "{}")).await;
    assert_eq!(empty, "other:  None 2 bytes");
}

#[tokio::test]
async fn a_long_name_is_as_unknown_as_a_short_one() {
    let router = router::<github>();
    for name in ["issues.".repeat(15_000), "x".repeat(100_000), ".".repeat(100_000)] {
        let told = told(&router, of_github(&name, r#"{"action":"opened"}"#)).await;
        assert_eq!(told, format!("other: {name} Some(\"opened\") 19 bytes"));
    }
    let action = "opened".repeat(20_000);
    let body = format!(r#"{{"action":"{action}"}}"#);
    let told = told(&router, of_github("star", body.clone())).await;
    assert_eq!(told, format!("other: star Some(\"{action}\") {} bytes", body.len()));
}

#[derive(WebhookEvent)]
#[event(strict)]
enum Strict<'a> {
    #[event("push")]
    Push(Push<'a>),
    #[event(other)]
    Other(Unknown<'a>),
}

#[webhook(path = "/webhook", provider = GITHUB)]
async fn strict(event: Strict<'_>) -> String {
    match event {
        Strict::Push(push) => push.commits.into_iter().map(|commit| commit.message).collect(),
        Strict::Other(other) => tell(&other),
    }
}

#[tokio::test]
async fn a_strict_enum_refuses_what_does_not_fit_and_nothing_else() {
    let router = router::<strict>();
    let body = r#"{"ref":"main","commits":[{"message":"a"},{"message":7}]}"#;
    let answer: Answer = ask(&router, of_github("push", body)).await;
    assert_eq!(answer.status, 422);
    assert_eq!(answer.problem()["path"], "commits[1].message");
    assert_eq!(told(&router, of_github("team", "not JSON")).await, "other: team None 8 bytes");
    let body = r#"{"ref":"main","commits":[{"message":"a"},{"message":"b"}]}"#;
    assert_eq!(told(&router, of_github("push", body)).await, "ab");
}

// ---- names in the body ----

#[derive(Deserialize)]
struct Charge<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    data: Data<'a>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    object: Object<'a>,
}

#[derive(Deserialize)]
struct Object<'a> {
    amount: u64,
    #[serde(borrow)]
    currency: Cow<'a, str>,
}

#[derive(WebhookEvent)]
enum Stripe<'a> {
    #[event("charge.succeeded", "charge.refunded")]
    Charge(Charge<'a>),
    #[event("charge")]
    NeverSent,
    #[event("ping")]
    Ping,
    #[event(other)]
    Other(Unknown<'a>),
}

#[webhook(path = "/webhook", provider = STRIPE)]
async fn stripe(delivery: Delivery, event: Stripe<'_>) -> String {
    match event {
        Stripe::Charge(Charge { id, data: Data { object } }) => {
            let body = delivery.body().as_ptr_range();
            // The delivery is a copy of the one that the event borrows from, but its bytes are the same.
            let is_borrowed = |text: &Cow<'_, str>| matches!(text, Cow::Borrowed(text) if body.contains(&text.as_ptr()));
            let borrowed = [&id, &object.currency].map(is_borrowed);
            format!("{id} of {} {}: borrowed {borrowed:?}", object.amount, object.currency)
        }
        Stripe::NeverSent => "charge".to_owned(),
        Stripe::Ping => "ping".to_owned(),
        Stripe::Other(other) => tell(&other),
    }
}

fn of_stripe(body: impl Into<Bytes>) -> Request<Body> {
    delivery(&STRIPE, &[], body)
}

const CHARGE: &str =
    r#""id":"evt_1","data":{"object":{"type":"card","amount":5,"currency":"eur"}}"#;

#[tokio::test]
async fn a_name_is_found_wherever_it_stands_in_the_body() {
    let router = router::<stripe>();
    let expected = "evt_1 of 5 eur: borrowed [true, true]";
    for body in [
        format!(r#"{{"type":"charge.succeeded",{CHARGE}}}"#),
        format!(r#"{{{CHARGE},"type":"charge.refunded"}}"#),
        format!(r#"{{ {CHARGE} , "t\u0079pe" : "charge\u002esucceeded" }}"#),
    ] {
        assert_eq!(told(&router, of_stripe(body.clone())).await, expected, "{body}");
    }
}

#[tokio::test]
async fn what_is_borrowed_is_borrowed_from_the_body() {
    let router = router::<stripe>();
    let escaped = format!(r#"{{{CHARGE},"type":"charge.succeeded"}}"#).replace("eur", "e\\u0075r");
    let told = told(&router, of_stripe(escaped)).await;
    assert_eq!(told, "evt_1 of 5 eur: borrowed [true, false]");
}

#[tokio::test]
async fn only_a_whole_name_counts() {
    let router = router::<stripe>();
    for (name, expected) in [
        ("charge", "charge"),
        ("charge.", "other: charge. None"),
        ("charge.succeeded.", "other: charge.succeeded. None"),
        ("charge.failed", "other: charge.failed None"),
        ("Charge", "other: Charge None"),
        ("", "other:  None"),
    ] {
        let told = told(&router, of_stripe(format!(r#"{{"type":"{name}"}}"#))).await;
        assert!(told.starts_with(expected), "{name}: {told}");
    }
}

#[tokio::test]
async fn the_first_of_two_names_counts() {
    let router = router::<stripe>();
    let body = format!(r#"{{"type":"ping",{CHARGE},"type":"charge.succeeded"}}"#);
    assert_eq!(told(&router, of_stripe(body)).await, "ping");
    let body = format!(r#"{{"type":7,{CHARGE},"type":"charge.succeeded"}}"#);
    assert!(told(&router, of_stripe(body)).await.starts_with("other: 7 None"));
}

#[tokio::test]
async fn what_has_no_name_is_another_event_if_it_is_json() {
    let router = router::<stripe>();
    for body in [
        "{}",
        r#"{"type":null}"#,
        r#"{"type":{"type":"ping"}}"#,
        r#"{"type":["ping"]}"#,
        "[]",
        "null",
        r#""ping""#,
    ] {
        let expected = format!("other:  None {} bytes", body.len());
        assert_eq!(told(&router, of_stripe(body)).await, expected);
    }
    let deep = "[".repeat(100_000);
    for body in ["", "{", r#"{"id":1"#, r#"{"type:"ping"}"#, "ping", "<ping/>", &deep] {
        let answer = ask(&router, of_stripe(body.to_owned())).await;
        assert_eq!(answer.status, 400, "{}", &body[..body.len().min(40)]);
    }
    assert_eq!(
        ask(&router, of_stripe(&b"{\"type\":\"ping\",\"id\":\"\xff\"}"[..])).await.status,
        400
    );
}

#[tokio::test]
async fn json_that_breaks_off_behind_the_name_of_a_known_event_is_refused() {
    let router = router::<stripe>();
    let body = format!(r#"{{"type":"charge.succeeded",{CHARGE}"#);
    assert_eq!(ask(&router, of_stripe(body)).await.status, 400);
}

#[tokio::test]
async fn a_long_name_in_the_body_is_unknown() {
    let router = router::<stripe>();
    for name in ["charge.".repeat(15_000), "\\u0063".repeat(100_000)] {
        let body = format!(r#"{{{CHARGE},"type":"{name}"}}"#);
        let told = told(&router, of_stripe(body)).await;
        let unescaped = name.replace("\\u0063", "c");
        assert!(told.starts_with(&format!("other: {unescaped} None")), "{}", told.len());
    }
}

// ---- other providers ----

#[derive(Deserialize)]
struct Order<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
}

#[derive(WebhookEvent)]
enum Shopify<'a> {
    #[event("orders/create", "orders/paid")]
    Order(Order<'a>),
    #[event("app/uninstalled")]
    Uninstalled,
    #[event(other)]
    Other(Unknown<'a>),
}

#[webhook(path = "/webhook", provider = SHOPIFY)]
async fn shopify(event: Shopify<'_>) -> String {
    match event {
        Shopify::Order(order) => order.name.into_owned(),
        Shopify::Uninstalled => "uninstalled".to_owned(),
        Shopify::Other(other) => tell(&other),
    }
}

#[tokio::test]
async fn events_of_shopify_make_their_variants() {
    let router = router::<shopify>();
    for (topic, expected) in [
        ("orders/create", "#1001"),
        ("orders/paid", "#1001"),
        ("app/uninstalled", "uninstalled"),
        ("orders", "other: orders None 16 bytes"),
    ] {
        let request = delivery(&SHOPIFY, &[("x-shopify-topic", topic)], r##"{"name":"#1001"}"##);
        assert_eq!(told(&router, request).await, expected);
    }
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    event: Text<'a>,
}

#[derive(Deserialize)]
struct Text<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Command<'a> {
    #[serde(borrow)]
    command: Cow<'a, str>,
}

#[derive(WebhookEvent)]
enum Slack<'a> {
    #[event("message", "app_mention")]
    Message(Message<'a>),
    #[event(other)]
    Other(Unknown<'a>),
}

#[webhook(path = "/webhook", provider = SLACK)]
async fn slack(event: Slack<'_>) -> Result<String, Rejection> {
    Ok(match event {
        Slack::Message(message) => message.event.text.into_owned(),
        // Slash commands have no name, and are a form.
        Slack::Other(other) if other.name().is_empty() => {
            other.decode::<Command<'_>>()?.command.into_owned()
        }
        Slack::Other(other) => tell(&other),
    })
}

#[tokio::test]
async fn events_of_slack_make_their_variants() {
    let router = router::<slack>();
    let event = |kind: &str| {
        let body = json!({ "type": "event_callback", "event": { "type": kind, "text": "hello" } });
        delivery(&SLACK, &[], body.to_string())
    };
    assert_eq!(told(&router, event("message")).await, "hello");
    assert_eq!(told(&router, event("app_mention")).await, "hello");
    assert!(told(&router, event("reaction_added")).await.starts_with("other: reaction_added None"));

    let mut command = delivery(&SLACK, &[], "command=%2Fweather&text=94070");
    set(&mut command, "content-type", "application/x-www-form-urlencoded");
    assert_eq!(told(&router, command).await, "/weather");
}

#[derive(WebhookEvent)]
enum Typed<'a, T> {
    #[event("order.paid")]
    Paid(Envelope<T>),
    #[event("order.noted")]
    Noted(Envelope<&'a str>),
    #[event(other)]
    Other(Unknown<'a>),
}

#[derive(Deserialize)]
struct Envelope<T> {
    data: T,
}

#[webhook(path = "/webhook", provider = STANDARD_WEBHOOKS)]
async fn typed(event: Typed<'_, Order<'_>>) -> String {
    match event {
        Typed::Paid(paid) => paid.data.name.into_owned(),
        Typed::Noted(noted) => noted.data.to_owned(),
        Typed::Other(other) => tell(&other),
    }
}

#[tokio::test]
async fn a_generic_enum_is_a_payload_for_each_of_its_types() {
    let router = Webhooks::new()
        .mount::<typed>()
        .secrets::<typed>([Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")])
        .into_router()
        .expect("nothing is wrong with it");
    for (body, expected) in [
        (json!({ "type": "order.paid", "data": { "name": "a" } }), "a"),
        (json!({ "type": "order.noted", "data": "b" }), "b"),
        (
            json!({ "type": "order.noted", "data": 7 }),
            "other: order.noted None 31 bytes, does not fit",
        ),
        (json!({ "type": "order" }), "other: order None 16 bytes"),
    ] {
        let body = body.to_string();
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let mut request = post(PATH, sign(&STANDARD_WEBHOOKS, secret, body.as_bytes()), body);
        set(&mut request, "content-type", "application/json");
        assert_eq!(told(&router, request).await, expected);
    }
}

// ---- an enum in an enum ----

#[derive(WebhookEvent)]
enum Outer<'a> {
    #[event("issues")]
    Issues(Inner<'a>),
    #[event("push")]
    Push(StrictInner<'a>),
    #[event(other)]
    Other(Unknown<'a>),
}

#[derive(WebhookEvent)]
enum Inner<'a> {
    #[event("issues.opened")]
    Opened(Issues),
    #[event(other)]
    Other(Unknown<'a>),
}

#[derive(WebhookEvent)]
#[event(strict)]
enum StrictInner<'a> {
    #[event("push")]
    Push(Push<'a>),
    #[event(other)]
    Other(Unknown<'a>),
}

#[webhook(path = "/webhook", provider = GITHUB)]
async fn nested(event: Outer<'_>) -> String {
    match event {
        Outer::Issues(Inner::Opened(opened)) => format!("opened {}", opened.issue.number),
        Outer::Issues(Inner::Other(other)) => format!("inner {}", tell(&other)),
        Outer::Push(StrictInner::Push(push)) => format!("push to {}", push.reference),
        Outer::Push(StrictInner::Other(other)) => format!("strict {}", tell(&other)),
        Outer::Other(other) => format!("outer {}", tell(&other)),
    }
}

#[tokio::test]
async fn an_enum_may_hold_an_enum() {
    let router = router::<nested>();
    for (event, body, expected) in [
        ("issues", r#"{"action":"opened","issue":{"number":7}}"#, "opened 7"),
        ("issues", r#"{"action":"closed"}"#, "inner other: issues Some(\"closed\") 19 bytes"),
        (
            "issues",
            r#"{"action":"opened"}"#,
            "inner other: issues Some(\"opened\") 19 bytes, does not fit",
        ),
        ("push", r#"{"ref":"main","commits":[]}"#, "push to main"),
        // Refused by the inner enum, kept by the outer one.
        ("push", "{}", "outer other: push None 2 bytes, does not fit"),
        ("star", "{}", "outer other: star None 2 bytes"),
    ] {
        assert_eq!(told(&router, of_github(event, body)).await, expected);
    }
}

// ---- without an endpoint's help ----

#[webhook(path = "/webhook", provider = GITHUB)]
async fn decoded(delivery: &Delivery) -> Result<String, Rejection> {
    Ok(match delivery.decode::<Github<'_>>()? {
        Github::Push(push) => push.reference.into_owned(),
        Github::Other(other) => {
            let again: Value = other.decode()?;
            assert_eq!(other.encoded().delivery().body().len(), other.bytes().len());
            format!("{other:?} {again}")
        }
        _ => "known".to_owned(),
    })
}

#[tokio::test]
async fn what_is_shown_of_an_unknown_event_is_nothing_of_its_body() {
    let router = router::<decoded>();
    let told = told(&router, of_github("team", r#"{"action":"added","secret":"s3cret"}"#)).await;
    let (shown, again) = told.split_once(" } ").or_else(|| told.split_once(".. } ")).expect("both");
    assert!(
        shown.contains("team") && shown.contains("added") && !shown.contains("s3cret"),
        "{shown}"
    );
    assert!(again.contains("s3cret"));
}

#[test]
fn the_names_are_in_the_order_in_which_they_were_written() {
    assert_eq!(Stripe::EVENTS, ["charge.succeeded", "charge.refunded", "charge", "ping"]);
    assert_eq!(Typed::<u8>::EVENTS, ["order.paid", "order.noted"]);
}
