//! Settling claims, and everything at once.

use std::time::{Duration, SystemTime};

use crate::{
    inbox::{
        AttemptResult, ClaimToken, DeliveryState, EnqueueResult,
        store::{FinishedAttempt, Work},
    },
    testing::store::{
        Failure, Verdict,
        bench::{
            Bench, MINUTE, bodies, dead, delivery, dying, lapse, must, ok, ordered, retry, same,
            wanted,
        },
        cases::Result,
    },
};

pub(in super::super) async fn a_stale_claim_changes_nothing(bench: &Bench) -> Result {
    let ids = bench.store(&[delivery("a")]).await?;
    let stale = bench.claim_one(&dying(1)).await?.claim_token();
    lapse().await;
    let fresh = bench.claim_one(&dying(1)).await?.claim_token();
    must(stale != fresh, "each claim has a token of its own")?;
    for result in [AttemptResult::Completed, dead(), AttemptResult::Released, retry(MINUTE)] {
        must(!bench.finish(stale, result).await?, "a stale claim is not settled")?;
    }
    let extend = async |tokens: &[ClaimToken]| {
        ok("renew_leases", bench.store.renew_leases(tokens, MINUTE).await)
    };
    same("a stale claim", &extend(&[stale]).await?, &Vec::new())?;
    same("the good one of two", &extend(&[stale, fresh]).await?, &ids)?;
    lapse().await;
    must(bench.claimed(&wanted(1)).await?.is_empty(), "the lease goes on")?;
    must(bench.finish(fresh, AttemptResult::Completed).await?, "the fresh claim is settled")?;
    must(!bench.finish(fresh, AttemptResult::Completed).await?, "a claim is settled once")?;
    same("a settled claim", &extend(&[fresh]).await?, &Vec::new())?;
    let done = bench.record(ids[0]).await?;
    let found = (done.state, done.attempt, done.last_error);
    same("the record", &found, &(DeliveryState::Completed, 2, None))?;
    // Good and stale ones in one call.
    let ids = bench.store(&["b", "c"].map(delivery)).await?;
    let jobs = bench.claim(&wanted(2)).await?.jobs;
    bench.settle(&jobs[0], AttemptResult::Completed).await?;
    let batch: Vec<_> = jobs
        .iter()
        .map(|job| FinishedAttempt { claim_token: job.claim_token(), result: dead() })
        .collect();
    let good = ok("finish", bench.store.finish(&batch).await)?;
    same("which claims were good", &good, &vec![false, true])?;
    same("the settled one", &bench.state(ids[0]).await?, &DeliveryState::Completed)?;
    Ok(Verdict::Passed)
}

pub(in super::super) async fn every_end_is_stored(bench: &Bench) -> Result {
    let before = SystemTime::now() - MINUTE;
    let ids = bench.store(&["done", "later", "dead", "given back"].map(delivery)).await?;
    let jobs = bench.claim(&wanted(4)).await?.jobs;
    let ends = [AttemptResult::Completed, retry(MINUTE), dead(), AttemptResult::Released];
    for (job, end) in jobs.iter().zip(ends) {
        bench.settle(job, end).await?;
    }
    let done = bench.record(ids[0]).await?;
    let found = (done.state, done.attempt, done.last_error);
    same("what is completed", &found, &(DeliveryState::Completed, 1, None))?;
    must(done.finished_at.is_some_and(|at| at > before), "it has ended now")?;

    let later = bench.record(ids[1]).await?;
    let found = (later.state, later.attempt, later.last_error.as_deref(), later.finished_at);
    same("what is retried", &found, &(DeliveryState::Pending, 1, Some("not yet"), None))?;
    let wait = later.due_at.and_then(|due| due.duration_since(SystemTime::now()).ok());
    let wait = wait.unwrap_or_default();
    must(wait > MINUTE / 2 && wait <= MINUTE, format!("it is due in a minute: {wait:?}"))?;

    let letter = bench.record(ids[2]).await?;
    let found = (letter.state, letter.attempt, letter.last_error.as_deref());
    same("a dead letter", &found, &(DeliveryState::Dead, 1, Some("no")))?;
    must(letter.finished_at.is_some_and(|at| at > before), "it has ended now")?;

    let back = bench.record(ids[3]).await?;
    same("what is given back", &(back.state, back.attempt), &(DeliveryState::Pending, 0))?;
    let again = bench.claim_one(&wanted(10)).await?;
    same("it is due at once", &(again.id, again.attempt), &(ids[3], 1))?;
    Ok(Verdict::Passed)
}

