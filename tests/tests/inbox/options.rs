//! Options of each endpoint.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use tokio::{sync::Barrier, time::Instant};
use webhook_runtime::inbox::{
    AttemptResult, Backoff, DeliveryState, EndpointOptions, Filter, Inbox, InboxError, Job,
    JobHandlers, NewDelivery, Rate, TxSource,
    store::{EndpointRetention, Retention},
};

use super::{
    Ran, all, body, delivery, failed,
    place::{Engine, Place},
    record, until, until_state,
};

const HOUR: Duration = Duration::from_secs(3600);

fn of(endpoint: &str, key: impl Into<String>) -> NewDelivery {
    let mut delivery = delivery(key);
    delivery.endpoint = String::from(endpoint);
    delivery
}

/// Handlers that all end in this way.
fn ending(endpoints: &[(&str, EndpointOptions)], end: &AttemptResult) -> JobHandlers {
    endpoints.iter().fold(JobHandlers::new(), |handlers, (endpoint, options)| {
        let end = end.clone();
        let handler = move |_: Job, _: TxSource| std::future::ready(end.clone());
        handlers.on_with(*endpoint, *options, handler).unwrap()
    })
}

/// The attempts that run, and the most that have run at a time.
#[derive(Default)]
struct Running {
    now: AtomicUsize,
    most: AtomicUsize,
    ended: AtomicUsize,
}

impl Running {
    async fn run(&self) {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(5)).await;
        self.now.fetch_sub(1, Ordering::SeqCst);
        self.ended.fetch_add(1, Ordering::SeqCst);
    }
}

/// Under load, with retries, an endpoint never runs more than it may, and others run as many as they
/// may.
pub(crate) async fn an_endpoint_has_as_many_slots_as_it_says(place: Place) {
    let inbox = place.open().await;
    let endpoints = [("few", Some(3)), ("as the inbox", None), ("many", Some(40))];
    let running: Vec<Arc<Running>> = endpoints.iter().map(|_| Arc::default()).collect();
    let mut handlers = JobHandlers::new();
    for ((endpoint, concurrency), running) in endpoints.iter().zip(&running) {
        let running = Arc::clone(running);
        let handler = move |job: Job, _: TxSource| {
            let running = Arc::clone(&running);
            async move {
                running.run().await;
                if job.attempt == 1 { failed("again") } else { AttemptResult::Completed }
            }
        };
        let options = EndpointOptions::new();
        let options = concurrency.map_or(options, |max| options.concurrency(max));
        handlers = handlers.on_with(*endpoint, options, handler).unwrap();
    }
    for (endpoint, _) in endpoints {
        let stored = (0..60).map(|number| inbox.enqueue(of(endpoint, number.to_string())));
        all_stored(stored).await;
    }
    let _workers = inbox.start_workers(handlers);
    // Some come while others run.
    for (endpoint, _) in endpoints {
        let stored = (60..120).map(|number| inbox.enqueue(of(endpoint, number.to_string())));
        all_stored(stored).await;
    }
    for running in &running {
        until("all have run twice", || async { running.ended.load(Ordering::SeqCst) == 240 }).await;
    }
    let most = running.iter().map(|running| running.most.load(Ordering::SeqCst));
    let most: Vec<_> = most.collect();
    assert_eq!((most[0], most[1]), (3, 16));
    assert!(most[2] > 16 && most[2] <= 40, "{most:?}");
}

async fn all_stored<T>(stored: impl Iterator<Item = impl Future<Output = Result<T, InboxError>>>) {
    for one in stored {
        one.await.unwrap();
    }
}

