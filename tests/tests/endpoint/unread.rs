//! Rejections before the body is read.

use std::{sync::atomic::Ordering, time::Duration};

use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode};
use tokio::time::Instant;
use webhook_runtime::{DEFAULT_MAX_BODY, providers::HMAC_SHA256_HEX};

use crate::{
    common::{End, PATH, SECRET, Script, ask, post, router, set, sign, status},
    echo,
};

/// Rejected heads, each with its status.
fn refused_heads() -> [(u16, Request<Body>); 4] {
    let silent = || Script::new([""; 0], End::Silence);
    let genuine = sign(&HMAC_SHA256_HEX, SECRET, b"");
    let mut get = post(PATH, genuine.clone(), silent());
    *get.method_mut() = Method::GET;
    let mut encoded = post(PATH, genuine.clone(), silent());
    set(&mut encoded, "content-encoding", "gzip");
    let long = post(PATH, genuine, silent().declared(DEFAULT_MAX_BODY as u64 + 1));
    let unsigned = post(PATH, HeaderMap::new(), silent());
    [(405, get), (415, encoded), (413, long), (401, unsigned)]
}

#[tokio::test(start_paused = true)]
async fn rejected_heads_do_not_wait_for_the_body() {
    let router = router::<echo>();
    for (expected, request) in refused_heads() {
        let start = Instant::now();
        assert_eq!(status(&router, request).await, expected);
        assert_eq!(start.elapsed(), Duration::ZERO, "{expected}");
    }
}

/// Closing a connection with unread bytes resets it, and the sender would lose the response.
#[tokio::test(start_paused = true)]
async fn a_little_of_a_rejected_body_is_drained() {
    let body = Script::new(vec![vec![0; 16 * 1024]; 1000], End::Silence);
    let asked = body.asked();
    let answer = ask(&router::<echo>(), post(PATH, HeaderMap::new(), body)).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(asked.load(Ordering::Relaxed), 0, "the answer is there first");
    tokio::time::sleep(Duration::from_secs(60)).await;
    let asked = asked.load(Ordering::Relaxed);
    assert!((1..=64).contains(&asked), "a little, and no more: {asked} pieces");
}

/// The sender of a body without a length cannot know the limit, and still sends when it is
/// rejected.
#[tokio::test(start_paused = true)]
async fn a_little_of_an_oversized_body_is_drained() {
    let fits = DEFAULT_MAX_BODY / (16 * 1024);
    // With `Expect`, the sender was asked to go on before the body turned out to be too large.
    for expects in [false, true] {
        let body = Script::new(vec![vec![0; 16 * 1024]; 10 * fits], End::Silence);
        let asked = body.asked();
        let mut request = post(PATH, sign(&HMAC_SHA256_HEX, SECRET, b""), body);
        if expects {
            set(&mut request, "expect", "100-continue");
        }
        let answer = ask(&router::<echo>(), request).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(asked.load(Ordering::Relaxed), fits + 1, "the answer is there first");
        tokio::time::sleep(Duration::from_secs(60)).await;
        let more = asked.load(Ordering::Relaxed) - fits - 1;
        assert!((1..=64).contains(&more), "a little, and no more: {more} pieces");
    }
}

/// Reading the body would send `100 Continue`.
#[tokio::test(start_paused = true)]
async fn expect_continue_is_not_answered_on_rejection() {
    let body = Script::new(["never to be sent"], End::Complete);
    let asked = body.asked();
    let mut request = post(PATH, HeaderMap::new(), body);
    set(&mut request, "expect", "100-continue");
    assert_eq!(status(&router::<echo>(), request).await, 401);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}

/// Layers that count or log bodies often hide the body's length. The request header still declares
/// it.
#[tokio::test(start_paused = true)]
async fn content_length_counts_even_if_hidden() {
    let body = Script::new([""; 0], End::Silence);
    let mut request = post(PATH, sign(&HMAC_SHA256_HEX, SECRET, b""), body);
    set(&mut request, "content-length", &(DEFAULT_MAX_BODY + 1).to_string());
    let start = Instant::now();
    assert_eq!(status(&router::<echo>(), request).await, 413);
    assert_eq!(start.elapsed(), Duration::ZERO);
}
