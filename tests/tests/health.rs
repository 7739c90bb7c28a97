//! Probes: when webhooks are live and ready, and what they say if not.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use std::{
    process::Command,
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum::{Extension, Router, body::Body};
use common::{Answer, SECRET, ask, signature, webhooks};
use http::{Method, Request, header};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Semaphore,
};
use webhook_runtime::{
    Delivery, HealthCheck, Inbox, Listener, Secret, Unhealthy, Webhooks,
    inbox::{
        ClaimToken, EnqueueResult, Filter, InboxBuilder, InboxError, NewDelivery, PruneResult,
        QueueDepth, StoredDelivery,
        store::{
            Change, ChangeResult, ClaimRequest, ClaimResult, DueTimeLimits, FinishedAttempt,
            InboxStore, ListResult, Retention, StoreFuture, StoreTransaction, Window,
        },
    },
    webhook,
};
use webhook_test_store::Database;

#[webhook(path = "/webhook")]
async fn plain(_: &Delivery) {}

#[webhook(path = "/stored", inbox)]
async fn stored(_: &Delivery) {}

async fn get(router: &Router, path: &str) -> Answer {
    ask(router, Request::get(path).body(Body::empty()).unwrap()).await
}

/// The status of a probe, and the names of the reasons.
async fn probe(router: &Router, path: &str) -> (u16, Vec<String>) {
    let answer = get(router, path).await;
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    let status = if answer.status == 200 { "ok" } else { "unavailable" };
    assert_eq!(body["status"], status);
    let names = body["reasons"].as_array().unwrap().iter();
    let names = names.map(|reason| reason["name"].as_str().unwrap().to_owned());
    (answer.status.as_u16(), names.collect())
}

fn names(reasons: &[&str]) -> Vec<String> {
    reasons.iter().map(|&reason| reason.to_owned()).collect()
}

#[tokio::test]
async fn webhooks_are_ready_from_build_to_drain() {
    let hooks = webhooks::<plain>();
    let (health, check): (Router, HealthCheck) = (hooks.health(), hooks.health_check());
    assert_eq!(probe(&health, "/ready").await, (503, names(&["starting"])));
    assert_eq!(probe(&health, "/live").await, (200, names(&[])));
    let nested = Router::new().nest("/health", hooks.health());
    let router = hooks.merge(nested).into_router().unwrap();
    for (router, path) in [(&health, "/ready"), (&router, "/health/ready")] {
        assert_eq!(probe(router, path).await, (200, names(&[])));
    }
    let mut post = Request::get("/ready").body(Body::empty()).unwrap();
    *post.method_mut() = Method::POST;
    assert_eq!(ask(&health, post).await.status, 405);
    check.set_draining();
    let answer = get(&health, "/ready").await;
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    let reason = json!({ "name": "draining", "detail": "the process is being stopped" });
    assert_eq!(body, json!({ "status": "unavailable", "reasons": [reason] }));
    assert_eq!(probe(&health, "/live").await, (200, names(&[])), "a restart does not help");
}

/// The time for which the answer of the store is kept.
const KEPT_FOR: Duration = Duration::from_millis(1100);

#[tokio::test]
async fn an_inbox_has_to_be_writable_and_to_keep_up() {
    let file = std::env::temp_dir().join(format!("webhook-health-{}.db", std::process::id()));
    let inbox = Inbox::open(&format!("sqlite://{}", file.display())).await.unwrap();
    let hooks = Webhooks::new().mount::<stored>().secrets::<stored>([Secret::new(SECRET)]);
    // The order does not matter.
    let (health, check): (Router, _) = (hooks.health(), hooks.health_check());
    let hooks = hooks.inbox(inbox.clone()).max_ready_lag(Duration::from_secs(60));
    let _router = hooks.into_router().unwrap();
    assert_eq!(check.ready().await, []);
    let received_at = SystemTime::now() - Duration::from_secs(100);
    inbox.pause("stored", "ann", "").await.unwrap();
    for endpoint in ["stored", "another"] {
        let old = NewDelivery::new(endpoint, "acme", endpoint, endpoint, received_at);
        inbox.enqueue(old).await.unwrap();
        tokio::time::sleep(KEPT_FOR).await;
        let reasons = check.ready().await;
        match (endpoint, &reasons[..]) {
            ("stored", []) => {}
            ("another", [Unhealthy::Lag { lag, max }]) => {
                assert!((100..130).contains(&lag.as_secs()) && max.as_secs() == 60);
            }
            found => panic!("{found:?}"),
        }
    }
    let text = get(&health, "/ready").await.text().to_owned();
    assert!(text.contains(" s, more than 60 s"), "{text}");

    // A database that has gone. Nothing of its error is told.
    inbox.store().close().await.unwrap();
    tokio::time::sleep(KEPT_FOR).await;
    assert_eq!(probe(&health, "/ready").await, (503, names(&["store"])));
    assert!(!get(&health, "/ready").await.text().contains("webhook-health"));
    let reasons = check.ready().await;
    assert!(matches!(&reasons[..], [Unhealthy::Store(error)] if *error != InboxError::Timeout));
    assert_eq!(probe(&health, "/live").await, (200, names(&[])), "a restart does not help");
    inbox.set_draining();
    assert_eq!(check.ready().await[0], Unhealthy::Draining);
    let _ = inbox.shutdown(Duration::ZERO).await;
    let _ = inbox.close().await;
    assert_eq!(check.live(), [], "it was told to end");
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{ending}", file.display()));
    }
}

#[webhook(path = "/slow")]
async fn slow(Extension(permits): Extension<Arc<Semaphore>>, _: &Delivery) {
    permits.acquire().await.expect("it is never closed").forget();
}

