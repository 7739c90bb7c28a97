//! Batches: many events in one request, the calls of the handler, and the response.

mod common;

use std::sync::{Arc, Mutex};

use axum::{Extension, Router};
use common::{Answer, PATH, SECRET, ask, post, set, sign};
use http::{StatusCode, header};
use serde::Deserialize;
use webhook_runtime::{
    Batch, BatchLayout, Delivery, Field, Provider, Rejection, Secret, Webhook, Webhooks,
    providers::{ADYEN, EVENT_GRID, GOCARDLESS, LINE, META, OKTA, XERO},
    scheme::{RequestToSign, Scheme},
    webhook,
};

/// The handlers' arguments, in order.
type Seen = Arc<Mutex<Vec<String>>>;

fn seen(all: &Seen) -> Vec<String> {
    all.lock().expect("nobody panics holding it").clone()
}

fn router<H: Webhook<()>>(all: &Seen) -> Router {
    common::router::<H>().layer(Extension(Arc::clone(all)))
}

/// Sends a genuine request of the provider.
async fn deliver(router: &Router, provider: &Provider, json: &str) -> Answer {
    let mut request = post(PATH, sign(provider, SECRET, json.as_bytes()), json.to_owned());
    set(&mut request, "content-type", "application/json");
    ask(router, request).await
}

const BATCH: Provider =
    Provider::new("batch", Scheme::hmac_sha256().header("x-batch-signature").hex())
        .with_event(Field::pointer("/of"))
        .with_batch(
            BatchLayout::at("/a~1b/items").with_id("/key").with_event("/kind").with_action("/what"),
        );

#[derive(Deserialize)]
struct Event {
    answer: u16,
}

#[webhook(path = "/webhook", provider = BATCH)]
async fn one(
    Extension(seen): Extension<Seen>,
    delivery: Delivery,
    event: Event,
) -> (StatusCode, [(header::HeaderName, &'static str); 1], String) {
    let (id, name, action) = (delivery.id(), delivery.event(), delivery.action());
    let encoded = delivery.raw_event();
    let text = std::str::from_utf8(encoded.bytes()).expect("JSON");
    let line = format!("{:?} {id:?} {name:?} {action:?} {text}", encoded.index());
    seen.lock().expect("nobody panics holding it").push(line);
    assert_ne!(event.answer, 999, "it panics when it is told to");
    assert!(delivery.id_is_signed());
    assert_eq!(delivery.raw_event().decode::<Event>().expect("as it was").answer, event.answer);
    let status = StatusCode::from_u16(event.answer).expect("a status");
    (status, [(header::RETRY_AFTER, "7")], "its own answer".to_owned())
}

#[tokio::test]
async fn the_handler_runs_for_each_event_in_order() {
    let all = Seen::default();
    let router = router::<one>(&all);
    let json = r#"{"of":"all","a/b":{"n":1,"items":[ {"answer":200,"key":"a\n1","kind":"x"},
        {"kind":7,"answer":204,"what":"y"} , {"answer":202} ]}}"#;
    let answer = deliver(&router, &BATCH, json).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, ""));
    assert_eq!(
        seen(&all),
        [
            r#"Some(0) Some("a\n1") Some("x") None {"answer":200,"key":"a\n1","kind":"x"}"#,
            r#"Some(1) None Some("7") Some("y") {"kind":7,"answer":204,"what":"y"}"#,
            r#"Some(2) None None None {"answer":202}"#,
        ]
    );
}