/// Starts are spread evenly, and no window has more of them than the rate; nobody polls.
pub(crate) async fn a_rate_is_kept(place: Place) {
    let builder = place.builder().poll_interval(Duration::from_secs(600)).lease(HOUR);
    let inbox = place.open_by(builder).await.unwrap();
    let starts: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let free = Ran::default();
    let (noted, counted) = (Arc::clone(&starts), free.clone());
    let options = EndpointOptions::new().rate(Rate::per_second(40));
    let handlers = JobHandlers::new()
        .on_with("limited", options, move |_: Job, _: TxSource| {
            noted.lock().unwrap().push(Instant::now());
            std::future::ready(AttemptResult::Completed)
        })
        .unwrap()
        .on("orders", move |job: Job, _: TxSource| {
            counted.add(&job);
            std::future::ready(AttemptResult::Completed)
        });
    for number in 0..90 {
        inbox.enqueue(of("limited", number.to_string())).await.unwrap();
        inbox.enqueue(delivery(number.to_string())).await.unwrap();
    }
    let begun = Instant::now();
    let _workers = inbox.start_workers(handlers);
    for number in 90..100 {
        inbox.enqueue(of("limited", number.to_string())).await.unwrap();
    }
    until("the others are not limited", || async { free.count() == 90 }).await;
    assert!(starts.lock().unwrap().len() < 90, "they are");
    until("all", || async { starts.lock().unwrap().len() == 100 }).await;
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(8), "as many as there may be: {took:?}");
    let starts = starts.lock().unwrap();
    let second = Duration::from_secs(1);
    for (too_many, window) in starts.windows(41).enumerate() {
        let took = window[40] - window[0];
        // A busy machine may let a handler wait after it has begun.
        assert!(took >= second * 19 / 20, "{too_many}: {took:?}");
    }
    let first = starts.iter().filter(|start| **start - begun < second / 2).count();
    assert!((5..=25).contains(&first), "evenly: {first} in half a second");
}

/// What one process may not start yet, another one can.
pub(crate) async fn a_rate_keeps_nothing_from_others(place: Place) {
    let inbox = place.open().await;
    for number in 0..10 {
        inbox.enqueue(of("limited", number.to_string())).await.unwrap();
    }
    let ran = Ran::default();
    let counted = ran.clone();
    let handler = move |job: Job, _: TxSource| {
        counted.add(&job);
        std::future::ready(AttemptResult::Completed)
    };
    let slow = EndpointOptions::new().rate(Rate::per_hour(6));
    let limited = JobHandlers::new().on_with("limited", slow, handler.clone()).unwrap();
    let _workers = inbox.start_workers(limited);
    until("one", || async { ran.count() == 1 }).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let depth = inbox.stats().await.unwrap().depth;
    assert_eq!((ran.count(), depth.pending, depth.running), (1, 9, 0), "nothing is prefetched");
    let _others = inbox.start_workers(JobHandlers::new().on("limited", handler));
    until("the others do it", || async { ran.count() == 10 }).await;
}

/// An endpoint has a number of attempts, pauses and a time limit of its own.
pub(crate) async fn attempts_pauses_and_timeout_are_the_endpoints(place: Place) {
    let builder = place.builder().max_attempts(4);
    let inbox = place.open_by(builder).await.unwrap();
    let starts: Arc<Mutex<HashMap<String, Vec<Instant>>>> = Arc::default();
    let noted = Arc::clone(&starts);
    let handler = move |job: Job, _: TxSource| {
        noted.lock().unwrap().entry(job.endpoint.clone()).or_default().push(Instant::now());
        async move {
            match body(&job).as_str() {
                "hangs" => std::future::pending().await,
                _ => failed("always"),
            }
        }
    };
    let pause = Duration::from_millis(400);
    let own = EndpointOptions::new().max_attempts(2).backoff(Backoff::new(pause, pause));
    let handlers = JobHandlers::new()
        .on("orders", handler.clone())
        .on_with("own", own, handler.clone())
        .unwrap()
        .on_with("hangs", own.timeout(Duration::from_millis(50)), handler)
        .unwrap();
    let plain = inbox.enqueue(delivery("a")).await.unwrap().id();
    let own = inbox.enqueue(of("own", "a")).await.unwrap().id();
    let hangs = inbox.enqueue(of("hangs", "hangs")).await.unwrap().id();
    let _workers = inbox.start_workers(handlers);
    let plain = until_state(&inbox, plain, DeliveryState::Dead).await;
    assert_eq!(plain.last_error.as_deref(), Some("attempt 4 of 4 failed: always"));
    let own = until_state(&inbox, own, DeliveryState::Dead).await;
    assert_eq!(own.last_error.as_deref(), Some("attempt 2 of 2 failed: always"));
    let hangs = until_state(&inbox, hangs, DeliveryState::Dead).await;
    let reason = hangs.last_error.unwrap();
    assert!(reason.contains("took longer than 0.05 s"), "{reason}");
    let starts = starts.lock().unwrap();
    assert_eq!((starts["orders"].len(), starts["own"].len(), starts["hangs"].len()), (4, 2, 2));
    let waited = starts["own"][1] - starts["own"][0];
    assert!(waited >= pause / 2 && waited < 10 * pause, "{waited:?}");
}

