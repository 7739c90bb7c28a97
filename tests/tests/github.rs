//! GitHub's deliveries, as GitHub's own code signs them.
//!
//! The payloads are those of `@octokit/webhooks-examples`, signed by `@octokit/webhooks-methods`.
//! `fixtures/github/README.md` says how they were made.

mod common;

use std::{fs, path::PathBuf};

use axum::{Router, body::Body};
use bytes::Bytes;
use common::{ask, post, set, sign, status};
use http::{HeaderMap, HeaderValue, Request};
use serde::Deserialize;
use serde_json::{Value, json};
use webhook_runtime::{
    Delivery, Provider, Secret, Webhooks, providers::GITHUB, scheme::Scheme, webhook,
};

#[derive(Deserialize)]
struct Manifest {
    deliveries: Vec<Fixture>,
}

/// One delivery as octokit signed it.
#[derive(Deserialize)]
struct Fixture {
    file: String,
    event: String,
    action: Option<String>,
    delivery: String,
    content_type: String,
    bytes: usize,
    secret: String,
    signature: String,
    #[serde(skip)]
    body: Bytes,
}

fn read(file: &str) -> Bytes {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/github").join(file);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).into()
}

fn fixtures() -> Vec<Fixture> {
    let manifest: Manifest = serde_json::from_slice(&read("manifest.json")).expect("a manifest");
    let mut fixtures = manifest.deliveries;
    for fixture in &mut fixtures {
        fixture.body = read(&fixture.file);
        assert_eq!(fixture.body.len(), fixture.bytes, "{} is as it was signed", fixture.file);
    }
    assert!(fixtures.len() > 10, "there is something to test");
    fixtures
}

/// The fixture for rejections, where one is enough.
fn push() -> Fixture {
    fixtures().into_iter().find(|fixture| fixture.file == "push.json").expect("a push")
}

impl Fixture {
    /// The request that GitHub sends.
    fn request(&self) -> Request<Body> {
        let mut request = post("/github", HeaderMap::new(), self.body.clone());
        set(&mut request, "user-agent", "GitHub-Hookshot/044aadd");
        set(&mut request, "content-type", &self.content_type);
        set(&mut request, "x-github-event", &self.event);
        set(&mut request, "x-github-delivery", &self.delivery);
        set(&mut request, "x-github-hook-id", "292430182");
        set(&mut request, "x-hub-signature-256", &self.signature);
        request
    }

    /// The same request with another signature.
    fn signed(&self, signature: &str) -> Request<Body> {
        let mut request = self.request();
        set(&mut request, "x-hub-signature-256", signature);
        request
    }
}

/// Answers with what it received.
#[webhook(path = "/github", provider = GITHUB)]
async fn github(delivery: Delivery, payload: Value) -> String {
    json!({
        "event": delivery.event(),
        "action": delivery.action(),
        "id": delivery.id(),
        "payload": payload,
    })
    .to_string()
}

fn router() -> Router {
    Webhooks::new()
        .mount::<github>()
        .secrets::<github>([Secret::new(push().secret)])
        .into_router()
        .expect("nothing is wrong with it")
}

#[tokio::test]
async fn github_fixtures_are_accepted_and_decoded() {
    let router = router();
    for fixture in fixtures() {
        let answer = ask(&router, fixture.request()).await;
        assert_eq!(answer.status, 200, "{}", fixture.file);
        let told: Value = serde_json::from_slice(&answer.body).expect("what the handler wrote");
        assert_eq!(told["event"], json!(fixture.event), "{}", fixture.file);
        assert_eq!(told["action"], json!(fixture.action), "{}", fixture.file);
        assert_eq!(told["id"], json!(fixture.delivery), "{}", fixture.file);
    }
}

/// The owner of a repository chooses JSON or forms. The handler sees no difference.
#[tokio::test]
async fn forms_carry_the_same_payload() {
    let router = router();
    let mut forms = 0;
    for (form, json) in
        [("push.form", "push.json"), ("dependabot_alert.form", "dependabot_alert.created.json")]
    {
        for fixture in fixtures().iter().filter(|fixture| fixture.file == form) {
            let answer = ask(&router, fixture.request()).await;
            let told: Value = serde_json::from_slice(&answer.body).expect("JSON");
            let payload: Value = serde_json::from_slice(&read(json)).expect("JSON");
            assert_eq!(told["payload"], payload, "{form}");
            forms += 1;
        }
    }
    assert_eq!(forms, 2);
}

