//! The store itself: duplicates, claims and their order, and jobs that are given up.

use std::{
    collections::HashSet,
    time::{Duration, SystemTime},
};

use webhook_runtime::inbox::{
    AttemptResult, ClaimToken, DeliveryState, EnqueueResult, Inbox, Job, NewDelivery,
    store::{ClaimRequest, ClaimResult, FinishedAttempt, Retention},
};

use super::{all, body, delivery, in_line, place::Place, record, work::wanted};

const MINUTE: Duration = Duration::from_secs(60);

/// Claims as a live worker does.
fn some(most: u32) -> ClaimRequest {
    ClaimRequest { lease: MINUTE, ..wanted(most) }
}

/// Claims as a worker that dies: its lease ends after [`lapse`].
fn lost(most: u32) -> ClaimRequest {
    ClaimRequest { lease: Duration::from_millis(1), ..wanted(most) }
}

async fn lapse() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

async fn claim(inbox: &Inbox, wanted: &ClaimRequest) -> ClaimResult {
    inbox.store().claim(wanted).await.unwrap()
}

async fn claimed(inbox: &Inbox, wanted: &ClaimRequest) -> Vec<String> {
    claim(inbox, wanted).await.jobs.iter().map(body).collect()
}

async fn store(inbox: &Inbox, bodies: &[&str]) -> Vec<i64> {
    let batch: Vec<NewDelivery> = bodies.iter().map(|body| delivery(*body)).collect();
    let enqueued = inbox.store().enqueue(&batch).await.unwrap();
    enqueued.into_iter().map(EnqueueResult::id).collect()
}

async fn finish(inbox: &Inbox, job: &Job, result: AttemptResult) -> bool {
    let finish = FinishedAttempt::new(job.claim_token(), result);
    inbox.store().finish(&[finish]).await.unwrap() == [true]
}

pub(crate) async fn duplicates_get_the_first_id(place: Place) {
    let inbox = place.open().await;
    let enqueue = async |bodies: &[&str]| {
        let batch: Vec<NewDelivery> = bodies.iter().map(|body| delivery(*body)).collect();
        inbox.store().enqueue(&batch).await.unwrap()
    };
    let first = enqueue(&["a", "b", "a"]).await;
    let [EnqueueResult::Stored(a), EnqueueResult::Stored(b), EnqueueResult::Duplicate(again)] =
        first[..]
    else {
        panic!("{first:?}")
    };
    assert!(a < b && again == a, "{first:?}");
    let second = enqueue(&["b", "c", "b"]).await;
    let [
        EnqueueResult::Duplicate(known),
        EnqueueResult::Stored(c),
        EnqueueResult::Duplicate(again),
    ] = second[..]
    else {
        panic!("{second:?}")
    };
    assert!(b < c && known == b && again == b, "{second:?}");
    assert_eq!(
        enqueue(&["c", "a"]).await,
        [EnqueueResult::Duplicate(c), EnqueueResult::Duplicate(a)]
    );
    assert_eq!(enqueue(&[]).await, []);
    assert_eq!(claimed(&inbox, &some(10)).await, ["a", "b", "c"]);
}

pub(crate) async fn many_are_stored_at_once(place: Place) {
    let inbox = place.open().await;
    let bodies: Vec<String> = (0..150).map(|number| number.to_string()).collect();
    let texts: Vec<&str> = bodies.iter().map(String::as_str).collect();
    let ids = store(&inbox, &texts).await;
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 150);
    assert_eq!(store(&inbox, &texts).await, ids, "all are copies");
    for (id, body) in ids.iter().zip(&bodies) {
        let stored = inbox.get(*id).await.unwrap().unwrap();
        assert_eq!(stored.body, body.as_bytes());
    }
    let claim = claim(&inbox, &some(200)).await;
    assert_eq!(claim.jobs.iter().map(body).collect::<Vec<_>>(), bodies);
}

