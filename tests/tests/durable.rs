//! Endpoints with an inbox: acknowledged when stored, handled afterwards with all that a handler has
//! in a request.

mod common;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Extension,
    extract::{Path, Request, State},
    middleware::{Next, from_fn},
};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use serde::Deserialize;
use serde_json::json;
use webhook_runtime::{
    Batch, Delivery, Inbox, Provider, Scope, Secret, SecretSource, Source, SourceError,
    StartProblem, Tx, Unknown, WebhookEvent, Webhooks,
    inbox::{Filter, Record, State as Stands},
    providers::{
        CLOUDEVENTS, DROPBOX, EVENT_GRID, GITHUB, GITLAB, LINE, MAILGUN, META, SHOPIFY, SLACK,
        STANDARD_WEBHOOKS, STRIPE, TWILIO, XERO,
    },
    scheme::Scheme,
    testing::{TestDelivery, TestHooks},
    webhook,
};

/// What handlers saw, in order.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn note(&self, line: impl Into<String>) {
        self.0.lock().expect("nobody panics holding it").push(line.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("nobody panics holding it"))
    }
}

/// Delivers, and tells the status.
async fn status(delivery: TestDelivery<'_>) -> u16 {
    let answer = delivery.await;
    assert!(!answer.handler_ran(), "the handler runs afterwards");
    answer.status().as_u16()
}

async fn records<S>(hooks: &TestHooks<S>) -> Vec<Record> {
    hooks.inbox().list(Filter::all()).collect().await.expect("the inbox works")
}

#[webhook(path = "/hooks/{team}", provider = GITHUB, inbox)]
#[allow(clippy::too_many_arguments)]
async fn github(
    State(seen): State<Seen>,
    Path(team): Path<String>,
    uri: Uri,
    method: Method,
    headers: HeaderMap,
    Extension(layer): Extension<&'static str>,
    delivery: Delivery,
    payload: serde_json::Value,
) {
    let agent = headers.get("user-agent").and_then(|value| value.to_str().ok());
    let kept = headers.get("cookie").is_some();
    let (path, query) = (uri.path(), uri.query());
    seen.note(format!("{method} {path} {team} {query:?} {agent:?} {kept} {layer}"));
    let (id, event, action) = (delivery.id(), delivery.event(), delivery.action());
    seen.note(format!("{id:?} {event:?} {action:?} {} {payload}", delivery.secret()));
    assert_eq!(delivery.body(), payload.to_string().as_bytes());
}

#[tokio::test]
async fn a_handler_has_all_that_it_has_in_a_request() {
    let seen = Seen::default();
    let layer = from_fn(|mut request: Request, next: Next| async move {
        assert!(request.extensions().get::<Delivery>().is_some());
        request.extensions_mut().insert("a layer's");
        next.run(request).await
    });
    let hooks = Webhooks::new()
        .mount::<github>()
        .secrets::<github>([Secret::new("s3cret").named("GITHUB_SECRET")])
        .verified_layer(layer)
        .test(seen.clone());
    let delivery = hooks.deliver::<github>().param("team", "a b").query("x=1").id("d1");
    let delivery = delivery.event("issues").header("user-agent", "GitHub-Hookshot/1");
    let delivery = delivery.header("cookie", "session=1").body(r#"{"action":"opened"}"#);
    assert_eq!(status(delivery).await, 202);
    assert_eq!(seen.take(), [""; 0]);

    let all = records(&hooks).await;
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].endpoint.as_str(), all[0].provider.as_str()), ("github", "github"));
    assert_eq!(
        (all[0].event.as_deref(), all[0].provider_id.as_deref()),
        (Some("issues"), Some("d1"))
    );
    assert_eq!(all[0].state, Stands::Waiting);

    assert_eq!(hooks.run_due().await, 1);
    assert_eq!(
        seen.take(),
        [
            r#"POST /hooks/a%20b a b Some("x=1") Some("GitHub-Hookshot/1") false a layer's"#,
            r#"Some("d1") Some("issues") Some("opened") GITHUB_SECRET {"action":"opened"}"#,
        ]
    );
    assert_eq!(records(&hooks).await[0].state, Stands::Done);
    assert_eq!(hooks.run_due().await, 0);
}