#[tokio::test]
async fn one_event_gets_the_handlers_response() {
    let all = Seen::default();
    let router = router::<one>(&all);
    let answer = deliver(&router, &BATCH, r#"{"a/b":{"items":[{"answer":201}]}}"#).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (201, "its own answer"));
    let answer = deliver(&router, &BATCH, r#"{"a/b":{"items":[{"answer":410}]}}"#).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (410, "its own answer"));
    let answer = deliver(&router, &BATCH, r#"{"a/b":{"items":[{"answer":"x"}]}}"#).await;
    assert_eq!((answer.status.as_u16(), &answer.problem()["path"]), (422, &"answer".into()));
    assert_eq!(seen(&all).len(), 2);
    for nothing in [r#"{"a/b":{"items":[]}}"#, r#"{"a/b":{"items":null}}"#] {
        let answer = deliver(&router, &BATCH, nothing).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (200, ""));
    }
    assert_eq!(seen(&all).len(), 2);
}

#[tokio::test]
async fn a_failed_event_does_not_stop_the_others() {
    let all = Seen::default();
    let router = router::<one>(&all);
    let items = |items: &str| format!(r#"{{"a/b":{{"items":[{items}]}}}}"#);
    // The responses of the events, and the response of the request. A failure that a retry may cure
    // has priority.
    for (events, status, failed) in [
        (r#"{"answer":200},{"answer":404},{"answer":200}"#, 404, vec![(1, 404)]),
        (
            r#"{"answer":404},{"answer":503},{"answer":500}"#,
            503,
            vec![(0, 404), (1, 503), (2, 500)],
        ),
        (r#"{"answer":404},{"answer":429},{"answer":200}"#, 429, vec![(0, 404), (1, 429)]),
        (r#"{"answer":200},{"answer":"x"},{"answer":200}"#, 422, vec![(1, 422)]),
        (r#"{"answer":999},{"answer":200},{"answer":200}"#, 500, vec![(0, 500)]),
        (r#"{"answer":409},{"answer":410},{"answer":200}"#, 409, vec![(0, 409), (1, 410)]),
        // 410 for one event does not mean that the endpoint is gone, and a redirect is no success.
        (r#"{"answer":410},{"answer":200}"#, 422, vec![(0, 410)]),
        (r#"{"answer":303},{"answer":200}"#, 500, vec![(0, 303)]),
    ] {
        all.lock().expect("nobody panics holding it").clear();
        let answer = deliver(&router, &BATCH, &items(events)).await;
        assert_eq!(answer.status.as_u16(), status, "{events}");
        let named = answer.problem()["items"].clone();
        let named = named.as_array().expect("a list").iter();
        let named: Vec<_> =
            named.map(|item| (item["index"].as_u64(), item["status"].as_u64())).collect();
        let failed: Vec<_> = failed.iter().map(|(i, s)| (Some(*i), Some(*s))).collect();
        assert_eq!(named, failed, "{events}");
        // The first `Retry-After` is passed on.
        let wished = answer.headers.get(header::RETRY_AFTER).map(|value| value.to_str());
        let is_wish = matches!(status, 429 | 503);
        assert_eq!(wished.is_some_and(|wished| wished.ok() == Some("7")), is_wish, "{events}");
        // All events that can be decoded were handled.
        let not_handled = usize::from(events.contains("\"x\""));
        assert_eq!(seen(&all).len(), events.matches("answer").count() - not_handled, "{events}");
    }
}

#[tokio::test]
async fn bodies_without_a_batch_are_rejected() {
    let all = Seen::default();
    let router = router::<one>(&all);
    for (json, status, path) in [
        (r#"{"a/b":{}}"#, 422, Some("a/b.items")),
        ("[]", 422, Some("a/b.items")),
        (r#"{"a/b":{"items":[{"answer":200}]}"#, 400, None),
        (r#"{"a/b":{"items":[{"answer":200}]}} x"#, 400, None),
        ("", 400, None),
    ] {
        let answer = deliver(&router, &BATCH, json).await;
        assert_eq!(answer.status.as_u16(), status, "{json}");
        assert_eq!(answer.problem()["path"].as_str(), path, "{json}");
    }
    assert_eq!(seen(&all).len(), 0);
    // A single event without the array is accepted too.
    let answer = deliver(&router, &BATCH, r#"{"a/b":{"items":{"answer":203}}}"#).await;
    assert_eq!(answer.status.as_u16(), 203);
}

#[webhook(path = "/webhook", provider = BATCH)]
async fn whole(Extension(seen): Extension<Seen>, batch: Batch<'_, Event>) -> Result<(), Rejection> {
    assert_eq!(batch.len(), batch.iter().count());
    for item in &batch {
        let (index, id) = (item.raw_event.index(), item.raw_event.id());
        let answer = item.decoded.as_ref().map(|event| event.answer);
        let line = format!("{index:?} {id:?} {answer:?}");
        seen.lock().expect("nobody panics holding it").push(line);
    }
    batch.all().map(drop)
}

#[tokio::test]
async fn a_handler_can_take_the_whole_batch() {
    let all = Seen::default();
    let router = router::<whole>(&all);
    let json = r#"{"a/b":{"items":[{"answer":1,"key":"k"},{"answer":-1},{"answer":3}]}}"#;
    let answer = deliver(&router, &BATCH, json).await;
    assert_eq!(answer.status.as_u16(), 422);
    assert_eq!(answer.problem()["path"], "[1].answer");
    let unfit = "Err(the body does not fit the payload)";
    let second = format!("Some(1) None {unfit}");
    assert_eq!(seen(&all), [r#"Some(0) Some("k") Ok(1)"#, &second, "Some(2) None Ok(3)"]);
    assert_eq!(deliver(&router, &BATCH, r#"{"a/b":{"items":[]}}"#).await.status.as_u16(), 200);
}

#[webhook(path = "/webhook", provider = BATCH)]
async fn raw(Extension(seen): Extension<Seen>, delivery: &Delivery) {
    let line = format!("{:?} {:?} {}", delivery.id(), delivery.event(), delivery.body().len());
    seen.lock().expect("nobody panics holding it").push(line);
}

#[tokio::test]
async fn a_handler_can_take_the_raw_delivery() {
    let all = Seen::default();
    let json = r#"{"of":"all","a/b":{"items":[{"key":"a"},{"key":"b"}]}}"#;
    assert_eq!(deliver(&router::<raw>(&all), &BATCH, json).await.status.as_u16(), 200);
    assert_eq!(seen(&all), [format!(r#"None Some("all") {}"#, json.len())]);
}

macro_rules! told {
    ($($name:ident: $provider:ident),* $(,)?) => { $(
        #[webhook(path = "/webhook", provider = $provider)]
        async fn $name(
            Extension(seen): Extension<Seen>,
            delivery: Delivery,
            _: serde::de::IgnoredAny,
        ) {
            let line = [delivery.id(), delivery.event(), delivery.action()]
                .map(Option::unwrap_or_default)
                .join(" ");
            seen.lock().expect("nobody panics holding it").push(line);
        }
    )* };
}

told! {
    line: LINE,
    meta: META,
    xero: XERO,
    okta: OKTA,
    event_grid: EVENT_GRID,
    gocardless: GOCARDLESS,
    adyen: ADYEN,
}

/// The names and ids that `H` sees in a request of this provider.
async fn told<H: Webhook<()>>(
    provider: &Provider,
    secret: &str,
    uri: &str,
    json: &str,
) -> (Vec<String>, Answer) {
    let all = Seen::default();
    let secret = Secret::new(secret);
    let router = Webhooks::new()
        .mount::<H>()
        .secrets::<H>([secret.clone()])
        .verify_token::<H>(Secret::new("only META asks for it"))
        .into_router()
        .expect("nothing is wrong with it")
        .layer(Extension(Arc::clone(&all)));
    let signed = provider.sign(&secret, &RequestToSign::new(json.as_bytes())).expect("signed");
    let mut request = post(uri, signed.headers, signed.body.into_owned());
    set(&mut request, "content-type", "application/json");
    let answer = ask(&router, request).await;
    (seen(&all), answer)
}

#[tokio::test]
async fn each_event_has_its_own_name_and_id() {
    let line = r#"{"destination":"U1","events":[{"type":"message","webhookEventId":"01A"},
        {"type":"follow","webhookEventId":"01B"}]}"#;
    let (events, _) = told::<self::line>(&LINE, SECRET, PATH, line).await;
    assert_eq!(events, ["01A message ", "01B follow "]);

    let meta = r#"{"object":"page","entry":[{"id":"1","changes":[]},{"id":"1"}]}"#;
    let (events, _) = told::<self::meta>(&META, SECRET, PATH, meta).await;
    assert_eq!(events, [" page ", " page "]);

    let xero = r#"{"events":[{"eventCategory":"INVOICE","eventType":"CREATE"}]}"#;
    let (events, answer) = told::<self::xero>(&XERO, SECRET, PATH, xero).await;
    assert_eq!((events, answer.text()), (vec![" INVOICE CREATE".to_owned()], ""));

    let okta = r#"{"eventId":"b","data":{"events":[{"uuid":"u1","eventType":"user.session.start"},
        {"uuid":"u2","eventType":"user.session.end"}]}}"#;
    let (events, _) = told::<self::okta>(&OKTA, SECRET, PATH, okta).await;
    assert_eq!(events, ["u1 user.session.start ", "u2 user.session.end "]);

    let grid = r#"[{"id":"1","eventType":"Blob.Created"},{"id":"2","eventType":"Blob.Deleted"}]"#;
    let (events, _) = told::<event_grid>(&EVENT_GRID, "c0de", "/webhook?code=c0de", grid).await;
    assert_eq!(events, ["1 Blob.Created ", "2 Blob.Deleted "]);
    // With the CloudEvents schema, there is one event without an array.
    let (events, _) =
        told::<event_grid>(&EVENT_GRID, "c0de", "/webhook?code=c0de", r#"{"id":"3"}"#).await;
    assert_eq!(events, ["3  "]);

    let gocardless = r#"{"events":[{"id":"EV1","resource_type":"payments","action":"paid_out"}]}"#;
    let (events, _) = told::<self::gocardless>(&GOCARDLESS, SECRET, PATH, gocardless).await;
    assert_eq!(events, ["EV1 payments paid_out"]);

    let item = |reference: &str, code: &str| {
        format!(
            r#"{{"NotificationRequestItem":{{"pspReference":"{reference}","eventCode":"{code}",
            "amount":{{"value":1,"currency":"EUR"}},"success":"true"}}}}"#
        )
    };
    let items = [item("P1", "AUTHORISATION"), item("P2", "REFUND")].join(",");
    let adyen = format!(r#"{{"live":"false","notificationItems":[{items}]}}"#);
    let (events, answer) = told::<self::adyen>(&ADYEN, "00ff", PATH, &adyen).await;
    assert_eq!(events, ["P1:AUTHORISATION:true AUTHORISATION ", "P2:REFUND:true REFUND "]);
    assert_eq!(answer.text(), "[accepted]");
}

/// The work for an event does not grow with the size of the others.
#[tokio::test]
async fn large_batches_are_fast() {
    let all = Seen::default();
    let items = vec![r#"{"answer":200,"key":"k"}"#; 20_000].join(",");
    let json = format!(r#"{{"a/b":{{"items":[{items}]}}}}"#);
    let answer = deliver(&router::<one>(&all), &BATCH, &json).await;
    assert_eq!((answer.status.as_u16(), seen(&all).len()), (200, 20_000));
}

/// A small request never gets a huge response, however much of it fails.
#[tokio::test]
async fn many_failures_are_counted_and_few_are_listed() {
    let all = Seen::default();
    let json = format!(r#"{{"a/b":{{"items":[{}]}}}}"#, vec!["0"; 100_000].join(","));
    let answer = deliver(&router::<one>(&all), &BATCH, &json).await;
    assert_eq!(answer.status.as_u16(), 422);
    assert!(answer.body.len() < 5_000, "{}", answer.body.len());
    let problem = answer.problem();
    assert_eq!((&problem["failed"], &problem["items"][99]["index"]), (&100_000.into(), &99.into()));
    assert_eq!(problem["items"][100], serde_json::Value::Null);
}

/// Fields that all events share are read once, not once for each event.
#[tokio::test]
async fn many_events_of_one_name_are_fast() {
    let json = format!(r#"{{"entry":[{}],"object":"page"}}"#, vec!["0"; 20_000].join(","));
    let (events, answer) = told::<self::meta>(&META, SECRET, PATH, &json).await;
    assert_eq!((answer.status.as_u16(), events.len()), (200, 20_000));
    assert_eq!(events[19_999], " page ");
}
