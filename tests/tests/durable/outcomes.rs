//! Outcomes: retries, dead letters and order, as the handler's response decides.

use std::time::Duration;

use axum::extract::State;
use http::{HeaderMap, StatusCode, header};
use serde_json::json;
use webhook_runtime::{
    Field, Provider, Webhooks,
    inbox::{DeliveryState as Stands, Filter},
    scheme::Scheme,
    testing::TestHooks,
    webhook,
};

use crate::{Instruction, Seen, status};

#[webhook(path = "/outcome", inbox)]
async fn outcome(State(seen): State<Seen>, told: Instruction) -> (StatusCode, HeaderMap) {
    seen.note(told.answer.to_string());
    assert_ne!(told.answer, 999, "it panics when it is told to");
    let mut headers = HeaderMap::new();
    if let Some(wait) = told.wait {
        headers.insert(header::RETRY_AFTER, wait.parse().expect("a header"));
    }
    (StatusCode::from_u16(told.answer).expect("a status"), headers)
}

/// Runs due deliveries and advances the clock, until everything is settled.
async fn run_to_the_end<S>(hooks: &TestHooks<S>) -> u64 {
    let mut attempts = 0;
    for _ in 0..40 {
        attempts += hooks.drain().await;
        hooks.advance(Duration::from_secs(12 * 3600));
    }
    attempts
}

#[tokio::test]
async fn the_response_decides_completed_or_dead() {
    for (answer, stands, attempts) in [
        (200, Stands::Completed, 1),
        (204, Stands::Completed, 1),
        (400, Stands::Dead, 1),
        (404, Stands::Dead, 1),
        (410, Stands::Dead, 1),
        (303, Stands::Dead, 15),
        (408, Stands::Dead, 15),
        (425, Stands::Dead, 15),
        (429, Stands::Dead, 15),
        (500, Stands::Dead, 15),
        (503, Stands::Dead, 15),
        (999, Stands::Dead, 15),
    ] {
        let hooks = Webhooks::new().mount::<outcome>().test(Seen::default());
        assert_eq!(
            status(hooks.deliver::<outcome>().json(&json!({ "answer": answer }))).await,
            202
        );
        assert_eq!(run_to_the_end(&hooks).await, attempts, "{answer}");
        let all = hooks.inbox().list(Filter::all()).collect().await.expect("the inbox works");
        assert_eq!((all[0].state, u64::from(all[0].attempt)), (stands, attempts), "{answer}");
        let reason = all[0].last_error.clone().unwrap_or_default();
        let said =
            if answer == 999 { "panicked: assertion".to_owned() } else { answer.to_string() };
        assert_eq!(reason.contains(&said), stands == Stands::Dead, "{answer}: {reason}");
    }
}

#[tokio::test]
async fn undecodable_bodies_become_dead_letters() {
    let seen = Seen::default();
    let hooks = Webhooks::new().mount::<outcome>().test(seen.clone());
    for body in [r#"{"answer":"x"}"#, "{", ""] {
        assert_eq!(status(hooks.deliver::<outcome>().body(body)).await, 202);
    }
    assert_eq!(hooks.drain().await, 3);
    let dead = hooks.inbox().list(Filter::all().state(Stands::Dead)).collect().await;
    let reasons: Vec<_> =
        dead.expect("the inbox works").into_iter().map(|record| record.last_error).collect();
    assert_eq!(
        reasons[0].as_deref(),
        Some(
            "422: the body does not fit the payload at answer: invalid type: string, expected u16"
        )
    );
    let malformed = reasons[1].as_deref().unwrap_or_default();
    assert!(
        malformed.starts_with("400: the request is malformed: the body is not JSON"),
        "{malformed}"
    );
    assert_eq!((reasons.len(), seen.take().len()), (3, 0));
}

#[tokio::test]
async fn retry_after_is_respected() {
    let seen = Seen::default();
    let hooks = Webhooks::new().mount::<outcome>().test(seen.clone());
    let told = json!({ "answer": 429, "wait": "1800" });
    assert_eq!(status(hooks.deliver::<outcome>().json(&told)).await, 202);
    assert_eq!(hooks.drain().await, 1);
    hooks.advance(Duration::from_secs(1799));
    assert_eq!(hooks.drain().await, 0);
    hooks.advance(Duration::from_secs(1801));
    assert_eq!(hooks.drain().await, 1);
}

#[tokio::test]
async fn dead_letters_can_be_run_again() {
    let seen = Seen::default();
    let hooks = Webhooks::new().mount::<outcome>().test(seen.clone());
    assert_eq!(status(hooks.deliver::<outcome>().json(&json!({ "answer": 404 }))).await, 202);
    assert_eq!(hooks.drain().await, 1);
    let dead = Filter::all().endpoint("outcome").state(Stands::Dead);
    assert_eq!(hooks.inbox().retry(&dead).await, Ok(1));
    assert_eq!(hooks.drain().await, 1);
    assert_eq!(seen.take(), ["404", "404"]);
}

#[webhook(path = "/ordered", inbox(order_by = "/account/id"))]
async fn ordered(State(seen): State<Seen>, payload: serde_json::Value) -> StatusCode {
    seen.note(format!("{} {}", payload["account"]["id"], payload["n"]));
    StatusCode::from_u16(u16::try_from(payload["answer"].as_u64().unwrap_or(200)).expect("small"))
        .expect("a status")
}

/// Nothing is signed, so the ordering key can be anywhere.
const TOKEN: Provider = Provider::new("token", Scheme::token().header("x-token"));

#[webhook(path = "/by-header", provider = TOKEN, inbox(order_by = Field::header("x-account")))]
async fn by_header(State(seen): State<Seen>, payload: serde_json::Value) {
    seen.note(payload["n"].to_string());
}

#[tokio::test]
async fn ordering_keys_keep_the_order() {
    let seen = Seen::default();
    let hooks = Webhooks::new().mount::<ordered>().mount::<by_header>().test(seen.clone());
    for (account, n, answer) in [(1, 1, 503), (1, 2, 200), (2, 1, 404), (2, 2, 200), (1, 3, 200)] {
        let body = json!({ "account": { "id": account }, "n": n, "answer": answer });
        assert_eq!(status(hooks.deliver::<ordered>().json(&body)).await, 202);
    }
    hooks.drain().await;
    let mut lines = seen.take();
    lines.sort();
    // The first of account 1 is retried, and the others wait for it. The first of account 2 is
    // dead, and the next goes on.
    assert_eq!(lines, ["1 1", "2 1", "2 2"]);
    run_to_the_end(&hooks).await;
    let lines = seen.take();
    assert_eq!(lines[lines.len() - 2..], ["1 2", "1 3"]);

    for n in 1..=5 {
        let delivery = hooks.deliver::<by_header>().header("x-account", "a");
        assert_eq!(status(delivery.json(&json!({ "n": n }))).await, 202);
    }
    assert_eq!(hooks.drain().await, 5);
    assert_eq!(seen.take(), ["1", "2", "3", "4", "5"]);
}