#[webhook(path = "/github", provider = GITHUB, inbox)]
async fn unsigned_id(State(seen): State<Seen>, delivery: &Delivery) {
    seen.note(String::from_utf8_lossy(delivery.body()));
}

#[webhook(path = "/standard", provider = STANDARD_WEBHOOKS, inbox)]
async fn signed_id(State(seen): State<Seen>, delivery: &Delivery) {
    seen.note(delivery.id().unwrap_or_default());
}

#[webhook(path = "/stripe", provider = STRIPE, inbox)]
async fn id_in_body(State(seen): State<Seen>, delivery: &Delivery) {
    seen.note(delivery.id().unwrap_or_default());
}

#[tokio::test]
async fn a_delivery_that_comes_again_is_handled_once() {
    let seen = Seen::default();
    let hooks = Webhooks::new()
        .mount::<unsigned_id>()
        .mount::<signed_id>()
        .mount::<id_in_body>()
        .test(seen.clone());
    // An id that nobody signs is no id: whoever has recorded a delivery could give it another.
    for id in ["one", "two"] {
        let again = hooks.deliver::<unsigned_id>().id(id).event("push").body("{}");
        assert_eq!(status(again).await, 202);
    }
    let other = hooks.deliver::<unsigned_id>().id("one").event("push").body("{} ");
    assert_eq!(status(other).await, 202);
    assert_eq!(hooks.run_due().await, 2);
    assert_eq!(seen.take(), ["{}", "{} "]);

    // Signed, it counts, whatever else has changed: the time of signing does with each try.
    for (id, body) in [("m1", "{}"), ("m1", "[]"), ("m2", "{}")] {
        hooks.advance(Duration::from_secs(60));
        assert_eq!(status(hooks.deliver::<signed_id>().id(id).body(body)).await, 202);
    }
    assert_eq!(hooks.run_due().await, 2);
    assert_eq!(seen.take(), ["m1", "m2"]);
    for (id, live) in [("evt_1", true), ("evt_1", false), ("evt_2", true)] {
        let event = json!({ "id": id, "type": "a", "livemode": live });
        assert_eq!(status(hooks.deliver::<id_in_body>().json(&event)).await, 202);
    }
    assert_eq!(hooks.run_due().await, 2);
    assert_eq!(seen.take(), ["evt_1", "evt_2"]);
    let counts = hooks.inbox().counts().await.expect("the inbox works");
    assert_eq!((counts.stored, counts.duplicate, counts.done), (6, 3, 6));
}

