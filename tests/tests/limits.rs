//! Rate limits: who is limited, by which quota, and who never is. The clock moves only by hand.

mod common;

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body, middleware::from_fn};
use common::{
    Answer, End, PATH, Piped, SECRET, Script, ask, delivery, delivery_to, from, post, set, status,
    webhooks,
};
use http::{HeaderMap, Method, Request, header, request::Parts};
use tokio::{
    net::TcpListener,
    sync::mpsc,
    task::JoinSet,
    time::{advance, sleep, timeout},
};
use webhook_runtime::{
    Delivery, LimitedBy, Quota, Rejection, Secret, SecretSource, SourceError, StartProblem, Tenant,
    Webhooks,
    providers::{META, TWITTER},
    webhook,
};

#[webhook(path = "/webhook")]
async fn paid(_: &Delivery) -> &'static str {
    "OK"
}

#[webhook(path = "/other")]
async fn other(_: &Delivery) {}

#[webhook(path = "/meta", provider = META)]
async fn meta(_: &Delivery) {}

/// A request with a well-formed signature of another body.
fn forged() -> Request<Body> {
    let mut request = delivery("{}");
    *request.body_mut() = Body::from("[]");
    request
}

fn limited(hooks: Webhooks) -> Router {
    hooks.into_router().expect("nothing is wrong with it")
}

fn assert_limited(answer: &Answer, seconds: &str) {
    assert_eq!(answer.status.as_u16(), 429);
    assert_eq!(answer.headers[header::RETRY_AFTER], seconds);
    assert_eq!(answer.problem()["title"], "Too Many Requests");
}

