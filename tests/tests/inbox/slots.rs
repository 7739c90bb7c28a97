//! Slots by endpoint, claims that are prefetched, and a thread of the inbox's own.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use sqlx::Connection as _;
use tokio::{sync::Semaphore, time::Instant};
use webhook_runtime::inbox::{
    AttemptResult, Backoff, DeliveryState, Filter, Job, JobHandlers, NewDelivery, TxSource,
};

use super::{Ran, all, body, delivery, place::Place, record, until, until_state, work::wanted};

fn of(endpoint: &str, key: impl Into<String>) -> NewDelivery {
    let mut delivery = delivery(key);
    delivery.endpoint = String::from(endpoint);
    delivery
}

/// An endpoint that fills all of its slots takes none from others.
pub(crate) async fn a_slow_endpoint_starves_no_other(place: Place) {
    let inbox = place.open().await;
    let (slow, quick) = (Arc::new(AtomicUsize::new(0)), Ran::default());
    let (begun, counted) = (Arc::clone(&slow), quick.clone());
    let handlers = JobHandlers::new()
        .on("slow", move |_: Job, _: TxSource| {
            begun.fetch_add(1, Ordering::Relaxed);
            std::future::pending()
        })
        .on("orders", move |job: Job, _: TxSource| {
            counted.add(&job);
            std::future::ready(AttemptResult::Completed)
        });
    for number in 0..100 {
        inbox.enqueue(of("slow", number.to_string())).await.unwrap();
    }
    let workers = inbox.start_workers(handlers);
    until("all slots are taken", || async { slow.load(Ordering::Relaxed) == 16 }).await;
    for number in 0..50 {
        let sent = Instant::now();
        let id = inbox.enqueue(delivery(number.to_string())).await.unwrap().id();
        until_state(&inbox, id, DeliveryState::Completed).await;
        assert!(sent.elapsed() < Duration::from_secs(1), "{number}: {:?}", sent.elapsed());
    }
    assert_eq!(slow.load(Ordering::Relaxed), 16, "as many at a time as it may have");
    // What waits was never begun, and another process can have it at once.
    workers.shutdown(Duration::ZERO).await;
    assert!(all(&inbox).await.iter().all(|record| record.attempt <= 1));
    let left = inbox.list(Filter::all().state(DeliveryState::Pending)).collect().await.unwrap();
    assert_eq!(left.len(), 100);
    assert!(left.iter().all(|record| record.attempt == 0), "{left:?}");
}

/// Handlers that are slower than a claim keep nothing from other processes.
pub(crate) async fn slow_handlers_prefetch_nothing(place: Place) {
    let inbox = place.open().await;
    for number in 0..100 {
        inbox.enqueue(delivery(number.to_string())).await.unwrap();
    }
    let go = Arc::new(Semaphore::new(0));
    let (ran, held) = (Ran::default(), Arc::clone(&go));
    let counted = ran.clone();
    let _workers =
        inbox.start_workers(JobHandlers::new().on("orders", move |job: Job, _: TxSource| {
            let held = Arc::clone(&held);
            counted.add(&job);
            async move {
                let _ = held.acquire().await;
                AttemptResult::Completed
            }
        }));
    until("all slots are taken", || async { ran.count() == 16 }).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let depth = inbox.stats().await.unwrap().depth;
    assert!(depth.running <= 48, "{depth:?}");
    go.close();
    until("all", || async { ran.count() == 100 }).await;
}

/// Handlers that block all threads keep neither leases from being renewed nor deliveries from being
/// stored.
pub(crate) async fn blocked_threads_keep_leases_and_commits(place: Place) {
    let place = Arc::new(place);
    let inbox = place.open().await;
    let ids = [
        inbox.enqueue(delivery("a")).await.unwrap().id(),
        inbox.enqueue(delivery("b")).await.unwrap().id(),
    ];
    let (starts, blocked) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(true)));
    let (counted, waits) = (Arc::clone(&starts), Arc::clone(&blocked));
    let _workers =
        inbox.start_workers(JobHandlers::new().on("orders", move |_: Job, _: TxSource| {
            counted.fetch_add(1, Ordering::Relaxed);
            while waits.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(5));
            }
            std::future::ready(AttemptResult::Completed)
        }));
    // Another process, which has a runtime of its own. The lease is 600 ms.
    let (there, clone) = (Arc::clone(&place), inbox.clone());
    let other = std::thread::spawn(move || {
        while starts.load(Ordering::Relaxed) < 2 {
            std::thread::sleep(Duration::from_millis(5));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut slowest = Duration::ZERO;
            for number in 0..20 {
                let sent = Instant::now();
                let mut stored = delivery(format!("stored {number}"));
                stored.endpoint = String::from("others");
                clone.enqueue(stored).await.unwrap();
                slowest = slowest.max(sent.elapsed());
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            assert!(slowest < Duration::from_secs(1), "{slowest:?}");
            let other = there.open().await;
            let claimed = other.store().claim(&wanted(10)).await.unwrap();
            assert!(claimed.jobs.is_empty(), "a lease was lost");
            assert_eq!(starts.load(Ordering::Relaxed), 2);
            for id in ids {
                assert_eq!(record(&other, id).await.attempt, 1, "it is counted");
            }
        });
    });
    let judged = tokio::task::spawn_blocking(move || other.join());
    // Polled here, since nobody else can.
    let judged = judged.await.unwrap();
    blocked.store(false, Ordering::Relaxed);
    judged.unwrap();
    for id in ids {
        until_state(&inbox, id, DeliveryState::Completed).await;
    }
}

