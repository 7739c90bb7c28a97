//! Everything that is queued, done by the store in one go.

use std::time::{Duration, SystemTime};

use webhook_runtime::inbox::{
    AttemptResult, ClaimToken, DeliveryState, EnqueueResult, Inbox, Job,
    store::{ClaimRequest, FinishedAttempt, Work, WorkResult},
};

use super::{body, delivery, in_line, place::Place, record, work::wanted};

const MINUTE: Duration = Duration::from_secs(60);

async fn commit(inbox: &Inbox, change: impl FnOnce(&mut Work)) -> WorkResult {
    let mut work = Work::default();
    work.lease = MINUTE;
    change(&mut work);
    inbox.store().commit(&work).await.unwrap()
}

/// Prefetches up to ten, whose lease ends at once.
async fn prefetch(inbox: &Inbox, max_attempts: u32) -> Vec<Job> {
    let lease = Duration::from_millis(1);
    let claim = ClaimRequest { lease, max_attempts, ..wanted(10) };
    let mut result = commit(inbox, |work| work.claim = vec![claim]).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    result.claimed.pop().unwrap().jobs
}

async fn finish(inbox: &Inbox, token: ClaimToken, result: AttemptResult) -> bool {
    let finish = FinishedAttempt::new(token, result);
    commit(inbox, |work| work.finish = vec![finish]).await.finished == [true]
}

async fn start(inbox: &Inbox, token: ClaimToken) -> bool {
    commit(inbox, |work| work.start = vec![token]).await.started == [true]
}

pub(crate) async fn everything_is_done_in_one_go(place: Place) {
    let inbox = place.open().await;
    let first = commit(&inbox, |work| {
        work.enqueue = vec![delivery("a"), delivery("b"), delivery("a"), in_line("x", "c")];
        work.claim_new = vec![true, false, true, true];
    })
    .await;
    let [
        EnqueueResult::Stored(a),
        EnqueueResult::Stored(b),
        EnqueueResult::Duplicate(again),
        EnqueueResult::Stored(c),
    ] = first.enqueued[..]
    else {
        panic!("{:?}", first.enqueued)
    };
    assert!(a < b && b < c && again == a);
    let [Some(token), None, None, None] = first.claimed_new[..] else {
        panic!("{:?}", first.claimed_new)
    };
    let running = record(&inbox, a).await;
    assert_eq!((running.state, running.attempt), (DeliveryState::Running, 0));
    let lease = running.due_at.unwrap().duration_since(SystemTime::now()).unwrap();
    assert!(lease > MINUTE / 2 && lease <= MINUTE, "{lease:?}");

    let second = commit(&inbox, |work| {
        work.enqueue = vec![delivery("b"), delivery("d")];
        work.claim_new = vec![true, true];
        work.finish = vec![FinishedAttempt::new(token, AttemptResult::Completed)];
        work.claim = vec![wanted(10)];
        work.look_ahead = vec!["orders".to_owned()];
    })
    .await;
    assert_eq!(second.finished, [true]);
    assert_eq!(second.enqueued[0], EnqueueResult::Duplicate(b));
    assert!(second.claimed_new[0].is_none() && second.claimed_new[1].is_some());
    let jobs = &second.claimed[0].jobs;
    assert_eq!(jobs.iter().map(body).collect::<Vec<_>>(), ["b", "c"]);
    assert!(jobs.iter().all(|job| job.attempt == 1));
    assert_eq!(second.next_due, None);
    let next = second.next_lapse.unwrap();
    assert!(next <= Duration::from_millis(200), "the leases of these: {next:?}");
    let done = record(&inbox, a).await;
    assert_eq!((done.state, done.attempt), (DeliveryState::Completed, 1));
}

