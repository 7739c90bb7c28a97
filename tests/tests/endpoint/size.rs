//! 413: the size limit of bodies.

use std::sync::atomic::Ordering;

use axum::extract::DefaultBodyLimit;
use bytes::Bytes;
use webhook_runtime::{DEFAULT_MAX_BODY, Delivery, webhook};

use crate::{
    common::{End, Script, ask, delivery, router, status},
    echo,
};

#[tokio::test]
async fn bodies_over_max_body_are_413() {
    #[webhook(path = "/webhook", max_body = 10)]
    async fn ten(delivery: &Delivery) -> Bytes {
        delivery.body().clone()
    }
    let router = router::<ten>();
    for (body, expected) in [("0123456789", 200), ("0123456789a", 413)] {
        assert_eq!(status(&router, delivery(body)).await, expected, "declared");
        for at in [1, 5, 9] {
            let (first, second) = body.split_at(at);
            let mut request = delivery(body);
            *request.body_mut() = Script::new([first, second], End::Complete).into();
            assert_eq!(status(&router, request).await, expected, "counted, in pieces from {at}");
        }
    }
    let answer = ask(&router, delivery("0123456789a")).await;
    assert_eq!(answer.problem()["detail"], "the body may have at most 10 bytes");
}

#[tokio::test]
async fn the_default_max_body_is_two_mebibytes() {
    let router = router::<echo>();
    let most = vec![b'x'; DEFAULT_MAX_BODY];
    let more = vec![b'x'; DEFAULT_MAX_BODY + 1];
    assert_eq!(status(&router, delivery(most)).await, 200);
    assert_eq!(status(&router, delivery(more)).await, 413);
}

/// Lengths are compared as `usize`. A length that does not fit is too large, too.
#[tokio::test]
async fn huge_declared_lengths_are_413() {
    let router = router::<echo>();
    for declared in [DEFAULT_MAX_BODY as u64 + 1, u64::MAX / 2, u64::MAX] {
        let body = Script::new(["x"], End::Silence).declared(declared);
        let mut request = delivery("x");
        *request.body_mut() = body.into();
        assert_eq!(status(&router, request).await, 413, "{declared}");
    }
}

#[tokio::test]
async fn endless_bodies_are_read_up_to_the_limit() {
    #[webhook(path = "/webhook", max_body = 100)]
    async fn hundred(delivery: &Delivery) -> Bytes {
        delivery.body().clone()
    }
    let endless = Script::new(vec!["x".repeat(10); 10_000], End::Silence);
    let asked = endless.asked();
    let mut request = delivery("x");
    *request.body_mut() = endless.into();
    assert_eq!(status(&router::<hundred>(), request).await, 413);
    assert_eq!(asked.load(Ordering::Relaxed), 11, "ten pieces fit, the eleventh does not");
}

/// axum's own limit protects its extractors. An application may disable it for uploads.
#[tokio::test]
async fn axums_body_limit_does_not_replace_ours() {
    let router = router::<echo>().layer(DefaultBodyLimit::disable());
    let more = vec![b'x'; DEFAULT_MAX_BODY + 1];
    let mut in_pieces = delivery(more.clone());
    *in_pieces.body_mut() = Script::new([more.clone()], End::Complete).into();
    assert_eq!(status(&router, delivery(more)).await, 413);
    assert_eq!(status(&router, in_pieces).await, 413);
}
