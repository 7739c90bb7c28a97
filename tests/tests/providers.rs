//! Rules of single providers that vectors do not cover, so that unsigned data decides nothing.

mod common;

use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use axum::{Router, body::Body};
use bytes::Bytes;
use common::{SECRET, post, set, sign, status, webhooks};
use http::{HeaderMap, HeaderValue, Request};
use serde::Deserialize;
use webhook_runtime::{
    Delivery, KeySource, Provider, Rejection, Secret, SourceError, StartProblem, Webhooks,
    providers::{ADYEN, AWS_SNS, CONTENTFUL, GITHUB, LIVEKIT, MICROSOFT_GRAPH, POSTMARK, TWITCH},
    scheme::{
        KeyEncoding, KeyRequest, RequestToSign, Scheme, SignedRequest, Timestamp, VerifyError,
    },
    testing::TestClock,
    webhook,
};

fn wanted(certificate: &str) -> Result<Option<KeyRequest>, VerifyError> {
    let body = serde_json::json!({ "SigningCertURL": certificate }).to_string();
    let headers = HeaderMap::new();
    let body = body.as_bytes();
    AWS_SNS.key_request(&SignedRequest {
        method: "POST",
        url: "",
        headers: &headers,
        query: "",
        body,
    })
}

/// In the host `sns.s3-us-west-2.amazonaws.com`, `sns` is a bucket that anybody could own.
#[test]
fn sns_certificates_come_from_sns_hosts() {
    const NAME: &str = "SimpleNotificationService-b52809c158d77b5f55b0dff506958f7a.pem";
    assert!(wanted(&format!("https://sns.us-east-1.amazonaws.com/{NAME}")).is_ok());
    assert!(wanted(&format!("https://sns.us-gov-west-1.amazonaws.com/{NAME}")).is_ok());
    assert!(wanted(&format!("https://sns.cn-north-1.amazonaws.com.cn/{NAME}")).is_ok());
    for url in [
        format!("https://sns.s3-us-west-2.amazonaws.com/{NAME}"),
        format!("https://sns.s3-accelerate.amazonaws.com/{NAME}"),
        format!("https://sns.us-east-1.amazonaws.com/{NAME}?Action=Publish"),
        format!("https://sns.us-east-1.amazonaws.com/elsewhere/{NAME}"),
        "https://sns.us-east-1.amazonaws.com/x.pem".to_owned(),
    ] {
        assert_eq!(wanted(&url), Err(VerifyError::UntrustedKey), "{url}");
    }
}

