//! Shutdown, and rejected deliveries.

use std::{sync::Arc, time::Duration};

use sqlx::Connection as _;
use tokio::{sync::Semaphore, time::Instant};
use webhook_runtime::inbox::{
    AttemptResult, DeliveryState, InboxError, Job, JobHandlers, TxSource,
};

use super::{
    Ran, body, delivery,
    place::{Engine, Place},
    record, until, until_state,
};

pub(crate) async fn shutdown_finishes_and_releases(place: Place) {
    let inbox = place.open().await;
    let quick = inbox.enqueue(delivery("quick")).await.unwrap().id();
    let slow = inbox.enqueue(delivery("slow")).await.unwrap().id();
    let begun = Arc::new(Semaphore::new(0));
    let told = Arc::clone(&begun);
    let workers =
        inbox.start_workers(JobHandlers::new().on("orders", move |job: Job, _: TxSource| {
            told.add_permits(1);
            async move {
                if body(&job) == "slow" {
                    std::future::pending::<()>().await;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
                AttemptResult::Completed
            }
        }));
    let _ = begun.acquire_many(2).await.unwrap();
    let stopped = workers.shutdown(Duration::from_millis(400)).await;
    assert_eq!((stopped.finished, stopped.released), (1, 1));
    assert_eq!(record(&inbox, quick).await.state, DeliveryState::Completed);
    let given_back = record(&inbox, slow).await;
    assert_eq!((given_back.state, given_back.attempt), (DeliveryState::Pending, 0));
    assert_eq!(given_back.due_at, None, "at once");
    // Nothing more is claimed.
    let later = inbox.enqueue(delivery("later")).await.unwrap().id();
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(record(&inbox, later).await.attempt, 0);
}

pub(crate) async fn a_full_queue_rejects(place: Place) {
    let inbox = place
        .open_by(place.builder().max_queued(4, 1 << 20).max_group_commit(1, 1 << 20))
        .await
        .unwrap();
    let tasks: Vec<_> = (0..2000)
        .map(|number| {
            let inbox = inbox.clone();
            tokio::spawn(async move { inbox.enqueue(delivery(number.to_string())).await })
        })
        .collect();
    let (mut stored, mut full) = (0, 0);
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => stored += 1,
            Err(InboxError::QueueFull) => full += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(stored >= 4 && stored + full == 2000, "{stored} {full}");
    assert_eq!(super::all(&inbox).await.len(), stored, "what was refused is not there");
    // A single delivery larger than the queue is still stored.
    let mut large = delivery("large");
    large.body = vec![0; 3 << 20].into();
    inbox.enqueue(large).await.unwrap();
}

pub(crate) async fn a_closed_inbox_rejects(place: Place) {
    let inbox = place.open().await;
    inbox.enqueue(delivery("a")).await.unwrap();
    let _workers = inbox.start_workers(Ran::default().with(AttemptResult::Completed));
    inbox.close().await.unwrap();
    assert_eq!(inbox.enqueue(delivery("b")).await, Err(InboxError::Closed));
}

pub(crate) async fn workers_wake_at_once(place: Place) {
    let builder = place.builder().poll_interval(Duration::from_secs(600));
    let inbox = place.open_by(builder).await.unwrap();
    let ran = Ran::default();
    let _workers = inbox.start_workers(ran.with(AttemptResult::Completed));
    tokio::time::sleep(Duration::from_millis(100)).await;
    for number in 1..=3 {
        let sent = Instant::now();
        let id = inbox.enqueue(delivery(number.to_string())).await.unwrap().id();
        until_state(&inbox, id, DeliveryState::Completed).await;
        assert!(sent.elapsed() < Duration::from_secs(5), "{:?}", sent.elapsed());
    }
}

pub(crate) async fn other_processes_are_notified(place: Place) {
    let builder = || place.builder().poll_interval(Duration::from_secs(600));
    let receiver = place.open_by(builder()).await.unwrap();
    let worker = place.open_by(builder()).await.unwrap();
    let ran = Ran::default();
    let _workers = worker.start_workers(ran.with(AttemptResult::Completed));
    // The other one must listen first.
    tokio::time::sleep(Duration::from_millis(500)).await;
    for number in 0..20 {
        receiver.enqueue(delivery(number.to_string())).await.unwrap();
    }
    until("all", || async { ran.count() == 20 }).await;
}

/// Another connection locks the database for longer than a provider waits.
pub(crate) async fn a_hanging_store_times_out(place: Place) {
    let inbox = place.open().await;
    inbox.enqueue(delivery("before")).await.unwrap();
    let keys = place.table("keys");
    let hold = Duration::from_secs(7);
    let (taken, is_taken) = tokio::sync::oneshot::channel();
    let (engine, url, database) = (place.engine, place.url.clone(), place.database.clone());
    let holder = tokio::spawn(async move {
        if engine == Engine::Postgres {
            let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
            let lock = format!("BEGIN; LOCK TABLE {keys} IN ACCESS EXCLUSIVE MODE");
            sqlx::raw_sql(sqlx::AssertSqlSafe(lock)).execute(&mut connection).await.unwrap();
            taken.send(()).unwrap();
            tokio::time::sleep(hold).await;
            connection.close().await.unwrap();
        } else if engine == Engine::Foreign {
            let _held = database.hold().await;
            taken.send(()).unwrap();
            tokio::time::sleep(hold).await;
        } else {
            let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
            sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
            taken.send(()).unwrap();
            tokio::time::sleep(hold).await;
            connection.close().await.unwrap();
        }
    });
    is_taken.await.unwrap();
    let asked = Instant::now();
    let answers: Vec<_> = (0..10)
        .map(|number| {
            let inbox = inbox.clone();
            tokio::spawn(async move { inbox.enqueue(delivery(format!("held {number}"))).await })
        })
        .collect();
    for answer in answers {
        let error = answer.await.unwrap().unwrap_err();
        assert!(matches!(error, InboxError::Timeout | InboxError::Store(_)), "{error}");
    }
    assert!(asked.elapsed() < Duration::from_millis(5500), "{:?}", asked.elapsed());
    holder.await.unwrap();
    let freed = Instant::now();
    until("it takes in again", || async { inbox.enqueue(delivery("after")).await.is_ok() }).await;
    assert!(freed.elapsed() < Duration::from_secs(5), "{:?}", freed.elapsed());
}
