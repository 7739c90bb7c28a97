//! The test kit: what its deliveries look like to a handler, and that every provider's are genuine
//! unless they are to be something else.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use axum::{
    body::Body,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, Method, Request, StatusCode},
};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use webhook_runtime::{
    __private::{HandlerFuture, Verified},
    Delivery, Endpoint, Items, Provider, Rejection, Scope, Secret, SecretSource, SourceError,
    Unknown, Webhook, WebhookEvent, Webhooks,
    providers::{
        self, ADYEN, GITHUB, LINEAR, META, MICROSOFT_GRAPH, PLAIN, SLACK, STANDARD_WEBHOOKS,
        STRIPE, TWILIO,
    },
    scheme::{Scheme, Timestamp, VerifyError},
    testing::TestHooks,
    webhook,
};

/// What the handler saw last.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Option<Delivery>>>);

impl Seen {
    fn last(&self) -> Delivery {
        self.0.lock().expect("nobody panicked").clone().expect("the handler ran")
    }
}

#[webhook(path = "/any")]
async fn any(State(seen): State<Seen>, delivery: &Delivery) -> String {
    *seen.0.lock().expect("nobody panicked") = Some(delivery.clone());
    "seen".to_owned()
}

thread_local! {
    static PROVIDER: RefCell<&'static Provider> = const { RefCell::new(&PLAIN) };
}

/// [`any`] with whatever provider the test is about.
enum Of {}

impl Webhook<Seen> for Of {
    fn endpoint() -> Endpoint {
        Endpoint::new("any", module_path!(), "/any").provider(PROVIDER.with_borrow(|it| *it))
    }

    fn call(verified: Verified<Seen>) -> HandlerFuture {
        <any as Webhook<Seen>>::call(verified)
    }
}

fn hooks(provider: &'static Provider) -> (TestHooks<Seen>, Seen) {
    PROVIDER.set(provider);
    let seen = Seen::default();
    (Webhooks::new().mount::<Of>().test(seen.clone()), seen)
}

/// Those that sign with keys which nobody else has.
const IMPOSSIBLE: [&str; 3] = ["aws-sns", "paypal", "plaid"];

#[tokio::test]
async fn every_provider_that_can_sign_does() {
    for provider in providers::ALL {
        let name = provider.name();
        if IMPOSSIBLE.contains(&name) {
            continue;
        }
        let (hooks, seen) = hooks(provider);
        let deliver = || hooks.deliver::<Of>();
        let genuine = deliver().await;
        assert!(genuine.status().is_success(), "{name}: {genuine:?}");
        assert_eq!(genuine.handler_runs(), 1, "{name}");
        assert_eq!(seen.last().provider(), name);
        let signs_time = provider.scheme().and_then(Scheme::signed_time).is_some();
        if signs_time {
            let signed_at = seen.last().signed_at().expect("it signs a time");
            let now = hooks.clock().now();
            assert!(now.duration_since(signed_at).is_ok_and(|age| age.as_secs() < 1), "{name}");
        }

        let mut wrong = vec![("forged", deliver().forged()), ("unsigned", deliver().unsigned())];
        let traits = provider.traits();
        if traits.signs_body {
            wrong.push(("tampered", deliver().tampered()));
        }
        let max_age = provider.scheme().and_then(Scheme::signed_time).and_then(Timestamp::max_age);
        if let Some(max_age) = max_age {
            let stale = hooks.clock().now() - max_age - Duration::from_secs(1);
            wrong.push(("stale", deliver().at(stale)));
        }
        for (how, wrong) in wrong {
            let answer = wrong.await;
            assert_eq!(answer.status(), 401, "{name}, {how}: {answer:?}");
            assert!(!answer.handler_ran(), "{name}, {how}");
        }
    }
}

#[tokio::test]
async fn events_are_said_where_the_provider_says_them() {
    for provider in providers::ALL {
        let name = provider.name();
        let is_possible = !IMPOSSIBLE.contains(&name) && provider.items_source().is_none();
        let Some(source) = provider.event_source().filter(|_| is_possible) else { continue };
        let (hooks, seen) = hooks(provider);
        let answer = hooks.deliver::<Of>().event("an-event").await;
        assert!(answer.status().is_success(), "{name}: {answer:?}");
        assert_eq!(seen.last().event().as_deref(), Some("an-event"), "{name}, {source:?}");
        if provider.id_source().is_some() {
            let answer = hooks.deliver::<Of>().id("id-7").await;
            assert!(answer.status().is_success(), "{name}: {answer:?}");
            assert_eq!(seen.last().id().as_deref(), Some("id-7"), "{name}");
        }
    }
}