pub(crate) async fn keys_are_kept_for_their_retention(place: Place) {
    let inbox =
        place.open_by(place.builder().dedup_retention(Duration::from_millis(1))).await.unwrap();
    let mut kept = delivery("kept");
    kept.dedup_retention = MINUTE;
    let batch = [kept, delivery("forgotten")];
    inbox.store().enqueue(&batch).await.unwrap();
    lapse().await;
    let retention = Retention { completed: MINUTE, dead_letters: MINUTE };
    let pruned = inbox.store().prune(&retention, 10).await.unwrap();
    assert_eq!((pruned.records, pruned.dedup_keys), (0, 1));
    let again = inbox.store().enqueue(&batch).await.unwrap();
    assert!(
        matches!(again[..], [EnqueueResult::Duplicate(_), EnqueueResult::Stored(_)]),
        "{again:?}"
    );
}

pub(crate) async fn due_jobs_are_claimed_once(place: Place) {
    let inbox = place.open().await;
    let ids = store(&inbox, &["a", "b", "c"]).await;
    let now = SystemTime::now();
    let two = claim(&inbox, &some(2)).await;
    assert_eq!((two.dead_lettered, two.crash_suspect), (0, false));
    assert_eq!(
        two.jobs.iter().map(|job| (job.id, job.attempt)).collect::<Vec<_>>(),
        [(ids[0], 1), (ids[1], 1)]
    );
    let running = record(&inbox, ids[0]).await;
    assert_eq!((running.state, running.attempt), (DeliveryState::Running, 1));
    let lease = running.due_at.unwrap().duration_since(now).unwrap();
    assert!(lease > MINUTE / 2 && lease < MINUTE * 2, "{lease:?}");
    assert_eq!(claimed(&inbox, &some(10)).await, ["c"]);
    assert!(claimed(&inbox, &some(10)).await.is_empty());
    let mut other = delivery("d");
    other.endpoint = String::from("others");
    inbox.store().enqueue(&[other]).await.unwrap();
    assert!(claimed(&inbox, &some(10)).await.is_empty(), "nobody wants it");
}

pub(crate) async fn lost_jobs_come_before_new_ones(place: Place) {
    let inbox = place.open().await;
    store(&inbox, &["a", "b", "c"]).await;
    assert_eq!(claimed(&inbox, &lost(3)).await.len(), 3);
    lapse().await;
    store(&inbox, &["d"]).await;
    let two = claim(&inbox, &some(2)).await;
    assert_eq!(
        two.jobs.iter().map(|job| (body(job), job.attempt)).collect::<Vec<_>>(),
        [("a".to_owned(), 2), ("b".to_owned(), 2)]
    );
    assert_eq!(claimed(&inbox, &some(10)).await, ["c", "d"]);
}

/// A live worker keeps its jobs, whatever the clock says.
pub(crate) async fn running_jobs_are_not_claimed_again(place: Place) {
    let inbox = place.open().await;
    let ids = store(&inbox, &["a", "b"]).await;
    assert_eq!(claimed(&inbox, &lost(2)).await, ["a", "b"]);
    lapse().await;
    let running = |running: Vec<i64>| ClaimRequest { running, ..some(10) };
    assert!(claimed(&inbox, &running(ids.clone())).await.is_empty());
    assert_eq!(record(&inbox, ids[0]).await.attempt, 1);
    assert_eq!(claimed(&inbox, &running(vec![ids[0]])).await, ["b"]);
    assert_eq!(claimed(&inbox, &running(Vec::new())).await, ["a"]);
}

/// Three deliveries, each started twice by workers that died.
async fn suspects(inbox: &Inbox) {
    store(inbox, &["s1", "s2", "s3"]).await;
    for attempt in 1..3 {
        let claim = claim(inbox, &lost(10)).await;
        assert_eq!(claim.jobs.len(), 3);
        assert!(claim.jobs.iter().all(|job| job.attempt == attempt));
        assert!(!claim.crash_suspect);
        lapse().await;
    }
}

