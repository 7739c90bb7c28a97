//! PostgreSQL stops and starts again, or another server takes over.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![cfg(unix)]

#[allow(dead_code, reason = "shared with other tests")]
mod inbox;

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use inbox::{
    Ran, all, delivery,
    pair::Pair,
    server::{Server, programs},
    until,
};
use sqlx::Connection as _;
use webhook_runtime::inbox::{
    AttemptResult, Backoff, ClaimToken, Inbox, InboxError, Job, JobHandlers, TxSource,
};

/// `INBOX_OUTAGES` sets a larger number.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_deliveries_survive_a_crash() {
    let Some(programs) = programs() else { return };
    let outages = std::env::var("INBOX_OUTAGES").map_or(1, |number| number.parse().unwrap());
    let server =
        Arc::new(tokio::task::spawn_blocking(move || Server::start(&programs)).await.unwrap());
    let inbox = Inbox::builder(&server.url())
        .lease(Duration::from_secs(1))
        .backoff(Backoff::new(Duration::from_millis(10), Duration::from_secs(1)))
        .open()
        .await
        .unwrap();
    let ran = Ran::default();
    let _workers = inbox.start_workers(ran.with(AttemptResult::Completed));
    let acknowledged: Arc<Mutex<Vec<(String, Instant)>>> = Arc::default();
    let stop = Arc::new(AtomicBool::new(false));
    let senders: Vec<_> = (0..8)
        .map(|sender| {
            let (inbox, acknowledged, stop) =
                (inbox.clone(), Arc::clone(&acknowledged), Arc::clone(&stop));
            tokio::spawn(async move {
                for number in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let key = format!("{sender} {number}");
                    let asked = Instant::now();
                    match inbox.enqueue(delivery(key.clone())).await {
                        Ok(_) => acknowledged.lock().unwrap().push((key, Instant::now())),
                        Err(InboxError::Timeout | InboxError::Store(_) | InboxError::QueueFull) => {
                            tokio::time::sleep(Duration::from_millis(50)).await;
                        }
                        Err(error) => panic!("{error}"),
                    }
                    assert!(asked.elapsed() < Duration::from_secs(6), "{:?}", asked.elapsed());
                }
            })
        })
        .collect();
    for _ in 0..outages {
        tokio::time::sleep(Duration::from_millis(700)).await;
        let other = Arc::clone(&server);
        tokio::task::spawn_blocking(move || other.crash()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(700)).await;
        let other = Arc::clone(&server);
        tokio::task::spawn_blocking(move || other.start_again()).await.unwrap();
        let back = Instant::now();
        until("it takes in again", || async {
            acknowledged.lock().unwrap().last().is_some_and(|(_, at)| *at > back)
        })
        .await;
        assert!(back.elapsed() < Duration::from_secs(5), "{:?}", back.elapsed());
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    stop.store(true, Ordering::Relaxed);
    for sender in senders {
        sender.await.unwrap();
    }
    let sent: Vec<String> =
        acknowledged.lock().unwrap().iter().map(|(key, _)| key.clone()).collect();
    until("all have run", || async {
        let now = inbox.stats().await;
        now.is_ok_and(|counts| counts.depth.pending + counts.depth.running == 0)
    })
    .await;
    let ran: HashSet<String> = ran.all().into_iter().collect();
    let lost = sent.iter().filter(|key| !ran.contains(*key)).count();
    println!("{} acknowledged, {} stored, {lost} lost", sent.len(), all(&inbox).await.len());
    assert_eq!(lost, 0);
    assert!(sent.len() > 100);
}

/// The first server crashes, its standby takes over, and the first one goes on as a standby, to which
/// the connections lead for a while.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failover_is_survived() {
    let Some(pair) = tokio::task::spawn_blocking(Pair::start).await.unwrap() else { return };
    let pair = Arc::new(pair);
    let open = || {
        Inbox::builder(&pair.url())
            .lease(Duration::from_secs(1))
            .backoff(Backoff::new(Duration::from_millis(10), Duration::from_secs(1)))
            .poll_interval(Duration::from_secs(600))
            .open()
    };
    let (receiver, worker) = (open().await.unwrap(), open().await.unwrap());
    let effects = || effects(pair.url());
    let mut connection = sqlx::PgConnection::connect(&pair.url()).await.unwrap();
    let create = "CREATE TABLE effects (id bigint)";
    sqlx::raw_sql(create).execute(&mut connection).await.unwrap();
    drop(connection);
    let handlers = JobHandlers::new().on("orders", |job: Job, source: TxSource| async move {
        let mut tx = source.tx().unwrap();
        let Ok(connection) = tx.postgres().await else { return inbox::failed("no connection") };
        let insert = sqlx::query("INSERT INTO effects VALUES ($1)").bind(job.id);
        match insert.execute(connection).await {
            Ok(_) => AttemptResult::Completed,
            Err(error) => inbox::failed(&error.to_string()),
        }
    });
    let _workers = worker.start_workers(handlers);
    let mut sent = 0;
    for number in 0..20 {
        receiver.enqueue(delivery(format!("before {number}"))).await.unwrap();
        sent += 1;
    }
    until("all have run", || async { effects().await.0 == sent }).await;

    let other = Arc::clone(&pair);
    tokio::task::spawn_blocking(move || other.fail_over()).await.unwrap();
    // Every pool has connections to the server that takes no writes any more.
    let is_read_only = |error: InboxError| error.to_string().contains("read-only");
    for inbox in [&receiver, &worker] {
        for _ in 0..8 {
            until("it leads there", || async {
                inbox.enqueue(delivery("refused")).await.is_err_and(is_read_only)
            })
            .await;
        }
    }
    until("transactions lead there", || async {
        worker.store().begin(ClaimToken::new(1, 1)).await.is_err_and(is_read_only)
    })
    .await;

    pair.switch();
    let switched = Instant::now();
    until("it stores again", || async { receiver.enqueue(delivery("after")).await.is_ok() }).await;
    assert!(switched.elapsed() < Duration::from_secs(1), "{:?}", switched.elapsed());
    sent += 1;
    until("it has run", || async { effects().await.0 == sent }).await;
    // The worker is notified again: it does not poll.
    for number in 0..5 {
        receiver.enqueue(delivery(format!("later {number}"))).await.unwrap();
        sent += 1;
        until("it has run", || async { effects().await.0 == sent }).await;
    }
    assert_eq!(effects().await, (sent, sent));
}

/// The number of effects, and of different ones.
async fn effects(url: String) -> (i64, i64) {
    let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
    let count = sqlx::query_as("SELECT count(*), count(DISTINCT id) FROM effects");
    count.fetch_one(&mut connection).await.unwrap()
}
