//! Failures in the inbox: the record of the attempt, and the trace.

use axum::{
    extract::Request,
    middleware::{Next, from_fn},
};
use http::StatusCode;
use serde::Deserialize;
use webhook_runtime::{
    Delivery, Inbox, Secret, Tx, Webhook, Webhooks,
    inbox::{Backoff, DeliveryState, Filter, InboxError, Record},
    providers::GITHUB,
    testing::TestHooks,
    webhook,
};

use crate::{common::SECRET, warnings::Warnings};

/// The hooks of one handler, whose deliveries have two attempts.
fn hooks<H: Webhook<()>>() -> TestHooks<()> {
    let builder = Inbox::builder("").max_attempts(2);
    let inbox = builder.backoff(Backoff::new(std::time::Duration::ZERO, std::time::Duration::ZERO));
    let inbox = inbox.open_in_memory().expect("it opens");
    Webhooks::new().mount::<H>().secrets::<H>([Secret::new(SECRET)]).inbox(inbox).test(())
}

/// Delivers a body, runs what is due, and returns the record and the warnings.
async fn ran<H: Webhook<()>>(body: &'static str) -> (Record, Vec<String>) {
    let hooks = hooks::<H>();
    let (warnings, _guard) = Warnings::start();
    let response = hooks.deliver::<H>().id("d-1").event("push").body(body).await;
    assert_eq!(response.status(), 202);
    hooks.drain().await;
    let mut records = hooks.inbox().list(Filter::all()).collect().await.expect("the inbox works");
    (records.remove(0), warnings.lines())
}

macro_rules! failing {
    ($($name:ident: $ty:ty = $body:expr;)*) => {
        $(
            #[webhook(path = "/webhook", provider = GITHUB, inbox)]
            async fn $name(_: &Delivery) -> $ty {
                tokio::task::yield_now().await;
                $body
            }
        )*
    };
}

failing! {
    string: Result<(), String> = Err("no stock left".to_owned());
    any_error: anyhow::Result<()> =
        Err(anyhow::anyhow!("the shelf is empty").context("no stock left"));
    unit: Result<(), ()> = Err(());
    conflict: Result<(), StatusCode> = Err(StatusCode::CONFLICT);
    panics: () = panic!("a bug");
}

#[tokio::test]
async fn an_error_is_retried_and_then_a_dead_letter() {
    let (record, lines) = ran::<any_error>("{}").await;
    assert_eq!((record.state, record.attempt), (DeliveryState::Dead, 2));
    let reason = "attempt 2 of 2 failed: 500: no stock left: the shelf is empty";
    assert_eq!(record.last_error.as_deref(), Some(reason));
    assert_eq!(lines.len(), 2, "{lines:#?}");
    let named = r#"endpoint="any_error" delivery_id="d-1" record_id=1"#;
    assert!(lines[0].starts_with(&format!("WARN the attempt failed {named} attempt=1")));
    assert!(lines[0].contains("500: no stock left: the shelf is empty"), "{}", lines[0]);
    assert!(lines[1].starts_with("WARN dead letter"), "{}", lines[1]);
    assert!(lines[1].contains(&format!("{named} attempt=2")), "{}", lines[1]);
    assert!(lines[1].contains(reason), "{}", lines[1]);
}

#[tokio::test]
async fn no_error_passes_for_success() {
    for (record, reason) in [
        (ran::<string>("{}").await.0, "attempt 2 of 2 failed: 500: no stock left"),
        (ran::<unit>("{}").await.0, "500: the error has no text (its response is 200 OK"),
        (ran::<conflict>("{}").await.0, "409: the error has no text"),
        (ran::<panics>("{}").await.0, "attempt 2 of 2 failed: the function panicked: a bug"),
    ] {
        assert_eq!(record.state, DeliveryState::Dead, "{reason}");
        let last = record.last_error.unwrap_or_default();
        assert!(last.contains(reason), "{last}");
    }
}

