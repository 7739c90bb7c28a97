//! Webhooks in a nested router: the URL that providers sign, and the parameters of the prefix.

mod common;

use std::sync::{Arc, Mutex};

use axum::{
    Extension, Router,
    extract::{NestedPath, OriginalUri, Path},
};
use common::{SECRET, delivery_to, post, sign, status, webhooks};
use http::Uri;
use tokio::sync::mpsc;
use tracing::Level;
use webhook_runtime::{
    Delivery, Inbox, Provider, Secret, SecretSource, SourceError, Tenant, Webhooks,
    providers::HMAC_SHA256_HEX,
    scheme::{RequestToSign, Scheme},
    webhook,
};

const BY_URL: Provider =
    Provider::new("by-url", Scheme::hmac_sha256().header("x-sig").hex().signed("{url}|{body}"));

#[webhook(path = "/square", provider = BY_URL)]
async fn by_url(_: &Delivery) {}

#[webhook(path = "/", provider = BY_URL)]
async fn at_the_root(_: &Delivery) {}

fn by_url_at(base: &str) -> Router {
    webhooks::<by_url>().public_url(base).into_router().expect("nothing is wrong with it")
}

/// A delivery to `uri`, signed for `url`.
fn signed(url: &str, uri: &str) -> http::Request<axum::body::Body> {
    let outgoing = RequestToSign::new(b"x").url(url);
    let headers = BY_URL.sign(&Secret::new(SECRET), &outgoing).expect("it can be signed").headers;
    post(uri, headers, "x")
}

/// A way to nest a router.
type Nest = fn(Router) -> Router;

#[tokio::test]
async fn the_public_url_has_the_prefix_or_not() {
    let nested: [(&str, Nest); 4] = [
        ("/api", |hooks| Router::new().nest("/api", hooks)),
        ("/api", |hooks| Router::new().nest_service("/api", hooks)),
        ("/api/v1", |hooks| Router::new().nest("/api/v1", hooks)),
        ("/api/v1", |hooks| Router::new().nest("/api", Router::new().nest("/v1", hooks))),
    ];
    for (prefix, nest) in nested {
        let wanted = format!("https://h.example{prefix}/square");
        let uri = format!("{prefix}/square");
        let bases = ["", "/", prefix, &format!("{prefix}/")];
        for base in bases.map(|end| format!("https://h.example{end}")) {
            let app = nest(by_url_at(&base));
            assert_eq!(status(&app, signed(&wanted, &uri)).await, 200, "{base} {prefix}");
            let (with, without) = (format!("{wanted}?a=b"), format!("{uri}?a=b"));
            assert_eq!(status(&app, signed(&with, &without)).await, 200, "{base} {prefix}");
            for other in [
                format!("https://h.example{prefix}{prefix}/square"),
                "https://h.example/square".to_owned(),
                format!("https://other.example{prefix}/square"),
                format!("{wanted}/"),
            ] {
                let answer = status(&app, signed(&other, &uri)).await;
                assert_eq!(answer, 401, "{base} {prefix} {other}");
            }
        }
    }
}

#[tokio::test]
async fn a_proxy_may_remove_another_prefix() {
    // The proxy removes `/pay`, and then `/api`, which the program has, too.
    for (base, url) in [
        ("https://h.example/pay", "https://h.example/pay/api/square"),
        ("https://h.example/pay/api", "https://h.example/pay/api/square"),
        ("https://h.example/api/api", "https://h.example/api/api/square"),
    ] {
        let app = Router::new().nest("/api", by_url_at(base));
        assert_eq!(status(&app, signed(url, "/api/square")).await, 200, "{base}");
    }
    let app = by_url_at("https://h.example/api");
    assert_eq!(status(&app, signed("https://h.example/api/square", "/square")).await, 200);
}

#[tokio::test]
async fn parameters_of_the_prefix_are_in_the_url() {
    for base in ["https://h.example", "https://h.example/t", "https://h.example/t/{tenant}"] {
        let app = Router::new().nest("/t/{tenant}", by_url_at(base));
        let url = "https://h.example/t/acme/square";
        assert_eq!(status(&app, signed(url, "/t/acme/square")).await, 200, "{base}");
        assert_eq!(status(&app, signed(url, "/t/other/square")).await, 401, "{base}");
    }
    // A tenant is not taken for a part of the public URL.
    let app = Router::new().nest("/{tenant}", by_url_at("https://h.example/acme"));
    let url = "https://h.example/acme/acme/square";
    assert_eq!(status(&app, signed(url, "/acme/square")).await, 200);
}

#[tokio::test]
async fn the_prefix_alone_can_be_the_path() {
    for base in ["https://h.example", "https://h.example/api"] {
        let hooks = webhooks::<at_the_root>().public_url(base).into_router();
        let app = Router::new().nest("/api", hooks.expect("nothing is wrong with it"));
        assert_eq!(status(&app, signed("https://h.example/api", "/api")).await, 200, "{base}");
    }
}

#[webhook(path = "/plain")]
async fn plain(_: &Delivery) {}