/// The vector of a genuine message, with its certificate.
fn sns_message() -> (Bytes, BTreeMap<String, String>, SystemTime) {
    #[derive(Deserialize)]
    struct Line {
        name: String,
        body_base64: Option<String>,
        #[serde(default)]
        certs: BTreeMap<String, String>,
        now: u64,
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/signatures.jsonl");
    let lines = std::fs::read_to_string(path).expect("the vectors");
    let mut lines = lines.lines().map(|line| serde_json::from_str::<Line>(line).expect("a line"));
    let line = lines
        .find(|line| line.name == "public/aws-sns/accept-v2-notification")
        .expect("a message of SNS");
    let body =
        <base64ct::Base64 as base64ct::Encoding>::decode_vec(&line.body_base64.expect("a body"));
    let now = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(line.now);
    (body.expect("base64").into(), line.certs, now)
}

struct Certificates(BTreeMap<String, String>);

impl KeySource for Certificates {
    async fn fetch(&self, key: &KeyRequest) -> Result<Bytes, SourceError> {
        match key {
            KeyRequest::Url(url) => self.0.get(&**url).cloned().map(Bytes::from),
            _ => None,
        }
        .ok_or(SourceError::NotFound)
    }
}

/// SNS signs for every account, so only our own topics count.
#[tokio::test]
async fn a_message_of_another_topic_is_refused() {
    #[webhook(path = "/hook", provider = AWS_SNS)]
    async fn sns(_: &Delivery) {}
    let (body, certificates, now) = sns_message();
    let router = |topic: &str| -> Router {
        Webhooks::new()
            .mount::<sns>()
            .secrets::<sns>([Secret::new(topic)])
            .key_source(Certificates(certificates.clone()))
            .clock(now)
            .into_router()
            .expect("it starts")
    };
    let ours = router("arn:aws:sns:us-west-2:123456789012:MyTopic");
    assert_eq!(status(&ours, post("/hook", HeaderMap::new(), body.clone())).await, 200);
    let theirs = router("arn:aws:sns:us-west-2:123456789012:Other");
    assert_eq!(status(&theirs, post("/hook", HeaderMap::new(), body.clone())).await, 401);

    // A repeated key: the id could be read from one, and the signature from the other.
    let text = String::from_utf8(body.to_vec()).expect("text");
    let doubled = text.replacen('{', r#"{"MessageId":"fresh","#, 1);
    assert_eq!(status(&ours, post("/hook", HeaderMap::new(), doubled)).await, 401);
    let confirmed = text.replacen('{', r#"{"Type":"SubscriptionConfirmation","#, 1);
    assert_eq!(status(&ours, post("/hook", HeaderMap::new(), confirmed)).await, 401);
}

/// The first two key pairs of RFC 8032, section 7.1.
const PAIRS: [[&str; 2]; 2] = [
    [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    ],
    [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    ],
];

/// A set with one of the keys, which has no id.
#[derive(Clone)]
struct OneKey(Arc<AtomicUsize>);

impl KeySource for OneKey {
    async fn fetch(&self, _: &KeyRequest) -> Result<Bytes, SourceError> {
        let [_, public] = PAIRS[self.0.load(Ordering::SeqCst)];
        let public = base16ct::lower::decode_vec(public).expect("hex");
        let x = <base64ct::Base64UrlUnpadded as base64ct::Encoding>::encode_string(&public);
        let key = serde_json::json!({"kty": "OKP", "crv": "Ed25519", "x": x});
        Ok(serde_json::json!({ "keys": [key] }).to_string().into())
    }
}

/// A provider that does not name its keys may change them.
#[tokio::test]
async fn a_new_key_without_an_id_is_found() {
    const SCHEME: Scheme = Scheme::ed25519().header("x-acme").hex().key(KeyEncoding::Hex);
    const SIGNER: Provider = Provider::new("acme-signer", SCHEME);
    const ACME: Provider =
        Provider::custom("acme", &SCHEME.key_set("https://acme.example/jwks.json"));
    #[webhook(path = "/acme", provider = ACME)]
    async fn acme(_: &Delivery) {}
    let (current, clock) = (Arc::new(AtomicUsize::new(0)), TestClock::default());
    let webhooks = Webhooks::new().mount::<acme>().clock(clock.clone());
    let router = webhooks.key_source(OneKey(Arc::clone(&current))).into_router();
    let router = router.expect("it starts");
    let judge = async |pair: usize| {
        let [private, _] = PAIRS[pair];
        status(&router, post("/acme", sign(&SIGNER, private, b"{}"), "{}")).await
    };
    assert_eq!([judge(0).await, judge(1).await], [200, 401]);
    current.store(1, Ordering::SeqCst);
    // Forgeries do not make it ask all the time.
    assert_eq!([judge(1).await, judge(0).await], [401, 200]);
    clock.advance(Duration::from_secs(61));
    assert_eq!(judge(1).await, 401);
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!([judge(1).await, judge(0).await], [200, 401]);
}

#[tokio::test]
async fn repeated_signed_arrays_are_rejected() {
    #[webhook(path = "/adyen", provider = ADYEN)]
    async fn adyen(_: &Delivery) {}
    #[webhook(path = "/graph", provider = MICROSOFT_GRAPH)]
    async fn graph(_: &Delivery) {}
    let router = Webhooks::new()
        .mount::<adyen>()
        .mount::<graph>()
        .secrets::<adyen>([Secret::new("00ff")])
        .secrets::<graph>([Secret::new(SECRET)])
        .into_router()
        .expect("it starts");
    let twice = r#"{"notificationItems":[],"notificationItems":[]}"#;
    for body in [twice, "{}", "[]", r#"{"notificationItems":[]}"#, "{} {}"] {
        assert_eq!(status(&router, post("/adyen", HeaderMap::new(), body)).await, 401, "{body}");
    }
    let genuine = format!(r#"{{"value":[{{"clientState":"{SECRET}"}}]}}"#);
    assert_eq!(status(&router, post("/graph", HeaderMap::new(), genuine.clone())).await, 200);
    let twice = genuine.replacen('{', r#"{"value":[{"clientState":"forged"}],"#, 1);
    assert_eq!(status(&router, post("/graph", HeaderMap::new(), twice)).await, 401);
}

/// The content type is not signed, so signed JSON is never read as a form, whatever it says.
#[tokio::test]
async fn json_is_not_relabelled_as_a_form() {
    #[webhook(path = "/github", provider = GITHUB)]
    async fn github(delivery: &Delivery) -> Result<(), Rejection> {
        let seen: BTreeMap<Cow<'_, str>, serde_json::Value> = delivery.decode()?;
        assert!(
            !seen.contains_key("forged"),
            "what was hidden in a text was taken for the payload"
        );
        Ok(())
    }
    let router = webhooks::<github>().into_router().expect("it starts");
    let body = r#"{"comment":"&payload=%7B%22forged%22%3A1%7D&"}"#;
    let request = |content_type: &str| {
        let mut request = post("/github", sign(&GITHUB, SECRET, body.as_bytes()), body);
        set(&mut request, "content-type", content_type);
        request
    };
    assert_eq!(status(&router, request("application/json")).await, 200);
    let form = "application/x-www-form-urlencoded";
    assert_eq!(status(&router, request(form)).await, 200);
    let mut both = request("application/json");
    both.headers_mut().append("content-type", form.parse().expect("a value"));
    assert_eq!(status(&router, both).await, 415);
}

/// Twitch signs id, time and body without separators.
#[tokio::test]
async fn signed_vectors_cannot_be_split_elsewhere() {
    #[webhook(path = "/twitch", provider = TWITCH)]
    async fn twitch(_: &Delivery) {}
    let router = webhooks::<twitch>().into_router().expect("it starts");
    let body = r#"{"text":"2026-01-01T00:00:00Z&forged=1"}"#;
    let headers = sign(&TWITCH, SECRET, body.as_bytes());
    let genuine = post("/twitch", headers.clone(), body);
    assert_eq!(status(&router, genuine).await, 200);
    let text = |name: &str| headers[name].to_str().expect("text").to_owned();
    let (id, time) =
        (text("twitch-eventsub-message-id"), text("twitch-eventsub-message-timestamp"));
    let mut forged: Request<Body> = post("/twitch", headers.clone(), r#"&forged=1"}"#);
    let new_id = format!(r#"{id}{time}{{"text":""#);
    set(&mut forged, "twitch-eventsub-message-id", &new_id);
    set(&mut forged, "twitch-eventsub-message-timestamp", "2026-01-01T00:00:00Z");
    assert_eq!(status(&router, forged).await, 401);
}

/// Without a separator between id and body, one delivery could be turned into another.
#[test]
fn no_scheme_has_an_ambiguous_text() {
    const fn scheme(signed: &'static str) -> Scheme {
        Scheme::hmac_sha256().header("x-signature").id_header("x-id").signed(signed)
    }
    const COLONS: Provider = Provider::new("colons", scheme("{id}::{body}"));
    const DIGITS: Provider = Provider::new(
        "digits",
        scheme("{id}{timestamp}{body}").timestamp(Timestamp::header("x-time").without_window()),
    );
    for signed in ["{id}{body}", "{id}{method}{body}", "{body}.{id}"] {
        let made = std::panic::catch_unwind(|| Provider::new("ambiguous", scheme(signed)));
        assert!(made.is_err(), "{signed}");
    }
    let secrets = [Secret::new(SECRET)];
    let judge = |provider: &Provider, headers: &HeaderMap, body: &[u8]| {
        let request = SignedRequest { method: "POST", url: "", headers, query: "", body };
        provider.verify(&secrets, &request, None, SystemTime::now()).map(drop)
    };
    let sign = |provider: &Provider, id: &str, body: &[u8]| {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_760_000_000);
        let request = RequestToSign::new(body).id(id).at(at);
        provider.sign(&secrets[0], &request).expect("it can be signed").headers
    };

    let mut headers = sign(&COLONS, "a", b":{}");
    assert_eq!(judge(&COLONS, &headers, b":{}"), Ok(()));
    headers.insert("x-id", HeaderValue::from_static("a:"));
    assert_eq!(judge(&COLONS, &headers, b"{}"), Err(VerifyError::MalformedHeader("x-id")));

    let mut headers = sign(&DIGITS, "a1", b"{}");
    assert_eq!(judge(&DIGITS, &headers, b"{}"), Ok(()));
    headers.insert("x-id", HeaderValue::from_static("a"));
    headers.insert("x-time", HeaderValue::from_static("1176000000"));
    assert_eq!(judge(&DIGITS, &headers, b"0{}"), Err(VerifyError::MalformedBody));
}

/// A list that repeats a header would copy it each time.
#[tokio::test]
async fn a_list_of_signed_headers_names_each_once() {
    #[webhook(path = "/contentful", provider = CONTENTFUL)]
    async fn contentful(_: &Delivery) {}
    let router = webhooks::<contentful>().public_url("https://example.com").into_router();
    let router = router.expect("it starts");
    for again in ["x-contentful-timestamp", "X-Contentful-Timestamp"] {
        let mut headers = sign(&CONTENTFUL, SECRET, b"{}");
        let list = headers["x-contentful-signed-headers"].to_str().expect("a list").to_owned();
        let list = format!("{list},{again}");
        headers.insert("x-contentful-signed-headers", list.parse().expect("a value"));
        assert_eq!(status(&router, post("/contentful", headers, "{}")).await, 401);
    }
}

/// `"${USER}:${UNSET}"`
#[test]
fn a_secret_needs_both_halves() {
    #[webhook(path = "/postmark", provider = POSTMARK)]
    async fn postmark(_: &Delivery) {}
    #[webhook(path = "/livekit", provider = LIVEKIT)]
    async fn livekit(_: &Delivery) {}
    for blank in [":", "key:", "key: "] {
        let error = Webhooks::<()>::new()
            .mount::<postmark>()
            .mount::<livekit>()
            .secrets::<postmark>([Secret::new(blank)])
            .secrets::<livekit>([Secret::new(blank)])
            .into_router()
            .expect_err("nothing is secret in it");
        let blanks = error.problems().iter().filter(|problem| {
            matches!(
                problem,
                StartProblem::InvalidSecret { error: webhook_runtime::SecretError::Blank, .. }
            )
        });
        assert_eq!(blanks.count(), 2, "{blank:?}: {error}");
    }
}
