//! Endpoints that are paused: nothing of theirs begins, and everything else goes on.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::sync::Notify;
use webhook_runtime::inbox::{
    AttemptResult, DeliveryState, Filter, Inbox, Job, JobHandlers, TxSource,
};

use super::{Ran, delivery, place::Place, record, until, until_state};

/// The time in which a worker would have begun.
const A_WHILE: Duration = Duration::from_millis(400);

/// Deliveries of two endpoints, and a worker for both.
fn start(inbox: &Inbox, ran: &Ran) -> webhook_runtime::inbox::Workers {
    let run = |ran: Ran| {
        move |job: Job, _: TxSource| {
            ran.add(&job);
            std::future::ready(AttemptResult::Completed)
        }
    };
    let handlers = JobHandlers::new().on("orders", run(ran.clone())).on("others", run(ran.clone()));
    inbox.start_workers(handlers)
}

async fn names(inbox: &Inbox) -> Vec<String> {
    inbox.paused().await.unwrap().into_iter().map(|pause| pause.endpoint).collect()
}

pub(crate) async fn a_paused_endpoint_starts_nothing(place: Place) {
    let inbox = place.open().await;
    let before = SystemTime::now() - Duration::from_secs(60);
    // Nobody has seen the endpoint yet, and nobody will see this one.
    inbox.pause("orders", "ann", "the bank is down").await.unwrap();
    inbox.pause("orders", "bob", "still down\u{7}<b>").await.unwrap();
    inbox.pause("of nobody", &"n".repeat(300), "").await.unwrap();
    let paused = inbox.paused().await.unwrap();
    let told: Vec<_> = paused.iter().map(|one| (&*one.endpoint, &*one.why)).collect();
    assert_eq!(told, [("of nobody", ""), ("orders", "still down\u{7}<b>")]);
    assert_eq!((paused[0].by.len(), &*paused[1].by), (200, "bob"));
    assert!(paused[1].since > before, "{:?}", paused[1]);

    let ran = Ran::default();
    let workers = start(&inbox, &ran);
    let mut old = delivery("waits");
    old.received_at = SystemTime::now() - Duration::from_secs(1000);
    let waits = inbox.enqueue(old).await.unwrap().id();
    let mut other = delivery("goes on");
    other.endpoint = String::from("others");
    inbox.enqueue(other).await.unwrap();
    until("the other endpoint goes on", || async { ran.all() == ["goes on"] }).await;
    tokio::time::sleep(A_WHILE).await;
    assert_eq!(ran.all(), ["goes on"]);
    let waiting = record(&inbox, waits).await;
    assert_eq!((waiting.state, waiting.attempt), (DeliveryState::Pending, 0));
    let depth = inbox.stats().await.unwrap().depth;
    assert_eq!(depth.pending, 1);
    assert!(depth.lag < Duration::from_secs(100), "it does not wait: {:?}", depth.lag);
    assert_eq!(inbox.drain(&Ran::default().with(AttemptResult::Completed)).await, Ok(0));

    assert_eq!(inbox.resume("others", "ann").await, Ok(false), "it was not paused");
    assert_eq!(inbox.resume("orders", "ann").await, Ok(true));
    until_state(&inbox, waits, DeliveryState::Completed).await;
    assert_eq!(names(&inbox).await, ["of nobody"]);
    // And again, while it has nothing to do.
    inbox.pause("orders", "ann", "").await.unwrap();
    let again = inbox.enqueue(delivery("again")).await.unwrap().id();
    tokio::time::sleep(A_WHILE).await;
    assert_eq!(record(&inbox, again).await.attempt, 0);
    inbox.resume("orders", "ann").await.unwrap();
    until_state(&inbox, again, DeliveryState::Completed).await;
    drop(workers);
}

