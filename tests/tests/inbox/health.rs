//! The health of an inbox.

use std::time::{Duration, SystemTime};

use tokio::{task::JoinSet, time::Instant};
use webhook_runtime::inbox::{AttemptResult, Inbox, InboxError, Job, JobHandlers, TxSource};

use super::{Ran, delivery, place::Place, until};

/// The time for which the answer of the store is kept.
const KEPT_FOR: Duration = Duration::from_millis(1100);

pub(crate) async fn health_is_told(place: Place) {
    let inbox = place.open().await;
    let health = inbox.health().await;
    assert!(health.is_live() && health.is_ready(), "{health:?}");
    assert!(!health.working && !health.draining && health.oldest_due.is_none());
    assert!(inbox.workers().await.unwrap().is_empty(), "it has none");
    let mut old = delivery("old");
    old.received_at = SystemTime::now() - Duration::from_secs(500);
    inbox.enqueue(old).await.unwrap();
    tokio::time::sleep(KEPT_FOR).await;
    let health = inbox.health().await;
    assert!((499..530).contains(&health.lag.as_secs()), "{health:?}");
    assert!(health.oldest_due.is_some_and(|due| due < SystemTime::now()));
    inbox.pause("orders", "ann", "").await.unwrap();
    let workers = inbox.start_workers(Ran::default().with(AttemptResult::Completed));
    tokio::time::sleep(KEPT_FOR).await;
    let health = inbox.health().await;
    assert_eq!((health.lag, health.paused.len()), (Duration::ZERO, 1));
    assert!(health.working && health.is_ready());
    drop(workers);
    let _ = inbox.shutdown(Duration::ZERO).await;
    let health = inbox.health().await;
    assert!(health.draining && health.is_live() && !health.is_ready());
    inbox.close().await.unwrap();
    tokio::time::sleep(KEPT_FOR).await;
    assert_eq!(inbox.health().await.store, Err(InboxError::Closed));
}

/// However often it is asked, it writes once a second.
pub(crate) async fn health_is_asked_once_a_second(place: Place) {
    let inbox = place.open().await;
    let begun = Instant::now();
    let asks = (0..500).map(|_| {
        let inbox = inbox.clone();
        tokio::spawn(async move { inbox.health().await.is_ready() })
    });
    for ask in asks.collect::<Vec<_>>() {
        assert!(ask.await.unwrap());
    }
    let table = place.table("workers");
    let seen = format!("SELECT seen_at FROM {table}");
    let first = place.number(&seen).await;
    if begun.elapsed() < Duration::from_millis(900) {
        assert!(inbox.health().await.is_ready());
        assert_eq!(place.number(&seen).await, first, "nothing is written meanwhile");
    }
    tokio::time::sleep(KEPT_FOR).await;
    assert!(inbox.health().await.is_ready());
    assert!(place.number(&seen).await > first);
    assert_eq!(place.number(&format!("SELECT count(*) FROM {table}")).await, 1);
}

/// A file that cannot be written to, as on a full disk.
pub(crate) async fn a_full_disk_is_not_ready(place: Place) {
    let inbox = place.open().await;
    assert!(inbox.health().await.is_ready());
    // The whole file, as if its disk had no room for one page more.
    let fill = "CREATE TRIGGER full BEFORE UPDATE ON webhook_workers \
                BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END";
    place.execute(fill.to_owned()).await;
    tokio::time::sleep(KEPT_FOR).await;
    let health = inbox.health().await;
    assert!(matches!(&health.store, Err(InboxError::Store(why)) if why.contains("is full")));
    assert!(health.is_live() && !health.is_ready());
    place.execute("DROP TRIGGER full".to_owned()).await;
    tokio::time::sleep(KEPT_FOR).await;
    assert!(inbox.health().await.is_ready());
}

/// A function that holds the transaction of an SQLite file, and asks or lets others ask.
pub(crate) async fn a_look_never_hangs(place: Place) {
    let inbox = place.open().await;
    let (held, mut holds) = tokio::sync::mpsc::unbounded_channel();
    let clone = inbox.clone();
    let handlers = JobHandlers::new().on("orders", move |_: Job, source: TxSource| {
        let (inbox, held): (Inbox, _) = (clone.clone(), held.clone());
        async move {
            let mut tx = source.tx().unwrap();
            tx.sqlite().await.unwrap();
            held.send(inbox.health().await.store).unwrap();
            std::future::pending().await
        }
    });
    inbox.enqueue(delivery("a")).await.unwrap();
    let workers = inbox.start_workers(handlers);
    assert_eq!(holds.recv().await.unwrap(), Err(InboxError::HoldsTx));
    let begun = Instant::now();
    let looks: Vec<_> = (0..3)
        .map(|_| {
            let inbox = inbox.clone();
            tokio::spawn(async move { inbox.health().await.store })
        })
        .collect();
    for look in looks {
        assert_eq!(look.await.unwrap(), Err(InboxError::Timeout));
    }
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    drop(workers);
    until("it is ready again", || async { inbox.health().await.is_ready() }).await;
}

/// A store can be closed at any time, also while an inbox commits, again and again.
pub(crate) async fn a_store_closes_while_it_is_used(place: Place) {
    let inbox = place.open().await;
    let mut storing = JoinSet::new();
    for sender in 0..4 {
        let inbox = inbox.clone();
        storing.spawn(async move {
            let mut number = 0;
            while inbox.enqueue(delivery(format!("{sender}-{number}"))).await.is_ok() {
                number += 1;
            }
        });
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let closing = tokio::time::timeout(Duration::from_secs(10), inbox.store().close());
    closing.await.expect("it ends").unwrap();
    while let Some(ended) = storing.join_next().await {
        ended.unwrap();
    }
}
