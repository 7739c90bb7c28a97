//! What peers share: the memory for bodies, and the questions to a source. And what one endpoint may
//! take from the others.

mod common;

use std::{
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Extension, Router, body::Body};
use common::{
    End, Piped, Script, ask, delivery, delivery_to, from, set, signature, status, webhooks,
};
use http::{Request, header, request::Parts};
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use tower::ServiceExt as _;
use webhook_runtime::{
    Delivery, Secret, SecretSource, SourceError, StartProblem, Tenant, Webhooks, webhook,
};

type Kept = Arc<Mutex<Vec<Delivery>>>;

/// Keeps the deliveries whose bodies begin with `keep`.
#[webhook(path = "/webhook")]
async fn keeps(Extension(kept): Extension<Kept>, delivery: Delivery, _: &Delivery) {
    if delivery.body().starts_with(b"keep") {
        kept.lock().expect("nobody panics holding it").push(delivery);
    }
}

fn hooks() -> Webhooks {
    webhooks::<keeps>().max_bytes_in_flight(1000)
}

fn router(hooks: Webhooks) -> Router {
    hooks.into_router().expect("right").layer(Extension(Kept::default()))
}

/// A request with a signature of the right form, whose body never ends.
fn unfinished(pieces: &[usize]) -> Request<Body> {
    let mut request = delivery("");
    set(&mut request, "x-signature", &signature(b"another"));
    let pieces: Vec<_> = pieces.iter().map(|length| vec![b' '; *length]).collect();
    *request.body_mut() = Script::new(pieces, End::Silence).into();
    request
}

/// Sends a request that will not be answered soon.
async fn send(router: &Router, request: Request<Body>) -> JoinHandle<u16> {
    let answer = router.clone().oneshot(request);
    let task = tokio::spawn(async move { answer.await.expect("it answers").status().as_u16() });
    sleep(Duration::from_millis(10)).await;
    task
}

const GREEDY: &str = "192.0.2.1";
const OTHER: &str = "192.0.2.2";

#[tokio::test(start_paused = true)]
async fn peer_with_most_memory_gives_up_its_newest_body() {
    let router = router(hooks());
    let mut bodies = Vec::new();
    for length in [300, 300, 400] {
        bodies.push(send(&router, from(GREEDY, unfinished(&[length]))).await);
    }
    // It may use everything, but no more.
    assert_eq!(status(&router, from(GREEDY, delivery("x"))).await, 503);
    assert_eq!(status(&router, from(OTHER, delivery("x".repeat(350)))).await, 200);
    let newest = bodies.pop().expect("three");
    assert_eq!(timeout(Duration::from_millis(1), newest).await.expect("at once").expect("ok"), 503);
    for body in bodies {
        assert_eq!(body.await.expect("no panic"), 408, "the older ones stay");
    }
}

#[tokio::test(start_paused = true)]
async fn older_bodies_of_a_peer_go_first() {
    let router = router(hooks());
    let (sender, receiver) = mpsc::channel(4);
    let mut oldest = delivery("x".repeat(900));
    *oldest.body_mut() = Piped(receiver).into();
    let first: &'static str = "x".repeat(300).leak();
    sender.send(first).await.expect("it is read");
    let oldest = send(&router, oldest).await;
    let newest = send(&router, unfinished(&[500])).await;
    sender.send(first).await.expect("it is read");
    sender.send(first).await.expect("it is read");
    drop(sender);
    assert_eq!(oldest.await.expect("no panic"), 200);
    assert_eq!(newest.await.expect("no panic"), 503);
}

#[tokio::test(start_paused = true)]
async fn verified_bodies_are_never_given_up() {
    let router = router(hooks());
    let kept = format!("keep{}", "x".repeat(596));
    assert_eq!(status(&router, from(GREEDY, delivery(kept))).await, 200);
    let unverified = send(&router, from(GREEDY, unfinished(&[400]))).await;
    assert_eq!(status(&router, from(OTHER, delivery("x".repeat(401)))).await, 503);
    assert!(!unverified.is_finished());
    assert_eq!(status(&router, from(OTHER, delivery("x".repeat(399)))).await, 200);
    assert_eq!(unverified.await.expect("no panic"), 503);
}

