//! Secrets of tenants: which secret is accepted, failures of the source, and caching.

mod common;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body, extract::State};
use common::{Answer, ask, post, set, sign, status};
use http::{HeaderMap, Request, StatusCode};
use tokio::time::Instant;
use webhook_runtime::{
    Delivery, Secret, SecretSource, SourceError, Tenant, Webhook, Webhooks,
    providers::{ASANA, HMAC_SHA256_HEX, NOTION, STANDARD_WEBHOOKS},
    testing::TestClock,
    webhook,
};

/// An answer of a source.
#[derive(Clone)]
enum Says {
    Secrets(Vec<Secret>),
    Unavailable,
    /// Nothing, ever.
    Nothing,
}

fn secrets<const N: usize>(texts: [&str; N]) -> Says {
    Says::Secrets(texts.map(|text| Secret::new(text).with_name(text.to_owned())).to_vec())
}

/// A source that counts its calls.
#[derive(Clone, Default)]
struct Tenants(Arc<Inner>);

#[derive(Default)]
struct Inner {
    known: Mutex<HashMap<String, Says>>,
    asked: AtomicUsize,
    offered: Mutex<Vec<(String, String)>>,
}

impl Tenants {
    fn new<const N: usize>(known: [(&str, Says); N]) -> Self {
        let tenants = Self::default();
        for (name, says) in known {
            tenants.set(name, says);
        }
        tenants
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Says>> {
        self.0.known.lock().expect("nobody panics holding it")
    }

    fn set(&self, name: &str, says: Says) {
        self.known().insert(name.to_owned(), says);
    }

    fn asked(&self) -> usize {
        self.0.asked.load(Ordering::SeqCst)
    }

    fn offered(&self) -> Vec<(String, String)> {
        self.0.offered.lock().expect("nobody panics holding it").clone()
    }

    /// A router with one endpoint with this source.
    fn router<H: Webhook<Calls>>(&self) -> (Router, Calls) {
        let calls = Calls::default();
        let router = Webhooks::new()
            .mount::<H>()
            .secret_source::<H>(self.clone())
            .into_router()
            .expect("nothing is wrong with it");
        (router.with_state(calls.clone()), calls)
    }
}

impl SecretSource for Tenants {
    async fn secrets(&self, tenant: &Tenant) -> Result<Vec<Secret>, SourceError> {
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        let says = self.known().get(tenant.param("tenant").unwrap_or_default()).cloned();
        match says {
            None => Err(SourceError::NotFound),
            Some(Says::Secrets(secrets)) => Ok(secrets),
            Some(Says::Unavailable) => Err(SourceError::unavailable("the database is down")),
            Some(Says::Nothing) => std::future::pending().await,
        }
    }