/// What was written at DEBUG and above.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nobody panics holding it").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_refused_url_is_shown_at_debug() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::DEBUG)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let lines = || {
        let bytes = std::mem::take(&mut *log.0.lock().expect("nobody panics holding it"));
        String::from_utf8(bytes).expect("text")
    };
    let app = Router::new().nest("/api", by_url_at("https://me:canary@h.example/pay"));
    let uri = "/api/square?b=2&token=canary&a=1";
    assert_eq!(status(&app, signed("https://h.example/square", uri)).await, 401);
    let shown = lines();
    let url = "https://…@h.example/pay/api/square?b=2&token=…&a=1";
    let line = shown.lines().find(|line| line.contains("DEBUG")).expect("a line at DEBUG");
    assert!(line.contains(url) && line.contains(r#"endpoint="by_url""#), "{line}");
    assert!(!shown.contains("canary"), "{shown}");
    let url = format!("https://me:canary@h.example/pay{uri}");
    assert_eq!(status(&app, signed(&url, uri)).await, 200);
    assert!(!lines().contains("DEBUG"), "a genuine one says nothing");
    // A provider that signs no URL says nothing of one.
    let app = webhooks::<plain>().into_router().expect("nothing is wrong with it");
    let forged = post("/plain", sign(&HMAC_SHA256_HEX, "a guess", b"x"), "x");
    assert_eq!(status(&app, forged).await, 401);
    assert!(!lines().contains("DEBUG"));
}

/// The secret of a tenant is made of its parameters.
struct Tenants;

impl SecretSource for Tenants {
    async fn secrets(&self, tenant: &Tenant) -> Result<Vec<Secret>, SourceError> {
        match (tenant.param("tenant"), tenant.param("shop")) {
            (Some(tenant), Some(shop)) => Ok(vec![Secret::new(format!("{tenant}/{shop}"))]),
            _ => Err(SourceError::NotFound),
        }
    }
}

type Seen = mpsc::UnboundedSender<String>;

fn note(seen: &Seen, places: [&str; 3], Path(path): &Path<(String, String)>, delivery: &Delivery) {
    let tenant = ["tenant", "shop"].map(|name| delivery.tenant().param(name).unwrap_or_default());
    let line = format!("{places:?} {path:?} {tenant:?}");
    seen.send(line).expect("somebody listens");
}

#[webhook(path = "/shops/{shop}")]
async fn at_once(
    Extension(seen): Extension<Seen>,
    OriginalUri(original): OriginalUri,
    nested: NestedPath,
    uri: Uri,
    path: Path<(String, String)>,
    delivery: &Delivery,
) {
    let (original, uri) = (original.to_string(), uri.to_string());
    note(&seen, [&original, nested.as_str(), &uri], &path, delivery);
}

#[webhook(path = "/shops/{shop}", inbox)]
async fn stored(
    Extension(seen): Extension<Seen>,
    OriginalUri(original): OriginalUri,
    nested: NestedPath,
    uri: Uri,
    path: Path<(String, String)>,
    delivery: &Delivery,
) {
    let (original, uri) = (original.to_string(), uri.to_string());
    note(&seen, [&original, nested.as_str(), &uri], &path, delivery);
}

fn for_tenant(uri: &str, secret: &str) -> http::Request<axum::body::Body> {
    let mut request = delivery_to(uri, "{}");
    request.headers_mut().extend(sign(&HMAC_SHA256_HEX, secret, b"{}"));
    request
}

#[tokio::test]
async fn parameters_of_the_prefix_reach_everybody() {
    let (sender, mut seen) = mpsc::unbounded_channel::<String>();
    let inbox = Inbox::builder("").open_in_memory().expect("it opens");
    let at_once = Webhooks::new().mount::<at_once>().secret_source::<at_once>(Tenants);
    let stored = Webhooks::new().mount::<stored>().secret_source::<stored>(Tenants).inbox(inbox);
    for hooks in [at_once, stored] {
        let hooks = hooks.verified_layer(Extension(sender.clone()));
        let hooks = hooks.into_router().expect("nothing is wrong with it");
        let app = Router::new().nest("/t/{tenant}", hooks);
        for tenant in ["acme", "b%C3%A9"] {
            let uri = format!("/t/{tenant}/shops/7?q=1");
            let name = tenant.replace("%C3%A9", "é");
            let answer = status(&app, for_tenant(&uri, &format!("{name}/7"))).await;
            assert!(matches!(answer, 200 | 202), "{answer}");
            let other = format!("/t/other/shops/{tenant}");
            assert_eq!(status(&app, for_tenant(&other, &format!("{name}/7"))).await, 401);
            let wait = std::time::Duration::from_secs(10);
            let line = tokio::time::timeout(wait, seen.recv()).await.expect("it runs");
            let expected = format!(
                r#"["{uri}", "/t/{{tenant}}", "/shops/7?q=1"] ("{name}", "7") ["{name}", "7"]"#
            );
            assert_eq!(line, Some(expected));
        }
    }
}

mod moved {
    use super::*;

    #[webhook(path = "/elsewhere", inbox)]
    pub(super) async fn paid(Extension(seen): Extension<Seen>, delivery: &Delivery) {
        seen.send(delivery.endpoint().to_owned()).expect("somebody listens");
    }
}

#[webhook(path = "/paid", inbox)]
async fn paid(_: &Delivery) {}

/// A delivery that was stored on another path finds its function by its name.
#[tokio::test]
async fn an_endpoint_may_move() {
    let inbox = Inbox::builder("").open_in_memory().expect("it opens");
    let before = webhooks::<paid>().inbox(inbox.clone()).into_router().expect("right");
    let _ = inbox.shutdown(std::time::Duration::ZERO).await;
    let before = Router::new().nest("/api", before.clone()).merge(before);
    assert_eq!(status(&before, delivery_to("/paid", "1")).await, 202);
    assert_eq!(status(&before, delivery_to("/api/paid", "2")).await, 202);
    let (sender, mut seen) = mpsc::unbounded_channel::<String>();
    let after = webhooks::<moved::paid>().inbox(inbox).verified_layer(Extension(sender));
    let _after = after.into_router().expect("nothing is wrong with it");
    for _ in 0..2 {
        let wait = std::time::Duration::from_secs(10);
        let name = tokio::time::timeout(wait, seen.recv()).await.expect("it runs");
        assert_eq!(name.as_deref(), Some("paid"));
    }
}