/// The claim that gives up what has lost its worker goes by the endpoint's number of attempts.
pub(crate) async fn lost_attempts_count_by_endpoint(place: Place) {
    let inbox = place.open().await;
    let once = inbox.enqueue(of("once", "a")).await.unwrap().id();
    let more = inbox.enqueue(of("more", "a")).await.unwrap().id();
    let begun = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&begun);
    let hanging = move |_: Job, _: TxSource| {
        counted.fetch_add(1, Ordering::SeqCst);
        std::future::pending()
    };
    let options = EndpointOptions::new().max_attempts(1);
    let handlers = JobHandlers::new().on("more", hanging.clone());
    let workers = inbox.start_workers(handlers.on_with("once", options, hanging).unwrap());
    until("both run", || async { begun.load(Ordering::SeqCst) == 2 }).await;
    let is_counted = async |id| record(&inbox, id).await.attempt == 1;
    until("both count", || async { is_counted(once).await && is_counted(more).await }).await;
    // As if the process had ended.
    drop(workers);
    let endpoints = [("once", options), ("more", EndpointOptions::new())];
    let _workers = inbox.start_workers(ending(&endpoints, &AttemptResult::Completed));
    let once = until_state(&inbox, once, DeliveryState::Dead).await;
    let reason = once.last_error.unwrap();
    assert!(reason.contains("attempt 1 ended without an answer"), "{reason}");
    until_state(&inbox, more, DeliveryState::Completed).await;
}

/// What is older than it may be becomes a dead letter, and was never started.
pub(crate) async fn what_is_too_old_is_not_started(place: Place) {
    let inbox = place.open().await;
    let ran = Ran::default();
    let counted = ran.clone();
    let handler = move |job: Job, _: TxSource| {
        counted.add(&job);
        std::future::ready(if body(&job) == "late" {
            AttemptResult::Retry { after: None, reason: "busy".to_owned() }
        } else {
            AttemptResult::Completed
        })
    };
    // The rate is for what starts.
    let rate = Rate::per_hour(4);
    let pause = Duration::from_millis(300);
    let options =
        EndpointOptions::new().max_age(HOUR).rate(rate).backoff(Backoff::new(pause, pause));
    let handlers = JobHandlers::new().on_with("orders", options, handler).unwrap();
    let mut old = Vec::new();
    for number in 0..30 {
        let mut new = delivery(number.to_string());
        new.received_at = SystemTime::now() - HOUR - Duration::from_secs(1);
        old.push(inbox.enqueue(new).await.unwrap().id());
    }
    let fresh = inbox.enqueue(delivery("fresh")).await.unwrap().id();
    let workers = inbox.start_workers(handlers.clone());
    until_state(&inbox, fresh, DeliveryState::Completed).await;
    for id in &old {
        let dead = until_state(&inbox, *id, DeliveryState::Dead).await;
        let reason = dead.last_error.unwrap();
        assert!(reason.contains("too old") && reason.contains("max_age"), "{reason}");
        assert_eq!(dead.attempt, 0, "it was never started");
    }
    assert_eq!(
        (ran.all(), inbox.stats().await.unwrap().depth.dead),
        (vec!["fresh".to_owned()], 30)
    );
    let _ = workers.shutdown(Duration::from_secs(1)).await;
    // It is judged again at each attempt, and when everything that is due is run at once.
    let mut late = delivery("late");
    late.received_at = SystemTime::now() - HOUR + Duration::from_millis(250);
    let late = inbox.enqueue(late).await.unwrap().id();
    let attempts = inbox.drain(&handlers).await.unwrap();
    tokio::time::sleep(Duration::from_millis(350)).await;
    assert_eq!((attempts, inbox.drain(&handlers).await.unwrap()), (1, 0));
    let late = record(&inbox, late).await;
    assert_eq!((late.state, late.attempt), (DeliveryState::Dead, 1));
    assert_eq!(inbox.retry(&Filter::all().ids([old[0]])).await, Ok(1));
    assert_eq!(inbox.drain(&handlers).await, Ok(0));
    assert_eq!(record(&inbox, old[0]).await.state, DeliveryState::Dead, "it is no younger");
}