    async fn store(&self, tenant: &Tenant, offered: Secret) -> Result<(), SourceError> {
        let tenant = tenant.param("tenant").unwrap_or_default().to_owned();
        let text = String::from_utf8(offered.expose().to_vec()).expect("text");
        self.set(&tenant, Says::Secrets(vec![offered]));
        self.0.offered.lock().expect("nobody panics holding it").push((tenant, text));
        Ok(())
    }
}

/// The number of handler calls.
#[derive(Clone, Default)]
struct Calls(Arc<AtomicUsize>);

impl Calls {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Answers with the tenant and the secret's name.
#[webhook(path = "/hooks/{tenant}")]
async fn hook(State(calls): State<Calls>, delivery: &Delivery) -> String {
    calls.0.fetch_add(1, Ordering::SeqCst);
    let tenant = delivery.tenant();
    assert_eq!((tenant.endpoint(), tenant.param("shop")), ("hook", None));
    format!("{} by {}", tenant.param("tenant").unwrap_or("nobody"), delivery.secret_name())
}

/// A delivery to a tenant, signed with this secret.
fn delivery(tenant: &str, secret: &str) -> Request<Body> {
    post(&format!("/hooks/{tenant}"), sign(&HMAC_SHA256_HEX, secret, b"{}"), "{}")
}

fn assert_unavailable(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers["retry-after"], "30");
    // The response does not say what went wrong.
    assert_eq!(answer.problem().as_object().expect("an object").len(), 3);
}

#[tokio::test]
async fn tenants_accept_only_their_own_secret() {
    let tenants = Tenants::new([("acme", secrets(["A"])), ("umbra", secrets(["U"]))]);
    let (router, calls) = tenants.router::<hook>();
    assert_eq!(ask(&router, delivery("acme", "A")).await.text(), "acme by A");
    assert_eq!(ask(&router, delivery("umbra", "U")).await.text(), "umbra by U");
    // Both are cached by now, and neither works for the other.
    for (tenant, secret) in [("acme", "U"), ("umbra", "A"), ("acme", "acme"), ("ACME", "A")] {
        assert_eq!(status(&router, delivery(tenant, secret)).await, 401, "{tenant} {secret}");
    }
    assert_eq!(calls.count(), 2);
}

#[tokio::test]
async fn unknown_tenants_look_like_wrong_secrets() {
    let tenants = Tenants::new([("acme", secrets(["A"])), ("empty", secrets([]))]);
    let (router, calls) = tenants.router::<hook>();
    let wrong = ask(&router, delivery("acme", "wrong")).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(wrong.headers["www-authenticate"], "Signature");
    // UnknownEvent, without a secret, not UTF-8, and with a slash.
    for tenant in ["nobody", "empty", "%FF", "acme%2F..", "%2e%2e"] {
        assert_eq!(ask(&router, delivery(tenant, "A")).await, wrong, "{tenant}");
    }
    let unsigned = ask(&router, post("/hooks/acme", HeaderMap::new(), "{}")).await;
    assert_eq!(unsigned, wrong);
    assert_eq!(calls.count(), 0);
}

/// Parameters are percent-decoded.
#[tokio::test]
async fn tenant_names_are_percent_decoded() {
    let tenants = Tenants::new([("a/b c", secrets(["A"]))]);
    let (router, _) = tenants.router::<hook>();
    assert_eq!(ask(&router, delivery("a%2Fb%20c", "A")).await.text(), "a/b c by A");
}

#[tokio::test]
async fn an_unavailable_source_is_asked_again() {
    let tenants = Tenants::new([("acme", Says::Unavailable)]);
    let (router, calls) = tenants.router::<hook>();
    for _ in 0..2 {
        assert_unavailable(&ask(&router, delivery("acme", "A")).await);
    }
    assert_eq!((tenants.asked(), calls.count()), (2, 0));
    tenants.set("acme", secrets(["A"]));
    assert_eq!(status(&router, delivery("acme", "A")).await, 200);
}

#[tokio::test(start_paused = true)]
async fn a_hanging_source_times_out() {
    let tenants = Tenants::new([("acme", Says::Nothing), ("umbra", secrets(["U"]))]);
    let (router, calls) = tenants.router::<hook>();
    let start = Instant::now();
    let (hung, other) = tokio::join!(ask(&router, delivery("acme", "A")), async {
        let answer = ask(&router, delivery("umbra", "U")).await;
        (answer.status, start.elapsed())
    });
    assert_unavailable(&hung);
    assert_eq!(start.elapsed().as_secs(), 5);
    assert_eq!(other, (StatusCode::OK, Duration::ZERO), "another tenant does not wait");
    assert_eq!(calls.count(), 1);
}

/// A blank secret would let everybody sign. It is an error, also beside other secrets.
#[tokio::test]
async fn an_unusable_secret_is_an_error() {
    let unusable = ["", " ", "\n", "A\n", "\nA"];
    for text in unusable {
        for says in [secrets([text]), secrets(["A", text]), secrets([text, "A"])] {
            let tenants = Tenants::new([("acme", says), ("umbra", secrets(["U"]))]);
            let (router, calls) = tenants.router::<hook>();
            for secret in [text, "A"] {
                assert_unavailable(&ask(&router, delivery_with(secret)).await);
            }
            assert_eq!(calls.count(), 0, "{text:?}");
            assert_eq!(status(&router, delivery("umbra", "U")).await, 200);
        }
    }
}

#[webhook(path = "/hooks/{tenant}", provider = STANDARD_WEBHOOKS)]
async fn encoded(State(calls): State<Calls>, _: &Delivery) {
    calls.0.fetch_add(1, Ordering::SeqCst);
}

/// The same for secrets that are decoded first.
#[tokio::test]
async fn an_undecodable_secret_is_an_error() {
    let genuine = "whsec_bm8gYmxhbmsgc2VjcmV0";
    let headers = sign(&STANDARD_WEBHOOKS, genuine, b"{}");
    for text in ["whsec_", "whsec_not base64", "whsec_%%%"] {
        let tenants = Tenants::new([("acme", secrets([text]))]);
        let (router, calls) = tenants.router::<encoded>();
        assert_unavailable(&ask(&router, post("/hooks/acme", headers.clone(), "{}")).await);
        assert_eq!(calls.count(), 0, "{text:?}");
    }
    let tenants = Tenants::new([("acme", secrets([genuine]))]);
    let (router, _) = tenants.router::<encoded>();
    assert_eq!(status(&router, post("/hooks/acme", headers, "{}")).await, 200);
}

/// A delivery to acme, signed with a secret that the library rejects.
fn delivery_with(secret: &str) -> Request<Body> {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
    mac.update(b"{}");
    let signature = base16ct::lower::encode_string(&mac.finalize().into_bytes());
    let mut request = post("/hooks/acme", HeaderMap::new(), "{}");
    set(&mut request, "x-signature", &signature);
    request
}

#[tokio::test]
async fn found_secrets_are_cached() {
    let tenants = Tenants::new([("acme", secrets(["A"])), ("umbra", secrets(["U"]))]);
    let (router, calls) = tenants.router::<hook>();
    for _ in 0..20 {
        assert_eq!(status(&router, delivery("acme", "A")).await, 200);
        assert_eq!(status(&router, delivery("umbra", "U")).await, 200);
        assert_eq!(status(&router, delivery("acme", "U")).await, 401);
    }
    assert_eq!((tenants.asked(), calls.count()), (2, 40));
    // While the secret is cached, changes in the source have no effect.
    tenants.set("acme", Says::Unavailable);
    assert_eq!(status(&router, delivery("acme", "A")).await, 200);
    // UnknownEvent tenants are not cached: a new tenant works at once.
    assert_eq!(status(&router, delivery("new", "N")).await, 401);
    tenants.set("new", secrets(["N"]));
    assert_eq!(status(&router, delivery("new", "N")).await, 200);
}

#[tokio::test]
async fn cached_secrets_expire_by_the_clock() {
    let clock = TestClock::default();
    let tenants = Tenants::new([("acme", secrets(["A"]))]);
    let router = Webhooks::new()
        .mount::<hook>()
        .secret_source::<hook>(tenants.clone())
        .clock(clock.clone())
        .into_router()
        .expect("nothing is wrong with it")
        .with_state(Calls::default());
    assert_eq!(status(&router, delivery("acme", "A")).await, 200);
    tenants.set("acme", secrets(["B"]));
    clock.advance(Duration::from_millis(29_999));
    assert_eq!(status(&router, delivery("acme", "A")).await, 200);
    clock.advance(Duration::from_millis(1));
    assert_eq!(status(&router, delivery("acme", "A")).await, 401);
    assert_eq!(status(&router, delivery("acme", "B")).await, 200);
    assert_eq!(tenants.asked(), 2);
    // A clock that was set back makes nothing live longer.
    clock.set(clock.now() - Duration::from_secs(1));
    assert_eq!(status(&router, delivery("acme", "B")).await, 200);
    assert_eq!(tenants.asked(), 3);
}

/// Requests that can be rejected without a secret do not reach the source.
#[tokio::test]
async fn unsigned_requests_do_not_reach_the_source() {
    let tenants = Tenants::new([("acme", secrets(["A"]))]);
    let (router, _) = tenants.router::<hook>();
    assert_eq!(status(&router, post("/hooks/acme", HeaderMap::new(), "{}")).await, 401);
    let mut malformed = post("/hooks/acme", HeaderMap::new(), "{}");
    set(&mut malformed, "x-signature", "00");
    assert_eq!(status(&router, malformed).await, 401);
    let mut get = delivery("acme", "A");
    *get.method_mut() = http::Method::GET;
    assert_eq!(status(&router, get).await, 405);
    assert_eq!(tenants.asked(), 0);
}

#[tokio::test]
async fn a_tenant_can_have_two_secrets() {
    let tenants = Tenants::new([("acme", secrets(["new", "old"])), ("umbra", secrets(["U"]))]);
    let (router, _) = tenants.router::<hook>();
    for secret in ["old", "new", "old"] {
        let answer = ask(&router, delivery("acme", secret)).await;
        assert_eq!(answer.text(), format!("acme by {secret}"));
        assert_eq!(status(&router, delivery("umbra", secret)).await, 401);
    }
}

#[webhook(path = "/hooks/{tenant}", provider = ASANA)]
async fn asana(State(calls): State<Calls>, _: &Delivery) {
    calls.0.fetch_add(1, Ordering::SeqCst);
}

#[webhook(path = "/hooks/{tenant}", provider = NOTION)]
async fn notion(State(calls): State<Calls>, _: &Delivery) {
    calls.0.fetch_add(1, Ordering::SeqCst);
}

fn offer(tenant: &str, secret: &str) -> Request<Body> {
    let mut request = post(&format!("/hooks/{tenant}"), HeaderMap::new(), "");
    set(&mut request, "x-hook-secret", secret);
    request
}

/// Anybody can offer a secret, so it is stored only if there is none.
#[tokio::test]
async fn an_offered_secret_never_replaces_another() {
    let tenants = Tenants::new([
        ("acme", secrets([])),
        ("umbra", secrets(["U"])),
        ("down", Says::Unavailable),
    ]);
    let (router, calls) = tenants.router::<asana>();
    let kept = ask(&router, offer("acme", "the first")).await;
    assert_eq!(kept.status, StatusCode::OK);
    assert_eq!(kept.headers["x-hook-secret"], "the first");
    for (tenant, expected) in [("acme", 401), ("umbra", 401), ("down", 503)] {
        let answer = ask(&router, offer(tenant, "mine")).await;
        assert_eq!(answer.status, expected, "{tenant}");
        assert!(!answer.headers.contains_key("x-hook-secret"), "{tenant}");
    }
    assert_eq!(tenants.offered(), [("acme".to_owned(), "the first".to_owned())]);
    assert_eq!(calls.count(), 0, "an offer is no delivery");

    // The stored secret works, for that tenant only.
    let signed =
        |tenant: &str| post(&format!("/hooks/{tenant}"), sign(&ASANA, "the first", b"{}"), "{}");
    assert_eq!(status(&router, signed("acme")).await, 200);
    assert_eq!(status(&router, signed("umbra")).await, 401);
    assert_eq!(calls.count(), 1);
}

#[tokio::test]
async fn an_offer_in_the_body_is_stored_too() {
    let tenants = Tenants::new([("acme", secrets([]))]);
    let (router, calls) = tenants.router::<notion>();
    let offer = |secret: &str| {
        let body = format!(r#"{{"verification_token":"{secret}"}}"#);
        post("/hooks/acme", HeaderMap::new(), body)
    };
    assert_eq!(status(&router, offer("the first")).await, 200);
    assert_eq!(status(&router, offer("mine")).await, 401);
    let signed = post("/hooks/acme", sign(&NOTION, "the first", b"{}"), "{}");
    assert_eq!(status(&router, signed).await, 200);
    assert_eq!(calls.count(), 1);
}

/// A source that stores nothing rejects every offer, as does an endpoint without a source.
#[tokio::test]
async fn an_offer_needs_a_source_that_stores_it() {
    struct Empty;

    impl SecretSource for Empty {
        async fn secrets(&self, _: &Tenant) -> Result<Vec<Secret>, SourceError> {
            Ok(Vec::new())
        }
    }

    let mounted = || Webhooks::new().mount::<asana>();
    let empty = mounted().secret_source::<asana>(Empty);
    let fixed = mounted().secrets::<asana>([Secret::new("A")]);
    for webhooks in [empty, fixed] {
        let router = webhooks.into_router().expect("it starts").with_state(Calls::default());
        let answer = ask(&router, offer("acme", "mine")).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert!(!answer.headers.contains_key("x-hook-secret"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_offer_to_a_hanging_source_is_503() {
    let tenants = Tenants::new([("acme", Says::Nothing)]);
    let (router, _) = tenants.router::<asana>();
    let start = Instant::now();
    assert_unavailable(&ask(&router, offer("acme", "mine")).await);
    assert_eq!(start.elapsed().as_secs(), 5);
    assert!(tenants.offered().is_empty());
}
