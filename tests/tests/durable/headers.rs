//! The headers that are stored, and what handlers still find.

use std::{
    cell::RefCell,
    time::{Duration, SystemTime},
};

use axum::extract::State;
use http::HeaderMap;
use webhook_runtime::{
    __private::{HandlerFuture, HandlerInput},
    Delivery, Endpoint, Provider, Secret, Webhook, Webhooks,
    inbox::{InboxBuilder, InboxError},
    providers::{self, HMAC_SHA256_HEX},
    testing::TestHooks,
    webhook,
};

use crate::{Seen, records, status};

/// Headers with credentials of the sender, of a proxy, or of a cloud on the way.
const CREDENTIALS: [&str; 44] = [
    "api-key",
    "Api-Token",
    "apikey",
    "Authentication",
    "authorization",
    "CF-Access-Client-Secret",
    "cf-access-jwt-assertion",
    "Client-Secret",
    "Cookie",
    "Deploy-Token",
    "fastly-key",
    "id-token",
    "Job-Token",
    "ocp-apim-subscription-key",
    "Private-Token",
    "proxy-authorization",
    "Set-Cookie",
    "token",
    "X-Access-Token",
    "x-amz-security-token",
    "X-Amzn-Oidc-Accesstoken",
    "x-amzn-oidc-data",
    "X-Api-Key",
    "x-api-token",
    "X-App-Token",
    "x-application-key",
    "X-Auth-Key",
    "X-Auth-Token",
    "x-client-cert",
    "X-Csrf-Token",
    "x-forwarded-access-token",
    "X-Forwarded-Client-Cert",
    "x-functions-key",
    "X-Gitlab-Token",
    "x-goog-iap-jwt-assertion",
    "X-Hasura-Admin-Secret",
    "x-jwt-assertion",
    "X-Ms-Token-Aad-Access-Token",
    "x-password",
    "X-Server-Authorization",
    "x-session-token",
    "X-Shopify-Access-Token",
    "x-vault-token",
    "X-Xsrf-Token",
];

#[webhook(path = "/plain", provider = HMAC_SHA256_HEX, inbox)]
async fn plain(State(seen): State<Seen>, headers: HeaderMap, _: &Delivery) {
    let names = headers.keys().map(|name| name.as_str().to_owned());
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    seen.note(names.join(" "));
}

fn hooks(configure: impl FnOnce(InboxBuilder) -> InboxBuilder, seen: &Seen) -> TestHooks<Seen> {
    let inbox = configure(InboxBuilder::default()).open_in_memory().expect("an inbox");
    Webhooks::new()
        .mount::<plain>()
        .secrets::<plain>([Secret::new("s3cret")])
        .inbox(inbox)
        .test(seen.clone())
}

#[tokio::test]
async fn headers_with_credentials_are_not_stored() {
    let seen = Seen::default();
    let hooks = hooks(|inbox| inbox, &seen);
    let mut delivery = hooks.deliver::<plain>().body("{}");
    for name in CREDENTIALS {
        delivery = delivery.header(name, "CANARY");
    }
    let delivery = delivery.header("X-Request-Id", "r-1").header("traceparent", "00-1-2-01");
    assert_eq!(status(delivery).await, 202);
    let record = &records(&hooks).await[0];
    let stored = hooks.inbox().get(record.id).await.expect("it works").expect("it is there");
    let bytes = stored.head.to_bytes();
    assert!(!bytes.windows(6).any(|part| part == b"CANARY"), "{:?}", stored.head.headers);
    assert_eq!(hooks.drain().await, 1);
    let names = seen.take();
    assert!(names[0].contains("traceparent") && names[0].contains("x-request-id"), "{names:?}");
}