pub(crate) async fn crash_suspects_are_claimed_alone(place: Place) {
    let inbox = place.open().await;
    suspects(&inbox).await;
    let none = ClaimRequest { crash_suspect: false, ..some(10) };
    let claim_none = claim(&inbox, &none).await;
    assert_eq!((claim_none.jobs.len(), claim_none.crash_suspect), (0, false));
    let one = claim(&inbox, &some(10)).await;
    assert_eq!(one.jobs.iter().map(|job| job.attempt).collect::<Vec<_>>(), [3]);
    assert!(one.crash_suspect);
    // Among others, it comes last.
    store(&inbox, &["a", "b", "c"]).await;
    let three = claim(&inbox, &some(3)).await;
    let attempts: Vec<u32> = three.jobs.iter().map(|job| job.attempt).collect();
    assert_eq!((attempts, three.crash_suspect, three.dead_lettered), (vec![1, 1, 3], true, 0));
}

pub(crate) async fn a_crash_suspect_uses_capacity(place: Place) {
    let inbox = place.open().await;
    suspects(&inbox).await;
    // The suspects' leases end earlier.
    store(&inbox, &["x", "y"]).await;
    let unsuspicious = ClaimRequest { crash_suspect: false, ..lost(10) };
    assert_eq!(claimed(&inbox, &unsuspicious).await, ["x", "y"]);
    lapse().await;
    store(&inbox, &["a", "b", "c"]).await;
    let one = claim(&inbox, &some(1)).await;
    assert_eq!((one.jobs.len(), one.jobs[0].attempt, one.crash_suspect), (1, 3, true));
    let four = claim(&inbox, &some(4)).await;
    assert_eq!(four.jobs.iter().map(|job| job.attempt).collect::<Vec<_>>(), [2, 2, 1, 3]);
    assert!(four.crash_suspect);
}

pub(crate) async fn jobs_lost_too_often_are_dead(place: Place) {
    let inbox = place.open().await;
    let enqueue = async |delivery| inbox.store().enqueue(&[delivery]).await.unwrap()[0].id();
    let ids = [
        enqueue(in_line("x", "a")).await,
        enqueue(delivery("b")).await,
        enqueue(in_line("x", "next")).await,
    ];
    let twice = |wanted: ClaimRequest| ClaimRequest { max_attempts: 2, ..wanted };
    for _ in 0..2 {
        assert_eq!(claimed(&inbox, &twice(lost(10))).await, ["a", "b"]);
        lapse().await;
    }
    let last = claim(&inbox, &twice(some(10))).await;
    assert_eq!((last.jobs.len(), last.crash_suspect, last.dead_lettered), (0, false, 2));
    for id in &ids[..2] {
        let dead = record(&inbox, *id).await;
        assert_eq!((dead.state, dead.attempt), (DeliveryState::Dead, 2));
        assert!(dead.finished_at.is_some());
        assert!(dead.last_error.unwrap().starts_with("attempt 2 ended without an answer"));
    }
    assert_eq!(record(&inbox, ids[2]).await.state, DeliveryState::Pending, "its turn has come");
}

pub(crate) async fn unreadable_jobs_are_dead(place: Place) {
    let inbox = place.open().await;
    let batch = [in_line("x", "a"), delivery("b"), in_line("x", "next")];
    let ids: Vec<i64> =
        inbox.store().enqueue(&batch).await.unwrap().into_iter().map(EnqueueResult::id).collect();
    place.damage(&ids[..2]).await;
    let claim = claim(&inbox, &some(10)).await;
    assert_eq!((claim.jobs.len(), claim.dead_lettered), (0, 2));
    for dead in &all(&inbox).await[..2] {
        assert_eq!(dead.state, DeliveryState::Dead);
        let reason = "its stored form is not one that this version reads";
        assert_eq!(dead.last_error.as_deref(), Some(reason));
    }
    assert_eq!(claimed(&inbox, &some(10)).await, ["next"]);
}

pub(crate) async fn a_retry_waits_for_its_time(place: Place) {
    let inbox = place.open().await;
    store(&inbox, &["a"]).await;
    let job = claim(&inbox, &some(1)).await.jobs.pop().unwrap();
    let later = AttemptResult::Retry { after: Some(MINUTE), reason: "busy".to_owned() };
    assert!(finish(&inbox, &job, later).await);
    assert!(claimed(&inbox, &some(10)).await.is_empty());
    store(&inbox, &["b"]).await;
    assert_eq!(claimed(&inbox, &some(10)).await, ["b"]);
}

