//! The transaction in which a delivery is completed.

use crate::{
    inbox::{AttemptResult, ClaimToken, DeliveryState, InboxError, store::StoreTransaction},
    testing::store::{
        Failure, Verdict,
        bench::{Bench, delivery, dying, lapse, must, ok, ordered, same, wanted},
        cases::Result,
    },
};

const NONE: Verdict = Verdict::NotApplicable("the store has no transactions");

async fn begin(bench: &Bench, claim: ClaimToken) -> Result<Box<dyn StoreTransaction>> {
    ok("begin", bench.store.begin(claim).await)
}

pub(in super::super) async fn a_transaction_completes(bench: &Bench) -> Result {
    if !bench.has_transactions() {
        return Ok(NONE);
    }
    let ids = bench.store(&[ordered("x", "a"), ordered("x", "next")]).await?;
    let job = bench.claim_one(&wanted(10)).await?;
    let transaction = begin(bench, job.claim_token()).await?;
    ok("commit", transaction.commit().await)?;
    let done = bench.record(ids[0]).await?;
    same("state and attempt", &(done.state, done.attempt), &(DeliveryState::Completed, 1))?;
    must(done.finished_at.is_some(), "it has ended")?;
    let again = bench.finish(job.claim_token(), AttemptResult::Completed).await?;
    must(!again, "the claim is settled")?;
    same("the next", &bench.claimed(&wanted(10)).await?, &vec!["next".to_owned()])?;
    Ok(Verdict::Passed)
}

pub(in super::super) async fn a_transaction_takes_back(bench: &Bench) -> Result {
    if !bench.has_transactions() {
        return Ok(NONE);
    }
    let id = bench.store(&[delivery("a")]).await?[0];
    let job = bench.claim_one(&wanted(10)).await?;
    let transaction = begin(bench, job.claim_token()).await?;
    ok("rollback", transaction.rollback().await)?;
    same("rolled back", &bench.state(id).await?, &DeliveryState::Running)?;
    drop(begin(bench, job.claim_token()).await?);
    // A connection that is dropped may take a moment to roll back.
    lapse().await;
    same("dropped", &bench.state(id).await?, &DeliveryState::Running)?;
    bench.settle(&job, AttemptResult::Completed).await?;
    Ok(Verdict::Passed)
}

pub(in super::super) async fn a_stale_claim_begins_nothing(bench: &Bench) -> Result {
    if !bench.has_transactions() {
        return Ok(NONE);
    }
    bench.store(&[delivery("a")]).await?;
    let stale = bench.claim_one(&dying(1)).await?;
    lapse().await;
    let fresh = bench.claim_one(&wanted(1)).await?;
    let is_stale = |begun: std::result::Result<Box<dyn StoreTransaction>, InboxError>| match begun {
        Err(InboxError::StaleClaim) => Ok(()),
        Err(error) => Err(Failure::new(format!("`StaleClaim` was expected, not: {error}"))),
        Ok(_) => Err(Failure::new("a transaction of a stale claim has begun")),
    };
    is_stale(bench.store.begin(stale.claim_token()).await)?;
    bench.settle(&fresh, AttemptResult::Completed).await?;
    is_stale(bench.store.begin(fresh.claim_token()).await)?;
    // The store goes on.
    bench.store(&[delivery("b")]).await?;
    Ok(Verdict::Passed)
}
