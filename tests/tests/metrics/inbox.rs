//! The inbox: what is stored, what runs, and what waits.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, SystemTime},
};

use webhook_runtime::{
    Delivery, Webhooks,
    inbox::{
        AttemptResult, Backoff, Filter, Inbox, InboxBuilder, Job, JobHandlers, NewDelivery, Snooze,
        TxSource,
    },
    webhook,
};

use crate::{
    common::{SECRET, delivery_to, status},
    recorder::{install, until, value, values},
};

/// An inbox in memory, with the longest pause between attempts and their number.
pub(crate) fn inbox(max_pause: Duration, max_attempts: u32) -> Inbox {
    install();
    let backoff = Backoff::new(Duration::from_millis(10), max_pause);
    let builder = InboxBuilder::default().backoff(backoff).max_attempts(max_attempts);
    builder.poll_interval(Duration::from_millis(20)).open_in_memory().unwrap()
}

pub(crate) fn delivery(endpoint: &str, key: &str) -> NewDelivery {
    NewDelivery::new(endpoint.to_owned(), "acme", key.to_owned(), key.to_owned(), SystemTime::now())
}

/// Waits until a series has a value.
async fn until_is(series: &str, expected: f64) {
    until(series, || value(series) == Some(expected)).await;
}

fn of(name: &str, endpoint: &str) -> String {
    format!("webhook_inbox_{name}{{endpoint={endpoint}}}")
}

fn runs(endpoint: &str, outcome: &str) -> String {
    format!("webhook_inbox_runs_total{{endpoint={endpoint},outcome={outcome}}}")
}

fn state(endpoint: &str, state: &str) -> String {
    format!("webhook_inbox_deliveries{{endpoint={endpoint},state={state}}}")
}

#[tokio::test]
async fn what_is_stored_is_counted_by_endpoint() {
    let inbox = inbox(Duration::from_secs(60), 2);
    for key in ["a", "b", "a"] {
        inbox.enqueue(delivery("stored", key)).await.unwrap();
    }
    inbox.enqueue(delivery("stored.too", "a")).await.unwrap();
    for (series, expected) in [
        (of("acknowledged_total", "stored"), 2.0),
        (of("duplicates_total", "stored"), 1.0),
        (of("acknowledged_total", "stored.too"), 1.0),
        (of("ack_duration_seconds", "stored"), 3.0),
    ] {
        assert_eq!(value(&series), Some(expected), "{series}");
    }
    assert_eq!(value(&of("duplicates_total", "stored.too")), None);
    let stats = inbox.stats().await.unwrap();
    assert_eq!((stats.stored, stats.duplicates), (3, 1));
}

/// The body of a delivery says how its run ends.
fn by_body(job: &Job) -> AttemptResult {
    let reason = "down".to_owned();
    match &job.body[..] {
        b"completed" => AttemptResult::Completed,
        b"fails" => AttemptResult::Retry { after: None, reason },
        b"dead" => AttemptResult::Dead { reason },
        b"snoozed" if job.attempt == 1 => {
            AttemptResult::Snoozed { after: Duration::from_secs(3600) }
        }
        _ => AttemptResult::Released,
    }
}

#[tokio::test]
async fn runs_are_counted_by_outcome_and_timed() {
    let inbox = inbox(Duration::from_secs(60), 2);
    let slow = AtomicU32::new(0);
    let handlers = JobHandlers::new().on("ran", move |job: Job, _: TxSource| {
        let is_slow = slow.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if is_slow {
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
            by_body(&job)
        }
    });
    let mut old = delivery("ran", "completed");
    old.received_at = SystemTime::now() - Duration::from_secs(100);
    inbox.enqueue(old).await.unwrap();
    let workers = inbox.start_workers(handlers);
    until_is(&runs("ran", "completed"), 1.0).await;
    assert!(values(&of("run_duration_seconds", "ran"))[0] >= 0.03);
    assert!((100.0..130.0).contains(&values(&of("wait_duration_seconds", "ran"))[0]));
    for key in ["dead", "snoozed", "fails"] {
        inbox.enqueue(delivery("ran", key)).await.unwrap();
    }
    until_is(&runs("ran", "retried"), 1.0).await;
    // The last attempt of what fails is the second.
    until_is(&runs("ran", "dead_lettered"), 2.0).await;
    until_is(&runs("ran", "snoozed"), 1.0).await;
    let all = value(&of("run_duration_seconds", "ran"));
    let first = value(&of("wait_duration_seconds", "ran"));
    assert_eq!((all, first), (Some(5.0), Some(4.0)), "only first attempts have waited");
    let stats = inbox.stats().await.unwrap();
    assert_eq!((stats.completed, stats.retried, stats.dead_lettered), (1, 1, 2));
    drop(workers);
}

