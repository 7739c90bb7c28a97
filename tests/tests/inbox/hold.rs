//! Handlers that hold the transaction, and several in one commit.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::Poll,
    time::Duration,
};

use sqlx::{Executor as _, SqliteConnection};
use tokio::time::Instant;
use webhook_runtime::inbox::{
    AttemptResult, Backoff, DeliveryState, Filter, Inbox, InboxError, Job, JobHandlers, TxSource,
    store::{ClaimRequest, StoreTransaction},
};
use webhook_test_store::Connection;

use super::{
    Ran, body, delivery, failed,
    place::{Engine, Place},
    record, until, until_state,
    work::wanted,
};

/// A handler that never gives its transaction back stops the others for as long as the limit, and
/// no longer.
pub(crate) async fn a_held_transaction_ends(place: Place) {
    let builder = place.builder().tx_timeout(Duration::from_secs(1)).max_attempts(1);
    let inbox = place.open_by(builder).await.unwrap();
    place.execute("CREATE TABLE effects (name text NOT NULL)".to_owned()).await;
    let id = inbox.enqueue(delivery("held")).await.unwrap().id();
    let (told, holds) = tokio::sync::oneshot::channel();
    let told = std::sync::Mutex::new(Some(told));
    let workers =
        inbox.start_workers(JobHandlers::new().on("orders", move |_: Job, source: TxSource| {
            let told = told.lock().unwrap().take();
            async move {
                let mut tx = source.tx().unwrap();
                let connection = tx.sqlite().await.unwrap();
                connection.execute("INSERT INTO effects VALUES ('held')").await.unwrap();
                told.unwrap().send(()).unwrap();
                std::future::pending().await
            }
        }));
    holds.await.unwrap();
    let begun = Instant::now();
    inbox.enqueue(super::delivery("others")).await.unwrap();
    assert!(begun.elapsed() < Duration::from_millis(1600), "{:?}", begun.elapsed());
    let dead = until_state(&inbox, id, DeliveryState::Dead).await;
    let reason = dead.last_error.unwrap();
    assert!(reason.contains("held `Tx` for longer than 1 s"), "{reason}");
    assert_eq!(place.number("SELECT count(*) FROM effects").await, 0);
    drop(workers);
}

