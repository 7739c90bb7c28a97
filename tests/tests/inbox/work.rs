//! Stored deliveries run until they succeed or are given up.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use http::HeaderValue;
use webhook_runtime::inbox::{
    AttemptResult, Backoff, DeliveryState, Job, JobHandlers, TxSource,
    store::{ClaimRequest, FinishedAttempt},
};

use super::{Ran, all, delivery, failed, place::Place, record, until, until_state};

pub(crate) fn wanted(most: u32) -> ClaimRequest {
    ClaimRequest {
        endpoints: vec!["orders".to_owned()],
        max: most,
        lease: Duration::from_millis(200),
        max_attempts: 3,
        retries_first: true,
        running: Vec::new(),
        crash_suspect: true,
        tenants: None,
    }
}

pub(crate) async fn a_delivery_runs_as_it_came(place: Place) {
    let inbox = place.open().await;
    let mut sent = delivery("a");
    sent.body = Bytes::from_static(b"{\"nul\":\"\0\",\"not utf-8\":\xff}");
    sent.head.method = String::from("POST");
    sent.head.uri = String::from("/orders/acme?x=y");
    sent.head.headers.append("x-one", HeaderValue::from_static("1"));
    sent.head.tenant = vec![("shop".to_owned(), "acme".to_owned())];
    sent.head.secret_name = String::from("SECRET");
    sent.head.signed_at = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_760_000_000));
    let id = inbox.enqueue(sent.clone()).await.unwrap().id();
    let (there, mut jobs) = tokio::sync::mpsc::unbounded_channel();
    let processes = JobHandlers::new().on("orders", move |job: Job, _: TxSource| {
        there.send(job).unwrap();
        std::future::ready(AttemptResult::Completed)
    });
    assert_eq!(inbox.drain(&processes).await, Ok(1));
    let job = jobs.recv().await.unwrap();
    assert!(job.head == sent.head);
    assert_eq!((job.id, job.attempt, job.body), (id, 1, sent.body));
    assert_eq!((job.endpoint.as_str(), job.provider.as_str()), ("orders", "acme"));
    let done = record(&inbox, id).await;
    assert_eq!((done.state, done.attempt), (DeliveryState::Completed, 1));
    assert!(done.finished_at.is_some());
    assert_eq!(inbox.drain(&processes).await, Ok(0));
}

pub(crate) async fn failures_are_retried(place: Place) {
    let inbox = place.open().await;
    let id = inbox.enqueue(delivery("a")).await.unwrap().id();
    let ran = Ran::default();
    let _workers = inbox.start_workers(ran.by(|job| match job.attempt {
        1 | 2 => failed("not yet"),
        _ => AttemptResult::Completed,
    }));
    let done = until_state(&inbox, id, DeliveryState::Completed).await;
    assert_eq!((done.attempt, done.last_error), (3, None));
    assert_eq!(ran.count(), 3);
    // The record changes before the counters do.
    until("the attempts are counted", || async {
        let counts = inbox.stats().await.unwrap();
        (counts.retried, counts.completed) == (2, 1)
    })
    .await;
}

pub(crate) async fn retries_wait_for_their_time(place: Place) {
    let inbox = place.open().await;
    let asked =
        AttemptResult::Retry { after: Some(Duration::from_secs(30)), reason: "busy".to_owned() };
    let id = inbox.enqueue(delivery("a")).await.unwrap().id();
    let ran = Ran::default();
    assert_eq!(inbox.drain(&ran.with(asked)).await, Ok(1));
    let waiting = record(&inbox, id).await;
    assert_eq!(waiting.state, DeliveryState::Pending);
    assert_eq!(waiting.last_error.as_deref(), Some("busy"));
    let wait = waiting.due_at.unwrap().duration_since(SystemTime::now()).unwrap();
    assert!(wait > Duration::from_secs(25) && wait < Duration::from_secs(40), "{wait:?}");
}