#[tokio::test]
async fn expired_and_released_runs_are_counted() {
    use webhook_runtime::inbox::EndpointOptions;

    let inbox = inbox(Duration::from_secs(60), 2);
    let options = EndpointOptions::new().max_age(Duration::from_secs(60));
    let handlers =
        JobHandlers::new().on_with("ended", options, |job: Job, _: TxSource| async move {
            if &job.body[..] == b"waits" {
                std::future::pending::<()>().await;
            }
            AttemptResult::Completed
        });
    let mut old = delivery("ended", "old");
    old.received_at = SystemTime::now() - Duration::from_secs(100);
    inbox.enqueue(old).await.unwrap();
    inbox.enqueue(delivery("ended", "waits")).await.unwrap();
    let workers = inbox.start_workers(handlers.unwrap());
    until_is(&runs("ended", "expired"), 1.0).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let _ = workers.shutdown(Duration::ZERO).await;
    until_is(&runs("ended", "released"), 1.0).await;
}

#[tokio::test]
async fn gauges_refresh_by_themselves() {
    let inbox = inbox(Duration::from_secs(60), 2);
    let mut old = delivery("gauged", "old");
    old.received_at = SystemTime::now() - Duration::from_secs(500);
    inbox.enqueue(old).await.unwrap();
    for (endpoint, key) in [("gauged", "new"), ("gauged.paused", "old")] {
        inbox.enqueue(delivery(endpoint, key)).await.unwrap();
    }
    inbox.pause("gauged.paused", "ann", "").await.unwrap();
    let handle = |job: Job, _: TxSource| async move {
        if job.endpoint == "gauged.started" {
            return AttemptResult::Dead { reason: "broken".to_owned() };
        }
        AttemptResult::Completed
    };
    inbox.enqueue(delivery("gauged.started", "dead")).await.unwrap();
    // `gauged` has no workers here.
    let workers = inbox
        .start_workers(JobHandlers::new().on("gauged.started", handle).on("gauged.paused", handle));
    until_is(&state("gauged", "pending"), 2.0).await;
    let lag = value(&of("lag_seconds", "gauged")).unwrap();
    let age = value(&of("oldest_age_seconds", "gauged")).unwrap();
    assert!((500.0..560.0).contains(&lag) && (500.0..560.0).contains(&age), "{lag} {age}");
    assert_eq!(value(&of("paused", "gauged.paused")), Some(1.0));
    assert_eq!(value(&of("paused", "gauged")), Some(0.0));
    assert_eq!(value(&of("lag_seconds", "gauged.paused")), Some(0.0), "nobody is to wake up");
    assert!(value(&of("oldest_age_seconds", "gauged.paused")).is_some_and(|age| age > 0.0));
    assert_eq!(value(&state("gauged.paused", "pending")), Some(1.0));
    // Within the next interval, without being asked.
    until_is(&state("gauged.started", "dead"), 1.0).await;
    inbox.discard(&Filter::all()).await.unwrap();
    until_is(&state("gauged.started", "dead"), 0.0).await;
    drop(workers);
}

#[webhook(path = "/kept", inbox)]
async fn kept(_: &Delivery) -> Result<(), Snooze> {
    Ok(())
}

#[tokio::test]
async fn requests_behind_an_inbox_have_outcomes() {
    let inbox = inbox(Duration::from_secs(60), 2);
    let hooks = Webhooks::new().mount::<kept>();
    let hooks = hooks.secrets::<kept>([webhook_runtime::Secret::new(SECRET)]).inbox(inbox.clone());
    let router = hooks.into_router().unwrap();
    let requests = |outcome: &str, reason: &str| {
        let labels = "endpoint=kept,provider=hmac-sha256-hex";
        format!("webhook_requests_total{{{labels},outcome={outcome},reason={reason}}}")
    };
    for expected in ["accepted", "duplicate"] {
        assert_eq!(status(&router, delivery_to("/kept", "{}")).await, 202);
        assert_eq!(value(&requests(expected, "")), Some(1.0));
    }
    inbox.close().await.unwrap();
    assert_eq!(status(&router, delivery_to("/kept", "{}")).await, 503);
    assert_eq!(value(&requests("failed", "not_stored")), Some(1.0));
}

/// A store that has gone.
#[tokio::test]
async fn failed_commits_are_counted() {
    install();
    let file = std::env::temp_dir().join(format!("webhook-metrics-{}.db", std::process::id()));
    let inbox = Inbox::open(&format!("sqlite://{}", file.display())).await.unwrap();
    inbox.enqueue(delivery("gone.away", "a")).await.unwrap();
    // The sums of the minute are written half a second later.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let failures = || value("webhook_inbox_commit_failures_total").unwrap_or_default();
    assert_eq!(failures(), 0.0);
    inbox.store().close().await.unwrap();
    for number in 1..=3 {
        let failed = inbox.enqueue(delivery("gone.away", &number.to_string())).await;
        assert!(failed.is_err(), "{failed:?}");
        assert_eq!(failures(), f64::from(number), "each is a commit");
    }
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(failures(), 3.0, "nothing is tried behind their backs");
    assert_eq!(value(&of("acknowledged_total", "gone.away")), Some(1.0));
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{ending}", file.display()));
    }
}