/// A header that a program behind its own proxy may trust.
fn forwarded(parts: &Parts) -> Option<IpAddr> {
    parts.headers.get("x-forwarded-for")?.to_str().ok()?.parse().ok()
}

#[tokio::test(start_paused = true)]
async fn shares_follow_the_believed_peer() {
    let router = router(hooks().peer_ip(forwarded));
    let by = |address, mut request| {
        set(&mut request, "x-forwarded-for", address);
        from("192.0.2.9", request)
    };
    let greedy = send(&router, by(GREEDY, unfinished(&[900]))).await;
    assert_eq!(status(&router, by(GREEDY, delivery("x".repeat(101)))).await, 503);
    assert_eq!(status(&router, by(OTHER, delivery("x".repeat(101)))).await, 200);
    assert_eq!(greedy.await.expect("no panic"), 503);
}

#[tokio::test(start_paused = true)]
async fn allocated_memory_counts() {
    let router = router(hooks());
    // The second piece makes room for twice as much.
    let _body = send(&router, unfinished(&[400, 10])).await;
    assert_eq!(status(&router, delivery("x".repeat(201))).await, 503);
    assert_eq!(status(&router, delivery("x".repeat(200))).await, 200);
}

#[tokio::test(start_paused = true)]
async fn large_heads_count() {
    let router = router(webhooks::<keeps>().max_bytes_in_flight(200 * 1024));
    let with_head = |mut request: Request<Body>| {
        for number in 0..1_000 {
            let name = http::HeaderName::try_from(format!("x-{number}")).expect("a name");
            request.headers_mut().insert(name, http::HeaderValue::from_static(""));
        }
        request
    };
    let large = send(&router, from(GREEDY, with_head(unfinished(&[10])))).await;
    assert_eq!(status(&router, from(GREEDY, with_head(delivery("x")))).await, 503);
    assert_eq!(status(&router, from(OTHER, with_head(delivery("x")))).await, 200);
    assert_eq!(large.await.expect("no panic"), 503);
}

#[tokio::test(start_paused = true)]
async fn bodies_in_any_pieces_arrive_whole() {
    let router = router(webhooks::<keeps>());
    for pieces in [vec![1; 50], vec![40_000, 1, 30_000], vec![16 * 1024; 3], vec![1, 100_000]] {
        let body: String = ('a'..='z').cycle().take(pieces.iter().sum()).collect();
        let (sender, receiver) = mpsc::channel(1);
        let mut request = delivery(body.clone());
        *request.body_mut() = Piped(receiver).into();
        let answer = send(&router, request).await;
        let mut rest: &'static str = body.leak();
        for piece in pieces {
            let (now, later) = rest.split_at(piece);
            sender.send(now).await.expect("it is read");
            rest = later;
        }
        drop(sender);
        assert_eq!(answer.await.expect("no panic"), 200);
    }
}

#[tokio::test(start_paused = true)]
async fn large_bodies_must_keep_arriving() {
    let router = router(webhooks::<keeps>().body_timeout(Duration::from_secs(60)));
    let start = Instant::now();
    assert_eq!(status(&router, unfinished(&[60 * 1024])).await, 408);
    assert_eq!(start.elapsed().as_secs(), 60, "a small one has the whole time");
    let start = Instant::now();
    assert_eq!(status(&router, unfinished(&[60 * 1024, 60 * 1024])).await, 408);
    assert_eq!(start.elapsed().as_secs(), 4);

    // Five KiB a second are enough.
    let second: &'static str = "x".repeat(5 * 1024).leak();
    let mut slow = delivery(second.repeat(40));
    let (sender, receiver) = mpsc::channel(1);
    *slow.body_mut() = Piped(receiver).into();
    tokio::spawn(async move {
        for _ in 0..40 {
            sender.send(second).await.expect("it is read");
            sleep(Duration::from_secs(1)).await;
        }
    });
    assert_eq!(status(&router, slow).await, 200);
}