#[tokio::test]
async fn an_event_and_its_action() {
    let (hooks, seen) = hooks(&GITHUB);
    let said = || {
        let seen = seen.last();
        (seen.event().map(String::from), seen.action().map(String::from))
    };
    let some = |text: &str| Some(text.to_owned());
    hooks.deliver::<Of>().event("issues.opened").json(&json!({"issue":{"number":1}})).await;
    assert_eq!(said(), (some("issues"), some("opened")));
    assert_eq!(seen.last().decode::<Value>(), Ok(json!({"action":"opened","issue":{"number":1}})));
    hooks.deliver::<Of>().event("issues").action("closed").await;
    assert_eq!(said(), (some("issues"), some("closed")));
    hooks.deliver::<Of>().event("push").json(&json!({"ref":"main"})).await;
    assert_eq!(said(), (some("push"), None));

    let (stripe, seen) = self::hooks(&STRIPE);
    stripe.deliver::<Of>().event("invoice.paid").id("evt_7").await;
    let seen = seen.last();
    assert_eq!(seen.event().as_deref(), Some("invoice.paid"));
    assert_eq!(seen.id().as_deref(), Some("evt_7"));
}

/// JSON that nothing has to be written into is sent as serde writes it.
#[tokio::test]
async fn bodies_are_what_they_were_given_as() {
    #[derive(Serialize)]
    struct Order<'a> {
        note: &'a str,
        id: u64,
    }
    let (hooks, seen) = hooks(&PLAIN);
    hooks.deliver::<Of>().json(&Order { note: "n", id: 7 }).await;
    assert_eq!(seen.last().body(), r#"{"note":"n","id":7}"#);
    assert_eq!(seen.last().headers()["content-type"], "application/json");

    hooks.deliver::<Of>().form(&[("b", "1 2"), ("a", "&")]).await;
    assert_eq!(seen.last().body(), "b=1+2&a=%26");
    assert_eq!(seen.last().headers()["content-type"], "application/x-www-form-urlencoded");
    hooks.deliver::<Of>().form(&BTreeMap::from([("a", 1), ("b", 2)])).await;
    assert_eq!(seen.last().body(), "a=1&b=2");

    hooks.deliver::<Of>().body("\u{0}raw").content_type("application/octet-stream").await;
    assert_eq!(seen.last().body(), "\u{0}raw");
    assert_eq!(seen.last().headers()["content-type"], "application/octet-stream");

    hooks.deliver::<Of>().await;
    assert_eq!(seen.last().body(), "{}");
}