/// Completes one delivery of each endpoint, and makes another a dead letter.
async fn finish_two(inbox: &Inbox, endpoints: &[(&str, EndpointOptions)]) {
    for (endpoint, _) in endpoints {
        inbox.enqueue(of(endpoint, "completed")).await.unwrap();
    }
    inbox.drain(&ending(endpoints, &AttemptResult::Completed)).await.unwrap();
    for (endpoint, _) in endpoints {
        inbox.enqueue(of(endpoint, "dead")).await.unwrap();
    }
    let dead = AttemptResult::Dead { reason: "wrong".to_owned() };
    inbox.drain(&ending(endpoints, &dead)).await.unwrap();
}

async fn left(inbox: &Inbox) -> Vec<(String, DeliveryState)> {
    all(inbox).await.into_iter().map(|record| (record.endpoint, record.state)).collect()
}

/// Finished deliveries are kept as their endpoint says, in all processes, until it says something else.
pub(crate) async fn each_endpoint_keeps_as_it_says(place: Place) {
    let builder = || place.builder().completed_retention(HOUR).dead_letter_retention(HOUR);
    let inbox = place.open_by(builder()).await.unwrap();
    let nothing = Duration::ZERO;
    let endpoints = [
        ("as the inbox", EndpointOptions::new()),
        ("long", EndpointOptions::new().keep(1000 * HOUR).keep_dead(2000 * HOUR)),
        ("none", EndpointOptions::new().keep(nothing)),
        ("no dead", EndpointOptions::new().keep_dead(nothing)),
    ];
    let workers = inbox.start_workers(ending(&endpoints, &AttemptResult::Completed));
    tokio::time::sleep(Duration::from_millis(300)).await;
    drop(workers);
    finish_two(&inbox, &endpoints).await;
    // A process that knows nothing of these endpoints.
    let other = match place.engine {
        Engine::Memory => inbox.clone(),
        _ => place.open_by(builder()).await.unwrap(),
    };
    let pruned = other.prune().await.unwrap();
    let all_of = |names: [&str; 3]| names.map(|name| (name.to_owned(), DeliveryState::Completed));
    let dead_of = |names: [&str; 3]| names.map(|name| (name.to_owned(), DeliveryState::Dead));
    let mut expected: Vec<_> = all_of(["as the inbox", "long", "no dead"]).into();
    expected.extend(dead_of(["as the inbox", "long", "none"]));
    let sorted = async |inbox: &Inbox| {
        let mut left = left(inbox).await;
        left.sort_by_key(|(endpoint, state)| (state.code(), endpoint.clone()));
        left
    };
    assert_eq!((sorted(&inbox).await, pruned.records), (expected, 2));
    // The same process with another inbox's retention, and what an endpoint keeps is kept.
    let none = Retention { completed: nothing, dead_letters: nothing };
    let pruned = other.store().prune(&none, 100).await.unwrap();
    assert_eq!((sorted(&inbox).await.len(), pruned.records), (2, 4));
    // The options are gone from the program.
    let plain = endpoints.map(|(endpoint, _)| (endpoint, EndpointOptions::new()));
    let _workers = inbox.start_workers(ending(&plain, &AttemptResult::Completed));
    until("the endpoint is as others", || async {
        other.store().prune(&none, 100).await.unwrap().records == 2
    })
    .await;
    assert_eq!(left(&inbox).await, []);
}

/// An operator sees which endpoints keep as they say, and how much space everything takes.
pub(crate) async fn retentions_and_size_are_told(place: Place) {
    let inbox = place.open().await;
    let told = async || inbox.store_info().await.unwrap();
    assert_eq!(told().await.retentions, []);
    let own = [
        EndpointRetention::new("b", None, Some(2 * HOUR)),
        EndpointRetention::new("a", Some(HOUR), None),
    ];
    inbox.store().set_retention(&own).await.unwrap();
    let [b, a] = own;
    assert_eq!(told().await.retentions, [a, b.clone()]);
    let plain = [EndpointRetention::new("a", None, None)];
    inbox.store().set_retention(&plain).await.unwrap();
    assert_eq!(told().await.retentions, [b]);
    let info = told().await;
    match place.engine {
        Engine::Sqlite => assert!(info.free.zip(info.size).is_some_and(|(free, all)| free < all)),
        Engine::Postgres => assert!(info.size.is_some_and(|all| all > 10_000), "{info:?}"),
        _ => assert_eq!((info.size, info.free), (None, None)),
    }
}

