//! Responses: what the kit tells about them.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    body::Body,
    extract::State,
    http::{Request, StatusCode},
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use webhook_runtime::{
    Delivery, Rejection, UnknownEvent, WebhookEvent, Webhooks,
    providers::{GITHUB, META, STANDARD_WEBHOOKS},
    webhook,
};

#[tokio::test]
async fn replays_send_the_same_bytes() {
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
async fn responses_expose_what_happened() {
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

#[derive(Deserialize)]
struct Numbered {
    id: u64,
}

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("push")]
    Push(Numbered),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[webhook(path = "/events", provider = GITHUB)]
async fn events(event: Event<'_>) -> String {
    match event {
        Event::Push(push) => format!("push {}", push.id),
        Event::Other(other) => format!("other {}", other.name()),
    }
}

#[tokio::test]
async fn mismatched_events_are_reported() {
    let hooks = Webhooks::new().mount::<events>().test(());
    for (event, body, text, path) in [
        ("push", json!({ "id": 7 }), "push 7", None),
        ("push", json!({ "id": "7" }), "other push", Some("id")),
        ("star", json!({ "id": "7" }), "other star", None),
    ] {
        let answer = hooks.deliver::<events>().event(event).json(&body).await;
        assert_eq!((answer.status().as_u16(), answer.text().as_str()), (200, text));
        assert_eq!(answer.decode_error().and_then(Rejection::path), path, "{answer:?}");
    }
}

/// A layer may build a new request, as long as it keeps the delivery.
#[tokio::test]
async fn runs_are_counted_behind_rebuilding_layers() {
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
