//! Secrets, expected signatures and bodies, which are never shown.

use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{Arc, Mutex},
};

use axum::{Extension, Router, body::Body};
use http::{HeaderMap, HeaderValue, Request};
use serde::Deserialize;
use webhook_runtime::{
    Delivery, Provider, Rejection, Secret, SystemClock, Webhook, Webhooks,
    providers::{GITHUB, HMAC_SHA256_HEX},
    scheme::{KeyEncoding, RequestToSign, Scheme, SignedRequest},
    webhook,
};

use crate::{
    common::{self, Answer, SECRET, ask, delivery, post, router, set, sign, status},
    records::Records,
};

const SECRET_CANARY: &str = "canary-secret-8c1f";
const BODY_CANARY: &str = "canary-body-77aa";

const TOKEN: Provider = Provider::new("token", Scheme::token().header("x-token"));
const HEX_KEY: Provider =
    Provider::new("hex-key", Scheme::hmac_sha256().header("x-sig").hex().key(KeyEncoding::Hex));

/// Returns the first canary or expected signature in `text`.
fn find_canary(text: &str, expected: &[String]) -> Option<String> {
    let canaries = [SECRET_CANARY, BODY_CANARY].into_iter();
    // The start of a signature is as bad as the whole.
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
    if let Some(canary) = find_canary(text, expected) {
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

/// Keeps the delivery, and panics if there is a note.
#[webhook(path = "/plain")]
async fn plain(Extension(seen): Extension<Seen>, delivery: Delivery, canary: Canary) {
    seen.lock().expect("nobody panics holding it").push(delivery);
    assert!(canary.note.is_none(), "no notes here");
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

/// Valid bodies, and bodies that fail in every way.
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

/// Every kind of request with these bodies, and the expected signatures.
fn requests() -> (Vec<Request<Body>>, Vec<String>) {
    let mut requests = Vec::new();
    let mut expected = Vec::new();
    for body in bodies() {
        let genuine = sign(&HMAC_SHA256_HEX, SECRET_CANARY, body.as_bytes());
        let other = sign(&HMAC_SHA256_HEX, SECRET, body.as_bytes());
        for headers in [&genuine, &other] {
            expected.push(headers["x-signature"].to_str().expect("text").to_owned());
        }
        let mut truncated = genuine.clone();
        let half = HeaderValue::from_str(&expected[expected.len() - 2][..62]).expect("a value");
        truncated.insert("x-signature", half);
        let mut repeated = genuine.clone();
        repeated.append("x-signature", genuine["x-signature"].clone());
        let forged = sign(&HMAC_SHA256_HEX, "a guess", body.as_bytes());
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
async fn traces_hold_no_secret_or_body() {
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
    assert!(everything.contains("status = 200"), "some were taken");
    assert!(everything.contains("status = 401"), "some were forged");
    assert!(everything.contains("status = 422"), "some did not fit");
    assert!(everything.contains("status = 500"), "some made the handler panic");
    assert_silent(&everything, &expected);
}

/// A 422 may quote the sender's own body. No answer holds a secret or a signature, and a 401 quotes
/// nothing.
#[tokio::test]
async fn answers_hold_no_secret_or_signature() {
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
async fn debug_of_a_delivery_hides_secrets() {
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

/// A handler may get a rejection from [`Payload::decode`](webhook_runtime::Payload::decode), and
/// log it.
#[tokio::test]
async fn rejection_text_hides_secrets() {
    for rejection in rejections().await {
        assert_silent(&rejection.to_string(), &[]);
    }
}

#[tokio::test]
async fn debug_of_a_rejection_hides_secrets() {
    for rejection in rejections().await {
        assert_silent(&format!("{rejection:?}"), &[]);
    }
}

/// The rejections of genuine bodies that cannot be decoded.
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
fn debug_of_a_request_to_sign_hides_secrets() {
    let body = &bodies()[0];
    assert_silent(&format!("{:?}", RequestToSign::new(body.as_bytes())), &[]);
}

#[test]
fn debug_of_a_request_to_verify_hides_secrets() {
    let body = &bodies()[0];
    let headers = sign(&TOKEN, SECRET_CANARY, body.as_bytes());
    let incoming = SignedRequest {
        method: "POST",
        url: "",
        query: "",
        headers: &headers,
        body: body.as_bytes(),
    };
    assert_silent(&format!("{incoming:?}"), &[]);
}

#[test]
fn debug_of_configuration_hides_secrets() {
    #[webhook(path = "/hex", provider = HEX_KEY)]
    async fn hex_key(_: &Delivery) {}
    let mut texts = vec![
        format!("{:?}", Secret::new(SECRET_CANARY)),
        format!("{:?}", Secret::from_key(SECRET_CANARY).with_name("KEY")),
        format!("{:?}", <hex_key as Webhook<()>>::endpoint()),
        format!("{HEX_KEY:?} {TOKEN:?} {GITHUB:?} {HMAC_SHA256_HEX:?}"),
        format!("{SystemClock:?}"),
    ];
    let error = HEX_KEY.sign(&Secret::new(SECRET_CANARY), &RequestToSign::new(b""));
    let error = error.expect_err("it is not hexadecimal");
    texts.push(format!("{error} {error:?}"));
    // A header value cannot contain a line break.
    let unsendable = Secret::new(format!("{SECRET_CANARY}\n{SECRET_CANARY}"));
    let error = TOKEN.sign(&unsendable, &RequestToSign::new(b"")).expect_err("it cannot be sent");
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

/// Planted canaries are found. Otherwise the tests above would prove nothing.
#[test]
fn planted_canaries_are_found() {
    let signature = common::signature(b"");
    assert!(find_canary(SECRET_CANARY, &[]).is_some());
    assert!(find_canary(&format!("{:?}", BODY_CANARY.as_bytes()), &[]).is_some());
    assert!(find_canary(&signature, std::slice::from_ref(&signature)).is_some());
    assert!(find_canary("nothing", &[signature]).is_none());
}
