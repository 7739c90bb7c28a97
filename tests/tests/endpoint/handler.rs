//! The handler: responses, panics and concurrency.

use std::sync::Arc;

use axum::{
    Extension,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use tokio::sync::Barrier;
use webhook_runtime::webhook;

use crate::common::{ask, delivery, router, status};

#[tokio::test]
async fn the_handlers_response_is_sent() {
    struct Failure;
    impl IntoResponse for Failure {
        fn into_response(self) -> Response {
            (StatusCode::IM_A_TEAPOT, [("x-why", "tea")], "no coffee").into_response()
        }
    }
    #[webhook(path = "/webhook")]
    async fn fallible(works: bool) -> Result<(StatusCode, &'static str), Failure> {
        if works { Ok((StatusCode::ACCEPTED, "queued")) } else { Err(Failure) }
    }
    let router = router::<fallible>();
    let answer = ask(&router, delivery("true")).await;
    assert_eq!((answer.status, answer.text()), (StatusCode::ACCEPTED, "queued"));
    let answer = ask(&router, delivery("false")).await;
    assert_eq!((answer.status, answer.text()), (StatusCode::IM_A_TEAPOT, "no coffee"));
    assert_eq!(answer.headers["x-why"], "tea");
}

#[tokio::test]
async fn a_panicking_handler_gives_500() {
    #[derive(Clone, Copy, Deserialize, PartialEq)]
    enum Where {
        Nowhere,
        AtOnce,
        AfterAwait,
        InTheAnswer,
    }
    struct Answering(Where);
    impl IntoResponse for Answering {
        fn into_response(self) -> Response {
            assert!(self.0 != Where::InTheAnswer, "a bug in the answer");
            "OK".into_response()
        }
    }
    #[webhook(path = "/webhook")]
    async fn clumsy(place: Where) -> Answering {
        assert!(place != Where::AtOnce, "a bug at once");
        tokio::task::yield_now().await;
        assert!(place != Where::AfterAwait, "a bug later");
        Answering(place)
    }
    let router = router::<clumsy>();
    for place in [r#""AtOnce""#, r#""AfterAwait""#, r#""InTheAnswer""#] {
        let answer = ask(&router, delivery(place)).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{place}");
        assert!(!answer.text().contains("bug"), "the message is ours alone: {}", answer.text());
        answer.problem();
        assert_eq!(status(&router, delivery(r#""Nowhere""#)).await, 200, "after {place}");
    }
}

#[tokio::test]
async fn a_panic_while_decoding_gives_500() {
    struct Fragile;
    impl<'de> Deserialize<'de> for Fragile {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let number = u8::deserialize(deserializer)?;
            assert!(number != 0, "a bug in the payload");
            Ok(Self)
        }
    }
    #[webhook(path = "/webhook")]
    async fn fragile(_: Fragile) {}
    let router = router::<fragile>();
    assert_eq!(status(&router, delivery("0")).await, 500);
    assert_eq!(status(&router, delivery("1")).await, 200);
}

#[tokio::test]
async fn deliveries_are_handled_concurrently() {
    #[webhook(path = "/webhook")]
    async fn meeting(Extension(barrier): Extension<Arc<Barrier>>, _: Value) -> &'static str {
        // Both handlers must be here to go on.
        barrier.wait().await;
        "met"
    }
    let router = router::<meeting>().layer(Extension(Arc::new(Barrier::new(2))));
    let (one, two) = tokio::join!(ask(&router, delivery("1")), ask(&router, delivery("2")));
    assert_eq!((one.text(), two.text()), ("met", "met"));
}
