//! Methods, paths and content types; and echoes and fetches that a stranger could trigger.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Router, body::Bytes, http::StatusCode, routing::get};
use serde::Deserialize;
use serde_json::json;
use webhook_runtime::{
    Delivery, KeySource, Secret, SourceError, Webhooks,
    providers::{AWS_SNS, DROPBOX, HMAC_SHA256_HEX, META, MICROSOFT_GRAPH, OKTA, SLACK},
    scheme::{KeyRequest, RequestToSign},
    webhook,
};

use crate::{family, server::Server, tally, wire::Request};

const SECRET: &str = "the secret of these tests";

fn key() -> [Secret; 1] {
    [Secret::new(SECRET)]
}

fn signed(target: &str, body: &str) -> Request {
    let signed =
        HMAC_SHA256_HEX.sign(&Secret::new(SECRET), &RequestToSign::new(body.as_bytes())).unwrap();
    Request::json(target, body).with_all(&signed.headers)
}

/// Elsewhere, the check ran for one method, and the handler for others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_methods_reach_no_handler() {
    const METHODS: [&str; 14] = [
        "GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "QUERY", "post",
        "Post", "POSTS", "PRI", "X",
    ];
    for target in family::all().await {
        let name = target.family.name;
        for method in METHODS {
            let also = if name == "twilio" { "POST, GET" } else { "POST" };
            if (name, method) == ("intercom", "HEAD") {
                // It checks the URL that way, and no handler runs.
                let before = target.server.effects();
                let request = target.genuine.clone().of(method);
                assert_eq!(target.server.client().ask(&request).await.status, 200);
                assert_eq!(target.server.effects(), before);
                continue;
            }
            if also.split(", ").any(|known| known == method) {
                continue;
            }
            let request = target.genuine.clone().of(method);
            let answer = target.server.refuses(name, method, &request, &[405]).await;
            assert_eq!(answer.header("allow"), Some(also), "{name}: {method}");
        }
        for header in ["x-http-method-override", "x-http-method", "x-method-override"] {
            let request = target.genuine.clone().of("PUT").with(header, "POST");
            target.server.refuses(name, header, &request, &[405]).await;
        }
        target.believes().await;
    }
    tally::tell();
}

#[webhook(path = "/webhook")]
async fn anything(_: &Delivery) {}

/// Elsewhere, the middleware and the router read the path differently (SendGrid's verifies matching
/// paths only). Here the check belongs to the handler, wherever it is mounted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_paths_reach_no_handler() {
    let strays = Arc::new(AtomicUsize::new(0));
    let stray = Arc::clone(&strays);
    let hooks = || Webhooks::new().mount::<anything>().secrets::<anything>(key());
    let app = move |hooks: Router| {
        let pages = Router::new().route("/", get(async || "home"));
        let fallback = async move || {
            stray.fetch_add(1, Ordering::SeqCst);
            StatusCode::NOT_FOUND
        };
        pages.merge(hooks.clone()).nest("/api", hooks).fallback(fallback)
    };
    let server = Server::of_axum(hooks(), app).await;
    let paths = [
        "/webhook/",
        "//webhook",
        "/webhook//",
        "/./webhook",
        "/x/../webhook",
        "/webhook/.",
        "/webhook/..",
        "/webhook%2F",
        "/%2Fwebhook",
        "/webhoo%6b",
        "/webhoo%6B",
        "/WEBHOOK",
        "/Webhook",
        "/webhook;x=1",
        "/webhook%00",
        "/webhook%20",
        "/webhook.json",
        "/webhook%3F",
        "/webhook%0d%0a",
        "/webhook\\",
        "/webhook/..;/webhook",
        "/api//webhook",
        "/api/./webhook",
        "/api%2Fwebhook",
        "/api/webhook/",
        "/API/webhook",
        "/api/api/webhook",
        "/api",
    ];
    for path in paths {
        // Even a genuine delivery finds no handler under another path.
        for request in [signed(path, "{}"), Request::json(path, "{}")] {
            server.refuses("plain", path, &request, &[404]).await;
        }
    }
    assert_eq!(strays.load(Ordering::SeqCst), 2 * paths.len());
    for path in ["/webhook", "/api/webhook"] {
        for query in ["", "?", "?a=b", "?/..", "?x-signature=1", "?verify=false", "?debug=1#x"] {
            let target = format!("{path}{query}");
            server.refuses("plain", &target, &Request::json(&target, "{}"), &[401]).await;
            let answer = server.client().ask(&signed(&target, "{}")).await;
            assert_eq!(answer.status, 200, "{target}");
        }
    }
    tally::tell();
}

