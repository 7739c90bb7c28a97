//! The counters of an inbox agree with its tables, whatever becomes of a run.

use std::{sync::Arc, time::Duration};

use tokio::sync::Semaphore;
use webhook_runtime::inbox::{AttemptResult, Filter, Inbox, Job, JobHandlers, TxSource, Window};

use crate::{
    inbox::{delivery, inbox as inbox_of},
    recorder::{until, value, with},
};

fn inbox() -> Inbox {
    inbox_of(Duration::from_millis(20), 3)
}

fn runs(endpoint: &str, outcome: &str) -> f64 {
    let labels = format!("endpoint={endpoint},outcome={outcome}");
    value(&format!("webhook_inbox_runs_total{{{labels}}}")).unwrap_or_default()
}

fn all_runs(endpoint: &str) -> f64 {
    with(&format!("webhook_inbox_runs_total{{endpoint={endpoint},")).values().sum()
}

/// The records of an endpoint, and all attempts that are stored of them.
async fn stored(inbox: &Inbox, endpoint: &str) -> (usize, usize) {
    let page = inbox.page(&Filter::all().endpoint(endpoint), Window::newest_first(100)).await;
    let records = page.unwrap().records;
    let mut attempts = 0;
    for record in &records {
        attempts += inbox.attempts(record.id).await.unwrap().len();
    }
    (records.len(), attempts)
}

#[tokio::test]
async fn runs_are_the_attempts_that_are_stored() {
    let inbox = inbox();
    let handle = |job: Job, _: TxSource| async move {
        match &job.body[..] {
            b"fails" => AttemptResult::Retry { after: None, reason: "down".to_owned() },
            b"fails once" if job.attempt == 1 => panic!("on purpose"),
            b"dead" => AttemptResult::Dead { reason: "broken".to_owned() },
            _ => AttemptResult::Completed,
        }
    };
    for key in ["a", "b", "fails", "fails once", "dead", "a", "dead"] {
        inbox.enqueue(delivery("agreed", key)).await.unwrap();
    }
    let workers = inbox.start_workers(JobHandlers::new().on("agreed", handle));
    until("all have ended", || runs("agreed", "completed") == 3.0 && all_runs("agreed") == 8.0)
        .await;
    assert_eq!((runs("agreed", "retried"), runs("agreed", "dead_lettered")), (3.0, 2.0));
    assert_eq!(stored(&inbox, "agreed").await, (5, 8));
    let count = |name: &str| value(&format!("webhook_inbox_{name}_total{{endpoint=agreed}}"));
    assert_eq!((count("acknowledged"), count("duplicates")), (Some(5.0), Some(2.0)));

    // A retry by an operator is one run more.
    assert_eq!(inbox.retry(&Filter::all().endpoint("agreed")).await.unwrap(), 2);
    until("they have died again", || runs("agreed", "dead_lettered") == 4.0).await;
    assert_eq!(all_runs("agreed"), 12.0, "{:?}", with("runs_total{endpoint=agreed"));
    drop(workers);
}

/// Runs that are ended from outside.
struct Waiting {
    inbox: Inbox,
    begun: Arc<Semaphore>,
}

impl Waiting {
    fn new() -> Self {
        Self { inbox: inbox(), begun: Arc::new(Semaphore::new(0)) }
    }

    fn handlers(&self, endpoint: &str) -> JobHandlers {
        let begun = Arc::clone(&self.begun);
        JobHandlers::new().on(endpoint, move |_: Job, _: TxSource| {
            let begun = Arc::clone(&begun);
            async move {
                begun.add_permits(1);
                std::future::pending().await
            }
        })
    }

    async fn begins(&self) {
        self.begun.acquire().await.unwrap().forget();
    }
}

#[tokio::test]
async fn a_cancelled_run_is_counted() {
    let waiting = Waiting::new();
    waiting.inbox.enqueue(delivery("cancelled", "a")).await.unwrap();
    let workers = waiting.inbox.start_workers(waiting.handlers("cancelled"));
    waiting.begins().await;
    assert_eq!(waiting.inbox.cancel(&Filter::all().endpoint("cancelled")).await.unwrap(), 1);
    until("it is counted", || runs("cancelled", "released") == 1.0).await;
    assert_eq!(all_runs("cancelled"), 1.0);
    drop(workers);
}

#[tokio::test]
async fn a_run_whose_workers_are_dropped_is_lost() {
    let waiting = Waiting::new();
    waiting.inbox.enqueue(delivery("dropped", "a")).await.unwrap();
    let workers = waiting.inbox.start_workers(waiting.handlers("dropped"));
    waiting.begins().await;
    drop(workers);
    until("it is counted", || runs("dropped", "lost") == 1.0).await;
    assert_eq!(all_runs("dropped"), 1.0);
}

#[tokio::test]
async fn a_run_that_is_given_back_is_counted_once() {
    let waiting = Waiting::new();
    waiting.inbox.enqueue(delivery("stopped", "a")).await.unwrap();
    let workers = waiting.inbox.start_workers(waiting.handlers("stopped"));
    waiting.begins().await;
    let _ = workers.shutdown(Duration::ZERO).await;
    until("it is counted", || runs("stopped", "released") == 1.0).await;
    let handle = async |_: Job, _: TxSource| AttemptResult::Completed;
    let workers = waiting.inbox.start_workers(JobHandlers::new().on("stopped", handle));
    until("it runs again", || runs("stopped", "completed") == 1.0).await;
    assert_eq!(all_runs("stopped"), 2.0);
    drop(workers);
}

fn state(endpoint: &str, state: &str) -> Option<f64> {
    value(&format!("webhook_inbox_deliveries{{endpoint={endpoint},state={state}}}"))
}

/// A process that only stores tells what waits for the others, also when the last worker has gone.
#[tokio::test]
async fn gauges_refresh_without_workers() {
    let inbox = inbox();
    inbox.enqueue(delivery("unworked", "a")).await.unwrap();
    until("the first is seen", || state("unworked", "pending") == Some(1.0)).await;
    inbox.enqueue(delivery("unworked", "b")).await.unwrap();
    until("the second is seen", || state("unworked", "pending") == Some(2.0)).await;
    // Nothing is left of the endpoint: it shows zeros, not what it had.
    inbox.cancel(&Filter::all()).await.unwrap();
    until("nothing is left", || state("unworked", "pending") == Some(0.0)).await;
    let age = "webhook_inbox_oldest_age_seconds{endpoint=unworked}";
    assert_eq!(value(age), Some(0.0));
}