/// A database with a transaction for each handler: one that holds its own keeps nobody waiting.
pub(crate) async fn a_held_transaction_delays_nobody(place: Place) {
    let inbox = place.open().await;
    let (holds, count) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (holding, counted) = (Arc::clone(&holds), Arc::clone(&count));
    let handlers = JobHandlers::new().on("orders", move |job: Job, source: TxSource| {
        let (holding, counted) = (Arc::clone(&holding), Arc::clone(&counted));
        async move {
            let name = body(&job);
            if name.starts_with("held") || name.starts_with("first") {
                let mut tx = source.tx().unwrap();
                tx.postgres().await.unwrap();
                holding.fetch_add(1, Ordering::Relaxed);
                while name.starts_with("held") || holding.load(Ordering::Relaxed) < 8 {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
            counted.fetch_add(1, Ordering::Relaxed);
            AttemptResult::Completed
        }
    });
    let workers = inbox.start_workers(handlers);
    // A handler that waits for its connection is counted before its transaction begins: at first
    // all connections are made.
    for name in ["first", "held"] {
        for number in 0..8 {
            let (inbox, name) = (inbox.clone(), format!("{name} {number}"));
            tokio::spawn(async move { inbox.enqueue(delivery(name)).await });
        }
        until("they hold", || async { holds.load(Ordering::Relaxed) >= 8 }).await;
    }
    // Also while those are being counted.
    let mut senders = tokio::task::JoinSet::new();
    for sender in 0..16 {
        let inbox = inbox.clone();
        senders.spawn(async move {
            for number in 0..20 {
                let begun = Instant::now();
                inbox.enqueue(delivery(format!("{sender}-{number}"))).await.unwrap();
                assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
            }
        });
    }
    senders.join_all().await;
    until("they hold", || async { holds.load(Ordering::Relaxed) == 16 }).await;
    until("the others ran", || async { count.load(Ordering::Relaxed) == 328 }).await;
    drop(workers);
}

/// What a handler would wait for in vain is an error at once.
pub(crate) async fn waiting_for_itself_fails_at_once(place: Place) {
    let inbox = place.open().await;
    let (clone, engine) = (inbox.clone(), place.engine);
    let handlers = JobHandlers::new().on("orders", move |_: Job, source: TxSource| {
        let inbox: Inbox = clone.clone();
        async move {
            // Before the transaction begins, nothing is in the way.
            inbox.retry(&Filter::all()).await.unwrap();
            let mut tx = source.tx().unwrap();
            match engine {
                Engine::Foreign => drop(tx.connection::<Connection>().await.unwrap()),
                _ => drop(tx.sqlite().await.unwrap()),
            }
            let begun = Instant::now();
            assert_eq!(inbox.retry(&Filter::all()).await, Err(InboxError::HoldsTx));
            assert_eq!(inbox.cancel(&Filter::all()).await, Err(InboxError::HoldsTx));
            assert_eq!(inbox.prune().await.unwrap_err(), InboxError::HoldsTx);
            assert_eq!(inbox.enqueue(delivery("b")).await, Err(InboxError::HoldsTx));
            assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
            AttemptResult::Completed
        }
    });
    let id = inbox.enqueue(delivery("a")).await.unwrap().id();
    assert_eq!(inbox.drain(&handlers).await, Ok(1));
    assert_eq!(record(&inbox, id).await.state, DeliveryState::Completed);
    inbox.enqueue(delivery("b")).await.unwrap();
}

/// Handlers share commits, and each rolls back alone.
pub(crate) async fn handlers_share_a_commit_and_roll_back_alone(place: Place) {
    let backoff = Backoff::new(Duration::from_millis(20), Duration::from_millis(40));
    let inbox = place.open_by(place.builder().backoff(backoff)).await.unwrap();
    place.execute("CREATE TABLE effects (name text NOT NULL)".to_owned()).await;
    let panics = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&panics);
    let handlers = JobHandlers::new().on("orders", move |job: Job, source: TxSource| {
        let counted = Arc::clone(&counted);
        async move {
            let mut tx = source.tx().unwrap();
            let insert = format!("INSERT INTO effects VALUES ('{}')", body(&job));
            let written = match tx.sqlite().await {
                Ok(connection) => connection.execute(sqlx::AssertSqlSafe(insert)).await,
                Err(error) => return failed(&error.to_string()),
            };
            written.unwrap();
            match (job.attempt, job.id % 4) {
                (1, 0) => failed("no"),
                (1, 1) => {
                    counted.fetch_add(1, Ordering::Relaxed);
                    panic!("not this time")
                }
                (1, 2) => {
                    // A statement that fails, and a savepoint of its own that it never ends.
                    let connection = tx.sqlite().await.unwrap();
                    assert!(connection.execute("INSERT INTO effects VALUES (NULL)").await.is_err());
                    connection.execute("SAVEPOINT mine").await.unwrap();
                    failed("neither")
                }
                _ => AttemptResult::Completed,
            }
        }
    });
    let _workers = inbox.start_workers(handlers);
    for number in 0..200 {
        inbox.enqueue(delivery(number.to_string())).await.unwrap();
    }
    until("all are done", || async {
        let depth = inbox.stats().await.unwrap().depth;
        depth.pending + depth.running + depth.dead == 0
    })
    .await;
    assert_eq!(panics.load(Ordering::Relaxed), 50);
    let effects = place.number("SELECT count(*) FROM effects").await;
    let distinct = place.number("SELECT count(DISTINCT name) FROM effects").await;
    assert_eq!((effects, distinct), (200, 200));
    let completed = Filter::all().state(DeliveryState::Completed);
    let completed = inbox.list(completed).collect().await.unwrap();
    assert_eq!(completed.len(), 200);
    assert!(
        completed.iter().all(|record| record.attempt == if record.id % 4 == 3 { 1 } else { 2 })
    );
}

/// Deliveries are stored while handlers come one after another.
pub(crate) async fn a_stream_of_handlers_keeps_nobody_waiting(place: Place) {
    let inbox = place.open().await;
    for number in 0..150 {
        inbox.enqueue(delivery(number.to_string())).await.unwrap();
    }
    let ran = Ran::default();
    let counted = ran.clone();
    let _workers =
        inbox.start_workers(JobHandlers::new().on("orders", move |job: Job, source: TxSource| {
            let counted = counted.clone();
            async move {
                let mut tx = source.tx().unwrap();
                tx.sqlite().await.unwrap();
                tokio::time::sleep(Duration::from_millis(20)).await;
                counted.add(&job);
                AttemptResult::Completed
            }
        }));
    until("they have begun", || async { ran.count() > 0 }).await;
    let (mut stored, begun) = (0, Instant::now());
    while ran.count() < 140 {
        let mut new = delivery(format!("stored {stored}"));
        new.endpoint = String::from("others");
        inbox.enqueue(new).await.unwrap();
        stored += 1;
    }
    // Each waits for two or three commits, and each of these for one handler.
    assert!(stored > 8, "{stored} stored beside 140 handlers in {:?}", begun.elapsed());
}

/// Polls a future this often, and drops it then.
async fn polled<F: Future + Unpin>(mut future: F, times: usize) -> Option<F::Output> {
    let mut count = 0;
    poll_fn(|context| {
        count += 1;
        match Pin::new(&mut future).poll(context) {
            Poll::Pending if count < times => Poll::Pending,
            Poll::Pending => Poll::Ready(None),
            Poll::Ready(output) => Poll::Ready(Some(output)),
        }
    })
    .await
}

/// A handler that is dropped while it begins takes nothing from those whose transaction it shares.
pub(crate) async fn a_handler_that_is_dropped_harms_no_other(place: Place) {
    let inbox = place.open().await;
    place.execute("CREATE TABLE effects (name text NOT NULL)".to_owned()).await;
    let write = async |tx: &mut Box<dyn StoreTransaction>| {
        let connection = tx.connection().downcast_mut::<SqliteConnection>().unwrap();
        connection.execute("INSERT INTO effects VALUES ('one')").await.unwrap();
    };
    let three = ClaimRequest { lease: Duration::from_secs(60), ..wanted(3) };
    let mut committed = 0;
    for (round, waits) in (0..48).flat_map(|round| [(round, 1), (round, 8)]) {
        for name in ["first", "dropped", "last"] {
            inbox.enqueue(delivery(format!("{name} {round} {waits}"))).await.unwrap();
        }
        let store = inbox.store();
        let mut jobs = store.claim(&three).await.unwrap().jobs.into_iter();
        let [first, dropped, last] = [(); 3].map(|()| jobs.next().unwrap().claim_token());
        let mut one = store.begin(first).await.unwrap();
        write(&mut one).await;
        // The next one joins the transaction, or commits it, if that has waited long enough.
        let ends = async {
            tokio::time::sleep(Duration::from_millis(waits)).await;
            one.commit().await
        };
        let drops = async { drop(polled(store.begin(dropped), round % 12 + 1).await) };
        let (ended, ()) = tokio::join!(ends, drops);
        assert_eq!(ended, Ok(()), "dropped in round {round} after {waits} ms");
        let mut other = store.begin(last).await.unwrap();
        write(&mut other).await;
        assert_eq!(other.commit().await, Ok(()), "round {round}");
        committed += 2;
        assert_eq!(record(&inbox, dropped.id()).await.state, DeliveryState::Running);
        assert_eq!(place.number("SELECT count(*) FROM effects").await, committed);
    }
}

/// Handlers that are dropped anywhere: each delivery has its whole effect once, and no transaction
/// stays open.
pub(crate) async fn dropped_handlers_leave_nothing_behind(place: Place) {
    const COUNT: usize = 300;
    let backoff = Backoff::new(Duration::from_millis(5), Duration::from_millis(20));
    let builder = place.builder().backoff(backoff).max_attempts(10_000);
    let builder = builder.attempt_timeout(Duration::from_millis(12)).concurrency(8);
    let inbox = place.open_by(builder).await.unwrap();
    place.execute("CREATE TABLE effects (name text NOT NULL, half text)".to_owned()).await;
    let random = Arc::new(AtomicU64::new(0x9E37_79B9_7F4A_7C15));
    let next = move |below: u64| {
        let step = |seed: u64| Some(seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
        random.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step).map_or(0, |it| it >> 33)
            % below
    };
    let chance = next.clone();
    let handlers = JobHandlers::new().on("orders", move |job: Job, source: TxSource| {
        let chance = chance.clone();
        async move {
            let pause = async || tokio::time::sleep(Duration::from_millis(chance(6))).await;
            if chance(2) == 0 {
                pause().await;
            }
            let mut tx = source.tx().unwrap();
            let Ok(connection) = tx.sqlite().await else { return failed("it cannot begin") };
            for half in ["first", "second"] {
                let insert = format!("INSERT INTO effects VALUES ('{}', '{half}')", body(&job));
                if connection.execute(sqlx::AssertSqlSafe(insert)).await.is_err() {
                    return failed("it cannot write");
                }
                if chance(8) == 0 {
                    pause().await;
                }
            }
            match chance(16) {
                0 => failed("not this time"),
                1 => std::future::pending().await,
                _ => AttemptResult::Completed,
            }
        }
    });
    for number in 0..COUNT {
        inbox.enqueue(delivery(number.to_string())).await.unwrap();
    }
    let completed = Filter::all().state(DeliveryState::Completed);
    let begun = Instant::now();
    let mut rounds = 0;
    loop {
        let workers = inbox.start_workers(handlers.clone());
        tokio::time::sleep(Duration::from_millis(20 + next(60))).await;
        match next(2) {
            0 => drop(workers),
            _ => drop(workers.shutdown(Duration::ZERO).await),
        }
        rounds += 1;
        for record in super::all(&inbox).await {
            let reason = record.last_error.unwrap_or_default();
            assert!(!reason.contains("was not committed"), "{reason}");
        }
        if inbox.list(completed.clone()).collect().await.unwrap().len() == COUNT {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(45), "too slow, in {rounds} rounds");
    }
    let effects = place.number("SELECT count(*) FROM effects").await;
    let distinct = place.number("SELECT count(DISTINCT name || half) FROM effects").await;
    assert_eq!((effects, distinct), (2 * 300, 2 * 300), "{rounds} rounds");
    place.execute("BEGIN IMMEDIATE; ROLLBACK".to_owned()).await;
    let sent = Instant::now();
    inbox.enqueue(delivery("after")).await.unwrap();
    assert!(sent.elapsed() < Duration::from_secs(1), "{:?}", sent.elapsed());
}