pub(crate) async fn retries_and_new_ones_take_turns(place: Place) {
    let inbox = place.open().await;
    store(&inbox, &["a", "b"]).await;
    for job in claim(&inbox, &some(2)).await.jobs {
        let at_once =
            AttemptResult::Retry { after: Some(Duration::ZERO), reason: "again".to_owned() };
        assert!(finish(&inbox, &job, at_once).await);
    }
    store(&inbox, &["c", "d"]).await;
    lapse().await;
    assert_eq!(claimed(&inbox, &some(1)).await, ["a"]);
    let new_first = ClaimRequest { retries_first: false, ..some(2) };
    assert_eq!(claimed(&inbox, &new_first).await, ["c", "d"]);
    assert_eq!(claimed(&inbox, &new_first).await, ["b"]);
}

pub(crate) async fn one_job_per_key_is_claimed(place: Place) {
    let inbox = place.open().await;
    for (line, body) in [("x", "a"), ("x", "b"), ("y", "c"), ("x", "d")] {
        inbox.store().enqueue(&[in_line(line, body)]).await.unwrap();
    }
    let mut first = claim(&inbox, &some(10)).await.jobs;
    assert_eq!(first.iter().map(body).collect::<Vec<_>>(), ["a", "c"]);
    assert!(claimed(&inbox, &some(10)).await.is_empty());
    assert!(finish(&inbox, &first.remove(0), AttemptResult::Completed).await);
    let second = claim(&inbox, &some(10)).await.jobs;
    assert_eq!(second.iter().map(body).collect::<Vec<_>>(), ["b"]);
    assert!(finish(&inbox, &second[0], AttemptResult::Dead { reason: "no".to_owned() }).await);
    assert_eq!(claimed(&inbox, &some(10)).await, ["d"]);
}

pub(crate) async fn only_the_last_claim_counts(place: Place) {
    let inbox = place.open().await;
    let ids = store(&inbox, &["a"]).await;
    let stale = claim(&inbox, &lost(1)).await.jobs.pop().unwrap();
    lapse().await;
    let fresh = claim(&inbox, &lost(1)).await.jobs.pop().unwrap();
    let extend =
        async |fences: &[ClaimToken]| inbox.store().renew_leases(fences, MINUTE).await.unwrap();
    assert!(!finish(&inbox, &stale, AttemptResult::Completed).await);
    assert!(extend(&[stale.claim_token()]).await.is_empty());
    let now = SystemTime::now();
    assert_eq!(extend(&[stale.claim_token(), fresh.claim_token()]).await, ids);
    lapse().await;
    assert!(claimed(&inbox, &some(1)).await.is_empty(), "the lease goes on");
    let lease = record(&inbox, ids[0]).await.due_at.unwrap().duration_since(now).unwrap();
    assert!(lease > MINUTE / 2 && lease < MINUTE * 2, "{lease:?}");
    assert!(finish(&inbox, &fresh, AttemptResult::Completed).await);
    assert!(!finish(&inbox, &fresh, AttemptResult::Completed).await);
    assert!(extend(&[fresh.claim_token()]).await.is_empty());
    let done = record(&inbox, ids[0]).await;
    assert_eq!((done.state, done.attempt, done.last_error), (DeliveryState::Completed, 2, None));
}

/// If nothing is due, polling does not wait for a writer.
pub(crate) async fn polling_needs_no_write_lock(place: Place) {
    let inbox = place.open().await;
    assert!(claimed(&inbox, &some(1)).await.is_empty());
    let pool = sqlx::SqlitePool::connect(&place.url).await.unwrap();
    let mut writer = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let look = tokio::time::timeout(Duration::from_secs(2), claimed(&inbox, &some(1))).await;
    assert_eq!(look.expect("it does not wait for the writer"), [""; 0]);
    sqlx::query("DELETE FROM webhook_keys").execute(&mut *writer).await.unwrap();
    writer.commit().await.unwrap();
}

pub(crate) async fn the_query_plan_is_available(place: Place) {
    let plan = place.open().await.store().explain(&["orders".to_owned()]).await.unwrap();
    assert!(plan.contains("deliveries") || plan.contains("webhook_due"), "{plan}");
}
