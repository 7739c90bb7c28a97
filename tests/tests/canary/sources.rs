//! Secret sources that fail in every way, and keys that cannot be fetched.

use std::{future::pending, sync::Mutex};

use axum::extract::State;
use webhook_runtime::{
    Delivery, HttpsKeys, KeySource, Secret, SecretSource, SourceError, Tenant, Webhooks,
    providers::{ASANA, NOTION, STANDARD_WEBHOOKS},
    scheme::{KeyRequest, RequestToSign},
    webhook,
};

use super::{
    receiver::{Heard, ask},
    recorder::{self, ON_PURPOSE},
    scanner::Scanner,
};

/// A base64 secret, which a scheme decodes.
const TENANT: &str = "whsec_Y2FuYXJ5LW9mLWEtdGVuYW50LTlmM2I3YTEyZDA=";
const OTHER: &str = "whsec_Y2FuYXJ5LW9mLXRoZS1vdGhlci1hMWIyYzNkNGU1";
const OFFERED: &str = "canary-that-is-offered-7d1c55e0";

#[webhook(path = "/t/{tenant}", provider = STANDARD_WEBHOOKS)]
async fn tenants(State(_): State<Heard>, delivery: &Delivery) -> String {
    panic!("{ON_PURPOSE}: {delivery:?} {:?}", delivery.tenant());
}

#[webhook(path = "/asana/{tenant}", provider = ASANA)]
async fn asana(State(_): State<Heard>, _: &Delivery) {}

#[webhook(path = "/notion/{tenant}", provider = NOTION)]
async fn notion(State(_): State<Heard>, _: &Delivery) {}

/// A source that behaves as the tenant's name says.
struct Source;

/// The stored secrets.
static KEPT: Mutex<Vec<Secret>> = Mutex::new(Vec::new());

impl SecretSource for Source {
    async fn secrets(&self, tenant: &Tenant) -> Result<Vec<Secret>, SourceError> {
        let good = || Secret::new(TENANT).with_name("GOOD");
        Ok(match tenant.param("tenant").unwrap_or_default() {
            "good" => vec![good()],
            "rotating" => vec![Secret::new(OTHER).with_name("NEW"), good()],
            "padded" => vec![Secret::new(format!("{TENANT}\n"))],
            "malformed" => vec![good(), Secret::new(format!("{OTHER}!!"))],
            "blank" => vec![good(), Secret::new("")],
            "empty" => Vec::new(),
            "silent" => pending().await,
            "down" => return Err(SourceError::unavailable("the database is down")),
            "clumsy" => panic!("{ON_PURPOSE}: {:?} {:?} {tenant:?}", good(), [good()]),
            _ => return Err(SourceError::NotFound),
        })
    }

    async fn store(&self, tenant: &Tenant, offered: Secret) -> Result<(), SourceError> {
        tracing::info!(?offered, ?tenant, "offered");
        if tenant.param("tenant") == Some("refusing") {
            return Err(SourceError::unavailable(format_args!("{offered:?} is not wanted")));
        }
        KEPT.lock().expect("nobody panics holding it").push(offered);
        Ok(())
    }
}

fn scanner() -> Scanner {
    let mut scanner = Scanner::new();
    for (name, secret) in [("a tenant's", TENANT), ("another's", OTHER), ("an offered", OFFERED)] {
        scanner.add(name, secret);
    }
    scanner
}