pub(crate) async fn too_many_failures_make_a_dead_letter(place: Place) {
    let inbox = place.open_by(place.builder().max_attempts(3)).await.unwrap();
    let id = inbox.enqueue(delivery("a")).await.unwrap().id();
    let ran = Ran::default();
    let _workers = inbox.start_workers(ran.with(failed("out of stock")));
    let dead = until_state(&inbox, id, DeliveryState::Dead).await;
    assert_eq!(ran.count(), 3);
    assert_eq!(dead.last_error.as_deref(), Some("attempt 3 of 3 failed: out of stock"));
    until("the dead letter is counted", || async {
        inbox.stats().await.unwrap().dead_lettered == 1
    })
    .await;
}

pub(crate) async fn permanent_failures_are_dead_at_once(place: Place) {
    let inbox = place.open().await;
    let id = inbox.enqueue(delivery("a")).await.unwrap().id();
    let ran = Ran::default();
    inbox.drain(&ran.with(AttemptResult::Dead { reason: "422\0".to_owned() })).await.unwrap();
    let dead = record(&inbox, id).await;
    assert_eq!(
        (dead.state, dead.last_error.as_deref()),
        (DeliveryState::Dead, Some("422\u{fffd}"))
    );
}

pub(crate) async fn a_panic_is_a_failure(place: Place) {
    let inbox = place.open_by(place.builder().max_attempts(2)).await.unwrap();
    let bad = inbox.enqueue(delivery("bad")).await.unwrap().id();
    let good = inbox.enqueue(delivery("good")).await.unwrap().id();
    let _workers = inbox.start_workers(JobHandlers::new().on("orders", |job: Job, _: TxSource| {
        assert_ne!(super::body(&job), "bad", "not this one");
        std::future::ready(AttemptResult::Completed)
    }));
    let dead = until_state(&inbox, bad, DeliveryState::Dead).await;
    let reason = dead.last_error.unwrap();
    assert!(reason.starts_with("attempt 2 of 2 failed: the function panicked: "), "{reason}");
    assert!(reason.contains("not this one"), "{reason}");
    until_state(&inbox, good, DeliveryState::Completed).await;
}

pub(crate) async fn jobs_without_a_handler_stay(place: Place) {
    let inbox = place.open().await;
    let mut other = delivery("a");
    other.endpoint = String::from("others");
    let id = inbox.enqueue(other).await.unwrap().id();
    assert_eq!(inbox.drain(&Ran::default().with(AttemptResult::Completed)).await, Ok(0));
    assert_eq!(inbox.drain(&JobHandlers::new()).await, Ok(0));
    assert_eq!(record(&inbox, id).await.state, DeliveryState::Pending);
}

pub(crate) async fn an_expired_lease_is_claimed_again(place: Place) {
    let inbox = place.open().await;
    let id = inbox.enqueue(delivery("a")).await.unwrap().id();
    let claimed = inbox.store().claim(&wanted(10)).await.unwrap();
    assert_eq!(claimed.jobs.len(), 1);
    assert_eq!(record(&inbox, id).await.state, DeliveryState::Running);
    // The first worker does not answer any more.
    let begun = Instant::now();
    let ran = Ran::default();
    let _workers = inbox.start_workers(ran.with(AttemptResult::Completed));
    let done = until_state(&inbox, id, DeliveryState::Completed).await;
    assert_eq!(done.attempt, 2);
    assert!(begun.elapsed() < Duration::from_millis(2200), "lease and two seconds");
}