/// One runs, others are claimed and wait for its slot.
pub(crate) async fn what_has_not_begun_is_given_back(place: Place) {
    let inbox = place.open_by(place.builder().concurrency(1)).await.unwrap();
    let (ran, goes_on) = (Ran::default(), Arc::new(Notify::new()));
    let (noted, wait) = (ran.clone(), Arc::clone(&goes_on));
    let handlers = JobHandlers::new().on("orders", move |job: Job, _: TxSource| {
        noted.add(&job);
        let (wait, first) = (Arc::clone(&wait), job.body.starts_with(b"20"));
        async move {
            if first {
                wait.notified().await;
            }
            AttemptResult::Completed
        }
    });
    // Quick ones, so that what follows is claimed ahead.
    for number in 0..60 {
        inbox.enqueue(delivery(number.to_string())).await.unwrap();
    }
    let workers = inbox.start_workers(handlers);
    until("it has come to the slow one", || async { ran.count() == 21 }).await;
    inbox.pause("orders", "ann", "").await.unwrap();
    let running = Filter::all().state(DeliveryState::Running);
    until("the rest is given back", || async {
        inbox.list(running.clone()).collect().await.unwrap().len() == 1
    })
    .await;
    goes_on.notify_one();
    until("what runs ends", || async { inbox.stats().await.unwrap().completed == 21 }).await;
    tokio::time::sleep(A_WHILE).await;
    assert_eq!(ran.count(), 21);
    let waiting = inbox.list(Filter::all().state(DeliveryState::Pending)).collect().await.unwrap();
    assert_eq!(waiting.len(), 39);
    assert!(waiting.iter().all(|record| record.attempt == 0), "none has begun");
    inbox.resume("orders", "ann").await.unwrap();
    until("all are done", || async { ran.count() == 60 }).await;
    drop(workers);
}

/// A retry that becomes due waits, too.
pub(crate) async fn retries_of_a_paused_endpoint_wait(place: Place) {
    let inbox = place.open().await;
    let ran = Ran::default();
    let handlers = ran.by(|job| match job.attempt {
        1 => super::failed("once"),
        _ => AttemptResult::Completed,
    });
    let ends = inbox.start_workers(handlers);
    let id = inbox.enqueue(delivery("a")).await.unwrap().id();
    until("it has begun", || async { ran.count() > 0 }).await;
    inbox.pause("orders", "ann", "").await.unwrap();
    tokio::time::sleep(A_WHILE).await;
    let count = ran.count();
    if record(&inbox, id).await.state == DeliveryState::Pending {
        assert_eq!(count, 1);
        inbox.resume("orders", "ann").await.unwrap();
    }
    until_state(&inbox, id, DeliveryState::Completed).await;
    assert_eq!(ran.count(), 2);
    drop(ends);
}

pub(crate) async fn other_processes_obey(place: Place) {
    let inboxes = place.open_several(2).await;
    let ran = Ran::default();
    let workers = start(&inboxes[0], &ran);
    inboxes[0].enqueue(delivery("first")).await.unwrap();
    until("it works", || async { ran.count() == 1 }).await;
    inboxes[1].pause("orders", "ann", "").await.unwrap();
    // Within a poll, where nobody is notified.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let id = inboxes[1].enqueue(delivery("second")).await.unwrap().id();
    tokio::time::sleep(A_WHILE).await;
    assert_eq!(ran.all(), ["first"]);
    assert_eq!(names(&inboxes[0]).await, ["orders"]);
    // A process that starts meanwhile begins nothing, not even once.
    drop(workers);
    let third = place.open().await;
    let workers = start(&third, &ran);
    tokio::time::sleep(A_WHILE).await;
    assert_eq!((ran.count(), record(&third, id).await.attempt), (1, 0));
    inboxes[1].resume("orders", "ann").await.unwrap();
    until_state(&third, id, DeliveryState::Completed).await;
    drop(workers);
}

/// A row that was written by hand: paused since nobody knows when, and with no names.
pub(crate) async fn odd_pauses_are_pauses(place: Place) {
    let inbox = place.open().await;
    let table = place.table("endpoints");
    place.execute(format!("INSERT INTO {table} (endpoint, paused_at) VALUES ('orders', -1)")).await;
    if place.engine == super::place::Engine::Sqlite {
        let odd =
            "UPDATE webhook_endpoints SET paused_at = 'soon', paused_by = x'ff', paused_why = 7";
        place.execute(odd.to_owned()).await;
    }
    assert_eq!(names(&inbox).await, ["orders"]);
    let ran = Ran::default();
    let workers = start(&inbox, &ran);
    inbox.enqueue(delivery("a")).await.unwrap();
    tokio::time::sleep(A_WHILE).await;
    assert_eq!(ran.count(), 0);
    assert_eq!(inbox.resume("orders", "ann").await, Ok(true));
    until("it goes on", || async { ran.count() == 1 }).await;
    drop(workers);
}
