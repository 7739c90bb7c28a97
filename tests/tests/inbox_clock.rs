//! The inbox under a clock that jumps while it runs: nothing is lost, and nothing spins.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

#[allow(dead_code, reason = "shared with other tests")]
mod inbox;

use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use inbox::{Ran, delivery, failed, place::Place, record, until, until_state, work::wanted};
use webhook_runtime::{
    Clock,
    inbox::{AttemptResult, Backoff, DeliveryState, Inbox},
};

const HOUR: Duration = Duration::from_secs(3600);
const DECADE: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// A clock that runs, and can be set.
#[derive(Clone)]
struct SettableClock(Arc<Mutex<(SystemTime, tokio::time::Instant)>>);

impl SettableClock {
    fn new() -> Self {
        Self(Arc::new(Mutex::new((SystemTime::now(), tokio::time::Instant::now()))))
    }

    fn forward(&self, by: Duration) {
        self.0.lock().unwrap().0 += by;
    }

    fn back(&self, by: Duration) {
        self.0.lock().unwrap().0 -= by;
    }
}

impl Clock for SettableClock {
    fn now(&self) -> SystemTime {
        let (wall, since) = *self.0.lock().unwrap();
        wall + since.elapsed()
    }
}

/// Places, each with its clock.
async fn places() -> Vec<(Place, SettableClock)> {
    let clock = SettableClock::new();
    vec![
        (Place::memory().await.unwrap(), SettableClock::new()),
        (Place::foreign_by(clock.clone()), clock),
        (Place::sqlite().await.unwrap(), SettableClock::new()),
    ]
}

async fn open(place: &Place, clock: &SettableClock) -> Inbox {
    let backoff = Backoff::new(Duration::from_millis(10), Duration::from_secs(300));
    place.open_by(place.builder().clock(clock.clone()).backoff(backoff)).await.unwrap()
}

/// Changes the clock while deliveries fail and succeed.
async fn run_with_jump(set: impl Fn(&SettableClock)) {
    for (place, clock) in places().await {
        let inbox = open(&place, &clock).await;
        let ran = Ran::default();
        let _workers = inbox.start_workers(ran.by(|job| match job.attempt {
            1 => failed("once"),
            _ => AttemptResult::Completed,
        }));
        let mut last = 0;
        for number in 0..40 {
            last = inbox.enqueue(delivery(number.to_string())).await.unwrap().id();
            if number == 20 {
                set(&clock);
            }
        }
        // Due times that are now far in the future are reset within seconds.
        until("all", || async { inbox.stats().await.unwrap().completed == 40 }).await;
        until_state(&inbox, last, DeliveryState::Completed).await;
        assert_eq!(ran.count(), 80, "two attempts each, and no more");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clock_jumps_forward() {
    run_with_jump(|clock| clock.forward(HOUR)).await;
    run_with_jump(|clock| clock.forward(DECADE)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clock_jumps_back() {
    run_with_jump(|clock| clock.back(HOUR)).await;
    run_with_jump(|clock| clock.back(DECADE)).await;
    run_with_jump(|clock| clock.back(6 * DECADE)).await; // before 1970
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clock_jumps_forward_and_back() {
    run_with_jump(|clock| {
        clock.forward(DECADE);
        clock.back(2 * DECADE);
        clock.forward(DECADE);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_jump_does_not_claim_running_jobs() {
    for (place, clock) in places().await {
        let inbox = open(&place, &clock).await;
        let id = inbox.enqueue(delivery("a")).await.unwrap().id();
        let (begun, go) =
            (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
        let ran = Ran::default();
        let (counted, told, wait) = (ran.clone(), Arc::clone(&begun), Arc::clone(&go));
        let processes = webhook_runtime::inbox::JobHandlers::new().on(
            "orders",
            move |job: webhook_runtime::inbox::Job, _: webhook_runtime::inbox::TxSource| {
                counted.add(&job);
                told.notify_one();
                let wait = Arc::clone(&wait);
                async move {
                    wait.notified().await;
                    AttemptResult::Completed
                }
            },
        );
        let _workers = inbox.start_workers(processes);
        begun.notified().await;
        clock.forward(DECADE);
        tokio::time::sleep(Duration::from_millis(1500)).await;
        go.notify_one();
        until_state(&inbox, id, DeliveryState::Completed).await;
        assert_eq!(ran.count(), 1);
    }
}

/// A process that ended while the clock was wrong left leases and due times in the far future.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn far_future_due_times_are_reset() {
    for (place, clock) in places().await {
        clock.forward(DECADE);
        let inbox = open(&place, &clock).await;
        let waiting = inbox.enqueue(delivery("waiting")).await.unwrap().id();
        inbox.drain(&Ran::default().with(failed("later"))).await.unwrap();
        let running = inbox.enqueue(delivery("running")).await.unwrap().id();
        let fresh = inbox.enqueue(delivery("fresh")).await.unwrap().id();
        assert_eq!(inbox.store().claim(&wanted(1)).await.unwrap().jobs.len(), 1);
        clock.back(DECADE);
        let ran = Ran::default();
        let _workers = inbox.start_workers(ran.with(AttemptResult::Completed));
        for id in [fresh, waiting, running] {
            until_state(&inbox, id, DeliveryState::Completed).await;
        }
        assert!(record(&inbox, running).await.attempt <= 2);
    }
}

/// A test may pause the time of its runtime: an inbox in memory lives in it.
#[tokio::test(start_paused = true)]
async fn a_test_can_pause_the_time() {
    let inbox = Inbox::builder("").open_in_memory().unwrap();
    let ran = Ran::default();
    let workers = inbox.start_workers(ran.with(AttemptResult::Completed));
    for number in 0..10 {
        inbox.enqueue(delivery(number.to_string())).await.unwrap();
    }
    until("all", || async { ran.count() == 10 }).await;
    workers.shutdown(HOUR).await;
    assert_eq!(inbox.stats().await.unwrap().completed, 10);
}