/// The only test here that serves: it sends a signal to its own process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_drains_is_not_ready() {
    let permits = Arc::new(Semaphore::new(0));
    let hooks = webhooks::<slow>().layer(Extension(Arc::clone(&permits)));
    let (health, check): (Router, _) = (hooks.health(), hooks.health_check());
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(hooks.serve_on([listener]));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let signature = signature(b"{}");
    let head = "POST /slow HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\nx-signature: ";
    stream.write_all(format!("{head}{signature}\r\n\r\n{{}}").as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(probe(&health, "/ready").await, (200, names(&[])));
    let id = std::process::id().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &id]).status().unwrap().success());
    for _ in 0..500 {
        if !check.ready().await.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(probe(&health, "/ready").await, (503, names(&["draining"])));
    assert!(!serving.is_finished(), "a request is running");
    permits.add_permits(1);
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    drop(stream);
    serving.await.unwrap().unwrap();
}

/// Probes of load balancers may ask by HEAD.
#[tokio::test]
async fn head_has_the_status_and_no_body() {
    let hooks = webhooks::<plain>();
    let (health, check): (Router, _) = (hooks.health(), hooks.health_check());
    let _router = hooks.into_router().unwrap();
    for (path, code) in [("/live", 200), ("/ready", 200), ("/ready", 503)] {
        if code == 503 {
            check.set_draining();
        }
        let answer = ask(&health, Request::head(path).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, code, "{path}");
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
        assert!(answer.body.is_empty());
    }
}

#[webhook(path = "/elsewhere", inbox)]
async fn elsewhere(_: &Delivery) {}

/// Two inboxes, one of whose databases does not answer.
#[tokio::test]
async fn each_inbox_has_to_be_ready() {
    let database = Database::default();
    let (common, own) =
        (InboxBuilder::default().open_in_memory().unwrap(), Inbox::with_store(database.connect()));
    let hooks = webhooks::<stored>().mount::<elsewhere>();
    let hooks = hooks.secrets::<elsewhere>([Secret::new(SECRET)]);
    let hooks = hooks.inbox(common.clone()).inbox_on::<elsewhere>(own.clone());
    let (health, check): (Router, _) = (hooks.health(), hooks.health_check());
    let _router = hooks.into_router().unwrap();
    assert_eq!(check.ready().await, []);
    let held = database.hold().await;
    tokio::time::sleep(KEPT_FOR).await;
    let asked = tokio::time::Instant::now();
    let looks: Vec<_> = (0..20)
        .map(|_| {
            let check = check.clone();
            tokio::spawn(async move { check.ready().await })
        })
        .collect();
    for look in looks {
        assert_eq!(look.await.unwrap(), [Unhealthy::Store(InboxError::Timeout)]);
    }
    assert!(asked.elapsed() < Duration::from_secs(4), "{:?}", asked.elapsed());
    assert_eq!(probe(&health, "/live").await, (200, names(&[])), "a restart does not help");
    drop(held);
    tokio::time::sleep(KEPT_FOR).await;
    assert_eq!(probe(&health, "/ready").await, (200, names(&[])));
    // Both drain, which is one reason.
    common.set_draining();
    own.set_draining();
    assert_eq!(probe(&health, "/ready").await, (503, names(&["draining"])));
}

/// A store of the program's own that panics when it is looked at, and fails otherwise.
struct Panicking;

fn failed<T: Send + 'static>() -> StoreFuture<'static, T> {
    Box::pin(async { Err(InboxError::Timeout) })
}

impl InboxStore for Panicking {
    fn enqueue<'a>(&'a self, _: &'a [NewDelivery]) -> StoreFuture<'a, Vec<EnqueueResult>> {
        failed()
    }

    fn claim<'a>(&'a self, _: &'a ClaimRequest) -> StoreFuture<'a, ClaimResult> {
        failed()
    }

    fn renew_leases<'a>(&'a self, _: &'a [ClaimToken], _: Duration) -> StoreFuture<'a, Vec<i64>> {
        failed()
    }

    fn finish<'a>(&'a self, _: &'a [FinishedAttempt]) -> StoreFuture<'a, Vec<bool>> {
        failed()
    }

    fn begin(&self, _: ClaimToken) -> StoreFuture<'_, Box<dyn StoreTransaction>> {
        failed()
    }

    fn list<'a>(&'a self, _: &'a Filter, _: Window) -> StoreFuture<'a, ListResult> {
        failed()
    }

    fn get(&self, _: i64) -> StoreFuture<'_, Option<StoredDelivery>> {
        failed()
    }

    fn change<'a>(&'a self, _: &'a Filter, _: Change, _: Window) -> StoreFuture<'a, ChangeResult> {
        failed()
    }

    fn prune<'a>(&'a self, _: &'a Retention, _: u32) -> StoreFuture<'a, PruneResult> {
        failed()
    }

    fn clamp_future_due_times(&self, _: DueTimeLimits) -> StoreFuture<'_, u64> {
        failed()
    }

    fn queue_depth(&self) -> StoreFuture<'_, QueueDepth> {
        failed()
    }

    fn lag(&self) -> StoreFuture<'_, Duration> {
        panic!("on purpose")
    }
}

#[tokio::test]
async fn a_store_that_panics_is_not_ready() {
    let inbox = Inbox::with_store(Arc::new(Panicking));
    let hooks = webhooks::<stored>().inbox(inbox);
    let health: Router = hooks.health();
    let _router = hooks.into_router().unwrap();
    assert_eq!(probe(&health, "/ready").await, (503, names(&["store"])));
}