/// In what way a delivery is sent is not signed, and makes it no other delivery.
#[tokio::test]
async fn what_is_not_signed_makes_no_new_delivery() {
    let seen = Seen::default();
    let hooks = Webhooks::new()
        .mount::<id_in_body>()
        .mount::<twilio>()
        .mount::<mailgun>()
        .test(seen.clone());
    for content_type in ["application/json", "text/css", "application/x-www-form-urlencoded"] {
        let delivery = hooks.deliver::<id_in_body>().body(r#"{"id":"evt_1"}"#);
        assert_eq!(status(delivery.content_type(content_type)).await, 202);
    }
    for form in ["MessageSid=SM1&Body=x", "Body=x&MessageSid=SM1", "Body=%78&MessageSid=SM1"] {
        let delivery = hooks.deliver::<twilio>().body(form);
        let delivery = delivery.content_type("application/x-www-form-urlencoded");
        assert_eq!(status(delivery).await, 202);
    }
    for body in [json!({ "event-data": { "event": "opened" } }), json!({ "n": 1 })] {
        assert_eq!(status(hooks.deliver::<mailgun>().id("t1").json(&body)).await, 202);
    }
    assert_eq!(hooks.run_due().await, 3);
    assert_eq!(records(&hooks).await.len(), 3);
}

#[webhook(path = "/twilio", provider = TWILIO, inbox)]
async fn twilio(_: &Delivery) {}

#[webhook(path = "/mailgun", provider = MAILGUN, inbox)]
async fn mailgun(_: &Delivery) {}

/// Providers that send the same bytes for other events lose none of them.
#[tokio::test]
async fn the_same_bytes_can_be_another_delivery() {
    let hooks = Webhooks::new()
        .mount::<dropbox>()
        .mount::<shopify>()
        .mount::<cloud>()
        .mount::<id_in_body>()
        .test(Seen::default());
    for _ in 0..3 {
        let changed = hooks.deliver::<dropbox>().body(r#"{"list_folder":{"accounts":["a"]}}"#);
        assert_eq!(status(changed).await, 200);
    }
    assert_eq!(hooks.run_due().await, 3);
    for topic in ["orders/create", "orders/paid", "orders/create"] {
        let order = hooks.deliver::<shopify>().event(topic).body(r#"{"id":1}"#);
        assert_eq!(status(order).await, 202);
    }
    assert_eq!(hooks.run_due().await, 2);
    for id in ["1", "2", "1"] {
        assert_eq!(status(hooks.deliver::<cloud>().id(id).body("{}")).await, 202);
    }
    assert_eq!(hooks.run_due().await, 2);
    // What has no id is not the same as everything else that has none.
    for n in 1..=3 {
        let event = hooks.deliver::<id_in_body>().body(format!(r#"{{"id":"","n":{n}}}"#));
        assert_eq!(status(event).await, 202);
    }
    assert_eq!(hooks.run_due().await, 3);
}

#[webhook(path = "/dropbox", provider = DROPBOX, inbox)]
async fn dropbox(_: &Delivery) {}

#[webhook(path = "/shopify", provider = SHOPIFY, inbox)]
async fn shopify(_: &Delivery) {}

#[webhook(path = "/cloud", provider = CLOUDEVENTS, inbox)]
async fn cloud(_: &Delivery) {}

/// What proves who sends is not kept, wherever it stands.
#[tokio::test]
async fn credentials_are_not_stored() {
    let canary = "CANARY-of-this-test";
    let secret = || [Secret::new(canary)];
    let hooks = Webhooks::new()
        .mount::<gitlab>()
        .secrets::<gitlab>(secret())
        .mount::<grid>()
        .secrets::<grid>(secret())
        .mount::<unsigned_id>()
        .secrets::<unsigned_id>(secret())
        .test(Seen::default());
    assert_eq!(status(hooks.deliver::<gitlab>().event("Push Hook").body("{}")).await, 202);
    assert_eq!(
        status(hooks.deliver::<grid>().query("a=b").json(&json!([{ "id": "1" }]))).await,
        202
    );
    assert_eq!(status(hooks.deliver::<unsigned_id>().event("push").body("{}")).await, 202);
    for record in records(&hooks).await {
        let stored = hooks.inbox().show(record.id).await.expect("it works").expect("it is there");
        let head = &stored.head;
        let values = head.headers.values().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let all = values.map(Into::into).chain([head.uri.clone(), format!("{:?}", head.query)]);
        for text in all {
            assert!(!text.contains(canary) && !text.contains("sha256="), "{text}");
        }
        assert_eq!(head.uri.contains("a=b"), record.endpoint == "grid", "{}", head.uri);
    }
}

#[webhook(path = "/gitlab", provider = GITLAB, inbox)]
async fn gitlab(_: &Delivery) {}

#[webhook(path = "/grid", provider = EVENT_GRID, inbox)]
async fn grid(_: serde_json::Value) {}

/// A batch is stored however little may wait to be.
#[tokio::test]
async fn a_batch_larger_than_the_queue_is_stored() {
    let inbox = Inbox::builder("").queue(8, 64 * 1024).in_memory().expect("right");
    let hooks = Webhooks::new().mount::<one_by_one>().inbox(inbox).test(Seen::default());
    let event = |n| json!({ "webhookEventId": format!("{n}"), "n": 1 });
    let batch = json!({ "events": (0..500).map(event).collect::<Vec<_>>() });
    assert_eq!(status(hooks.deliver::<one_by_one>().json(&batch)).await, 202);
    assert_eq!(records(&hooks).await.len(), 500);
}

/// A transaction that outlives its function is taken back when it is let go, and keeps nobody from
/// writing after that.
#[tokio::test]
async fn a_transaction_that_is_kept_too_long_is_taken_back() {
    let file = std::env::temp_dir().join(format!("webhook-kept-{}.db", std::process::id()));
    let url = format!("sqlite://{}", file.display());
    let inbox = Inbox::builder(&url).lease(Duration::from_secs(2)).open().await.expect("a file");
    let hooks = Webhooks::new().mount::<keeps>().inbox(inbox.clone()).test(());
    assert_eq!(status(hooks.deliver::<keeps>().body("1")).await, 202);
    assert_eq!(hooks.run_due().await, 1);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(status(hooks.deliver::<keeps>().body("2")).await, 202);
    inbox.close().await.expect("it lets go");
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", file.display()));
    }
}

#[webhook(path = "/keeps", inbox)]
async fn keeps(mut tx: Tx, _: &Delivery) {
    tokio::spawn(async move {
        let begun = tx.sqlite().await.is_ok();
        tokio::time::sleep(Duration::from_secs(7)).await;
        drop(tx);
        begun
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
}

#[tokio::test]
async fn what_is_not_genuine_is_not_stored() {
    let hooks = Webhooks::new().mount::<unsigned_id>().test(Seen::default());
    let deliver = || hooks.deliver::<unsigned_id>().event("push").body("{}");
    assert_eq!(status(deliver().forged()).await, 401);
    assert_eq!(status(deliver().tampered()).await, 401);
    assert_eq!(status(deliver().unsigned()).await, 401);
    assert_eq!(records(&hooks).await.len(), 0);
}

#[derive(Deserialize)]
struct Told {
    answer: u16,
    #[serde(default)]
    wait: Option<String>,
}

#[webhook(path = "/outcome", inbox)]
async fn outcome(State(seen): State<Seen>, told: Told) -> (StatusCode, HeaderMap) {
    seen.note(told.answer.to_string());
    assert_ne!(told.answer, 999, "it panics when it is told to");
    let mut headers = HeaderMap::new();
    if let Some(wait) = told.wait {
        headers.insert(header::RETRY_AFTER, wait.parse().expect("a header"));
    }
    (StatusCode::from_u16(told.answer).expect("a status"), headers)
}

/// Runs and lets time pass until nothing moves any more.
async fn run_to_the_end<S>(hooks: &TestHooks<S>) -> u64 {
    let mut attempts = 0;
    for _ in 0..40 {
        attempts += hooks.run_due().await;
        hooks.advance(Duration::from_secs(12 * 3600));
    }
    attempts
}

#[tokio::test]
async fn the_answer_decides_what_becomes_of_a_delivery() {
    for (answer, stands, attempts) in [
        (200, Stands::Done, 1),
        (204, Stands::Done, 1),
        (400, Stands::Dead, 1),
        (404, Stands::Dead, 1),
        (410, Stands::Dead, 1),
        (303, Stands::Dead, 15),
        (408, Stands::Dead, 15),
        (425, Stands::Dead, 15),
        (429, Stands::Dead, 15),
        (500, Stands::Dead, 15),
        (503, Stands::Dead, 15),
        (999, Stands::Dead, 15),
    ] {
        let hooks = Webhooks::new().mount::<outcome>().test(Seen::default());
        assert_eq!(
            status(hooks.deliver::<outcome>().json(&json!({ "answer": answer }))).await,
            202
        );
        assert_eq!(run_to_the_end(&hooks).await, attempts, "{answer}");
        let all = hooks.inbox().list(Filter::all()).collect().await.expect("the inbox works");
        assert_eq!((all[0].state, u64::from(all[0].attempt)), (stands, attempts), "{answer}");
        let reason = all[0].reason.clone().unwrap_or_default();
        let said =
            if answer == 999 { "the function panicked".to_owned() } else { answer.to_string() };
        assert_eq!(reason.contains(&said), stands == Stands::Dead, "{answer}: {reason}");
    }
}

#[tokio::test]
async fn a_body_that_does_not_fit_is_stored_and_a_dead_letter() {
    let seen = Seen::default();
    let hooks = Webhooks::new().mount::<outcome>().test(seen.clone());
    for body in [r#"{"answer":"x"}"#, "{", ""] {
        assert_eq!(status(hooks.deliver::<outcome>().body(body)).await, 202);
    }
    assert_eq!(hooks.run_due().await, 3);
    let dead = hooks.inbox().list(Filter::all().state(Stands::Dead)).collect().await;
    let reasons: Vec<_> =
        dead.expect("the inbox works").into_iter().map(|record| record.reason).collect();
    assert_eq!(reasons[0].as_deref(), Some("422: the body does not fit the payload"));
    assert_eq!(reasons[1].as_deref(), Some("400: the body is malformed"));
    assert_eq!((reasons.len(), seen.take().len()), (3, 0));
}

#[tokio::test]
async fn a_wish_for_a_pause_is_heeded() {
    let seen = Seen::default();
    let hooks = Webhooks::new().mount::<outcome>().test(seen.clone());
    let told = json!({ "answer": 429, "wait": "1800" });
    assert_eq!(status(hooks.deliver::<outcome>().json(&told)).await, 202);
    assert_eq!(hooks.run_due().await, 1);
    hooks.advance(Duration::from_secs(1799));
    assert_eq!(hooks.run_due().await, 0);
    hooks.advance(Duration::from_secs(1801));
    assert_eq!(hooks.run_due().await, 1);
}

#[tokio::test]
async fn dead_letters_can_be_run_again() {
    let seen = Seen::default();
    let hooks = Webhooks::new().mount::<outcome>().test(seen.clone());
    assert_eq!(status(hooks.deliver::<outcome>().json(&json!({ "answer": 404 }))).await, 202);
    assert_eq!(hooks.run_due().await, 1);
    let dead = Filter::all().endpoint("outcome").state(Stands::Dead);
    assert_eq!(hooks.inbox().retry(&dead).await, Ok(1));
    assert_eq!(hooks.run_due().await, 1);
    assert_eq!(seen.take(), ["404", "404"]);
}

#[derive(Deserialize)]
struct LineEvent {
    n: u8,
}

#[webhook(path = "/line", provider = LINE, inbox)]
async fn one_by_one(State(seen): State<Seen>, delivery: Delivery, event: LineEvent) -> StatusCode {
    let (index, id) = (delivery.encoded().index(), delivery.id());
    seen.note(format!("{index:?} {id:?} {:?} {}", delivery.event(), event.n));
    if event.n == 2 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
}

#[webhook(path = "/batch", provider = LINE, inbox)]
async fn at_once(State(seen): State<Seen>, batch: Batch<'_, LineEvent>) {
    seen.note(batch.len().to_string());
}

#[webhook(path = "/meta", provider = META, inbox)]
async fn meta(State(seen): State<Seen>, delivery: Delivery, entry: serde_json::Value) {
    seen.note(format!("{:?} {:?} {entry}", delivery.encoded().index(), delivery.event()));
}

#[tokio::test]
async fn events_of_a_batch_are_stored_one_by_one() {
    let seen = Seen::default();
    let hooks =
        Webhooks::new().mount::<one_by_one>().mount::<at_once>().mount::<meta>().test(seen.clone());
    let event = |id: &str, n: u8| json!({ "webhookEventId": id, "type": "message", "n": n });
    let batch = json!({ "events": [event("a", 1), event("b", 2), event("c", 3)] });
    assert_eq!(status(hooks.deliver::<one_by_one>().json(&batch)).await, 202);
    // Another batch, with an event that is known: that one alone is not stored again.
    let batch = json!({ "events": [event("b", 2), event("d", 4)] });
    assert_eq!(status(hooks.deliver::<one_by_one>().json(&batch)).await, 202);
    assert_eq!(status(hooks.deliver::<one_by_one>().json(&json!({ "events": [] }))).await, 202);
    assert_eq!(hooks.run_due().await, 4);
    let mut lines = seen.take();
    lines.sort();
    assert_eq!(
        lines,
        [
            r#"Some(0) Some("a") Some("message") 1"#,
            r#"Some(1) Some("b") Some("message") 2"#,
            r#"Some(1) Some("d") Some("message") 4"#,
            r#"Some(2) Some("c") Some("message") 3"#,
        ]
    );
    // The one that failed is tried again, and takes no other with it.
    hooks.advance(Duration::from_secs(3600));
    assert_eq!(hooks.run_due().await, 1);
    assert_eq!(seen.take(), [r#"Some(1) Some("b") Some("message") 2"#]);

    // What cannot be taken apart is kept as it came.
    for odd in ["{", r#"{"event":1}"#] {
        assert_eq!(status(hooks.deliver::<one_by_one>().body(odd)).await, 202);
    }
    assert_eq!(hooks.run_due().await, 2);
    let dead = hooks.inbox().list(Filter::all().state(Stands::Dead)).collect().await;
    assert_eq!(dead.expect("the inbox works").len(), 2);

    assert_eq!(status(hooks.deliver::<at_once>().json(&batch)).await, 202);
    assert_eq!(hooks.run_due().await, 1);
    assert_eq!(seen.take(), ["2"]);

    let batch = json!({ "object": "page", "entry": [{ "id": "1" }, { "id": "2" }] });
    assert_eq!(status(hooks.deliver::<meta>().json(&batch)).await, 202);
    assert_eq!(hooks.run_due().await, 2);
    let mut lines = seen.take();
    lines.sort();
    let entries = [r#"Some(0) Some("page") {"id":"1"}"#, r#"Some(1) Some("page") {"id":"2"}"#];
    assert_eq!(lines, entries);
}

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("issues.opened")]
    Opened(Number),
    #[event(other)]
    Other(Unknown<'a>),
}

#[derive(Deserialize)]
struct Number {
    number: u64,
}

#[webhook(path = "/typed", provider = GITHUB, inbox)]
async fn typed(State(seen): State<Seen>, event: Event<'_>) {
    match event {
        Event::Opened(opened) => seen.note(format!("opened {}", opened.number)),
        Event::Other(other) => seen.note(format!("other {}", other.name())),
    }
}

#[webhook(path = "/slack", provider = SLACK, inbox)]
async fn form(State(seen): State<Seen>, command: HashMap<String, String>) {
    seen.note(format!("{} {}", command["command"], command["text"]));
}

#[tokio::test]
async fn payloads_are_those_of_the_request() {
    let seen = Seen::default();
    let hooks = Webhooks::new().mount::<typed>().mount::<form>().test(seen.clone());
    let opened = json!({ "action": "opened", "number": 7 });
    assert_eq!(status(hooks.deliver::<typed>().event("issues").json(&opened)).await, 202);
    assert_eq!(status(hooks.deliver::<typed>().event("star").json(&json!({}))).await, 202);
    let command = [("command", "/deploy"), ("text", "api & web")];
    // Slack insists on 200.
    assert_eq!(status(hooks.deliver::<form>().form(&command)).await, 200);
    assert_eq!(hooks.run_due().await, 3);
    let mut lines = seen.take();
    lines.sort();
    assert_eq!(lines, ["/deploy api & web", "opened 7", "other star"]);
    // The challenge is answered, and not stored.
    let challenge = json!({ "type": "url_verification", "challenge": "abc" });
    let answer = hooks.deliver::<form>().json(&challenge).await;
    assert_eq!((answer.status().as_u16(), answer.text().as_str()), (200, "abc"));
    assert_eq!(records(&hooks).await.len(), 3);
}

#[webhook(path = "/xero", provider = XERO, inbox)]
async fn xero(_: Batch<'_, serde::de::IgnoredAny>) {}

#[tokio::test]
async fn the_acknowledgement_is_the_one_that_the_provider_wants() {
    let hooks = Webhooks::new().mount::<xero>().test(());
    let answer = hooks.deliver::<xero>().json(&json!({ "events": [] })).replayed().await;
    assert_eq!((answer.status().as_u16(), answer.body().len()), (200, 0));
}

const SHOP: Provider = Provider::new("shop", Scheme::hmac_sha256().header("x-shop").hex())
    .event(Source::header("x-topic"));

#[webhook(path = "/shops/{shop}", provider = SHOP, inbox)]
async fn shop(State(seen): State<Seen>, delivery: &Delivery) {
    seen.note(delivery.scope().param("shop").unwrap_or_default());
}

struct Shops;

impl SecretSource for Shops {
    async fn secrets(&self, scope: &Scope) -> Result<Vec<Secret>, SourceError> {
        Ok(vec![Secret::new(format!("of {}", scope.param("shop").unwrap_or_default()))])
    }
}

#[tokio::test]
async fn tenants_do_not_share_keys() {
    let seen = Seen::default();
    let hooks = Webhooks::new().mount::<shop>().secret_source::<shop>(Shops).test(seen.clone());
    for name in ["a", "b", "a"] {
        assert_eq!(status(hooks.deliver::<shop>().param("shop", name).body("{}")).await, 202);
    }
    assert_eq!(hooks.run_due().await, 2);
    let mut shops = seen.take();
    shops.sort();
    assert_eq!(shops, ["a", "b"]);
}

#[webhook(path = "/ordered", inbox(order_by = "/account/id"))]
async fn ordered(State(seen): State<Seen>, payload: serde_json::Value) -> StatusCode {
    seen.note(format!("{} {}", payload["account"]["id"], payload["n"]));
    StatusCode::from_u16(u16::try_from(payload["answer"].as_u64().unwrap_or(200)).expect("small"))
        .expect("a status")
}

#[webhook(path = "/by-header", inbox(order_by = Source::header("x-account")))]
async fn by_header(State(seen): State<Seen>, payload: serde_json::Value) {
    seen.note(payload["n"].to_string());
}

#[tokio::test]
async fn what_has_an_order_is_handled_in_it() {
    let seen = Seen::default();
    let hooks = Webhooks::new().mount::<ordered>().mount::<by_header>().test(seen.clone());
    for (account, n, answer) in [(1, 1, 503), (1, 2, 200), (2, 1, 404), (2, 2, 200), (1, 3, 200)] {
        let body = json!({ "account": { "id": account }, "n": n, "answer": answer });
        assert_eq!(status(hooks.deliver::<ordered>().json(&body)).await, 202);
    }
    hooks.run_due().await;
    let mut lines = seen.take();
    lines.sort();
    // The first of account 1 has to be tried again, and the others wait for it; the first of
    // account 2 is given up, and the next goes on.
    assert_eq!(lines, ["1 1", "2 1", "2 2"]);
    run_to_the_end(&hooks).await;
    let lines = seen.take();
    assert_eq!(lines[lines.len() - 2..], ["1 2", "1 3"]);

    for n in 1..=5 {
        let delivery = hooks.deliver::<by_header>().header("x-account", "a");
        assert_eq!(status(delivery.json(&json!({ "n": n }))).await, 202);
    }
    assert_eq!(hooks.run_due().await, 5);
    assert_eq!(seen.take(), ["1", "2", "3", "4", "5"]);
}

#[webhook(path = "/tx", inbox)]
async fn writes(mut tx: Tx, told: Told) -> Result<StatusCode, StatusCode> {
    let connection = tx.sqlite().await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    sqlx::query("INSERT INTO effects (answer) VALUES (?)")
        .bind(told.answer)
        .execute(connection)
        .await
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(StatusCode::from_u16(told.answer).expect("a status"))
}

#[tokio::test]
async fn what_is_written_through_tx_is_there_once_or_not_at_all() {
    let file = std::env::temp_dir().join(format!("webhook-durable-{}.db", std::process::id()));
    let url = format!("sqlite://{}", file.display());
    let inbox = Inbox::open(&url).await.expect("a file");
    let pool = sqlx::SqlitePool::connect(&url).await.expect("the same file");
    sqlx::query("CREATE TABLE effects (answer INTEGER)").execute(&pool).await.expect("a table");
    let hooks = Webhooks::new().mount::<writes>().inbox(inbox.clone()).test(());
    for answer in [200, 503, 404, 200, 201] {
        assert_eq!(status(hooks.deliver::<writes>().json(&json!({ "answer": answer }))).await, 202);
    }
    assert_eq!(hooks.run_due().await, 4, "one is a duplicate");
    let effects: Vec<i64> = sqlx::query_scalar("SELECT answer FROM effects ORDER BY answer")
        .fetch_all(&pool)
        .await
        .expect("rows");
    assert_eq!(effects, [200, 201]);
    inbox.close().await.expect("it lets go");
    pool.close().await;
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", file.display()));
    }
}

#[tokio::test]
async fn a_store_that_is_closed_is_answered_by_503() {
    let hooks = Webhooks::new().mount::<unsigned_id>().test(Seen::default());
    hooks.inbox().close().await.expect("it lets go");
    let answer = hooks.deliver::<unsigned_id>().event("push").body("{}").await;
    assert_eq!(answer.status().as_u16(), 503);
    assert!(answer.headers().contains_key("retry-after"));
}

/// Without the kit: workers that run by themselves, and end when they are told to.
#[tokio::test]
async fn stored_deliveries_are_handled_in_the_background() {
    let seen = Seen::default();
    let inbox = Inbox::builder("").in_memory().expect("right");
    let router = Webhooks::new()
        .mount::<noted>()
        .secrets::<noted>([Secret::new(common::SECRET)])
        .inbox(inbox.clone())
        .with_state(seen.clone())
        .into_router()
        .expect("right")
        .with_state(seen.clone());
    for n in 0..10 {
        assert_eq!(common::status(&router, common::delivery(n.to_string())).await, 202);
    }
    let all = async {
        while seen.0.lock().expect("nobody panics holding it").len() < 10 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), all).await.expect("they run");
    let _ = inbox.shutdown(Duration::from_secs(5)).await;
    assert_eq!(common::status(&router, common::delivery("late")).await, 202);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(seen.take().len(), 10);
}

#[webhook(path = "/webhook", inbox)]
async fn noted(State(seen): State<Seen>, delivery: &Delivery) {
    seen.note(String::from_utf8_lossy(delivery.body()));
}

mod namesake {
    use super::*;

    #[webhook(path = "/namesake", inbox)]
    pub(super) async fn noted(_: &Delivery) {}
}

#[tokio::test]
async fn what_an_inbox_needs_is_asked_for_at_start() {
    let secret = || [Secret::new(common::SECRET)];
    let error = Webhooks::<Seen>::new()
        .mount::<noted>()
        .secrets::<noted>(secret())
        .mount::<namesake::noted>()
        .secrets::<namesake::noted>(secret())
        .into_router()
        .expect_err("there is no inbox");
    assert_eq!(
        error.problems(),
        [
            StartProblem::NoInbox { endpoint: "noted" },
            StartProblem::NoInbox { endpoint: "noted" },
            StartProblem::NoState { endpoint: "noted" },
            StartProblem::NoState { endpoint: "noted" },
            StartProblem::SameName { endpoint: "noted" },
        ]
    );
    let inbox = Inbox::builder("").in_memory().expect("right");
    let hooks = Webhooks::new().mount::<noted>().secrets::<noted>(secret()).inbox(inbox);
    let hooks = hooks.with_state(Seen::default());
    let elsewhere = std::thread::spawn(move || hooks.into_router().expect_err("no runtime"));
    let error = elsewhere.join().expect("no panic");
    assert_eq!(error.problems(), [StartProblem::NoRuntime]);
}
