//! Handshakes under attack: a signed challenge never passes for a delivery, and an echo never runs
//! in a browser.

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::{Router, body::Body};
use bytes::Bytes;
use common::{SECRET, ask, post, sign, webhooks};
use http::{HeaderMap, Method, Request, StatusCode};
use sha2::{Digest as _, Sha256};
use webhook_runtime::{
    Delivery, KeySource, Secret, SourceError, StartProblem, Webhook, Webhooks,
    providers::{
        BRAINTREE, DROPBOX, EBAY, LARK, META, MONDAY, OKTA, SLACK, TRELLO, TWITTER, WOOCOMMERCE,
        XERO, ZOOM,
    },
    scheme::{KeyRequest, RequestToSign},
    webhook,
};

static CALLS: AtomicUsize = AtomicUsize::new(0);

/// Held by every test that counts or causes handler calls.
static COUNTING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// An endpoint of each provider, with one common counter.
macro_rules! endpoints {
    ($($name:ident $provider:ident)*) => {$(
        #[webhook(path = "/hook", provider = $provider)]
        async fn $name(_delivery: &Delivery) {
            CALLS.fetch_add(1, Ordering::SeqCst);
        }
    )*};
}

endpoints! {
    x TWITTER
    braintree BRAINTREE
    dropbox DROPBOX
    ebay EBAY
    lark LARK
    meta META
    monday MONDAY
    okta OKTA
    slack SLACK
    trello TRELLO
    woo WOOCOMMERCE
    xero XERO
    zoom ZOOM
}

fn router<H: Webhook<()>>() -> Router {
    webhooks::<H>().public_url("https://example.com").into_router().expect("it starts")
}

