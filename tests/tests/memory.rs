//! The memory limit for all bodies together.

mod common;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Extension, Router};
use common::{End, Script, ask, delivery, set, signature, status, webhooks};
use tower::ServiceExt as _;
use webhook_runtime::{Delivery, webhook};

type Kept = Arc<Mutex<Vec<Delivery>>>;

/// Keeps some deliveries, as their bodies say.
#[webhook(path = "/webhook")]
async fn keeps(Extension(kept): Extension<Kept>, delivery: Delivery, _: &Delivery) {
    if delivery.body().starts_with(b"keep") {
        kept.lock().expect("nobody panics holding it").push(delivery);
    }
}

fn router(kept: &Kept) -> Router {
    let hooks = webhooks::<keeps>().max_bytes_in_flight(1000);
    hooks.into_router().expect("right").layer(Extension(Arc::clone(kept)))
}

#[tokio::test]
async fn bodies_being_read_use_memory_permits() {
    let kept = Kept::default();
    let router = router(&kept);
    // The body is read because the signature is well formed; whether it is right shows at the end.
    let mut slow = delivery("");
    set(&mut slow, "x-signature", &signature(b"another"));
    *slow.body_mut() = Script::new([vec![b' '; 900]], End::Silence).into();
    let slow = tokio::spawn(router.clone().oneshot(slow));
    tokio::time::sleep(Duration::from_millis(50)).await;

    let answer = ask(&router, delivery("x".repeat(101))).await;
    assert_eq!(answer.status.as_u16(), 503);
    assert!(answer.headers.contains_key("retry-after"));
    assert_eq!(status(&router, delivery("x".repeat(100))).await, 200);
    slow.abort();
    assert!(slow.await.is_err());
    assert_eq!(status(&router, delivery("x".repeat(1000))).await, 200);
}

#[tokio::test]
async fn kept_bodies_hold_their_memory_permits() {
    let kept = Kept::default();
    let router = router(&kept);
    let body = format!("keep{}", "x".repeat(596));
    assert_eq!(status(&router, delivery(body.clone())).await, 200);
    assert_eq!(status(&router, delivery(body.clone())).await, 503);
    assert_eq!(status(&router, delivery("x".repeat(400))).await, 200);
    kept.lock().expect("nobody panics holding it").clear();
    assert_eq!(status(&router, delivery(body)).await, 200);
}

#[tokio::test]
async fn rejections_release_memory_permits() {
    let router = router(&Kept::default());
    for _ in 0..20 {
        let mut forged = delivery("x".repeat(600));
        *forged.body_mut() = "y".repeat(600).into();
        assert_eq!(status(&router, forged).await, 401);
        let mut broken = delivery("");
        *broken.body_mut() = Script::new([vec![b' '; 600]], End::Broken).into();
        assert_eq!(status(&router, broken).await, 400);
    }
    assert_eq!(status(&router, delivery("x".repeat(1000))).await, 200);
    // A body above the whole limit is rejected, even below the endpoint's `max_body`.
    assert_eq!(status(&router, delivery("x".repeat(1001))).await, 503);
}
