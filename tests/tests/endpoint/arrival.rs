//! 408 for a body that arrives too slowly, and 400 for one that breaks off.

use std::time::Duration;

use http::StatusCode;
use tokio::{sync::mpsc, time::Instant};

use crate::{
    ORDER,
    common::{End, Piped, Script, ask, delivery, router, status, webhooks},
    echo,
};

#[tokio::test(start_paused = true)]
async fn a_body_that_never_arrives_times_out() {
    let silent = |piece: &'static str| {
        let mut request = delivery(ORDER);
        *request.body_mut() = Script::new([piece], End::Silence).into();
        request
    };
    let after_three = webhooks::<echo>().body_timeout(Duration::from_secs(3)).into_router();
    let after_three = after_three.expect("nothing is wrong with it");
    for (router, seconds) in [(router::<echo>(), 10), (after_three, 3)] {
        for piece in ["", "{", ORDER] {
            let start = Instant::now();
            let answer = ask(&router, silent(piece)).await;
            assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT);
            assert_eq!(answer.problem()["detail"], "the body did not arrive in time");
            // The timer is exact to the millisecond.
            assert_eq!(start.elapsed().as_secs(), seconds);
        }
    }
}

/// The timeout covers the whole body, so a byte now and then does not keep it open.
#[tokio::test(start_paused = true)]
async fn a_dripping_body_times_out() {
    let dripping = |count: usize| {
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            for _ in 0..count {
                if sender.send("x").await.is_err() {
                    break;
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
        let mut request = delivery("x".repeat(count));
        *request.body_mut() = Piped(receiver).into();
        request
    };
    let router = router::<echo>();
    assert_eq!(status(&router, dripping(5)).await, 200, "slow, but in time");
    assert_eq!(status(&router, dripping(1000)).await, 408);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_malformed() {
    let mut request = delivery(ORDER);
    *request.body_mut() = Script::new([ORDER], End::Broken).into();
    let answer = ask(&router::<echo>(), request).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.problem()["detail"], "the body is incomplete");
}