#[derive(Deserialize)]
struct Order {
    #[serde(rename = "id")]
    _id: u64,
}

#[webhook(path = "/typed")]
async fn typed(_: Order) {}

/// Elsewhere, forms and other content types skipped the check, or caused a crash.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_content_types_are_verified_first() {
    let hooks = Webhooks::new().mount::<typed>().secrets::<typed>(key());
    let server = Server::start(hooks).await;
    let long = format!("text/{}", "x".repeat(8_000));
    let types: [&[u8]; 20] = [
        b"text/css",
        b"text/html; charset=utf-8",
        b"application/xml",
        b"multipart/form-data; boundary=x",
        b"multipart/form-data",
        b"application/octet-stream",
        b"application/x-ndjson",
        b"application/jsonp",
        b"application/json-seq",
        b"text/json5",
        b"json",
        b"application/",
        b"/json",
        b"*/*",
        b";",
        b",",
        b"\xff\xfe",
        b"application/json\xff",
        b"application/x-protobuf",
        long.as_bytes(),
    ];
    for kind in types {
        let what = String::from_utf8_lossy(kind).chars().take(40).collect::<String>();
        let unsigned = Request::json("/typed", r#"{"id":1}"#).set("content-type", kind);
        server.refuses("plain", &what, &unsigned, &[401]).await;
        let forged = unsigned.with("x-signature", "0".repeat(64));
        server.refuses("plain", &what, &forged, &[401]).await;
        let genuine = signed("/typed", r#"{"id":1}"#).set("content-type", kind);
        let answer = server.client().ask(&genuine).await;
        tally::note("plain", &what, &answer);
        assert_eq!(answer.status, 415, "{what}: {answer:?}");
    }
    let genuine = signed("/typed", r#"{"id":1}"#);
    assert_eq!(server.client().ask(&genuine).await.status, 200);
    tally::tell();
}

/// A key source that only records its requests.
#[derive(Clone, Default)]
struct Noting {
    fetched: Arc<Mutex<Vec<String>>>,
    visited: Arc<Mutex<Vec<String>>>,
}

impl KeySource for Noting {
    async fn fetch(&self, key: &KeyRequest) -> Result<Bytes, SourceError> {
        self.fetched.lock().unwrap().push(format!("{key:?}"));
        Ok(Bytes::from_static(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))
    }

    async fn confirm_subscription(&self, url: &str) -> Result<(), SourceError> {
        self.visited.lock().unwrap().push(url.to_owned());
        Ok(())
    }
}

#[webhook(path = "/sns", provider = AWS_SNS)]
async fn sns(_: &Delivery) {}

/// Elsewhere, a stranger could make the server fetch any URL, as a certificate or to confirm a
/// subscription (novu#11223, Mailtrain#1389, penpot#11092, CVE-2026-44308).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_cannot_trigger_fetches() {
    const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:topic";
    const PEM: &str = "SimpleNotificationService-abc.pem";
    let source = Noting::default();
    let hooks = Webhooks::new().mount::<sns>().secrets::<sns>([Secret::new(TOPIC)]);
    let server = Server::start(hooks.key_source(source.clone())).await;
    let message = |kind: &str, certificate: &str, subscribe: &str| {
        let message = json!({
            "Type": kind, "MessageId": "m1", "TopicArn": TOPIC, "Message": "hello", "Token": "t",
            "Timestamp": "2025-10-09T08:53:20.000Z", "SignatureVersion": "1",
            "Signature": "AAAA", "SigningCertURL": certificate, "SubscribeURL": subscribe,
        });
        Request::json("/sns", message.to_string()).with("x-amz-sns-message-type", kind)
    };
    let good = format!("https://sns.us-east-1.amazonaws.com/{PEM}");
    let urls = [
        "https://169.254.169.254/latest/meta-data/".to_owned(),
        "http://169.254.169.254/latest/meta-data/iam/".to_owned(),
        format!("https://localhost/{PEM}"),
        format!("https://127.0.0.1/{PEM}"),
        format!("https://[::1]/{PEM}"),
        format!("https://[::ffff:169.254.169.254]/{PEM}"),
        format!("https://2130706433/{PEM}"),
        format!("https://0x7f000001/{PEM}"),
        format!("http://sns.us-east-1.amazonaws.com/{PEM}"),
        format!("https://sns.us-east-1.amazonaws.com.evil/{PEM}"),
        format!("https://sns.us-east-1.amazonaws.com.evil.test/{PEM}"),
        format!("https://sns.us-east-1.amazonaws.com@evil.test/{PEM}"),
        format!("https://evil@sns.us-east-1.amazonaws.com/{PEM}"),
        format!("https://a:b@sns.us-east-1.amazonaws.com/{PEM}"),
        format!("https://sns.us-east-1.amazonaws.com:8443/{PEM}"),
        format!("https://sns.us-east-1.amazonaws.com:443/{PEM}"),
        format!("https://sns.us-east-1.amazonaws.com#@evil.test/{PEM}"),
        format!("https://evil.test/#https://sns.us-east-1.amazonaws.com/{PEM}"),
        format!("https://evil.test/?u=https://sns.us-east-1.amazonaws.com/{PEM}"),
        format!("https://evil.test\\.sns.us-east-1.amazonaws.com/{PEM}"),
        format!("https://sns.us-east-1.amazonaws.com\\@evil.test/{PEM}"),
        format!("https://evil-sns.us-east-1.amazonaws.com/{PEM}"),
        format!("https://sns.evil.amazonaws.com/{PEM}"),
        format!("https://sns.s3-us-west-2.amazonaws.com/{PEM}"),
        format!("https://bucket.s3.amazonaws.com/{PEM}"),
        format!("https://sns.us-east-1.amazonaws.com./{PEM}"),
        format!("https://sns.us-east-1.amazonaws.com%2eevil.test/{PEM}"),
        format!("https://sns.us-east-1.amazonaws.com\u{3002}evil.test/{PEM}"),
        format!("https://SNS.us-east-1.amazonaws.com/{PEM}"),
        format!(" https://sns.us-east-1.amazonaws.com/{PEM}"),
        format!("https:/sns.us-east-1.amazonaws.com/{PEM}"),
        format!("//sns.us-east-1.amazonaws.com/{PEM}"),
        format!("ftp://sns.us-east-1.amazonaws.com/{PEM}"),
        "file:///etc/passwd".to_owned(),
        "gopher://localhost:6379/_x".to_owned(),
        "data:text/plain,x".to_owned(),
        format!("{good}?redirect=https://evil.test"),
        "https://sns.us-east-1.amazonaws.com/evil.pem".to_owned(),
        "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription".to_owned(),
        format!("https://sns.us-east-1.amazonaws.com/../{PEM}"),
        "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-abc.pem/x".to_owned(),
        String::new(),
    ];
    for url in &urls {
        for kind in ["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"] {
            let request = message(kind, url, "https://sns.us-east-1.amazonaws.com/?Action=x");
            server.refuses("aws-sns", url, &request, &[401]).await;
        }
    }
    assert!(source.fetched.lock().unwrap().is_empty(), "{:?}", source.fetched.lock().unwrap());

    // Even with Amazon's certificate, the URL is not visited before the signature is verified.
    for url in urls.iter().chain([&good]) {
        let request = message("SubscriptionConfirmation", &good, url);
        server.refuses("aws-sns", url, &request, &[401]).await;
    }
    let fetched = source.fetched.lock().unwrap();
    assert!(fetched.iter().all(|url| url.contains(&good)), "{fetched:?}");
    assert!(source.visited.lock().unwrap().is_empty(), "{:?}", source.visited.lock().unwrap());
    tally::tell();
}

#[webhook(path = "/dropbox", provider = DROPBOX)]
async fn dropbox(_: &Delivery) {}

#[webhook(path = "/meta", provider = META)]
async fn meta(_: &Delivery) {}

#[webhook(path = "/graph", provider = MICROSOFT_GRAPH)]
async fn graph(_: serde_json::Value) {}

#[webhook(path = "/okta", provider = OKTA)]
async fn okta(_: &Delivery) {}

#[webhook(path = "/slack", provider = SLACK)]
async fn slack(_: &Delivery) {}

/// Elsewhere, a stranger's challenge was echoed as HTML or with headers, or reached the handler.
/// Here an echo is short plain text that no browser sniffs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn challenges_are_echoed_as_plain_text() {
    let hooks = Webhooks::new()
        .mount::<dropbox>()
        .secrets::<dropbox>(key())
        .mount::<meta>()
        .secrets::<meta>(key())
        .verify_token::<meta>(Secret::new("token"))
        .mount::<graph>()
        .secrets::<graph>(key())
        .mount::<okta>()
        .secrets::<okta>(key())
        .mount::<slack>()
        .secrets::<slack>(key());
    let server = Server::start(hooks).await;
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let long = "x".repeat(1_025);
    let huge = "<b>".repeat(5_000);
    for challenge in [
        "<script>alert(1)</script>",
        "<?xml version=\"1.0\"?><x xmlns=\"http://www.w3.org/1999/xhtml\"/>",
        "a\r\nset-cookie: a=b\r\n\r\n<b>",
        "a\nb",
        "a\0b",
        "\u{feff}<b>",
        "+ADw-script+AD4-",
        "{\"a\":1}",
        "%0d%0aset-cookie:a=b",
        &long,
        &huge,
    ] {
        let text = encoded(challenge);
        let meta = format!("/meta?hub.mode=subscribe&hub.challenge={text}&hub.verify_token=token");
        let asked = json!({ "type": "url_verification", "challenge": challenge }).to_string();
        let headers = SLACK.sign(&Secret::new(SECRET), &RequestToSign::new(asked.as_bytes()));
        let slack = Request::json("/slack", asked.clone()).with_all(&headers.unwrap().headers);
        let mut requests = vec![
            Request::post(&format!("/dropbox?challenge={text}"), "").of("GET"),
            Request::post(&meta, "").of("GET"),
            Request::post(&format!("/graph?validationToken={text}"), ""),
            slack,
        ];
        if !challenge.contains(['\r', '\n', '\0']) {
            let okta = Request::post("/okta", "").of("GET");
            requests.push(okta.with("x-okta-verification-challenge", challenge));
        }
        for request in requests {
            let shown: String = request.target.chars().take(50).collect();
            let answer = server.client().ask(&request).await;
            assert!(answer.status < 500, "{shown}: {answer:?}");
            assert!(answer.header("set-cookie").is_none(), "{shown}: {answer:?}");
            if challenge.len() > 1024 {
                tally::note("handshakes", &shown, &answer);
                assert!(!answer.text().contains(&challenge[..50]), "{shown}: {answer:?}");
            }
            if answer.status == 200 {
                let kind = answer.header("content-type").unwrap_or_default();
                let is_harmless = ["text/plain; charset=utf-8", "application/json"].contains(&kind);
                assert!(is_harmless, "{shown}: {answer:?}");
                assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{shown}");
                assert!(answer.body.len() <= 1_100, "{shown}: {}", answer.body.len());
            }
        }
        // Without a signature or token there is no echo, and HEAD is no handshake.
        let unsigned = Request::json("/slack", asked);
        let head = Request::post(&format!("/dropbox?challenge={text}"), "").of("HEAD");
        let wrong = meta.replace("=token", "=wrong");
        for (request, status) in [
            (unsigned, 401),
            (head, 405),
            (Request::post(&meta, "").of("HEAD"), 405),
            (Request::post(&wrong, "").of("GET"), 403),
            (Request::post(&wrong.replace("hub.verify_token", "x"), "").of("GET"), 403),
        ] {
            let answer = server.refuses("handshakes", "unproven", &request, &[status]).await;
            let first: String = challenge.chars().take(50).collect();
            assert!(first.len() < 3 || !answer.text().contains(&first), "{answer:?}");
        }
    }
    assert_eq!(server.effects(), 0, "no handler is asked");
    let honest = Request::post("/dropbox?challenge=c-1", "").of("GET");
    assert_eq!(server.client().ask(&honest).await.text(), "c-1");
    tally::tell();
}