pub(crate) async fn a_prefetched_job_counts_when_it_starts(place: Place) {
    let inbox = place.open().await;
    let id = inbox.store().enqueue(&[delivery("a")]).await.unwrap()[0].id();
    // Workers die before it begins, more often than it may be tried.
    for _ in 0..5 {
        let jobs = prefetch(&inbox, 3).await;
        assert_eq!(jobs.iter().map(|job| job.attempt).collect::<Vec<_>>(), [1]);
        assert_eq!(record(&inbox, id).await.attempt, 0);
    }
    let token = prefetch(&inbox, 3).await.pop().unwrap().claim_token();
    assert!(start(&inbox, token).await);
    assert_eq!(record(&inbox, id).await.attempt, 1);
    assert!(start(&inbox, token).await, "again, and it counts once");
    assert_eq!(record(&inbox, id).await.attempt, 1);
    assert!(finish(&inbox, token, AttemptResult::Completed).await);
    let done = record(&inbox, id).await;
    assert_eq!((done.state, done.attempt), (DeliveryState::Completed, 1));
    assert!(!start(&inbox, token).await, "it is over");
}

pub(crate) async fn what_ends_counts_once(place: Place) {
    let inbox = place.open().await;
    let id = inbox.store().enqueue(&[delivery("a")]).await.unwrap()[0].id();
    let retry = || AttemptResult::Retry { after: Some(Duration::ZERO), reason: "again".to_owned() };
    // Given back before it began, and after.
    let token = prefetch(&inbox, 9).await.pop().unwrap().claim_token();
    assert!(finish(&inbox, token, AttemptResult::Released).await);
    assert_eq!(record(&inbox, id).await.attempt, 0);
    let token = prefetch(&inbox, 9).await.pop().unwrap().claim_token();
    assert!(start(&inbox, token).await);
    assert!(finish(&inbox, token, AttemptResult::Released).await);
    assert_eq!(record(&inbox, id).await.attempt, 0);
    // Ended so quickly that nobody has told of the start, and not.
    let job = prefetch(&inbox, 9).await.pop().unwrap();
    assert_eq!(job.attempt, 1);
    assert!(finish(&inbox, job.claim_token(), retry()).await);
    assert_eq!(record(&inbox, id).await.attempt, 1);
    tokio::time::sleep(Duration::from_millis(20)).await;
    let job = prefetch(&inbox, 9).await.pop().unwrap();
    assert_eq!(job.attempt, 2);
    assert!(start(&inbox, job.claim_token()).await);
    assert!(finish(&inbox, job.claim_token(), retry()).await);
    assert_eq!(record(&inbox, id).await.attempt, 2);
}

/// The first end of its process may have come before its attempt was counted. It is started no more
/// often for that.
pub(crate) async fn an_uncounted_poison_dies_in_time(place: Place) {
    let inbox = place.open().await;
    let id = inbox.store().enqueue(&[delivery("poison")]).await.unwrap()[0].id();
    let mut starts = 0;
    for round in 0.. {
        assert!(round < 10, "it is started for ever");
        let Some(job) = prefetch(&inbox, 4).await.pop() else { break };
        starts += 1;
        if round > 0 {
            assert!(start(&inbox, job.claim_token()).await, "counted before it begins");
        }
    }
    assert_eq!(starts, 4);
    let dead = record(&inbox, id).await;
    assert_eq!(dead.state, DeliveryState::Dead);
    assert!(dead.last_error.unwrap().contains("ended without an answer"));
}

/// A body that is text is compressed, and read as it was sent.
pub(crate) async fn bodies_are_read_as_they_were_sent(place: Place) {
    let inbox = place.open().await;
    let text = "x".repeat(100_000);
    let noise: String = (0..5000_u64)
        .map(|n| {
            char::from(
                b' ' + u8::try_from((n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) % 94).unwrap(),
            )
        })
        .collect();
    for sent in [String::new(), "{}".to_owned(), text, noise] {
        let mut new = delivery(format!("key {}", sent.len()));
        new.body = sent.clone().into();
        let id = inbox.store().enqueue(&[new]).await.unwrap()[0].id();
        let stored = inbox.get(id).await.unwrap().unwrap();
        assert_eq!(
            (stored.body.as_ref(), stored.record.body_len),
            (sent.as_bytes(), sent.len() as u64)
        );
        let jobs = prefetch(&inbox, 3).await;
        let job = jobs.iter().find(|job| job.id == id).unwrap();
        assert_eq!(job.body, sent.as_bytes());
    }
}