#[webhook(path = "/tenants/{tenant}")]
async fn tenants(_: &Delivery) {}

/// A source that never answers about slow tenants.
struct Source;

impl SecretSource for Source {
    async fn secrets(&self, tenant: &Tenant) -> Result<Vec<Secret>, SourceError> {
        if tenant.param("tenant").is_some_and(|tenant| tenant.starts_with("slow")) {
            std::future::pending::<()>().await;
        }
        Ok(vec![Secret::new(common::SECRET)])
    }
}

#[tokio::test(start_paused = true)]
async fn questions_of_one_peer_hold_up_no_other_peer() {
    let hooks = Webhooks::new().mount::<tenants>().secret_source::<tenants>(Source);
    let router = hooks.into_router().expect("right");
    let mut slow = Vec::new();
    for number in 0..200 {
        let request = delivery_to(&format!("/tenants/slow-{number}"), "{}");
        slow.push(send(&router, from(GREEDY, request)).await);
    }
    let start = Instant::now();
    for address in ["192.0.2.2", "192.0.2.3"] {
        let request = delivery_to(&format!("/tenants/{address}"), "{}");
        assert_eq!(status(&router, from(address, request)).await, 200);
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
    for slow in slow {
        assert_eq!(slow.await.expect("no panic"), 503);
    }
}

/// Waits for a permit.
#[webhook(path = "/slow", max_in_flight = 2)]
async fn slow(Extension(permits): Extension<Arc<Semaphore>>, _: &Delivery) {
    permits.acquire().await.expect("it is never closed").forget();
}

/// Waits in the background.
#[webhook(path = "/late", max_in_flight = 1, respond_within = Duration::from_millis(100))]
async fn late(Extension(permits): Extension<Arc<Semaphore>>, _: &Delivery) {
    permits.acquire().await.expect("it is never closed").forget();
}

#[tokio::test(start_paused = true)]
async fn slow_endpoint_takes_no_more_than_it_may() {
    let permits = Arc::new(Semaphore::new(0));
    let hooks = webhooks::<slow>()
        .mount::<late>()
        .secrets::<late>([Secret::new(common::SECRET)])
        .mount::<keeps>()
        .secrets::<keeps>([Secret::new(common::SECRET)]);
    let router = router(hooks).layer(Extension(Arc::clone(&permits)));
    let slow = || delivery_to("/slow", "{}");
    let running = [send(&router, slow()).await, send(&router, slow()).await];
    let answer = ask(&router, slow()).await;
    assert_eq!(answer.status, 503);
    assert!(answer.headers.contains_key(header::RETRY_AFTER));
    assert_eq!(status(&router, delivery("{}")).await, 200, "others are not affected");
    // What is not verified takes no place.
    let mut forged = slow();
    *forged.body_mut() = Body::from("[]");
    assert_eq!(status(&router, forged).await, 401);
    permits.add_permits(3);
    for running in running {
        assert_eq!(running.await.expect("no panic"), 200);
    }
    assert_eq!(status(&router, slow()).await, 200);

    // An early response ends nothing.
    let late = || delivery_to("/late", "{}");
    assert_eq!(status(&router, late()).await, 202);
    assert_eq!(status(&router, late()).await, 503);
    permits.add_permits(2);
    sleep(Duration::from_millis(10)).await;
    assert_eq!(status(&router, late()).await, 200);
}

#[webhook(path = "/never", max_in_flight = 0)]
async fn never(_: &Delivery) {}

#[test]
fn endpoint_that_takes_nothing_fails_the_start() {
    let error = webhooks::<never>().into_router().expect_err("zero");
    assert_eq!(error.problems(), [StartProblem::ZeroMaxInFlight { endpoint: "never" }]);
}