pub(in super::super) async fn everything_is_done_at_once(bench: &Bench) -> Result {
    bench.store(&[ordered("x", "first"), ordered("x", "second"), delivery("begins")]).await?;
    let mut jobs = bench.claim(&wanted(10)).await?.jobs;
    let (Some(begins), Some(first)) = (jobs.pop(), jobs.pop()) else {
        return Err(Failure::new("two are due"));
    };
    let mut work = Work {
        enqueue: vec![delivery("new"), delivery("begins"), delivery("new")],
        claim_new: vec![false; 3],
        finish: vec![FinishedAttempt {
            claim_token: first.claim_token(),
            result: AttemptResult::Completed,
        }],
        start: vec![begins.claim_token()],
        renew: vec![begins.claim_token()],
        claim: vec![wanted(10)],
        lease: MINUTE,
        look_ahead: vec!["orders".to_owned()],
        heartbeat: None,
    };
    let done = ok("commit", bench.store.commit(&work).await)?;
    same("what has ended", &done.finished, &vec![true])?;
    same("what begins", &done.started, &vec![true])?;
    let is_right = matches!(done.enqueued[..], [
        EnqueueResult::Stored(new), EnqueueResult::Duplicate(known), EnqueueResult::Duplicate(again),
    ] if new == again && known == begins.id);
    must(is_right, format!("one is new: {:?}", done.enqueued))?;
    let is_right = done.claimed_new.is_empty() || done.claimed_new == [None; 3];
    must(is_right, "what was not to be claimed is not")?;
    same("the number of claims", &done.claimed.len(), &1)?;
    let claimed = &done.claimed[0].jobs;
    let expected = vec!["second".to_owned(), "new".to_owned()];
    same("what is due once the first has ended", &bodies(claimed), &expected)?;
    must(claimed.iter().all(|job| job.attempt == 1), "it is the first attempt of each")?;
    same("the attempt that has begun", &bench.record(begins.id).await?.attempt, &1)?;

    // What is new can be claimed at once: then it is not due for anybody else.
    work = Work { enqueue: vec![delivery("at once")], claim_new: vec![true], ..Work::default() };
    (work.lease, work.claim) = (MINUTE, vec![wanted(10)]);
    let done = ok("commit", bench.store.commit(&work).await)?;
    let token = done.claimed_new.first().copied().flatten();
    let jobs = &done.claimed[0].jobs;
    let token = match (token, &jobs[..]) {
        (Some(token), []) => token,
        (None, [job]) => job.claim_token(),
        _ => return Err(Failure::new("a delivery has two claims, or none")),
    };
    must(bench.claimed(&wanted(10)).await?.is_empty(), "it is claimed")?;
    must(bench.finish(token, AttemptResult::Completed).await?, "its claim is good")?;
    let done = bench.record(token.id()).await?;
    same("state and attempt", &(done.state, done.attempt), &(DeliveryState::Completed, 1))?;

    // Prefetched, and lost before it began: that costs no more than an attempt.
    bench.store(&[delivery("lost")]).await?;
    work = Work { claim: vec![dying(10)], lease: Duration::from_millis(1), ..Work::default() };
    let done = ok("commit", bench.store.commit(&work).await)?;
    same("what is due", &bodies(&done.claimed[0].jobs), &vec!["lost".to_owned()])?;
    lapse().await;
    let again = bench.claim_one(&wanted(10)).await?;
    must(again.attempt <= 2, "it is claimed again")?;
    Ok(Verdict::Passed)
}
