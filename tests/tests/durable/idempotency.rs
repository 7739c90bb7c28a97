//! `IdempotencyKey`: the same for all attempts, another one after a replay.

use axum::extract::State;
use http::StatusCode;
use webhook_runtime::{Delivery, IdempotencyKey, Webhooks, inbox::Filter, webhook};

use crate::{Seen, status};

#[webhook(path = "/keyed", inbox)]
async fn keyed(key: IdempotencyKey, State(seen): State<Seen>, delivery: &Delivery) -> StatusCode {
    seen.note(key.as_str());
    match &delivery.body()[..] {
        b"fails" => StatusCode::NOT_FOUND,
        _ => StatusCode::OK,
    }
}

#[webhook(path = "/at-once")]
async fn at_once(_: IdempotencyKey, _: &Delivery) {}

#[tokio::test]
async fn a_retry_keeps_the_key_and_a_replay_has_another() {
    let seen = Seen::default();
    let hooks = Webhooks::new().mount::<keyed>().test(seen.clone());
    for body in ["fails", "works"] {
        assert_eq!(status(hooks.deliver::<keyed>().body(body)).await, 202);
        hooks.drain().await;
    }
    assert_eq!(hooks.inbox().retry(&Filter::all()).await, Ok(1));
    hooks.drain().await;
    let keys = seen.take();
    assert_eq!(keys.len(), 3);
    assert_eq!(keys[2], keys[0], "the dead letter is retried");
    assert_ne!(keys[1], keys[0], "another delivery");
    assert_eq!(hooks.inbox().replay(&Filter::all()).await, Ok(2));
    hooks.drain().await;
    let replayed = seen.take();
    assert_eq!(replayed.len(), 2);
    assert!(replayed.iter().all(|key| !keys.contains(key)), "{keys:?} {replayed:?}");
}

#[tokio::test]
async fn without_an_inbox_there_is_no_key() {
    let hooks = Webhooks::new().mount::<at_once>().test(());
    let answer = hooks.deliver::<at_once>().body("1").await;
    assert_eq!((answer.status().as_u16(), answer.handler_ran()), (500, false));
}
