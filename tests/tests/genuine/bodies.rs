//! Bodies with a byte order mark, with a `Content-Encoding` that is none, and beyond the limit of a
//! layer.

use std::{borrow::Cow, sync::Mutex, time::Duration};

use axum::{Router, body::Body, extract::Request, middleware::map_request};
use http::HeaderMap;
use http_body_util::Limited;
use serde::{Deserialize, de::IgnoredAny};
use webhook_runtime::{
    Delivery, Provider,
    inbox::Inbox,
    providers::{HMAC_SHA256_HEX, LINE, LINEAR, MICROSOFT_GRAPH, SLACK, STANDARD_WEBHOOKS, STRIPE},
    scheme::RequestToSign,
    webhook,
};

use crate::{
    common::{self, End, PATH, SECRET, Script, ask, post, set, sign, status},
    router, router_with, signed, told, with,
};

const BOM: &str = "\u{feff}";
const FORM: &str = "application/x-www-form-urlencoded";

#[derive(Deserialize)]
struct Order<'a> {
    id: u64,
    #[serde(borrow)]
    note: Cow<'a, str>,
}

#[webhook(path = "/webhook")]
async fn order(order: Order<'_>) -> String {
    format!("{} {}", order.id, order.note)
}

#[webhook(path = "/webhook", provider = STRIPE)]
async fn stripe(delivery: &Delivery) -> String {
    told(delivery)
}

#[webhook(path = "/webhook", provider = STANDARD_WEBHOOKS)]
async fn standard(delivery: &Delivery) -> String {
    told(delivery)
}

#[webhook(path = "/webhook", provider = LINEAR)]
async fn linear(delivery: &Delivery) -> String {
    assert!(delivery.signed_at().is_some());
    told(delivery)
}

#[webhook(path = "/webhook", provider = LINE)]
async fn line(delivery: Delivery, event: Event<'_>) -> String {
    format!("{} {}", told(&delivery), event.text)
}

#[derive(Deserialize)]
struct Event<'a> {
    text: Cow<'a, str>,
}

#[webhook(path = "/webhook", provider = SLACK)]
async fn slack(event: Event<'_>) -> String {
    event.text.into_owned()
}

fn request(provider: &Provider, secret: &str, body: &str) -> Request {
    let request = post(PATH, sign(provider, secret, body.as_bytes()), body.to_owned());
    with(request, &[("content-type", "application/json; charset=utf-8")])
}

/// <https://github.com/n8n-io/n8n/issues/13577>
#[tokio::test]
async fn a_byte_order_mark_is_signed_and_skipped() {
    let json = format!(r#"{BOM}{{"id":7,"note":"with care"}}"#);
    let answer = ask(&router::<order>(), request(&HMAC_SHA256_HEX, SECRET, &json)).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "7 with care"));

    let json = format!(r#"{BOM}{{"id":"evt_1","type":"charge.paid"}}"#);
    let answer = ask(&router::<stripe>(), request(&STRIPE, SECRET, &json)).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "evt_1 charge.paid"));

    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let answer =
        ask(&router_with::<standard>(secret), request(&STANDARD_WEBHOOKS, secret, &json)).await;
    assert_eq!(answer.text(), "msg_1 charge.paid");

    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = now.expect("after 1970").as_millis();
    let json = format!(r#"{BOM}{{"webhookTimestamp":{now}}}"#);
    let answer = ask(&router::<linear>(), request(&LINEAR, SECRET, &json)).await;
    assert_eq!(answer.status.as_u16(), 200);

    let json =
        format!(r#"{BOM}{{"events":[{{"type":"message","webhookEventId":"01A","text":"hé"}}]}}"#);
    let answer = ask(&router::<line>(), request(&LINE, SECRET, &json)).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "01A message hé"));
}

#[tokio::test]
async fn a_byte_order_mark_hides_no_handshake_and_no_form() {
    let router = router::<slack>();
    let json = format!(r#"{BOM}{{"type":"url_verification","challenge":"c-1"}}"#);
    let answer = ask(&router, request(&SLACK, SECRET, &json)).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "c-1"));

    let payload = format!(r#"{BOM}{{"text":"hello"}}"#);
    let form =
        form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload).finish();
    let form = with(request(&SLACK, SECRET, &form), &[("content-type", FORM)]);
    assert_eq!(ask(&router, form).await.text(), "hello");
}

#[tokio::test]
async fn a_byte_order_mark_is_part_of_what_is_signed() {
    let router = router::<order>();
    let json = r#"{"id":7,"note":"x"}"#;
    let marked = format!("{BOM}{json}");
    for (signed, sent) in [(json, marked.as_str()), (marked.as_str(), json)] {
        let forged = post(PATH, sign(&HMAC_SHA256_HEX, SECRET, signed.as_bytes()), sent.to_owned());
        assert_eq!(status(&router, forged).await, 401);
    }
    for broken in [format!("{BOM}{marked}"), format!(" {marked}"), BOM.to_owned()] {
        assert_eq!(status(&router, request(&HMAC_SHA256_HEX, SECRET, &broken)).await, 400);
    }
    // The content type is not signed: marked JSON must not be read as a form either.
    let form = with(request(&HMAC_SHA256_HEX, SECRET, &marked), &[("content-type", FORM)]);
    assert_eq!(ask(&router, form).await.text(), "7 x");
}