fn get(uri: &str) -> Request<Body> {
    Request::get(uri).body(Body::empty()).expect("a request")
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// X asks for a signature of an unsigned challenge, with the same key and format as its deliveries.
/// A freely chosen challenge could get a delivery signed.
#[tokio::test]
async fn a_challenge_cannot_sign_a_delivery() {
    let router = router::<x>();
    for forged in [r#"{"for_user_id":"1"}"#, "[]", r#""text""#, "1.5", "a b", "", "<b>", "t\u{e4}"]
    {
        let uri = format!("/hook?crc_token={}", encoded(forged));
        let answer = ask(&router, get(&uri)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{forged}");
        assert!(!answer.text().contains("response_token"), "{forged}");
    }
    let answer = ask(&router, get("/hook?crc_token=MTIz-_%2B%2F%3D")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.text().contains("response_token"));
}

/// A signed challenge is not accepted as a delivery, neither as a form nor by a handler that takes
/// any body.
#[tokio::test]
async fn a_signed_challenge_is_no_delivery() {
    let _counting = COUNTING.lock().await;
    let router = router::<x>();
    let before = CALLS.load(Ordering::SeqCst);
    for challenge in ["for_user_id=666", "123", "MTIz", "a/b+c-d_e=="] {
        let asked = ask(&router, get(&format!("/hook?crc_token={}", encoded(challenge)))).await;
        assert_eq!(asked.status, StatusCode::OK);
        let answer: serde_json::Value = serde_json::from_str(asked.text()).expect("JSON");
        let signature = answer["response_token"].as_str().expect("a signature");
        for content_type in ["application/json", "application/x-www-form-urlencoded"] {
            let mut forged = post("/hook", HeaderMap::new(), challenge);
            common::set(&mut forged, "x-twitter-webhooks-signature", signature);
            common::set(&mut forged, "content-type", content_type);
            assert_eq!(common::status(&router, forged).await, 401, "{challenge}");
        }
    }
    assert_eq!(CALLS.load(Ordering::SeqCst), before);
    let genuine = post("/hook", sign(&TWITTER, SECRET, b"{}"), "{}");
    assert_eq!(common::status(&router, genuine).await, 200);
}

#[tokio::test]
async fn echoes_are_short_plain_text() {
    let router = router::<dropbox>();
    let markup = "<script>alert(1)</script>\r\nSet-Cookie: a=b";
    let answer = ask(&router, get(&format!("/hook?challenge={}", encoded(markup)))).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    assert!(!answer.headers.contains_key("set-cookie"));
    let long = format!("/hook?challenge={}", "a".repeat(1025));
    assert_eq!(ask(&router, get(&long)).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_whole_verify_token_must_match() {
    let token = Secret::new("the token");
    let start = || webhooks::<meta>().public_url("https://example.com");
    assert!(start().into_router().is_err(), "Meta asks for a token before it delivers");
    assert!(start().verify_token::<meta>(Secret::new(" ")).into_router().is_err());
    let router = start().verify_token::<meta>(token).into_router().expect("it starts");
    let uri = |token: &str| {
        format!("/hook?hub.mode=subscribe&hub.challenge=c-1&hub.verify_token={}", encoded(token))
    };
    assert_eq!(ask(&router, get(&uri("the token"))).await.text(), "c-1");
    for wrong in ["", "the toke", "the token ", "The token"] {
        let answer = ask(&router, get(&uri(wrong))).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{wrong:?}");
        assert!(!answer.text().contains("c-1"), "{wrong:?}");
    }
    let without = "/hook?hub.mode=subscribe&hub.challenge=c-1";
    assert_eq!(ask(&router, get(without)).await.status, StatusCode::FORBIDDEN);
}

/// A delivery is signed with the same key as a challenge, whose text is the stranger's.
#[tokio::test]
async fn an_answer_in_code_signs_no_delivery() {
    let _counting = COUNTING.lock().await;
    let before = CALLS.load(Ordering::SeqCst);
    let keys = Secret::new("public1:private2");
    let hooks = Webhooks::new().mount::<braintree>().secrets::<braintree>([keys.clone()]);
    let router = hooks.into_router().expect("it starts");
    let form = |signature: &str, payload: &str| {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("bt_signature", signature).append_pair("bt_payload", payload);
        post("/hook", HeaderMap::new(), form.finish())
    };
    let uri = |challenge: &str| format!("/hook?bt_challenge={}", encoded(challenge));
    for challenge in ["0123456789abcdef0123", "0123456789abcdef0123456789abcdef"] {
        let answer = ask(&router, get(&uri(challenge))).await;
        assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
        let text = answer.text();
        assert!(text.starts_with("public1|"), "{text}");
        assert_eq!(common::status(&router, form(text, challenge)).await, 401);
    }
    for other in
        ["", "PGE+", "0123456789abcdef012", "0123456789abcdef012g", "PGE+MTwvYT4PGE+MTwvYT4="]
    {
        let answer = ask(&router, get(&uri(other))).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{other}");
        assert!(!answer.text().contains("public1|"), "{other}");
    }
    assert_eq!(CALLS.load(Ordering::SeqCst), before);
    let sent = BRAINTREE.sign(&keys, &RequestToSign::new(b"<a/>")).expect("it can be signed");
    let genuine = post("/hook", HeaderMap::new(), sent.body.into_owned());
    assert_eq!(common::status(&router, genuine).await, 200);
}

#[tokio::test]
async fn a_hash_of_token_and_url_needs_both() {
    let token = || Secret::new("ZIxreTkpkVq58vbgCRk5KI48wMgsUuuHcOhZlS94");
    let start = || Webhooks::new().mount::<ebay>().key_source(NoKeys);
    let problems = |hooks: Webhooks| {
        hooks.into_router().expect_err("something is missing").problems().to_vec()
    };
    let (endpoint, provider) = ("ebay", "ebay");
    let no_url = StartProblem::MissingPublicUrl { endpoint, provider };
    let no_token = StartProblem::MissingVerifyToken { endpoint, provider };
    assert_eq!(problems(start()), [no_url.clone(), no_token.clone()]);
    assert_eq!(problems(start().verify_token::<ebay>(token())), [no_url]);
    assert_eq!(problems(start().public_url("https://example.com")), [no_token]);

    let hooks = start().verify_token::<ebay>(token()).public_url("https://example.com/api");
    let router = Router::new().nest("/api", hooks.into_router().expect("it starts"));
    let answer = ask(&router, get("/api/hook?challenge_code=c0de")).await;
    let text = "c0deZIxreTkpkVq58vbgCRk5KI48wMgsUuuHcOhZlS94https://example.com/api/hook";
    let hash = base16ct::lower::encode_string(&Sha256::digest(text));
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.text(), format!(r#"{{"challengeResponse":"{hash}"}}"#));
    for other in ["", "a+b", "%00", "https://example.com", "%C3%A9"] {
        let answer = ask(&router, get(&format!("/api/hook?challenge_code={other}"))).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{other}");
    }
    assert_eq!(ask(&router, get("/api/hook")).await.status, StatusCode::METHOD_NOT_ALLOWED);
}

/// A source that has no keys: no delivery is verified.
struct NoKeys;

impl KeySource for NoKeys {
    async fn fetch(&self, _: &KeyRequest) -> Result<Bytes, SourceError> {
        Err(SourceError::NotFound)
    }
}

#[tokio::test]
async fn a_verify_token_in_the_body_must_match() {
    assert!(webhooks::<lark>().into_router().is_err(), "Lark sends a token");
    let hooks = webhooks::<lark>().verify_token::<lark>(Secret::new("the token"));
    let router = hooks.into_router().expect("it starts");
    let body =
        |token: &str| format!(r#"{{"type":"url_verification","challenge":"c-1","token":{token}}}"#);
    let right = ask(&router, post("/hook", HeaderMap::new(), body(r#""the token""#))).await;
    assert_eq!(right.text(), r#"{"challenge":"c-1"}"#);
    for wrong in ["\"\"", "null", r#""the toke""#, r#""The token""#, r#"["the token"]"#, "{}"] {
        let answer = ask(&router, post("/hook", HeaderMap::new(), body(wrong))).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{wrong}");
        assert!(!answer.text().contains("c-1"), "{wrong}");
    }
    let without = r#"{"type":"url_verification","challenge":"c-1"}"#;
    let answer = ask(&router, post("/hook", HeaderMap::new(), without)).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    // Anything else is a delivery, which is signed.
    let event = r#"{"type":"event_callback","challenge":"c-1","token":"the token"}"#;
    let answer = ask(&router, post("/hook", HeaderMap::new(), event)).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

/// A challenge that the provider signs must be signed.
#[tokio::test]
async fn a_signed_challenge_has_to_be_signed() {
    let challenge = r#"{"type":"url_verification","challenge":"c-1"}"#;
    let zoomed = r#"{"event":"endpoint.url_validation","payload":{"plainToken":"c-1"}}"#;
    for (router, provider, body) in
        [(router::<slack>(), SLACK, challenge), (router::<zoom>(), ZOOM, zoomed)]
    {
        let unsigned = ask(&router, post("/hook", HeaderMap::new(), body)).await;
        assert_eq!(unsigned.status, StatusCode::UNAUTHORIZED);
        let forged = sign(&provider, "another secret", body.as_bytes());
        let forged = ask(&router, post("/hook", forged, body)).await;
        assert_eq!(forged, unsigned, "all 401s are one");
        let genuine = sign(&provider, SECRET, body.as_bytes());
        let genuine = ask(&router, post("/hook", genuine, body)).await;
        assert_eq!(genuine.status, StatusCode::OK);
        assert!(genuine.text().contains("c-1"));
    }
}

/// Unsigned handshakes reach no handler, and no other unsigned request is answered.
#[tokio::test]
async fn unsigned_requests_reach_no_handler() {
    let _counting = COUNTING.lock().await;
    let before = CALLS.load(Ordering::SeqCst);
    let form = |body: &'static str| {
        let mut request = post("/hook", HeaderMap::new(), body);
        common::set(&mut request, "content-type", "application/x-www-form-urlencoded");
        request
    };
    let large = format!(r#"{{"challenge":"c","pad":"{}"}}"#, "x".repeat(5000));
    for (router, request, status) in [
        (router::<monday>(), post("/hook", HeaderMap::new(), r#"{"challenge":"c"}"#), 200),
        (router::<monday>(), post("/hook", HeaderMap::new(), large), 401),
        (
            router::<monday>(),
            post("/hook", HeaderMap::new(), r#"{"challenge":"c","event":{"type":"t"}}"#),
            401,
        ),
        (router::<woo>(), form("webhook_id=7"), 200),
        (router::<woo>(), form("webhook_id=7&id=1"), 401),
        (router::<okta>(), get("/hook"), 405),
        (router::<dropbox>(), get("/hook"), 405),
        (router::<xero>(), post("/hook", HeaderMap::new(), "{}"), 401),
    ] {
        assert_eq!(common::status(&router, request).await, status);
    }
    let head = |router: Router| async move {
        let mut request = get("/hook?challenge=c");
        *request.method_mut() = Method::HEAD;
        common::status(&router, request).await
    };
    assert_eq!(head(router::<trello>()).await, 200, "Trello asks by HEAD");
    assert_eq!(head(router::<dropbox>()).await, 405, "a HEAD runs no GET handshake");
    assert_eq!(CALLS.load(Ordering::SeqCst), before);
}

/// Xero treats any response body as an error.
#[tokio::test]
async fn empty_answers_have_no_body() {
    let _counting = COUNTING.lock().await;
    let hooks: Webhooks = webhooks::<xero>();
    let router = hooks.into_router().expect("it starts");
    let refused = ask(&router, post("/hook", HeaderMap::new(), "{}")).await;
    assert_eq!((refused.status, refused.text()), (StatusCode::UNAUTHORIZED, ""));
    let genuine = sign(&XERO, SECRET, b"{}");
    let genuine = ask(&router, post("/hook", genuine, "{}")).await;
    assert_eq!((genuine.status, genuine.text()), (StatusCode::OK, ""));
}