/// Among many that are kept for long, what is to be deleted is found in steps.
pub(crate) async fn many_kept_deliveries_hide_none(place: Place) {
    let inbox = place.open().await;
    let own = [EndpointRetention::new("long", Some(1_000_000 * HOUR), None)];
    inbox.store().set_retention(&own).await.unwrap();
    let (deliveries, bodies) = (place.table("deliveries"), place.table("bodies"));
    let nothing = if place.engine == Engine::Postgres { "'\\x00'::bytea" } else { "x'00'" };
    place
        .execute(format!(
            "INSERT INTO {deliveries} (id, endpoint, provider, state, due_at, attempt, claims, \
             received_at, finished_at, size) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL \
             SELECT i + 1 FROM n WHERE i < 9000) SELECT i, CASE i % 9 WHEN 0 THEN 'orders' \
             ELSE 'long' END, 'acme', 3, 0, 1, 1, 0, i / 10, 0 FROM n;
             INSERT INTO {bodies} (id, head, body) SELECT id, {nothing}, {nothing} \
             FROM {deliveries}"
        ))
        .await;
    let day = Duration::from_secs(86_400);
    let retention = Retention { completed: day, dead_letters: day };
    let (mut steps, mut deleted) = (0, 0);
    loop {
        let pruned = inbox.store().prune(&retention, 500).await.unwrap();
        (steps, deleted) = (steps + 1, deleted + pruned.records);
        if !pruned.more {
            break;
        }
    }
    assert_eq!(deleted, 1000);
    assert!((5..20).contains(&steps), "each looks at a few thousand: {steps}");
    assert_eq!(inbox.prune().await.unwrap().records, 0);
    for (table, left) in [(&deliveries, 8000), (&bodies, 8000)] {
        assert_eq!(place.number(&format!("SELECT count(*) FROM {table}")).await, left);
    }
    // What somebody has written by hand hinders nobody.
    let endpoints = place.table("endpoints");
    place.execute(format!("UPDATE {endpoints} SET keep_completed = {} - 5", i64::MAX)).await;
    assert_eq!(inbox.prune().await.unwrap().records, 0);
    place.execute(format!("UPDATE {endpoints} SET keep_completed = -5")).await;
    assert_eq!(inbox.prune().await.unwrap().records, 8000);
}

/// More than the inbox has connections for by itself.
const SLOTS: usize = 30;

/// The connections of functions follow the slots of their endpoint.
pub(crate) async fn connections_follow_the_slots(place: Place) {
    let inbox = place.open_by(place.builder().concurrency(1)).await.unwrap();
    let together = Arc::new(Barrier::new(SLOTS));
    let handler = move |_: Job, source: TxSource| {
        let together = Arc::clone(&together);
        async move {
            let mut tx = source.tx().expect("it is free");
            if let Err(error) = tx.postgres().await {
                return failed(&error.to_string());
            }
            together.wait().await;
            AttemptResult::Completed
        }
    };
    let options = EndpointOptions::new().concurrency(SLOTS);
    let handlers = JobHandlers::new().on_with("orders", options, handler).unwrap();
    for number in 0..SLOTS {
        inbox.enqueue(delivery(number.to_string())).await.unwrap();
    }
    let _workers = inbox.start_workers(handlers);
    until("all hold a transaction at a time", || async {
        inbox.stats().await.unwrap().completed == SLOTS as u64
    })
    .await;
    assert!(all(&inbox).await.iter().all(|record| record.attempt == 1));
}

/// Impossible values are errors.
#[allow(clippy::unused_async, reason = "all alike, for the macro")]
pub(crate) async fn impossible_options_are_refused(_: Place) {
    let zero = Duration::ZERO;
    let with = |options| {
        let handler = |_: Job, _: TxSource| std::future::ready(AttemptResult::Completed);
        match JobHandlers::new().on_with("orders", options, handler) {
            Err(InboxError::InvalidOption { name, .. }) => name,
            Err(error) => panic!("{error}"),
            Ok(_) => "",
        }
    };
    let options = EndpointOptions::new();
    assert_eq!(with(options.concurrency(0)), "concurrency");
    assert_eq!(with(options.rate(Rate::per_minute(0))), "rate");
    assert_eq!(with(options.max_attempts(0)), "max_attempts");
    assert_eq!(with(options.timeout(zero)), "timeout");
    assert_eq!(with(options.max_age(zero)), "max_age");
    assert_eq!(with(options.backoff(Backoff::new(HOUR, zero))), "backoff");
    assert_eq!(with(options.keep(zero).keep_dead(zero).concurrency(1)), "");
}