#[tokio::test(start_paused = true)]
async fn rejections_count_against_the_peer() {
    let router = limited(webhooks::<paid>().limit_per_peer(Quota::per_minute(3)));
    for _ in 0..50 {
        assert_eq!(status(&router, from("192.0.2.1", delivery("{}"))).await, 200);
    }
    let unsigned = post(PATH, HeaderMap::new(), "{}");
    assert_eq!(status(&router, from("192.0.2.1", unsigned)).await, 401);
    assert_eq!(status(&router, from("192.0.2.1", forged())).await, 401);
    // Other rejections do not count.
    let mut put = delivery("{}");
    *put.method_mut() = Method::PUT;
    assert_eq!(status(&router, from("192.0.2.1", put)).await, 405);
    assert_eq!(status(&router, from("192.0.2.1", delivery("{}"))).await, 200);
    assert_eq!(status(&router, from("192.0.2.1", forged())).await, 401);

    for request in [forged(), delivery("{}"), post(PATH, HeaderMap::new(), "{}")] {
        assert_limited(&ask(&router, from("192.0.2.1", request)).await, "20");
    }
    assert_eq!(status(&router, from("192.0.2.2", delivery("{}"))).await, 200);
    assert_eq!(status(&router, from("192.0.2.2", forged())).await, 401);

    advance(Duration::from_millis(19_001)).await;
    assert_limited(&ask(&router, from("192.0.2.1", delivery("{}"))).await, "1");
    advance(Duration::from_millis(999)).await;
    assert_eq!(status(&router, from("192.0.2.1", delivery("{}"))).await, 200);
    assert_eq!(status(&router, from("192.0.2.1", forged())).await, 401);
    assert_eq!(status(&router, from("192.0.2.1", delivery("{}"))).await, 429);
    advance(Duration::from_secs(60)).await;
    for expected in [401, 401, 401, 429] {
        assert_eq!(status(&router, from("192.0.2.1", forged())).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn peer_limits_are_per_endpoint() {
    let hooks = webhooks::<paid>().mount::<other>().secrets::<other>([Secret::new(SECRET)]);
    let router = limited(hooks.limit_per_peer(Quota::per_hour(1)));
    assert_eq!(status(&router, from("192.0.2.1", forged())).await, 401);
    assert_eq!(status(&router, from("192.0.2.1", forged())).await, 429);
    assert_eq!(status(&router, from("192.0.2.1", delivery_to("/other", "{}"))).await, 200);
}

#[tokio::test(start_paused = true)]
async fn guessed_verify_tokens_count_too() {
    let hooks = Webhooks::new()
        .mount::<meta>()
        .secrets::<meta>([Secret::new(SECRET)])
        .verify_token::<meta>(Secret::new("right"))
        .limit_per_peer(Quota::per_hour(1));
    let router = limited(hooks);
    let asked = |token: &str| {
        let query = format!("hub.mode=subscribe&hub.verify_token={token}&hub.challenge=1");
        let request = Request::get(format!("/meta?{query}")).body(Body::empty());
        from("192.0.2.1", request.expect("a request"))
    };
    for (token, expected) in [("right", 200), ("right", 200), ("wrong", 403), ("right", 429)] {
        assert_eq!(status(&router, asked(token)).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn ipv6_networks_are_one_peer() {
    let router = limited(webhooks::<paid>().limit_per_peer(Quota::per_hour(1)));
    let all = [
        ("2001:db8::1", 401),
        ("2001:db8::2:1", 429),
        ("2001:db8:0:1::1", 401),
        ("192.0.2.1", 401),
        ("::ffff:192.0.2.1", 429),
    ];
    for (address, expected) in all {
        assert_eq!(status(&router, from(address, forged())).await, expected, "{address}");
    }
}

/// A request without an address, as on a Unix socket.
#[tokio::test(start_paused = true)]
async fn unknown_peers_are_not_limited() {
    let router = limited(webhooks::<paid>().limit_per_peer(Quota::per_hour(1)));
    for _ in 0..5 {
        assert_eq!(status(&router, forged()).await, 401);
    }
    let hooks = webhooks::<paid>().limit_per_peer(Quota::per_hour(1));
    let router = limited(hooks.limit_on::<paid>(Quota::per_hour(2)));
    for expected in [401, 401, 429] {
        assert_eq!(status(&router, forged()).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn headers_do_not_identify_peers() {
    let router = limited(webhooks::<paid>().limit_per_peer(Quota::per_hour(1)));
    for (number, expected) in [(1, 401), (2, 429)] {
        let mut request = from("192.0.2.1", forged());
        for name in ["x-forwarded-for", "x-real-ip"] {
            set(&mut request, name, &format!("198.51.100.{number}"));
        }
        set(&mut request, "forwarded", &format!("for=198.51.100.{number}"));
        assert_eq!(status(&router, request).await, expected);
    }
}

/// A header that a program behind its own proxy may trust.
fn last_forwarded(parts: &Parts) -> Option<IpAddr> {
    let forwarded = parts.headers.get_all("x-forwarded-for").iter().next_back()?;
    forwarded.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
}

#[tokio::test(start_paused = true)]
async fn programs_can_identify_peers() {
    let hooks = webhooks::<paid>().limit_per_peer(Quota::per_hour(1)).peer_ip(last_forwarded);
    let router = limited(hooks);
    let all = [
        ("198.51.100.1", 401),
        ("198.51.100.9, 198.51.100.1", 429),
        ("198.51.100.1, 198.51.100.2", 401),
        ("nobody", 401),
        ("nobody", 401),
    ];
    for (forwarded, expected) in all {
        let mut request = from("192.0.2.1", forged());
        set(&mut request, "x-forwarded-for", forwarded);
        assert_eq!(status(&router, request).await, expected, "{forwarded}");
    }
}

#[tokio::test(start_paused = true)]
async fn endpoint_quotas_are_enforced() {
    let hooks = webhooks::<paid>().mount::<other>().secrets::<other>([Secret::new(SECRET)]);
    let router = limited(hooks.limit_on::<paid>(Quota::per_second(2).burst(3)));
    // Rejections without a check of the signature do not count.
    for _ in 0..5 {
        assert_eq!(status(&router, post(PATH, HeaderMap::new(), "{}")).await, 401);
    }
    for (request, expected) in [(delivery("{}"), 200), (forged(), 401), (delivery("{}"), 200)] {
        assert_eq!(status(&router, request).await, expected);
    }
    assert_limited(&ask(&router, delivery("{}")).await, "1");
    assert_eq!(status(&router, post(PATH, HeaderMap::new(), "{}")).await, 401);
    assert_eq!(status(&router, delivery_to("/other", "{}")).await, 200);
    advance(Duration::from_millis(500)).await;
    assert_eq!(status(&router, delivery("{}")).await, 200);
    assert_eq!(status(&router, delivery("{}")).await, 429);
}

/// A limited peer does not use the endpoint's quota.
#[tokio::test(start_paused = true)]
async fn both_quotas_work_together() {
    let hooks = webhooks::<paid>().limit_per_peer(Quota::per_hour(2));
    let router = limited(hooks.limit_on::<paid>(Quota::per_hour(10)));
    for expected in [401, 401].into_iter().chain([429; 50]) {
        assert_eq!(status(&router, from("192.0.2.1", forged())).await, expected);
    }
    for expected in [200; 8].into_iter().chain([429]) {
        assert_eq!(status(&router, from("192.0.2.2", delivery("{}"))).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn limited_requests_are_not_read() {
    let hooks = webhooks::<paid>().limit_per_peer(Quota::per_hour(1));
    let router = limited(hooks.limit_on::<paid>(Quota::per_hour(2)));
    assert_eq!(status(&router, from("192.0.2.1", forged())).await, 401);
    assert_eq!(status(&router, from("192.0.2.2", delivery("{}"))).await, 200);
    for address in ["192.0.2.1", "192.0.2.2"] {
        let body = Script::new(vec![vec![b' '; 16 * 1024]; 1000], End::Silence);
        let asked: Arc<AtomicUsize> = body.asked();
        let mut request = from(address, delivery("{}"));
        *request.body_mut() = body.into();
        assert_eq!(status(&router, request).await, 429);
        assert_eq!(asked.load(Ordering::Relaxed), 0, "the answer is there first");
        tokio::time::sleep(Duration::from_secs(1)).await;
        let asked = asked.load(Ordering::Relaxed);
        assert!((1..=64).contains(&asked), "drained like other refusals: {asked} pieces");
    }
}

#[tokio::test(start_paused = true)]
async fn layers_see_limited_requests() {
    let seen = Arc::<std::sync::Mutex<Vec<Rejection>>>::default();
    let note = Arc::clone(&seen);
    let layer = from_fn(move |request, next: axum::middleware::Next| {
        let note = Arc::clone(&note);
        async move {
            let answer = next.run(request).await;
            let rejection = answer.extensions().get::<Rejection>().cloned();
            note.lock().expect("no panic").extend(rejection);
            answer
        }
    });
    let hooks = webhooks::<paid>()
        .limit_per_peer(Quota::per_minute(1))
        .limit_on::<paid>(Quota::per_hour(2))
        .layer(layer);
    let router = limited(hooks);
    for (address, request) in [
        ("192.0.2.1", forged()),
        ("192.0.2.1", forged()),
        ("192.0.2.2", delivery("{}")),
        ("192.0.2.2", delivery("{}")),
    ] {
        ask(&router, from(address, request)).await;
    }
    let seen = seen.lock().expect("no panic");
    let [unauthorized, peer, endpoint] = &seen[..] else { panic!("{seen:?}") };
    assert!(matches!(unauthorized, Rejection::Unauthorized(_)));
    let after = Duration::from_secs;
    let by_peer = Rejection::RateLimited { by: LimitedBy::Peer, retry_after: after(60) };
    assert_eq!((peer, peer.to_string().as_str()), (&by_peer, "the peer has used up its quota"));
    let by_all = Rejection::RateLimited { by: LimitedBy::Endpoint, retry_after: after(30 * 60) };
    let reason = "the quota of the endpoint is used up";
    assert_eq!((endpoint, endpoint.to_string().as_str()), (&by_all, reason));
}

#[webhook(path = "/tenants/{tenant}")]
async fn tenants(_: &Delivery) {}

#[webhook(path = "/challenged/{tenant}", provider = TWITTER)]
async fn challenged(_: &Delivery) {}

/// A source that takes a second, and counts.
#[derive(Clone, Default)]
struct Source(Arc<AtomicUsize>);

impl Source {
    fn asked(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl SecretSource for Source {
    async fn secrets(&self, _: &Tenant) -> Result<Vec<Secret>, SourceError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        sleep(Duration::from_secs(1)).await;
        Ok(vec![Secret::new(SECRET)])
    }
}

/// Sends a request to another tenant in each turn, all at once, and counts the statuses.
async fn all_at_once(
    router: &Router,
    count: usize,
    request: impl Fn(String) -> Request<Body>,
) -> BTreeMap<u16, usize> {
    let mut all = JoinSet::new();
    for number in 0..count {
        let request = from("192.0.2.1", request(format!("/tenants/{number}")));
        let router = router.clone();
        all.spawn(async move { status(&router, request).await });
    }
    let mut statuses = BTreeMap::new();
    while let Some(status) = all.join_next().await {
        *statuses.entry(status.expect("no panic")).or_default() += 1;
    }
    statuses
}

#[tokio::test(start_paused = true)]
async fn requests_in_flight_count() {
    let source = Source::default();
    let hooks = Webhooks::new().mount::<tenants>().secret_source::<tenants>(source.clone());
    let router = limited(hooks.limit_per_peer(Quota::per_hour(5)));
    // All heads are there before the first body.
    let statuses = all_at_once(&router, 200, |uri| {
        let (sender, receiver) = mpsc::channel(1);
        let mut request = delivery_to(&uri, "{}");
        *request.body_mut() = Piped(receiver).into();
        tokio::spawn(async move {
            sleep(Duration::from_secs(2)).await;
            sender.send("[]").await
        });
        request
    });
    assert_eq!(statuses.await, [(401, 5), (429, 195)].into());
    assert_eq!(source.asked(), 5);
    assert_eq!(status(&router, from("192.0.2.1", delivery_to("/tenants/1", "{}"))).await, 429);
    assert_eq!(source.asked(), 5);
}

#[tokio::test(start_paused = true)]
async fn genuine_requests_in_flight_are_not_limited() {
    let source = Source::default();
    let hooks = Webhooks::new().mount::<tenants>().secret_source::<tenants>(source.clone());
    let router = limited(hooks.limit_per_peer(Quota::per_hour(5)));
    let statuses = all_at_once(&router, 50, |uri| delivery_to(&uri, "{}"));
    assert_eq!(statuses.await, [(200, 50)].into());
    assert_eq!(source.asked(), 50);
    let statuses = all_at_once(&router, 50, |uri| delivery_to(&uri, "{}"));
    assert_eq!(statuses.await, [(200, 50)].into());
}

/// A source that never answers.
struct Silent(Source);

impl SecretSource for Silent {
    async fn secrets(&self, _: &Tenant) -> Result<Vec<Secret>, SourceError> {
        self.0.0.fetch_add(1, Ordering::Relaxed);
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_quota_for_ever() {
    let hooks = Webhooks::new()
        .mount::<tenants>()
        .secret_source::<tenants>(Silent(Source::default()))
        .limit_per_peer(Quota::per_hour(1));
    let router = limited(hooks);
    let start = tokio::time::Instant::now();
    let statuses = all_at_once(&router, 20, |uri| delivery_to(&uri, "{}"));
    assert_eq!(statuses.await, [(503, 20)].into());
    // One asks, and one of the others asks after it.
    assert!(start.elapsed() < Duration::from_secs(11), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn questions_cost_whose_memory_is_taken_away() {
    let source = Source::default();
    let hooks = Webhooks::new()
        .mount::<tenants>()
        .secret_source::<tenants>(Silent(source.clone()))
        .limit_per_peer(Quota::per_hour(2))
        .max_bytes_in_flight(1000);
    let router = limited(hooks);
    let waits: &'static str = "x".repeat(400).leak();
    let mut statuses = Vec::new();
    for number in 0..4 {
        // The older body takes the memory of the newer one, whose secrets are asked for.
        let (sender, receiver) = mpsc::channel(1);
        let mut older = delivery_to("/tenants/older", "{}");
        *older.body_mut() = Piped(receiver).into();
        let older = tokio::spawn({
            let router = router.clone();
            async move { status(&router, from("192.0.2.1", older)).await }
        });
        sender.send("y").await.expect("it is read");
        sleep(Duration::from_millis(10)).await;
        let newer = from("192.0.2.1", delivery_to(&format!("/tenants/{number}"), waits));
        let newer = tokio::spawn({
            let router = router.clone();
            async move { status(&router, newer).await }
        });
        sleep(Duration::from_millis(10)).await;
        // With the second part, it is too much itself, which costs nothing.
        for _ in 0..2 {
            let _ = sender.send("y".repeat(700).leak()).await;
        }
        sleep(Duration::from_millis(10)).await;
        drop(sender);
        let older = older.await.expect("no panic");
        assert!(matches!(older, 429 | 503), "{older}");
        statuses.push(newer.await.expect("no panic"));
    }
    assert!(source.asked() <= 2, "{} of {statuses:?}", source.asked());
    assert!(statuses.contains(&503) && statuses.ends_with(&[429]), "{statuses:?}");
}

#[tokio::test(start_paused = true)]
async fn unfinished_bodies_count() {
    let router = limited(webhooks::<paid>().limit_per_peer(Quota::per_hour(3)));
    let unfinished = |end| {
        let mut request = from("192.0.2.1", delivery("{}"));
        *request.body_mut() = Script::new(["{"], end).into();
        request
    };
    assert_eq!(status(&router, unfinished(End::Silence)).await, 408);
    assert_eq!(status(&router, unfinished(End::Broken)).await, 400);
    // Its client has gone.
    let gone = status(&router, unfinished(End::Silence));
    assert!(timeout(Duration::from_secs(1), gone).await.is_err());
    assert_eq!(status(&router, from("192.0.2.1", delivery("{}"))).await, 429);
}

#[tokio::test(start_paused = true)]
async fn handshakes_that_need_a_secret_count() {
    let source = Source::default();
    let mounted =
        || Webhooks::new().mount::<challenged>().secret_source::<challenged>(source.clone());
    let challenge = |number: usize| {
        let uri = format!("/challenged/{number}?crc_token=abc");
        from("192.0.2.1", Request::get(uri).body(Body::empty()).expect("a request"))
    };
    let quota = Quota::per_hour(2);
    for hooks in [mounted().limit_per_peer(quota), mounted().limit_on::<challenged>(quota)] {
        let (router, before) = (limited(hooks), source.asked());
        for (number, expected) in [200, 200, 429, 429].into_iter().enumerate() {
            assert_eq!(status(&router, challenge(number)).await, expected);
        }
        assert_eq!(source.asked() - before, 2);
    }
}

/// Over a socket, where axum knows the address.
#[tokio::test]
async fn axum_identifies_peers() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let router = limited(webhooks::<paid>().limit_per_peer(Quota::per_hour(2)));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let server = listener.local_addr().expect("an address");
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let serving = tokio::spawn(async move { axum::serve(listener, service).await });
    for expected in ["401", "401", "429", "429"] {
        let mut stream = tokio::net::TcpStream::connect(server).await.expect("it listens");
        let head = "POST /webhook HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n";
        let request = format!("{head}content-length: 2\r\n\r\n{{}}");
        stream.write_all(request.as_bytes()).await.expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("it answers");
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected} ")), "{answer}");
    }
    serving.abort();
}

#[test]
fn senseless_quotas_fail_the_start() {
    let problems = |hooks: Webhooks| {
        let error = hooks.into_router().expect_err("something is wrong");
        error.problems().to_vec()
    };
    let none = Quota::per_minute(0);
    let hooks = webhooks::<paid>().limit_per_peer(none).limit_on::<paid>(none);
    let expected = [None, Some("paid")].map(|endpoint| StartProblem::EmptyQuota { endpoint });
    assert_eq!(problems(hooks), expected);
    let hooks = webhooks::<paid>().limit_on::<other>(Quota::per_minute(1));
    assert_eq!(problems(hooks), [StartProblem::NotMounted { endpoint: "other" }]);
    let hooks = webhooks::<paid>().limit_on::<paid>(none).limit_on::<paid>(Quota::per_minute(1));
    assert!(hooks.into_router().is_ok(), "the last one counts");
}