#[tokio::test]
async fn named_headers_are_stored() {
    let seen = Seen::default();
    let hooks = hooks(|inbox| inbox.keep_headers(["X-Till", "x-hub-signature", "cookie"]), &seen);
    let delivery = hooks.deliver::<plain>().body("{}").header("x-till", "7").header("x-shop", "8");
    let delivery = delivery.header("x-hub-signature", "1").header("cookie", "1");
    assert_eq!(status(delivery).await, 202);
    assert_eq!(hooks.drain().await, 1);
    let names = seen.take().remove(0);
    assert!(names.contains("x-till"), "{names}");
    // A header with a credential stays hidden, whoever names it.
    for other in ["x-shop", "x-hub-signature", "cookie"] {
        assert!(!names.contains(other), "{names}");
    }
}

#[tokio::test]
async fn a_wrong_name_is_told() {
    let wrong = InboxBuilder::default().keep_headers(["x-good", "x bad"]).open_in_memory();
    let error = wrong.expect_err("it is no name");
    assert!(matches!(error, InboxError::InvalidOption { name: "keep_headers", .. }), "{error:?}");
    assert!(error.to_string().contains("`x bad`"), "{error}");
}

thread_local! {
    static PROVIDER: RefCell<&'static Provider> = const { RefCell::new(&HMAC_SHA256_HEX) };
}

#[webhook(path = "/any")]
async fn any(State(seen): State<Seen>, delivery: &Delivery) {
    let raw = delivery.raw_event();
    seen.note(format!(
        "{:?} {:?} {:?} {:?} {:?} {} {} {:?} {:?} {:?}",
        delivery.id(),
        delivery.id_is_signed(),
        delivery.event(),
        delivery.action(),
        (raw.id(), raw.event(), raw.action()),
        delivery.provider(),
        delivery.secret_name(),
        delivery.signed_at(),
        delivery.tenant(),
        delivery.body(),
    ));
    seen.note(format!("{:?}", delivery.decode::<serde_json::Value>().ok()));
}

/// [`any`] with the provider of the moment, behind an inbox or not.
enum Of<const STORED: bool> {}

impl<const STORED: bool> Webhook<Seen> for Of<STORED> {
    fn endpoint() -> Endpoint {
        let provider = PROVIDER.with_borrow(|provider| *provider);
        let endpoint = Endpoint::new("any", module_path!(), "/any").provider(provider);
        if STORED { endpoint.inbox() } else { endpoint }
    }

    fn call(verified: HandlerInput<Seen>) -> HandlerFuture {
        <any as Webhook<Seen>>::call(verified)
    }
}

/// Returns the headers a handler finds in a delivery of the provider under test.
async fn found<const STORED: bool>(provider: &Provider) -> Vec<String> {
    let seen = Seen::default();
    let hooks = Webhooks::new().mount::<Of<STORED>>().test(seen.clone());
    // The same for both, to the second.
    hooks.set_time(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
    let mut delivery = hooks.deliver::<Of<STORED>>();
    if provider.id().is_some() {
        delivery = delivery.id("id-1");
    }
    if provider.event().is_some() {
        delivery = delivery.event("event-1");
    }
    if provider.action().is_some() {
        delivery = delivery.action("action-1");
    }
    assert!(delivery.await.status().is_success(), "{}", provider.name());
    if STORED {
        assert_eq!(hooks.drain().await, 1, "{}", provider.name());
    }
    seen.take()
}

/// True if the texts are the same, but for secrets that asterisks stand for.
fn is_same(stored: &[String], direct: &[String]) -> bool {
    let (stored, direct) = (stored.concat(), direct.concat());
    let mut pairs = stored.chars().zip(direct.chars());
    stored.len() == direct.len() && pairs.all(|(kept, sent)| kept == sent || kept == '*')
}

#[tokio::test]
async fn handlers_of_every_provider_find_the_same() {
    for provider in providers::ALL.iter().filter(|one| !one.scheme_info().fetches_keys) {
        PROVIDER.set(provider);
        let direct = found::<false>(provider).await;
        assert_eq!(direct.len(), 2, "{}", provider.name());
        let stored = found::<true>(provider).await;
        assert!(is_same(&stored, &direct), "{}: {stored:?}, {direct:?}", provider.name());
    }
}