#[tokio::test]
async fn a_panic_is_traced() {
    let (_, lines) = ran::<panics>("{}").await;
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(lines[0].contains(r#"endpoint="panics" delivery_id="d-1""#), "{}", lines[0]);
    assert!(lines[0].contains("the function panicked: a bug"), "{}", lines[0]);
    assert!(lines[1].starts_with("WARN dead letter"), "{}", lines[1]);
}

#[tokio::test]
async fn a_body_that_does_not_fit_says_where() {
    #[derive(Deserialize)]
    struct Order {
        #[allow(dead_code, reason = "only decoded")]
        id: u64,
    }
    #[webhook(path = "/webhook", provider = GITHUB, inbox)]
    async fn paid(_: Order) {}
    let (record, lines) = ran::<paid>(r#"{"id":"seven"}"#).await;
    let reason = "422: the body does not fit the payload at id: invalid type: string, expected u64";
    assert_eq!(record.last_error.as_deref(), Some(reason));
    assert_eq!((record.state, lines.len()), (DeliveryState::Dead, 1));
    assert!(lines[0].starts_with("WARN dead letter") && lines[0].contains(reason), "{}", lines[0]);
}

/// A layer may replace the response of the handler, and its text is kept all the same.
#[tokio::test]
async fn layers_do_not_hide_the_text() {
    async fn later(request: Request, next: Next) -> StatusCode {
        next.run(request).await;
        StatusCode::SERVICE_UNAVAILABLE
    }
    async fn fine(request: Request, next: Next) -> StatusCode {
        next.run(request).await;
        StatusCode::OK
    }
    let hooks = || Webhooks::new().mount::<string>().secrets::<string>([Secret::new(SECRET)]);
    let hooks = [hooks().verified_layer(from_fn(later)), hooks().verified_layer(from_fn(fine))];
    let (warnings, _guard) = Warnings::start();
    let mut records = Vec::new();
    for hooks in hooks {
        let hooks = hooks.test(());
        assert_eq!(hooks.deliver::<string>().body("{}").await.status(), 202);
        hooks.drain().await;
        records.extend(hooks.inbox().list(Filter::all()).collect().await.expect("it works"));
    }
    assert_eq!(records[0].last_error.as_deref(), Some("503: no stock left"));
    assert_eq!((records[1].state, &records[1].last_error), (DeliveryState::Completed, &None));
    let lines = warnings.lines();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(lines[1].starts_with("WARN the handler failed endpoint=\"string\""), "{}", lines[1]);
}

/// A statement of the handler's own that fails is not said to be the store's failure.
#[tokio::test]
async fn statements_of_handlers_are_their_own() {
    #[webhook(path = "/webhook", provider = GITHUB, inbox)]
    async fn by_inbox_error(mut tx: Tx, _: &Delivery) -> Result<(), InboxError> {
        sqlx::query("INSERT INTO nowhere VALUES (1)").execute(tx.sqlite().await?).await?;
        Ok(())
    }
    #[webhook(path = "/webhook", provider = GITHUB, inbox)]
    async fn by_any_error(mut tx: Tx, _: &Delivery) -> anyhow::Result<()> {
        sqlx::query("INSERT INTO nowhere VALUES (1)").execute(tx.sqlite().await?).await?;
        Ok(())
    }
    async fn reason<H: Webhook<()>>(name: &str) -> String {
        let file = std::env::temp_dir().join(format!("errors-{}-{name}.db", std::process::id()));
        let url = format!("sqlite://{}", file.display());
        let inbox = Inbox::open(&url).await.expect("it opens");
        let hooks = Webhooks::new().mount::<H>().secrets::<H>([Secret::new(SECRET)]).inbox(inbox);
        let hooks = hooks.test(());
        assert_eq!(hooks.deliver::<H>().body("{}").await.status(), 202);
        hooks.drain().await;
        let records = hooks.inbox().list(Filter::all()).collect().await.expect("it works");
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", file.display()));
        }
        records[0].last_error.clone().expect("it failed")
    }
    for (reason, status) in [
        (reason::<by_inbox_error>("one").await, "503: "),
        (reason::<by_any_error>("two").await, "500: "),
    ] {
        assert!(reason.starts_with(status), "{reason}");
        assert!(reason.contains("no such table: nowhere"), "{reason}");
        assert!(!reason.contains("the store failed"), "{reason}");
    }
}
