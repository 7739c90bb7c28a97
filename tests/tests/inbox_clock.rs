//! The inbox under a clock that is set while it runs: nothing is lost, nothing spins.

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
    inbox::{AttemptResult, Backoff, Inbox, State},
};

const HOUR: Duration = Duration::from_secs(3600);
const DECADE: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// A clock that goes as time does, and can be set.
#[derive(Clone)]
struct Set(Arc<Mutex<(SystemTime, tokio::time::Instant)>>);

impl Set {
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

impl Clock for Set {
    fn now(&self) -> SystemTime {
        let (wall, since) = *self.0.lock().unwrap();
        wall + since.elapsed()
    }
}

/// Each with its clock.
async fn places() -> Vec<(Place, Set)> {
    let clock = Set::new();
    vec![
        (Place::memory().await.unwrap(), Set::new()),
        (Place::foreign_by(clock.clone()), clock),
        (Place::sqlite().await.unwrap(), Set::new()),
    ]
}

async fn open(place: &Place, clock: &Set) -> Inbox {
    let backoff = Backoff::new(Duration::from_millis(10), Duration::from_secs(300));
    place.open_by(place.builder().clock(clock.clone()).backoff(backoff)).await.unwrap()
}

/// Sets the clock while deliveries fail and succeed.
async fn jumped(set: impl Fn(&Set)) {
    for (place, clock) in places().await {
        let inbox = open(&place, &clock).await;
        let ran = Ran::default();
        let _workers = inbox.work(ran.by(|job| match job.attempt {
            1 => failed("once"),
            _ => AttemptResult::Done,
        }));
        let mut last = 0;
        for number in 0..40 {
            last = inbox.enqueue(delivery(number.to_string())).await.unwrap().id();
            if number == 20 {
                set(&clock);
            }
        }
        // What waited for a time that is now far away is brought back within seconds.
        until("all", || async { inbox.counts().await.unwrap().done == 40 }).await;
        until_state(&inbox, last, State::Done).await;
        assert_eq!(ran.count(), 80, "two attempts each, and no more");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_set_forward() {
    jumped(|clock| clock.forward(HOUR)).await;
    jumped(|clock| clock.forward(DECADE)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_set_back() {
    jumped(|clock| clock.back(HOUR)).await;
    jumped(|clock| clock.back(DECADE)).await;
    jumped(|clock| clock.back(6 * DECADE)).await; // before 1970
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_set_there_and_back() {
    jumped(|clock| {
        clock.forward(DECADE);
        clock.back(2 * DECADE);
        clock.forward(DECADE);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_runs_is_not_claimed_twice_when_it_is_set_forward() {
    for (place, clock) in places().await {
        let inbox = open(&place, &clock).await;
        let id = inbox.enqueue(delivery("a")).await.unwrap().id();
        let (begun, go) =
            (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
        let ran = Ran::default();
        let (counted, told, wait) = (ran.clone(), Arc::clone(&begun), Arc::clone(&go));
        let processes = webhook_runtime::inbox::Processes::new().on(
            "orders",
            move |job: webhook_runtime::inbox::Job, _: webhook_runtime::inbox::TxSource| {
                counted.add(&job);
                told.notify_one();
                let wait = Arc::clone(&wait);
                async move {
                    wait.notified().await;
                    AttemptResult::Done
                }
            },
        );
        let _workers = inbox.work(processes);
        begun.notified().await;
        clock.forward(DECADE);
        tokio::time::sleep(Duration::from_millis(1500)).await;
        go.notify_one();
        until_state(&inbox, id, State::Done).await;
        assert_eq!(ran.count(), 1);
    }
}

/// A process that ended while the clock was wrong left leases and waits in a far future.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_wrong_clock_left_behind_is_brought_back() {
    for (place, clock) in places().await {
        clock.forward(DECADE);
        let inbox = open(&place, &clock).await;
        let waiting = inbox.enqueue(delivery("waiting")).await.unwrap().id();
        inbox.run_due(&Ran::default().with(failed("later"))).await.unwrap();
        let running = inbox.enqueue(delivery("running")).await.unwrap().id();
        let fresh = inbox.enqueue(delivery("fresh")).await.unwrap().id();
        assert_eq!(inbox.store().claim(&wanted(1)).await.unwrap().jobs.len(), 1);
        clock.back(DECADE);
        let ran = Ran::default();
        let _workers = inbox.work(ran.with(AttemptResult::Done));
        for id in [fresh, waiting, running] {
            until_state(&inbox, id, State::Done).await;
        }
        assert!(record(&inbox, running).await.attempt <= 2);
    }
}