#[test]
fn signing_matches_octokit() {
    for fixture in fixtures() {
        let headers = sign(&GITHUB, &fixture.secret, &fixture.body);
        assert_eq!(headers.len(), 1, "{}", fixture.file);
        assert_eq!(headers["x-hub-signature-256"], fixture.signature, "{}", fixture.file);
    }
}

#[tokio::test]
async fn a_flipped_bit_is_rejected() {
    let router = router();
    for fixture in fixtures() {
        let length = fixture.body.len();
        for step in 0..16 {
            let at = step * (length - 1) / 15;
            let mut body = fixture.body.to_vec();
            body[at] ^= 1 << (step % 8);
            let request = fixture.request().map(|_| Body::from(body));
            assert_eq!(status(&router, request).await, 401, "{} at {at}", fixture.file);
        }
    }
}

#[tokio::test]
async fn a_shorter_or_longer_body_is_rejected() {
    let router = router();
    for fixture in fixtures() {
        let body = &fixture.body;
        let cut = body.slice(..body.len() - 1);
        let headless = body.slice(1..);
        let continued = Bytes::from([body, &b"\n"[..]].concat());
        for changed in [cut, headless, continued, Bytes::new()] {
            let request = fixture.request().map(|_| Body::from(changed));
            assert_eq!(status(&router, request).await, 401, "{}", fixture.file);
        }
    }
}

#[tokio::test]
async fn another_deliverys_signature_is_rejected() {
    let router = router();
    let fixtures = fixtures();
    for (fixture, other) in fixtures.iter().zip(fixtures.iter().cycle().skip(1)) {
        let request = fixture.signed(&other.signature);
        assert_eq!(status(&router, request).await, 401, "{} as {}", other.file, fixture.file);
    }
}

#[tokio::test]
async fn every_digit_of_a_signature_counts() {
    let router = router();
    let push = push();
    for at in "sha256=".len()..push.signature.len() {
        let digit = if &push.signature[at..=at] == "0" { "1" } else { "0" };
        let mut signature = push.signature.clone();
        signature.replace_range(at..=at, digit);
        assert_eq!(status(&router, push.signed(&signature)).await, 401, "{signature}");
    }
}

#[tokio::test]
async fn only_githubs_signature_format_is_accepted() {
    let router = router();
    let push = push();
    let digits = push.signature.strip_prefix("sha256=").expect("GitHub's prefix");
    for signature in [
        String::new(),
        "sha256=".to_owned(),
        digits.to_owned(),
        format!("sha1={digits}"),
        format!("sha1={}", &digits[..40]),
        format!("sha512={digits}"),
        format!("SHA256={digits}"),
        format!("sha256:{digits}"),
        format!("sha256= {digits}"),
        format!("sha256=sha256={digits}"),
        format!("sha256={}", digits.to_uppercase()),
        format!("sha256={}", &digits[..62]),
        format!("sha256={digits}00"),
        format!("sha256={digits},sha256={digits}"),
    ] {
        assert_eq!(status(&router, push.signed(&signature)).await, 401, "{signature:?}");
    }
    assert_eq!(status(&router, push.signed(&push.signature)).await, 200);
}

/// GitHub still sends the older HMAC-SHA1 as well.
#[tokio::test]
async fn the_sha1_signature_is_ignored() {
    const OLDER: Provider =
        Provider::new("older", Scheme::hmac_sha1().header("x-hub-signature").prefix("sha1=").hex());
    let router = router();
    let push = push();
    let genuine = sign(&OLDER, &push.secret, &push.body)["x-hub-signature"].clone();
    for value in [genuine, HeaderValue::from_static("sha1=0000")] {
        let mut both = push.request();
        both.headers_mut().insert("x-hub-signature", value);
        let mut alone = push.request();
        *alone.headers_mut() = both.headers().clone();
        alone.headers_mut().remove("x-hub-signature-256");
        assert_eq!(status(&router, both).await, 200, "beside the new one it may say anything");
        assert_eq!(status(&router, alone).await, 401);
    }
}

#[tokio::test]
async fn another_secret_rejects_everything() {
    let router = Webhooks::new()
        .mount::<github>()
        .secrets::<github>([Secret::new("another secret")])
        .into_router()
        .expect("nothing is wrong with it");
    for fixture in fixtures() {
        assert_eq!(status(&router, fixture.request()).await, 401, "{}", fixture.file);
    }
}
