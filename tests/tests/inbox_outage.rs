//! PostgreSQL stops and starts again.

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
    server::{Server, programs},
    until,
};
use webhook_runtime::inbox::{AttemptResult, Backoff, Inbox, InboxError};

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