static STORED: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[webhook(path = "/webhook", provider = MICROSOFT_GRAPH, inbox)]
async fn graph(delivery: Delivery, _: IgnoredAny) {
    let text = String::from_utf8_lossy(delivery.raw_event().bytes()).into_owned();
    STORED.lock().expect("no panic").push(text);
}

/// The mark moves every place in the body, also that of the secret which an inbox must not store.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_byte_order_mark_uncovers_no_credential() {
    let inbox = Inbox::builder("").open_in_memory().expect("it opens");
    let router = common::webhooks::<graph>().inbox(inbox).into_router().expect("it starts");
    let json = format!(
        r#"{BOM}{{"value":[{{"id":"1","clientState":"{SECRET}"}},{{"clientState":"{SECRET}","id":"2"}}]}}"#
    );
    let answer = ask(&router, with(post(PATH, HeaderMap::new(), json), &[])).await;
    assert_eq!(answer.status.as_u16(), 202);
    let handled = async {
        loop {
            let mut all = STORED.lock().expect("no panic").clone();
            if all.len() == 2 {
                all.sort();
                return all;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let all = tokio::time::timeout(Duration::from_secs(10), handled).await;
    let stars = "*".repeat(SECRET.len());
    assert_eq!(
        all.expect("both are handled"),
        [
            format!(r#"{{"clientState":"{stars}","id":"2"}}"#),
            format!(r#"{{"id":"1","clientState":"{stars}"}}"#),
        ]
    );
}

/// <https://github.com/expressjs/body-parser/issues/100>
#[tokio::test]
async fn a_character_set_is_no_content_encoding() {
    let router = router::<order>();
    let json = r#"{"id":7,"note":"x"}"#;
    let sent = |encoding: &str| {
        with(request(&HMAC_SHA256_HEX, SECRET, json), &[("content-encoding", encoding)])
    };
    for none in ["", "identity", "Identity", "utf-8", "UTF-8", "utf8", "identity, UTF-8", " "] {
        assert_eq!(status(&router, sent(none)).await, 200, "{none:?}");
    }
    let codings =
        ["gzip", "x-gzip", "br", "deflate", "zstd", "identity, gzip", "utf-8,br", "utf-9"];
    for coding in codings {
        assert_eq!(status(&router, sent(coding)).await, 415, "{coding:?}");
    }
    let mut twice = sent("identity");
    twice.headers_mut().append("content-encoding", "gzip".parse().expect("a value"));
    assert_eq!(status(&router, twice).await, 415);
    let forged = post(PATH, signed(&HMAC_SHA256_HEX, &RequestToSign::new(b"{}")), json);
    assert_eq!(status(&router, with(forged, &[("content-encoding", "utf-8")])).await, 401);
}

/// A layer that limits bodies, as `RequestBodyLimitLayer` of `tower-http` does.
fn limited(router: Router, most: usize) -> Router {
    router.layer(map_request(move |request: Request| async move {
        request.map(|body| Body::new(Limited::new(body, most)))
    }))
}

/// <https://github.com/tower-rs/tower-http/issues/610>
#[tokio::test]
async fn a_body_beyond_the_limit_of_a_layer_is_too_large() {
    let json = r#"{"id":7,"note":"with great care"}"#;
    let chunked = |end| {
        let pieces = json.as_bytes().chunks(8).map(<[u8]>::to_vec);
        let headers = sign(&HMAC_SHA256_HEX, SECRET, json.as_bytes());
        let mut request = post(PATH, headers, Body::new(Script::new(pieces, end)));
        set(&mut request, "content-type", "application/json");
        request
    };
    let small = limited(router::<order>(), 20);
    let answer = ask(&small, chunked(End::Complete)).await;
    assert_eq!(answer.status.as_u16(), 413);
    assert_eq!(answer.problem()["detail"], "the body is too large");
    let nested = limited(limited(router::<order>(), 1000), 20);
    assert_eq!(status(&nested, chunked(End::Complete)).await, 413);
    let large = limited(router::<order>(), json.len());
    assert_eq!(status(&large, chunked(End::Complete)).await, 200);
    assert_eq!(status(&large, chunked(End::Broken)).await, 400, "the connection broke");
    let unsigned = post(PATH, HeaderMap::new(), Body::new(Script::new([json], End::Complete)));
    assert_eq!(common::status(&small, unsigned).await, 401);
}
