//! Everything that is queued, in one transaction of an SQLite file.

use sqlx::{Connection as _, SqliteConnection};

use crate::inbox::{
    error::InboxError,
    record::{ClaimToken, EnqueueResult, span},
    sql,
    sql::sqlite::{claim, enqueue, finish, sums, turn::Writing, workers},
    store::{Work, WorkResult},
};

/// Commits the work. What handlers have written meanwhile is committed with it.
pub(super) async fn commit(
    writing: &mut Writing,
    work: &Work,
    now: i64,
) -> Result<WorkResult, InboxError> {
    writing.put_in_order().await;
    if !writing.is_open() {
        let mut tx = writing.connection().await?.begin_with("BEGIN IMMEDIATE").await?;
        let result = commit_within(&mut tx, work, now).await?;
        tx.commit().await?;
        return Ok(result);
    }
    writing.join().await?;
    let result = commit_within(writing.open()?, work, now).await;
    if result.is_err() {
        writing.undo().await?;
    }
    writing.commit().await?;
    result
}

async fn commit_within(
    tx: &mut SqliteConnection,
    work: &Work,
    now: i64,
) -> Result<WorkResult, InboxError> {
    let leased = now + span(work.lease);
    let mut result = WorkResult::default();
    // First what ends, so that the next of its ordering key can be claimed.
    result.finished = finish::finish_within(tx, &work.finish, now).await?;
    result.enqueued =
        enqueue::enqueue_within(tx, &work.enqueue, &work.claim_new, leased, now).await?;
    result.claimed_new = result
        .enqueued
        .iter()
        .zip(&work.enqueue)
        .zip(&work.claim_new)
        .map(|((enqueued, delivery), claim)| match *enqueued {
            EnqueueResult::Stored(id) if *claim && delivery.ordering_key.is_none() => {
                Some(ClaimToken::new(id, FIRST))
            }
            _ => None,
        })
        .collect();
    result.started = claim::start(tx, &work.start, work.worker, now).await?;
    sums::add(tx, &work.sums).await?;
    if !work.renew.is_empty() {
        let good = claim::renew_leases(tx, &work.renew, leased).await?;
        result.lost = sql::lost(&work.renew, &good);
    }
    if let Some(beat) = &work.heartbeat {
        result.worker = Some(workers::beat(tx, beat, now).await?);
    }
    for wanted in &work.claim {
        result.claimed.push(claim::claim_within(tx, wanted, false, now).await?);
    }
    if !work.look_ahead.is_empty() {
        claim::look_ahead(tx, &work.look_ahead, now, &mut result).await?;
    }
    Ok(result)
}

/// The number of the first claim of a delivery.
const FIRST: i64 = 1;
