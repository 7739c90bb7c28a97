//! Handlers that take longer than the provider waits.

mod common;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::Extension;
use common::{PATH, SECRET, ask, delivery, post, sign, status, webhooks};
use http::StatusCode;
use tokio::sync::{Mutex, Notify};
use tower::ServiceExt as _;
use webhook_runtime::{
    Batch, Delivery,
    providers::{LINE, XERO},
    webhook,
};

/// The signal that a handler waits for, and the number of handlers that finished.
#[derive(Clone, Default)]
struct Work {
    go_on: Arc<Notify>,
    done: Arc<AtomicUsize>,
}

impl Work {
    async fn take(&self) {
        self.go_on.notified().await;
        self.done.fetch_add(1, Ordering::SeqCst);
    }

    fn done(&self) -> usize {
        self.done.load(Ordering::SeqCst)
    }
}

#[webhook(path = "/webhook", respond_within = Duration::from_secs(2))]
async fn slow(Extension(work): Extension<Work>, delivery: &Delivery) -> (StatusCode, String) {
    match &delivery.body()[..] {
        b"slow" => work.take().await,
        b"fails" => {
            work.take().await;
            return (StatusCode::BAD_GATEWAY, String::new());
        }
        b"panics" => panic!("as it was told to"),
        _ => {}
    }
    (StatusCode::CREATED, "its own answer".to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_fast_handler_answers_itself() {
    let work = Work::default();
    let hooks = webhooks::<slow>();
    let late = hooks.background_handlers();
    let router = hooks.into_router().expect("right").layer(Extension(work.clone()));
    let answer = ask(&router, delivery("fast")).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (201, "its own answer"));
    assert_eq!(status(&router, delivery("panics")).await, 500);
    // In time, but not at once.
    let go_on = Arc::clone(&work.go_on);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(1_900)).await;
        go_on.notify_one();
    });
    assert_eq!(status(&router, delivery("slow")).await, 201);
    late.wait().await;
    assert_eq!((late.running(), work.done()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_slow_handler_continues_in_the_background() {
    let work = Work::default();
    let hooks = webhooks::<slow>();
    let late = hooks.background_handlers();
    let router = hooks.into_router().expect("right").layer(Extension(work.clone()));
    for (nth, body) in ["slow", "fails"].into_iter().enumerate() {
        let before = tokio::time::Instant::now();
        let answer = ask(&router, delivery(body)).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (202, ""));
        assert_eq!(before.elapsed().as_secs(), 2);
        assert_eq!((late.running(), work.done()), (1, nth));
        let waits = tokio::time::timeout(Duration::from_secs(60), late.wait());
        assert!(waits.await.is_err(), "it still runs");
        work.go_on.notify_one();
        late.wait().await;
        assert_eq!((late.running(), work.done()), (0, nth + 1));
    }
}

#[tokio::test(start_paused = true)]
async fn background_handlers_are_limited() {
    let work = Work::default();
    let hooks = webhooks::<slow>().max_background_handlers(2);
    let late = hooks.background_handlers();
    let router = hooks.into_router().expect("right").layer(Extension(work.clone()));
    assert_eq!(
        [status(&router, delivery("slow")).await, status(&router, delivery("slow")).await],
        [202; 2]
    );
    let answer = ask(&router, delivery("fast")).await;
    assert_eq!(answer.status.as_u16(), 503);
    assert!(answer.headers.contains_key("retry-after"));
    work.go_on.notify_one();
    while late.running() == 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(status(&router, delivery("fast")).await, 201);
}

/// Without `respond_within`, a handler ends when its sender disconnects.
#[tokio::test(start_paused = true)]
async fn a_handler_continues_after_a_disconnect() {
    let work = Work::default();
    let hooks = webhooks::<slow>();
    let late = hooks.background_handlers();
    let router = hooks.into_router().expect("right").layer(Extension(work.clone()));
    let asked = router.oneshot(delivery("slow"));
    let hung_up = tokio::time::timeout(Duration::from_secs(1), asked).await;
    assert!(hung_up.is_err());
    assert_eq!(late.running(), 1);
    work.go_on.notify_one();
    late.wait().await;
    assert_eq!(work.done(), 1);
}

#[webhook(path = "/webhook", respond_within = Duration::from_secs(2))]
async fn forged(Extension(work): Extension<Work>, _: &Delivery) {
    work.take().await;
}

#[tokio::test(start_paused = true)]
async fn rejections_are_immediate() {
    let hooks = webhooks::<forged>();
    let late = hooks.background_handlers();
    let router = hooks.into_router().expect("right").layer(Extension(Work::default()));
    let mut request = delivery("slow");
    *request.body_mut() = "another".into();
    assert_eq!(status(&router, request).await, 401);
    assert_eq!(late.running(), 0);
}

type Texts = Arc<Mutex<Vec<String>>>;

#[webhook(path = "/webhook", provider = LINE, respond_within = Duration::ZERO)]
async fn batch(Extension(texts): Extension<Texts>, text: String) {
    tokio::time::sleep(Duration::from_secs(5)).await;
    texts.lock().await.push(text);
}

#[tokio::test(start_paused = true)]
async fn a_batch_continues_as_a_whole() {
    let texts = Texts::default();
    let hooks = webhooks::<batch>();
    let late = hooks.background_handlers();
    let router = hooks.into_router().expect("right").layer(Extension(Arc::clone(&texts)));
    let body = r#"{"events":["a","b","c"]}"#;
    let request = post(PATH, sign(&LINE, SECRET, body.as_bytes()), body);
    assert_eq!(status(&router, request).await, 202);
    late.wait().await;
    assert_eq!(*texts.lock().await, ["a", "b", "c"]);
}

#[webhook(path = "/webhook", provider = XERO, respond_within = Duration::ZERO)]
async fn insists(_: Batch<'_, serde::de::IgnoredAny>) -> &'static str {
    tokio::time::sleep(Duration::from_secs(5)).await;
    "too late"
}

/// Xero requires 200 without a body.
#[tokio::test(start_paused = true)]
async fn the_early_response_suits_the_provider() {
    let router = common::router::<insists>();
    let body = r#"{"events":[]}"#;
    let answer = ask(&router, post(PATH, sign(&XERO, SECRET, body.as_bytes()), body)).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, ""));
}