/// Time is paused and moves by itself, so that the hanging source costs no time.
#[tokio::test(start_paused = true)]
async fn failing_sources_leak_no_secrets() {
    let mark = recorder::listen();
    let mut scanner = scanner();
    let heard = Heard::default();
    let router = super::receiver::heard(Webhooks::new(), &heard)
        .mount::<tenants>()
        .secret_source::<tenants>(Source)
        .into_router()
        .expect("nothing is wrong with it")
        .with_state(heard.clone());
    let body = br#"{"type":"a"}"#;
    let mut statuses = Vec::new();
    for tenant in [
        "good",
        "rotating",
        "padded",
        "malformed",
        "blank",
        "empty",
        "silent",
        "down",
        "clumsy",
        "unknown",
    ] {
        for secret in [TENANT, OTHER, "whsec_c29tZWJvZHkgZWxzZSdz"] {
            let signed = STANDARD_WEBHOOKS.sign(&Secret::new(secret), &RequestToSign::new(body));
            let headers = signed.expect("it can be signed").headers;
            let signature = headers["webhook-signature"].to_str().expect("text").to_owned();
            scanner.add("a signature", &signature["v1,".len()..]);
            let mut request = http::Request::post(format!("/t/{tenant}"))
                .body(axum::body::Body::from(&body[..]))
                .expect("a request");
            *request.headers_mut() = headers;
            let router = router.clone();
            // A panicking source ends its connection.
            let answered = tokio::spawn(async move { ask(&router, request).await }).await;
            statuses.push((tenant, answered.ok()));
        }
    }
    for said in heard.take() {
        scanner.asserts_silence("an answer", said.text);
    }
    for wanted in [("good", Some(500)), ("padded", Some(503)), ("silent", Some(503))] {
        assert!(statuses.contains(&wanted), "{wanted:?} is not among {statuses:?}");
    }
    let written = mark.since();
    assert!(written.contains("it took too long") && written.contains(ON_PURPOSE));
    scanner.asserts_silence("what is written", written);
}

/// Asana and Notion send the secret itself. Asana expects it back, in a response header.
#[tokio::test]
async fn offered_secrets_are_not_leaked() {
    let mark = recorder::listen();
    let scanner = scanner();
    let heard = Heard::default();
    let router = super::receiver::heard(Webhooks::new(), &heard)
        .mount::<asana>()
        .mount::<notion>()
        .secret_source::<asana>(Source)
        .secret_source::<notion>(Source)
        .into_router()
        .expect("nothing is wrong with it")
        .with_state(heard.clone());
    for tenant in ["new", "refusing", "good", "down", "padded"] {
        for path in ["asana", "notion"] {
            let body = format!(r#"{{"verification_token":"{OFFERED}"}}"#);
            let request = http::Request::post(format!("/{path}/{tenant}"))
                .header("x-hook-secret", OFFERED)
                .header("content-type", "application/json")
                .body(body.into())
                .expect("a request");
            let answered = ask(&router, request).await;
            let is_kept = tenant == "new";
            assert_eq!(answered == 200, is_kept, "{path}, {tenant}: {answered}");
            let said = heard.take().remove(0);
            let is_echo = is_kept && path == "asana";
            assert_eq!(scanner.find(said.text).is_some(), is_echo, "{path}, {tenant}");
        }
    }
    assert_eq!(KEPT.lock().expect("nobody panics holding it").len(), 2);
    scanner.asserts_silence("what is written", mark.since());
}

/// The URL that confirms a subscription contains a token, and the HTTP client writes logs.
#[tokio::test]
async fn key_fetches_leak_no_urls() {
    let mark = recorder::listen();
    let mut scanner = Scanner::new();
    let token = "canary-token-that-confirms-3b90e6d1";
    scanner.add("the token", token);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Every TLS handshake fails.
            drop(stream);
        }
    });
    let keys = HttpsKeys::new();
    for url in [
        format!("https://{address}/?Action=ConfirmSubscription&Token={token}"),
        format!("http://{address}/?Token={token}"),
        format!("https://user:{token}@{address}/"),
        format!("https://[::{token}"),
        format!("https://no.invalid/?Token={token}"),
    ] {
        let error = keys.confirm_subscription(&url).await.expect_err("nobody is there");
        scanner.asserts_silence(&url, format!("{error} {error:?}"));
        let error = keys.fetch(&KeyRequest::Url(url.clone().into())).await.expect_err("likewise");
        scanner.asserts_silence(&url, format!("{error} {error:?} {keys:?}"));
    }
    // At the level TRACE, `ureq` logs its requests, as SECURITY.md says.
    let written = mark.since();
    let (theirs, ours): (Vec<&str>, Vec<&str>) =
        written.lines().partition(|line| line.starts_with("log") && line.contains("\"ureq"));
    assert!(!theirs.is_empty(), "the exception is none any more");
    scanner.asserts_silence("what is written", ours.join("\n"));
}