/// Of several pools, the one that handles the endpoint looks.
pub(crate) async fn several_pools_wake_at_once(place: Place) {
    let builder = place.builder().poll_interval(Duration::from_secs(600));
    let inbox = place.open_by(builder).await.unwrap();
    let endpoints = ["a", "b", "c", "d"];
    let ran: Arc<Mutex<HashMap<String, Instant>>> = Arc::default();
    let pools: Vec<_> = endpoints
        .iter()
        .map(|endpoint| {
            let ran = Arc::clone(&ran);
            inbox.start_workers(JobHandlers::new().on(*endpoint, move |job: Job, _: TxSource| {
                ran.lock().unwrap().insert(body(&job), Instant::now());
                std::future::ready(AttemptResult::Completed)
            }))
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    for number in 0..40 {
        let sent = Instant::now();
        let mut new = of(endpoints[number % 4], number.to_string());
        if number % 3 == 0 {
            new.ordering_key = Some("one".into());
        }
        inbox.enqueue(new).await.unwrap();
        let key = number.to_string();
        until("it runs", || async { ran.lock().unwrap().contains_key(&key) }).await;
        let took = ran.lock().unwrap()[&key] - sent;
        assert!(took < Duration::from_millis(400), "{number}: {took:?}");
    }
    drop(pools);
}

/// Retries do not wait for the next poll, and a long `Retry-After` is kept.
pub(crate) async fn retries_come_on_time(place: Place) {
    let builder = place.builder().poll_interval(Duration::from_secs(600));
    let builder = builder.backoff(Backoff::new(Duration::from_millis(700), Duration::from_secs(1)));
    let inbox = place.open_by(builder).await.unwrap();
    let starts: Arc<Mutex<HashMap<String, Vec<SystemTime>>>> = Arc::default();
    let counted = Arc::clone(&starts);
    let _workers =
        inbox.start_workers(JobHandlers::new().on("orders", move |job: Job, _: TxSource| {
            counted.lock().unwrap().entry(body(&job)).or_default().push(SystemTime::now());
            let five_hours = Duration::from_secs(5 * 3600);
            std::future::ready(match (job.attempt, body(&job).as_str()) {
                (_, "asked") => {
                    AttemptResult::Retry { after: Some(five_hours), reason: "busy".to_owned() }
                }
                (1, _) => AttemptResult::Retry { after: None, reason: "again".to_owned() },
                _ => AttemptResult::Completed,
            })
        }));
    let asked = inbox.enqueue(delivery("asked")).await.unwrap().id();
    let mut due = HashMap::new();
    for number in 0..5 {
        let id = inbox.enqueue(delivery(number.to_string())).await.unwrap().id();
        until("it waits", || async { record(&inbox, id).await.due_at.is_some_and(|_| true) }).await;
        let waiting = until_state(&inbox, id, DeliveryState::Pending).await;
        due.insert(number.to_string(), waiting.due_at.unwrap());
        tokio::time::sleep(Duration::from_millis(37)).await;
    }
    until("all have run again", || async {
        let starts = starts.lock().unwrap();
        due.keys().all(|key| starts.get(key).is_some_and(|starts| starts.len() == 2))
    })
    .await;
    for (key, due) in due {
        let late = starts.lock().unwrap()[&key][1].duration_since(due).unwrap_or_default();
        // A few milliseconds, but for a busy machine; polling alone takes minutes here.
        assert!(late < Duration::from_millis(400), "{key}: {late:?}");
    }
    // What lies far ahead because somebody asked for it is no mistake of a clock.
    let waiting = record(&inbox, asked).await;
    let wait = waiting.due_at.unwrap().duration_since(SystemTime::now()).unwrap();
    assert!(wait > Duration::from_secs(5 * 3600 - 60), "{wait:?}");
    let limits = webhook_runtime::inbox::store::DueTimeLimits {
        max_delay: Duration::from_secs(1),
        max_lease: Duration::from_secs(1),
    };
    assert_eq!(inbox.store().clamp_future_due_times(limits).await, Ok(0));
}

/// A store that hangs does not keep a shutdown.
pub(crate) async fn shutdown_does_not_wait_for_the_store(place: Place) {
    let inbox = place.open().await;
    let workers = inbox.start_workers(Ran::default().with(AttemptResult::Completed));
    let mut holder = sqlx::SqliteConnection::connect(&place.url).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut holder).await.unwrap();
    let clone = inbox.clone();
    let held = tokio::spawn(async move { clone.enqueue(delivery("held")).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let begun = Instant::now();
    workers.shutdown(Duration::from_secs(1)).await;
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    holder.close().await.unwrap();
    held.await.unwrap().unwrap();
}

/// What a process leaves behind is claimed when its lease runs out, though nobody polls.
pub(crate) async fn what_is_left_behind_is_claimed_in_time(place: Place) {
    let open = async || {
        let builder = place.builder().poll_interval(Duration::from_secs(600));
        place.open_by(builder).await.unwrap()
    };
    let (first, second) = (open().await, open().await);
    let ran = Ran::default();
    let _others = second.start_workers(ran.with(AttemptResult::Completed));
    tokio::time::sleep(Duration::from_millis(500)).await;
    let begun = Arc::new(Semaphore::new(0));
    let told = Arc::clone(&begun);
    let workers =
        first.start_workers(JobHandlers::new().on("orders", move |_: Job, _: TxSource| {
            told.add_permits(1);
            std::future::pending()
        }));
    tokio::time::sleep(Duration::from_millis(100)).await;
    let id = first.enqueue(delivery("a")).await.unwrap().id();
    let _ = begun.acquire().await.unwrap();
    // As if the process had ended.
    drop(workers);
    let since = Instant::now();
    until_state(&second, id, DeliveryState::Completed).await;
    assert_eq!(ran.count(), 1);
    assert!(since.elapsed() < Duration::from_secs(3), "{:?}", since.elapsed());
}
