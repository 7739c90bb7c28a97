//! Hooks see what failed, and hurt nobody.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use tokio::time::Instant;
use webhook_runtime::inbox::{
    AttemptResult, DeliveryState, InboxBuilder, Job, JobHandlers, Record, TxSource,
};

use super::{Ran, delivery, failed, place::Place, until, until_state};

/// Keeps the records that both hooks get.
#[derive(Clone, Default)]
struct Told {
    failures: Arc<Mutex<Vec<Record>>>,
    dead: Arc<Mutex<Vec<Record>>>,
}

impl Told {
    fn hooked(&self, builder: InboxBuilder) -> InboxBuilder {
        let (failures, dead) = (Arc::clone(&self.failures), Arc::clone(&self.dead));
        let into = |records: Arc<Mutex<Vec<Record>>>| {
            move |record: Record| {
                records.lock().unwrap().push(record);
                // Its runtime is that of the program.
                tokio::time::sleep(Duration::from_millis(1))
            }
        };
        builder.on_failure(into(failures)).on_dead_letter(into(dead))
    }
}

pub(crate) async fn hooks_get_the_record(place: Place) {
    let told = Told::default();
    let inbox = place.open_by(told.hooked(place.builder().max_attempts(3))).await.unwrap();
    let mut first = delivery("a\u{7}<b>");
    first.event = Some("paid \"ü\"".to_owned());
    let id = inbox.enqueue(first).await.unwrap().id();
    let good = inbox.enqueue(delivery("good")).await.unwrap().id();
    let begun = SystemTime::now() - Duration::from_secs(1);
    let workers = inbox.start_workers(Ran::default().by(move |job: &Job| {
        if job.id == good { AttemptResult::Completed } else { failed("no\u{1b}[31m way") }
    }));
    until_state(&inbox, id, DeliveryState::Dead).await;
    until("both are told", || async {
        told.failures.lock().unwrap().len() == 2 && !told.dead.lock().unwrap().is_empty()
    })
    .await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let (failures, dead) = (told.failures.lock().unwrap(), told.dead.lock().unwrap());
    assert_eq!((failures.len(), dead.len()), (2, 1), "once each");
    let mut attempts: Vec<_> = failures.iter().map(|record| record.attempt).collect();
    attempts.sort_unstable();
    assert_eq!(attempts, [1, 2]);
    for record in failures.iter() {
        assert_eq!((record.id, record.state), (id, DeliveryState::Pending));
        assert_eq!(record.event.as_deref(), Some("paid \"ü\""));
        assert_eq!(record.last_error.as_deref(), Some("no\u{1b}[31m way"));
        assert!(record.due_at.is_some_and(|due| due > begun), "{record:?}");
    }
    assert_eq!((dead[0].attempt, dead[0].state), (3, DeliveryState::Dead));
    assert!(dead[0].finished_at.is_some());
    assert!(dead[0].last_error.as_deref().unwrap().starts_with("attempt 3 of 3 failed"));
    drop(workers);
}

/// A delivery whose worker is lost each time, and one that cannot be read.
pub(crate) async fn what_a_claim_gives_up_is_told(place: Place) {
    let told = Told::default();
    let inbox = place.open_by(told.hooked(place.builder().max_attempts(1))).await.unwrap();
    let lost = inbox.enqueue(delivery("lost")).await.unwrap().id();
    let dying = webhook_runtime::inbox::store::ClaimRequest {
        lease: Duration::from_millis(1),
        ..super::work::wanted(1)
    };
    assert_eq!(inbox.store().claim(&dying).await.unwrap().jobs.len(), 1);
    let unreadable = inbox.enqueue(delivery("unreadable")).await.unwrap().id();
    place.damage(&[unreadable]).await;
    tokio::time::sleep(Duration::from_millis(30)).await;
    let workers = inbox.start_workers(Ran::default().with(AttemptResult::Completed));
    until("both are told", || async { told.dead.lock().unwrap().len() == 2 }).await;
    let mut ids: Vec<_> = told.dead.lock().unwrap().iter().map(|record| record.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, [lost, unreadable]);
    assert!(told.failures.lock().unwrap().is_empty());
    drop(workers);
}

/// Hooks that panic, hang, and block their threads.
pub(crate) async fn bad_hooks_hurt_nobody(place: Place) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let builder = place.builder().on_dead_letter(move |_| {
        let call = counted.fetch_add(1, Ordering::SeqCst);
        assert!(!call.is_multiple_of(3), "in the call itself");
        async move {
            match call % 3 {
                1 => std::future::pending().await,
                // Longer than the test takes: the program ends all the same.
                _ => std::thread::sleep(Duration::from_secs(600)),
            }
        }
    });
    let inbox = place.open_by(builder).await.unwrap();
    let handlers = JobHandlers::new().on("orders", |_: Job, _: TxSource| {
        std::future::ready(AttemptResult::Dead { reason: "no".to_owned() })
    });
    let begun = Instant::now();
    let workers = inbox.start_workers(handlers);
    for number in 0..200 {
        inbox.enqueue(delivery(number.to_string())).await.unwrap();
    }
    until("all are dead", || async { inbox.stats().await.unwrap().depth.dead == 200 }).await;
    until("some are not called", || async {
        let dropped = inbox.stats().await.unwrap().hooks_dropped;
        dropped > 0 && calls.load(Ordering::SeqCst) + usize::try_from(dropped).unwrap() == 200
    })
    .await;
    assert_eq!(workers.shutdown(Duration::from_secs(5)).await.released, 0);
    inbox.close().await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}