#[tokio::test]
async fn headers_query_and_method() {
    #[webhook(path = "/twilio", provider = TWILIO)]
    async fn twilio(RawQuery(query): RawQuery, headers: HeaderMap, fields: Value) -> String {
        let header = headers.get("x-more").and_then(|value| value.to_str().ok());
        format!("{query:?} {header:?} {fields}")
    }
    let hooks = Webhooks::new().mount::<twilio>().test(());
    let answer = hooks.deliver::<twilio>().form(&[("A", "1")]).query("b=2").header("x-more", "m");
    assert_eq!(answer.await.text(), r#"Some("b=2") Some("m") {"A":"1"}"#);
    let answer = hooks.deliver::<twilio>().method(Method::GET).query("A=1").await;
    assert_eq!(answer.text(), r#"Some("A=1") None {"A":"1"}"#);
    let answer = hooks.deliver::<twilio>().method(Method::PUT).await;
    assert_eq!(answer.status(), 405);
    assert_eq!(answer.headers()["allow"], "POST, GET");

    // It is set behind the signature's back.
    let answer = hooks.deliver::<twilio>().header("x-twilio-signature", "forged").await;
    assert_eq!(answer.status(), 401);
}

/// A secret for each tenant, and one that has none.
struct Tenants;

impl SecretSource for Tenants {
    async fn secrets(&self, scope: &Scope) -> Result<Vec<Secret>, SourceError> {
        match scope.param("tenant") {
            Some(tenant @ ("acme" | "globex & co/1")) => {
                Ok(vec![Secret::new(format!("of {tenant}")), Secret::new("old")])
            }
            _ => Err(SourceError::Unknown),
        }
    }
}

#[webhook(path = "/{tenant}/hooks")]
async fn tenants(Path(tenant): Path<String>, _: &Delivery) -> String {
    tenant
}

#[tokio::test]
async fn deliveries_to_tenants_are_signed_with_their_secrets() {
    let hooks = Webhooks::new().mount::<tenants>().secret_source::<tenants>(Tenants).test(());
    for tenant in ["acme", "globex & co/1"] {
        let answer = hooks.deliver::<tenants>().param("tenant", tenant).await;
        assert_eq!((answer.status(), answer.text()), (StatusCode::OK, tenant.to_owned()));
    }
    let acme = || hooks.deliver::<tenants>().param("tenant", "acme");
    assert_eq!(acme().signed_with(Secret::new("old")).await.status(), 200);
    assert_eq!(acme().signed_with(Secret::new("of globex & co/1")).await.status(), 401);
    let stranger = hooks.deliver::<tenants>().param("tenant", "initech");
    assert_eq!(stranger.signed_with(Secret::new("any")).await.status(), 401);
}

#[tokio::test]
async fn secrets_that_were_given_are_signed_with() {
    #[webhook(path = "/webhook", secret_env = "A_VARIABLE_THAT_IS_NOT_SET")]
    async fn hook(delivery: &Delivery) -> String {
        delivery.secret().to_owned()
    }
    let secrets = ["new", "old"].map(|text| Secret::new(text).named(text));
    let hooks = Webhooks::new().mount::<hook>().secrets::<hook>(secrets).test(());
    assert_eq!(hooks.deliver::<hook>().await.text(), "new");
    assert_eq!(hooks.deliver::<hook>().signed_with(Secret::new("old")).await.text(), "old");
    let forged = hooks.deliver::<hook>().forged().await;
    assert_eq!(forged.rejection(), Some(&Rejection::Unauthorized(VerifyError::NoMatch)));
}

#[tokio::test]
async fn time_is_in_the_tests_hand() {
    let hour = Duration::from_secs(3600);
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_760_000_000);
    PROVIDER.set(&STANDARD_WEBHOOKS);
    let seen = Seen::default();
    let hooks = Webhooks::new().mount::<Of>().clock(start).test(seen.clone());
    hooks.deliver::<Of>().await;
    assert_eq!(seen.last().received_at(), start);
    hooks.advance(hour);
    hooks.deliver::<Of>().await;
    assert_eq!(seen.last().signed_at(), Some(start + hour));
    hooks.set_time(start - hour);
    assert_eq!(hooks.deliver::<Of>().await.status(), 200);
    let window = Duration::from_secs(300);
    for (age, status) in [(window, 200), (window + Duration::from_secs(1), 401)] {
        let now = hooks.clock().now();
        assert_eq!(hooks.deliver::<Of>().at(now - age).await.status(), status);
        assert_eq!(hooks.deliver::<Of>().at(now + age).await.status(), status);
    }
    let stale = hooks.deliver::<Of>().at(start - hour - window - window).await;
    assert_eq!(stale.rejection(), Some(&Rejection::Unauthorized(VerifyError::Stale)));
}

#[tokio::test]
async fn a_replay_is_the_same_bytes() {
    #[derive(Clone, Default)]
    struct Count(Arc<AtomicUsize>);
    #[webhook(path = "/replayed", provider = STANDARD_WEBHOOKS)]
    async fn replayed(State(count): State<Count>, delivery: &Delivery) -> String {
        let count = count.0.fetch_add(1, Ordering::Relaxed);
        format!("{count} {:?}", delivery.id().as_deref())
    }
    let hooks = Webhooks::new().mount::<replayed>().test(Count::default());
    let answer = hooks.deliver::<replayed>().replayed().await;
    assert_eq!(answer.text(), r#"1 Some("delivery-1")"#);
    assert_eq!(answer.handler_runs(), 1, "of the second alone");
    assert_eq!(hooks.deliver::<replayed>().await.text(), r#"2 Some("delivery-2")"#);
}

#[tokio::test]
async fn an_answer_says_what_happened() {
    #[derive(Deserialize)]
    struct Order {
        id: u64,
    }
    #[webhook(path = "/order")]
    async fn order(order: Order) -> axum::response::Response {
        Body::from(format!(r#"{{"seen":{}}}"#, order.id)).into_response()
    }
    use axum::response::IntoResponse as _;
    let hooks = Webhooks::new().mount::<order>().test(());
    let taken = hooks.deliver::<order>().json(&json!({"id":7})).await;
    assert_eq!(taken.json::<Value>(), json!({"seen":7}));
    assert_eq!((taken.body(), taken.rejection()), (&Bytes::from(r#"{"seen":7}"#), None));
    let misfit = hooks.deliver::<order>().json(&json!({"id":"7"})).await;
    assert_eq!((misfit.status(), misfit.handler_ran()), (StatusCode::UNPROCESSABLE_ENTITY, false));
    assert!(matches!(misfit.rejection(), Some(Rejection::Mismatch { path, .. }) if path == "id"));
    assert!(format!("{misfit:?}").contains("expected u64"), "{misfit:?}");
}

/// A layer may build a request of its own, as long as the delivery is in it.
#[derive(Deserialize)]
struct Numbered {
    id: u64,
}

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("push")]
    Push(Numbered),
    #[event(other)]
    Other(Unknown<'a>),
}

#[webhook(path = "/events", provider = GITHUB)]
async fn events(event: Event<'_>) -> String {
    match event {
        Event::Push(push) => format!("push {}", push.id),
        Event::Other(other) => format!("other {}", other.name()),
    }
}

#[tokio::test]
async fn an_event_that_does_not_fit_is_told() {
    let hooks = Webhooks::new().mount::<events>().test(());
    for (event, body, text, path) in [
        ("push", json!({ "id": 7 }), "push 7", None),
        ("push", json!({ "id": "7" }), "other push", Some("id")),
        ("star", json!({ "id": "7" }), "other star", None),
    ] {
        let answer = hooks.deliver::<events>().event(event).json(&body).await;
        assert_eq!((answer.status().as_u16(), answer.text().as_str()), (200, text));
        assert_eq!(answer.misfit().and_then(Rejection::path), path, "{answer:?}");
    }
}

#[tokio::test]
async fn a_run_is_counted_behind_a_layer_that_builds_the_request_anew() {
    #[webhook(path = "/layered")]
    async fn layered(_: &Delivery) {}
    let anew = axum::middleware::from_fn(
        async |request: axum::extract::Request, next: axum::middleware::Next| {
            let delivery = request.extensions().get::<Delivery>().cloned().expect("it is verified");
            let mut anew = Request::post("/layered").body(Body::empty()).expect("a request");
            anew.extensions_mut().insert(delivery);
            next.run(anew).await
        },
    );
    let hooks = Webhooks::new().mount::<layered>().verified_layer(anew).test(());
    let answer = hooks.deliver::<layered>().await;
    assert_eq!((answer.status(), answer.handler_runs()), (StatusCode::OK, 1));
    assert!(!hooks.deliver::<layered>().forged().await.handler_ran());
}

#[tokio::test]
async fn other_requests_are_sent_as_they_are() {
    #[webhook(path = "/meta", provider = META, verify_token_env = "NOT_SET_EITHER")]
    async fn meta(_: &Delivery) {}
    let hooks = Webhooks::new().mount::<meta>().test(());
    let token = hooks.verify_token::<meta>().expect("Meta has one").expose().to_vec();
    let token = String::from_utf8(token).expect("text");
    let ask = |token: &str| {
        let uri = format!("/meta?hub.mode=subscribe&hub.challenge=c-1&hub.verify_token={token}");
        hooks.send(Request::get(uri).body(Body::empty()).expect("a request"))
    };
    let answer = ask(&token).await;
    assert_eq!((answer.text(), answer.handler_ran()), ("c-1".to_owned(), false));
    assert_eq!(ask("wrong").await.status(), 403);
}

#[tokio::test]
async fn batches() {
    const BATCHES: Provider =
        Provider::new("batches", Scheme::hmac_sha256().header("x-batches").hex())
            .items(Items::at("/events").inside("/of").id("/id").event("/kind"));
    let (hooks, seen) = hooks(&BATCHES);
    let body = || seen.last().decode::<Value>().expect("JSON");
    hooks.deliver::<Of>().event("a").id("7").items([json!({"n":1}), json!({"n":2})]).await;
    let items = [json!({"id":"7","kind":"a","n":1}), json!({"id":"7-2","kind":"a","n":2})];
    assert_eq!(body(), json!({"events": items.map(|of| json!({ "of": of }))}));
    hooks.deliver::<Of>().event("b").await;
    assert_eq!(body(), json!({"events":[{"of":{"id":"delivery-1","kind":"b"}}]}));
    hooks.deliver::<Of>().event("c").json(&json!({"events":[{"of":{"n":3}}],"x":1})).await;
    assert_eq!(body(), json!({"events":[{"of":{"kind":"c","n":3}}],"x":1}));
}

#[tokio::test]
async fn what_is_signed_in_the_body_is_put_there() {
    for provider in [&ADYEN, &MICROSOFT_GRAPH, &LINEAR] {
        let (hooks, _) = hooks(provider);
        assert_eq!(hooks.deliver::<Of>().id("7").await.status(), 200, "{}", provider.name());
    }
    let (hooks, seen) = hooks(&LINEAR);
    let at = hooks.clock().now() - Duration::from_secs(30);
    let sent = json!({"webhookTimestamp": 1});
    assert_eq!(hooks.deliver::<Of>().json(&sent).await.status(), 401, "as it was given");
    assert_eq!(hooks.deliver::<Of>().json(&sent).at(at).await.status(), 200, "as it was asked for");
    assert!(
        at.duration_since(seen.last().signed_at().expect("a time")).expect("earlier").as_millis()
            == 0
    );
}

/// What cannot be is said when it is awaited.
mod mistakes {
    use super::*;

    #[tokio::test]
    #[should_panic(expected = "`plain`: plain says nowhere which event it is")]
    async fn an_event_of_a_provider_without_events() {
        #[webhook(path = "/plain")]
        async fn plain(_: &Delivery) {}
        Webhooks::new().mount::<plain>().test(()).deliver::<plain>().event("a").await;
    }

    #[tokio::test]
    #[should_panic(expected = "slack says the event in the body, at `/event/type`")]
    async fn an_event_in_raw_bytes() {
        hooks(&SLACK).0.deliver::<Of>().event("a").body("{}").await;
    }

    #[tokio::test]
    #[should_panic(
        expected = "`tenants`: its path is /{tenant}/hooks: add `.param(\"tenant\", …)`"
    )]
    async fn a_missing_parameter() {
        let hooks = Webhooks::new().mount::<tenants>().secret_source::<tenants>(Tenants).test(());
        hooks.deliver::<tenants>().await;
    }

    #[tokio::test]
    #[should_panic(expected = "its secret source says: nobody is known by that name")]
    async fn a_tenant_without_a_secret() {
        let hooks = Webhooks::new().mount::<tenants>().secret_source::<tenants>(Tenants).test(());
        hooks.deliver::<tenants>().param("tenant", "initech").await;
    }

    #[tokio::test]
    #[should_panic(expected = "`sns`: only aws-sns has the key that signs")]
    async fn a_signature_that_only_the_provider_can_make() {
        #[webhook(path = "/sns", provider = providers::AWS_SNS)]
        async fn sns(_: &Delivery) {}
        Webhooks::new().mount::<sns>().test(()).deliver::<sns>().await;
    }

    #[tokio::test]
    #[should_panic(expected = "`discord`: it was given the public key of discord")]
    async fn a_public_key_alone() {
        #[webhook(path = "/discord", provider = providers::DISCORD)]
        async fn discord(_: &Delivery) {}
        let key = Secret::new(include_str!("../fixtures/keys/ed25519-1.public.hex").trim());
        let hooks = Webhooks::new().mount::<discord>().secrets::<discord>([key]).test(());
        hooks.deliver::<discord>().await;
    }

    #[tokio::test]
    #[should_panic(expected = "gitlab-token signs nothing of this body")]
    async fn nothing_to_tamper_with() {
        hooks(&providers::GITLAB).0.deliver::<Of>().tampered().await;
    }

    #[test]
    #[should_panic(expected = "the path /plain is taken by `plain`")]
    fn webhooks_that_cannot_start() {
        #[webhook(path = "/plain")]
        async fn plain(_: &Delivery) {}
        let _ = Webhooks::new().mount::<plain>().mount::<plain>().test(());
    }

    #[tokio::test]
    #[should_panic(expected = "`any` is not mounted")]
    async fn an_endpoint_that_is_not_mounted() {
        let hooks = Webhooks::<Seen>::new().test(Seen::default());
        hooks.deliver::<any>().await;
    }
}