pub(crate) async fn a_stale_claim_changes_nothing(place: Place) {
    let inbox = place.open().await;
    let id = inbox.enqueue(delivery("a")).await.unwrap().id();
    let store = inbox.store();
    let claim = || async { store.claim(&wanted(10)).await.unwrap().jobs.pop() };
    let stale = claim().await.unwrap();
    until("the lease runs out", || async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        inbox.list(super::Filter::all()).collect().await.unwrap()[0].due_at.unwrap()
            < SystemTime::now()
    })
    .await;
    let fresh = claim().await.unwrap();
    assert_eq!((fresh.id, fresh.attempt), (id, 2));
    let before = record(&inbox, id).await;
    let ends = [
        AttemptResult::Completed,
        AttemptResult::Dead { reason: "stale".to_owned() },
        AttemptResult::Retry { after: Some(Duration::ZERO), reason: "stale".to_owned() },
        AttemptResult::Released,
    ];
    for end in ends {
        let finish = FinishedAttempt::new(stale.claim_token(), end);
        assert_eq!(store.finish(std::slice::from_ref(&finish)).await, Ok(vec![false]));
        assert_eq!(record(&inbox, id).await, before, "{finish:?}");
    }
    let lease = Duration::from_secs(60);
    assert_eq!(store.renew_leases(&[stale.claim_token()], lease).await, Ok(vec![]));
    assert_eq!(record(&inbox, id).await, before);
    assert_eq!(
        store.renew_leases(&[stale.claim_token(), fresh.claim_token()], lease).await,
        Ok(vec![id])
    );
    // A released attempt does not count, and its claim is stale, too.
    let finish = |end| FinishedAttempt::new(fresh.claim_token(), end);
    assert_eq!(store.finish(&[finish(AttemptResult::Released)]).await, Ok(vec![true]));
    assert_eq!(record(&inbox, id).await.attempt, 1);
    let again = claim().await.unwrap();
    assert_eq!(again.attempt, 2);
    assert_eq!(store.finish(&[finish(AttemptResult::Completed)]).await, Ok(vec![false]));
    let last = FinishedAttempt::new(again.claim_token(), AttemptResult::Completed);
    assert_eq!(store.finish(std::slice::from_ref(&last)).await, Ok(vec![true]));
    assert_eq!(store.finish(&[last]).await, Ok(vec![false]));
}

pub(crate) async fn crashing_jobs_become_dead_letters(place: Place) {
    let inbox = place.open_by(place.builder().max_attempts(3)).await.unwrap();
    let store = inbox.store();
    let poison = inbox.enqueue(delivery("poison")).await.unwrap().id();
    let mut starts = 0;
    let mut alone = true;
    for round in 0..6 {
        // Others are claimed with it, and no outcome is ever reported.
        inbox.enqueue(delivery(round.to_string())).await.unwrap();
        let claimed = store.claim(&wanted(10)).await.unwrap();
        starts += claimed.jobs.iter().filter(|job| job.id == poison).count();
        let again = claimed.jobs.iter().filter(|job| job.attempt > 2).count();
        alone &= again <= 1;
        tokio::time::sleep(Duration::from_millis(230)).await;
    }
    assert_eq!(starts, 3);
    assert!(alone, "those that may be the reason are started one at a time");
    let dead = record(&inbox, poison).await;
    assert_eq!(dead.state, DeliveryState::Dead);
    assert_eq!(
        dead.last_error.as_deref(),
        Some("attempt 3 ended without an answer: the process ended or lost its lease")
    );
}

pub(crate) async fn a_long_run_keeps_its_lease(place: Place) {
    let inbox = place.open_by(place.builder().lease(Duration::from_millis(300))).await.unwrap();
    let id = inbox.enqueue(delivery("a")).await.unwrap().id();
    let starts = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&starts);
    let processes = JobHandlers::new().on("orders", move |_: Job, _: TxSource| {
        counted.fetch_add(1, Ordering::Relaxed);
        async {
            tokio::time::sleep(Duration::from_millis(1500)).await;
            AttemptResult::Completed
        }
    });
    let _workers = [inbox.start_workers(processes.clone()), inbox.start_workers(processes)];
    until_state(&inbox, id, DeliveryState::Completed).await;
    assert_eq!(starts.load(Ordering::Relaxed), 1);
    assert_eq!(all(&inbox).await[0].attempt, 1);
}

pub(crate) async fn runs_over_the_time_limit_fail(place: Place) {
    let builder = place.builder().attempt_timeout(Duration::from_millis(50)).max_attempts(1);
    let builder = builder.backoff(Backoff::new(Duration::ZERO, Duration::from_secs(1)));
    let inbox = place.open_by(builder).await.unwrap();
    let id = inbox.enqueue(delivery("a")).await.unwrap().id();
    let processes = JobHandlers::new().on("orders", |_: Job, _: TxSource| std::future::pending());
    inbox.drain(&processes).await.unwrap();
    let reason = record(&inbox, id).await.last_error.unwrap();
    assert!(reason.contains("took longer than 0.05 s"), "{reason}");
}
