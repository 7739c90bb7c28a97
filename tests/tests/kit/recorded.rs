//! Recordings of deliveries: sent at their own time, signed anew, and otherwise byte for byte.

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::http::StatusCode;
use serde::Deserialize;
use webhook_runtime::{
    Delivery, Secret, UnknownEvent, WebhookEvent, Webhooks,
    providers::{self, GITHUB, LINEAR, SHOPIFY, STRIPE},
    scheme::RequestToSign,
    testing::{TestHooks, check_directory, check_recording},
    webhook,
};

use crate::{
    Of, hooks,
    secrets::{Tenants, tenants},
};

const TIME: u64 = 1_760_000_000_123;

fn at(millis: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(millis)
}

/// A recording in a file of its own, removed when dropped.
struct File(PathBuf);

impl File {
    fn new(name: &str, head: &str, body: &str) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("recorded-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).expect("a directory");
        let length = body.len();
        let text = format!("{head}\nContent-Length: {length}\n\n{body}").replace('\n', "\r\n");
        fs::write(folder.join(name), text).expect("a file");
        Self(folder.join(name))
    }

    async fn status(&self, hooks: &TestHooks<impl Sized>) -> u16 {
        hooks.deliver_recorded(&self.0).await.status().as_u16()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.0.parent().expect("its own directory"));
    }
}

/// Each provider's delivery, as `listen` records it: with a signature that is worth nothing here.
#[tokio::test]
async fn recordings_of_every_provider_are_signed_anew() {
    for provider in providers::ALL.iter().filter(|it| !it.scheme_info().fetches_keys) {
        let name = provider.name();
        let (hooks, seen) = hooks(provider);
        hooks.set_time(at(TIME));
        let live = hooks.deliver::<Of>().await;
        assert!(live.status().is_success(), "{name}: {live:?}");
        let live = seen.last();
        let masked = provider.scheme_info().signature_header;
        let headers: Vec<_> = live
            .headers()
            .iter()
            .map(|(name, value)| {
                let value = if name == masked { "***" } else { value.to_str().expect("text") };
                format!("{name}: {value}")
            })
            .collect();
        let parameter = provider.signature_parameter();
        let query = parameter.map(|name| format!("?{name}=***&b=1")).unwrap_or_default();
        let head = format!("POST /any{query} HTTP/1.1\nX-Extra: kept\n{}", headers.join("\n"));
        let body = std::str::from_utf8(live.body()).expect("text");
        let file = File::new(&format!("{TIME}-000001.http"), &head, body);

        let now = at(TIME + 86_400_000);
        hooks.set_time(now);
        let response = hooks.deliver_recorded(&file.0).await;
        assert!(response.status().is_success(), "{name}: {response:?}");
        assert_eq!(hooks.clock().now(), now, "{name}");
        let replayed = seen.last();
        // A signature in the body may have an id of its own.
        if !masked.is_empty() {
            assert_eq!((replayed.body(), replayed.id()), (live.body(), live.id()), "{name}");
        }
        assert_eq!(replayed.headers()["x-extra"], "kept", "{name}");
        assert_eq!(replayed.signed_at(), live.signed_at(), "{name}");
    }
}

#[webhook(path = "/stripe", provider = STRIPE)]
async fn stripe(delivery: &Delivery) -> String {
    format!("{:?}", delivery.signed_at())
}

#[tokio::test]
async fn the_signed_time_is_before_the_time_of_the_name() {
    const BODY: &str = r#"{"id":"evt_1","type":"invoice.paid"}"#;
    let secret = Secret::new("whsec_of_the_recording");
    let signed = STRIPE.sign(&secret, &RequestToSign::new(BODY.as_bytes()).at(at(TIME)));
    let signature = signed.expect("signed").headers["stripe-signature"].clone();
    let head =
        format!("POST /stripe HTTP/1.1\nStripe-Signature: {}", signature.to_str().expect("text"));
    let later = TIME + 3_600_000;
    let file = File::new(&format!("{later}-000001.http"), &head, BODY);

    let hooks = Webhooks::new().mount::<stripe>().test(());
    let response = hooks.deliver_recorded(&file.0).await;
    assert_eq!(response.text(), format!("{:?}", Some(at(1_760_000_000_000))));

    // Its own signature is only worth something with its own secret.
    let kept = hooks.deliver_recorded(&file.0).keep_signature().await;
    assert_eq!((kept.status().as_u16(), kept.handler_ran()), (401, false));
    let own = Webhooks::new().mount::<stripe>().secrets::<stripe>([secret.clone()]).test(());
    assert_eq!(own.deliver_recorded(&file.0).keep_signature().await.status(), 200);
    assert_eq!(
        own.deliver_recorded(&file.0).signed_with(Secret::new("another")).await.status(),
        401
    );
}

