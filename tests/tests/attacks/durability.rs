//! Acknowledgements, retries and dead letters under failures.

use std::{
    collections::BTreeMap,
    future::{pending, ready},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use serde::Deserialize;
use tokio::{task::JoinSet, time::timeout};
use webhook_runtime::{
    Delivery, Inbox, Secret, UnknownEvent, WebhookEvent, Webhooks,
    inbox::{
        Backoff, ClaimToken, DeliveryState, EnqueueResult, Filter, InboxBuilder, InboxError,
        NewDelivery, Record, StoredDelivery,
        store::{
            Change, ChangeResult, ClaimRequest, ClaimResult, DueTimeLimits, FinishedAttempt,
            InboxStore, ListResult, PruneResult, QueueDepth, Retention, StoreFuture,
            StoreTransaction, Window,
        },
    },
    providers::{GITHUB, HMAC_SHA256_HEX},
    scheme::RequestToSign,
    webhook,
};

use crate::{
    server::Server,
    wire::{PATIENCE, Request},
};

const SECRET: &str = "the secret of these tests";

fn signed(target: &str, body: impl Into<Vec<u8>>) -> Request {
    let body = body.into();
    let signed = HMAC_SHA256_HEX.sign(&Secret::new(SECRET), &RequestToSign::new(&body)).unwrap();
    Request::json(target, body.clone()).with_all(&signed.headers)
}

/// How a store fails.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Hangs,
    Fails,
    Panics,
    /// It returns no results, as if nothing of the batch was stored.
    ForgetsToAnswer,
}

/// A store that stores nothing.
struct Faulty(Fault);

impl Faulty {
    fn answer<T: Send + 'static>(&self) -> StoreFuture<'static, T> {
        match self.0 {
            Fault::Fails => Box::pin(ready(Err(InboxError::Store("the disk is full".to_owned())))),
            _ => Box::pin(pending()),
        }
    }
}

impl InboxStore for Faulty {
    fn enqueue<'a>(&'a self, _: &'a [NewDelivery]) -> StoreFuture<'a, Vec<EnqueueResult>> {
        match self.0 {
            Fault::Panics => std::panic::resume_unwind(Box::new("as it was asked to")),
            Fault::ForgetsToAnswer => Box::pin(ready(Ok(Vec::new()))),
            _ => self.answer(),
        }
    }

    fn claim<'a>(&'a self, _: &'a ClaimRequest) -> StoreFuture<'a, ClaimResult> {
        self.answer()
    }

    fn renew_leases<'a>(&'a self, _: &'a [ClaimToken], _: Duration) -> StoreFuture<'a, Vec<i64>> {
        self.answer()
    }

    fn finish<'a>(&'a self, _: &'a [FinishedAttempt]) -> StoreFuture<'a, Vec<bool>> {
        self.answer()
    }

    fn begin(&self, _: ClaimToken) -> StoreFuture<'_, Box<dyn StoreTransaction>> {
        self.answer()
    }

    fn list<'a>(&'a self, _: &'a Filter, _: Window) -> StoreFuture<'a, ListResult> {
        self.answer()
    }

    fn get(&self, _: i64) -> StoreFuture<'_, Option<StoredDelivery>> {
        self.answer()
    }

    fn change<'a>(&'a self, _: &'a Filter, _: Change, _: Window) -> StoreFuture<'a, ChangeResult> {
        self.answer()
    }

    fn prune<'a>(&'a self, _: &'a Retention, _: u32) -> StoreFuture<'a, PruneResult> {
        self.answer()
    }

    fn clamp_future_due_times(&self, _: DueTimeLimits) -> StoreFuture<'_, u64> {
        self.answer()
    }

    fn queue_depth(&self) -> StoreFuture<'_, QueueDepth> {
        self.answer()
    }
}

#[webhook(path = "/webhook", inbox)]
async fn stored(_: &Delivery) {}

/// Elsewhere, a delivery was answered with 200 although nothing was stored (argo-events#3448,
/// openclaw#110526).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_acknowledged_unless_stored() {
    let mut all = JoinSet::new();
    for fault in [Fault::Hangs, Fault::Fails, Fault::Panics, Fault::ForgetsToAnswer] {
        all.spawn(async move {
            let inbox = InboxBuilder::default().open_with_store(Arc::new(Faulty(fault))).unwrap();
            let hooks = Webhooks::new().mount::<stored>().secrets::<stored>([Secret::new(SECRET)]);
            let server = Server::start(hooks.inbox(inbox)).await;
            let mut some = JoinSet::new();
            for number in 0..8 {
                let mut client = server.client();
                some.spawn(
                    async move { client.ask(&signed("/webhook", number.to_string())).await },
                );
            }
            while let Some(answer) = some.join_next().await {
                let answer = answer.unwrap();
                assert_eq!(answer.status, 503, "{fault:?}: {answer:?}");
                assert!(answer.header("retry-after").is_some(), "{fault:?}: {answer:?}");
                // Five seconds, plus some for a busy machine.
                assert!(answer.took < Duration::from_secs(7), "{fault:?}: {:?}", answer.took);
                assert!(!answer.text().contains("disk"), "{fault:?}: {answer:?}");
            }
            // A forgery does not even reach the store.
            let forged = signed("/webhook", "1").carrying("2");
            server.refuses("plain", "a forgery", &forged, &[401]).await;
            assert_eq!(server.effects(), 0, "{fault:?}");
        });
    }
    while let Some(ended) = all.join_next().await {
        ended.unwrap();
    }
}

#[derive(Deserialize)]
struct Push {
    #[serde(rename = "ref")]
    _reference: String,
}