#[tokio::test]
async fn a_time_in_the_body_and_a_second_family_of_headers_are_understood() {
    let (linear, seen) = hooks(&LINEAR);
    let body = format!(r#"{{"webhookTimestamp":{TIME},"type":"Issue"}}"#);
    let file = File::new("a.http", "POST /any HTTP/1.1\nLinear-Signature: 00", &body);
    assert_eq!(file.status(&linear).await, 200);
    assert_eq!(seen.last().signed_at(), Some(at(TIME)));

    let (shopify, seen) = hooks(&SHOPIFY);
    let head = "POST /any HTTP/1.1\nShopify-Hmac-Sha256: AA==\nShopify-Topic: orders/paid";
    assert_eq!(File::new("a.http", head, "{}").status(&shopify).await, 200);
    assert_eq!(seen.last().event().as_deref(), Some("orders/paid"));
}

#[tokio::test]
async fn a_tenant_is_found_in_the_path() {
    let hooks = Webhooks::new().mount::<tenants>().secret_source::<tenants>(Tenants).test(());
    let file = |tenant: &str| {
        File::new("a.http", &format!("POST /{tenant}/hooks HTTP/1.1\nX-Signature: 00"), "{}")
    };
    assert_eq!(file("acme").status(&hooks).await, 200);
}

/// The message of the panic of a delivery.
fn problem(file: &Path) -> String {
    let delivered = std::panic::catch_unwind(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let hooks = Webhooks::new().mount::<github>().test(());
            hooks.deliver_recorded(file).await
        })
    });
    let panic = delivered.expect_err("it cannot be delivered");
    let message = *panic.downcast::<String>().expect("a message");
    assert!(message.contains(&*file.to_string_lossy()), "it names the file: {message}");
    message
}

#[webhook(path = "/github", provider = GITHUB)]
async fn github(event: Event<'_>) -> StatusCode {
    match event {
        Event::Push(push) => StatusCode::from_u16(push.status).expect("a status"),
        Event::Other(unknown) => {
            println!("{unknown:?}");
            StatusCode::OK
        }
    }
}

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("push")]
    Push(Push),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[derive(Deserialize)]
struct Push {
    status: u16,
}

#[test]
fn what_cannot_be_delivered_says_why() {
    const SIGNED: &str = "X-Hub-Signature-256: sha256=00";
    for (head, says) in [
        (
            format!("POST /gitlab HTTP/1.1\n{SIGNED}"),
            "no endpoint has its path, `/gitlab`: there is `/github`",
        ),
        (
            format!("GET /github HTTP/1.1\n{SIGNED}"),
            "it is a GET, and deliveries to `github` are POST",
        ),
        (
            "POST /github HTTP/1.1\nX-Gitlab-Token: 1".into(),
            "it has no header `x-hub-signature-256`, which github sends",
        ),
        ("no recording".into(), "its first line is no request line"),
    ] {
        let file = File::new("bad.http", &head, "{}");
        let message = problem(&file.0);
        assert!(message.contains(says), "{message}");
    }
    let missing = problem(Path::new("tests/no/such.http"));
    assert!(missing.contains("`webhook listen --record"), "{missing}");
}

fn recording(event: &str, body: &str) -> String {
    format!(
        "POST /github HTTP/1.1\nX-GitHub-Event: {event}\nX-Hub-Signature-256: sha256=00\n\n{body}"
    )
}

/// The checks of a generated test.
#[test]
fn a_recording_passes_if_it_fits_and_the_handler_succeeds() {
    let check = |event: &str, body: &str| {
        let content = recording(event, body);
        let checked = std::panic::catch_unwind(|| {
            let hooks = || Webhooks::new().mount::<github>().test(());
            check_recording(hooks, "tests/a.http", content.as_bytes());
        });
        checked.map_err(|panic| *panic.downcast::<String>().expect("a message"))
    };
    assert_eq!(check("push", r#"{"status":200}"#), Ok(()));
    assert_eq!(check("star", "{}"), Ok(()));
    let error = check("push", r#"{"status":500}"#).expect_err("the handler failed");
    assert!(error.contains("`tests/a.http`") && error.contains("500"), "{error}");
    let error = check("push", r#"{"status":"200"}"#).expect_err("it does not fit");
    assert!(error.contains("does not fit the variant"), "{error}");
}

#[webhook(path = "/github", provider = GITHUB, inbox)]
async fn stored(push: Push) -> StatusCode {
    StatusCode::from_u16(push.status).expect("a status")
}

#[test]
fn a_recording_behind_an_inbox_runs_its_handler() {
    let check = |body: &str| {
        let content = recording("push", body);
        std::panic::catch_unwind(|| {
            let hooks = || Webhooks::new().mount::<stored>().test(());
            check_recording(hooks, "a.http", content.as_bytes());
        })
    };
    assert!(check(r#"{"status":200}"#).is_ok());
    for failing in [r#"{"status":500}"#, r#"{"status":400}"#, r#"{"status":"200"}"#] {
        assert!(check(failing).is_err(), "{failing}");
    }
}

#[test]
fn a_recording_that_came_later_is_missed() {
    let file = File::new("a.http", "POST / HTTP/1.1", "{}");
    let directory = file.0.parent().expect("its own directory").to_str().expect("text").to_owned();
    check_directory(&directory, &["a.http"], "tests/a.rs");
    check_directory("tests/no/such", &[], "tests/a.rs");
    let missed = std::panic::catch_unwind(|| check_directory(&directory, &[], "tests/a.rs"));
    let message = missed.expect_err("there is no test of it").downcast::<String>();
    let message = message.expect("a message");
    assert!(message.contains("a.http") && message.contains("`touch tests/a.rs`"), "{message}");
}

#[webhook(path = "/shadowed")]
async fn shadowed(_: &Delivery) {}

fn own_hooks() -> TestHooks<()> {
    Webhooks::new().mount::<shadowed>().test(())
}

// The file has the name of the function, and so has its test.
webhook_runtime::testing::recorded!(shadowed, "fixtures/recordings", hooks = own_hooks());