/// The outcome of each event, by its name.
static SEEN: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("push")]
    Push(Push),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[webhook(path = "/github", provider = GITHUB)]
async fn events(event: Event<'_>) {
    let name = match &event {
        Event::Push(Push { .. }) => "push",
        Event::Other(other) => other.name(),
    };
    *SEEN.lock().unwrap().entry(name.to_owned()).or_default() += 1;
}

#[webhook(path = "/jobs", inbox)]
async fn jobs(_: Push) {}

async fn settled(inbox: &Inbox) -> Vec<Record> {
    let all = async {
        loop {
            let all = inbox.list(Filter::all()).collect().await.unwrap();
            if all.iter().all(|record| {
                matches!(record.state, DeliveryState::Completed | DeliveryState::Dead)
            }) {
                return all;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, all).await.expect("it comes to an end")
}

/// Elsewhere, an unknown event was rejected, and the provider sent it again without end
/// (open-mercato/cezar#75, mattermost-plugin-zoom#257, OpenHands/automation#236).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_events_are_acknowledged() {
    let inbox = Inbox::builder("").open_in_memory().unwrap();
    let key = || [Secret::new(SECRET)];
    let hooks = Webhooks::new().mount::<events>().secrets::<events>(key());
    let hooks = hooks.mount::<jobs>().secrets::<jobs>(key()).inbox(inbox.clone());
    let server = Server::start(hooks).await;
    let long = "x".repeat(1_000);
    for name in ["push", "star", "no_such_event_yet", "PUSH", "push ", "<b>", &long] {
        let body = br#"{"ref":"main"}"#;
        let headers = GITHUB.sign(&Secret::new(SECRET), &RequestToSign::new(body)).unwrap().headers;
        let request = Request::json("/github", body).with_all(&headers);
        let answer = server.client().ask(&request.set("x-github-event", name)).await;
        assert_eq!(answer.status, 200, "{name}: {answer:?}");
    }
    assert_eq!(SEEN.lock().unwrap().values().sum::<usize>(), 7, "all of them are told");

    for body in ["{", "{}", "null", r#"{"ref":1}"#, "nonsense", ""] {
        let answer = server.client().ask(&signed("/jobs", body)).await;
        assert_eq!(answer.status, 202, "{body}: {answer:?}");
    }
    let all = settled(&inbox).await;
    assert_eq!(all.len(), 6);
    for record in all {
        assert_eq!((record.state, record.attempt), (DeliveryState::Dead, 1), "once is enough");
        assert!(record.last_error.is_some_and(|reason| reason.starts_with('4')), "it says why");
    }
    inbox.shutdown(PATIENCE).await;
}

/// The start time of each attempt.
static STARTS: Mutex<Vec<(usize, Instant)>> = Mutex::new(Vec::new());

#[webhook(path = "/fails", inbox)]
async fn fails(number: usize) -> StatusCode {
    STARTS.lock().unwrap().push((number, Instant::now()));
    StatusCode::SERVICE_UNAVAILABLE
}

/// Elsewhere, jobs that failed together were retried together and at once. Here each of a thousand
/// failures waits, longer each time, with some jitter.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_do_not_cause_a_retry_storm() {
    const JOBS: usize = 1_000;
    const FIRST: Duration = Duration::from_secs(1);
    let inbox = Inbox::builder("")
        .max_attempts(3)
        .concurrency(64)
        .backoff(Backoff::new(FIRST, 2 * FIRST))
        .poll_interval(Duration::from_millis(20))
        .open_in_memory()
        .unwrap();
    let hooks = Webhooks::new().mount::<fails>().secrets::<fails>([Secret::new(SECRET)]);
    let server = Server::start(hooks.inbox(inbox.clone())).await;
    let mut client = server.client();
    let began = Instant::now();
    for number in 0..JOBS {
        assert_eq!(client.ask(&signed("/fails", number.to_string())).await.status, 202);
    }
    let sent = began.elapsed();
    let all = settled(&inbox).await;
    assert_eq!(all.len(), JOBS);
    assert!(all.iter().all(|record| (record.state, record.attempt) == (DeliveryState::Dead, 3)));

    let mut starts: BTreeMap<usize, Vec<Instant>> = BTreeMap::new();
    for (number, start) in STARTS.lock().unwrap().iter() {
        starts.entry(*number).or_default().push(*start);
    }
    let mut waits = Vec::new();
    for (number, starts) in &starts {
        assert_eq!(starts.len(), 3, "job {number} has as many attempts as it may");
        let [first, second] = [starts[1] - starts[0], starts[2] - starts[1]];
        // Between half of the pause and all of it, never at once.
        assert!(first >= FIRST / 2 && second >= FIRST, "job {number}: {first:?}, {second:?}");
        waits.push(first);
    }
    // The retries spread over half a second: no tenth of it has more than a few times its share.
    let mut tenths: BTreeMap<u128, usize> = BTreeMap::new();
    for wait in &waits {
        *tenths.entry(wait.as_millis() / 50).or_default() += 1;
    }
    let most = tenths.values().max().copied().unwrap_or_default();
    assert!(most < JOBS / 3, "{most} of {JOBS} waited for as long as each other: {tenths:?}");
    // No job has more attempts than allowed, and all attempts are spread over the whole time.
    assert_eq!(starts.values().map(Vec::len).sum::<usize>(), 3 * JOBS);
    println!("{JOBS} jobs, sent in {sent:?}, ended in {:?}; {tenths:?}", began.elapsed());
    inbox.shutdown(PATIENCE).await;
}
