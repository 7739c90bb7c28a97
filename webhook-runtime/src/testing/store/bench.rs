//! What the cases use: deliveries, claims, and comparisons that say what is wrong.

use std::{
    fmt::Debug,
    sync::Arc,
    time::{Duration, SystemTime},
};

use crate::{
    inbox::{
        AttemptResult, ClaimToken, DeliveryState, EnqueueResult, Filter, InboxError, Job,
        NewDelivery, Record,
        store::{ClaimRequest, ClaimResult, FinishedAttempt, InboxStore, Window},
    },
    testing::store::{Failure, Target},
};

pub(super) const MINUTE: Duration = Duration::from_secs(60);

/// One database, and a store on it.
pub(super) struct Bench {
    target: Target,
    pub(super) store: Arc<dyn InboxStore>,
}

/// A delivery to the endpoint `orders`, whose key is also its body.
pub(super) fn delivery(key: impl Into<String>) -> NewDelivery {
    let key = key.into();
    let mut delivery = NewDelivery::new("orders", "acme", key.clone(), key, SystemTime::now());
    delivery.dedup_retention = MINUTE;
    delivery
}

/// The same with an ordering key.
pub(super) fn ordered(line: &str, key: impl Into<String>) -> NewDelivery {
    let mut delivery = delivery(key);
    delivery.ordering_key = Some(line.to_owned().into());
    delivery
}

/// Claims as a live worker does.
pub(super) fn wanted(max: u32) -> ClaimRequest {
    ClaimRequest {
        endpoints: vec!["orders".to_owned()],
        max,
        lease: MINUTE,
        max_attempts: 3,
        retries_first: true,
        running: Vec::new(),
        crash_suspect: true,
        tenants: None,
    }
}

/// Claims as a worker that dies: its lease ends after [`lapse`].
pub(super) fn dying(max: u32) -> ClaimRequest {
    ClaimRequest { lease: Duration::from_millis(1), ..wanted(max) }
}

pub(super) async fn lapse() {
    tokio::time::sleep(Duration::from_millis(25)).await;
}

pub(super) fn bodies(jobs: &[Job]) -> Vec<String> {
    jobs.iter().map(|job| String::from_utf8_lossy(&job.body).into_owned()).collect()
}

pub(super) fn retry(after: Duration) -> AttemptResult {
    AttemptResult::Retry { after: Some(after), reason: "not yet".to_owned() }
}

pub(super) fn dead() -> AttemptResult {
    AttemptResult::Dead { reason: "no".to_owned() }
}

/// Fails unless a condition holds.
pub(super) fn must(holds: bool, what: impl Into<String>) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::new(what)) }
}

/// Fails unless both are the same.
pub(super) fn same<T: Debug + PartialEq>(
    what: &str,
    found: &T,
    expected: &T,
) -> Result<(), Failure> {
    must(found == expected, format!("{what}: expected {expected:?}, found {found:?}"))
}

/// The result of a method of the store that has to succeed.
pub(super) fn ok<T>(method: &str, result: Result<T, InboxError>) -> Result<T, Failure> {
    result.map_err(|error| Failure::new(format!("`{method}` failed: {error}")))
}

impl Bench {
    pub(super) async fn new(target: Target) -> Self {
        let store = (target.open)().await;
        Self { target, store }
    }

    /// Another store on the same database, as in another process; `None` if stores share nothing.
    pub(super) async fn another(&self) -> Option<Arc<dyn InboxStore>> {
        if self.target.shares { Some((self.target.open)().await) } else { None }
    }

    pub(super) fn has_transactions(&self) -> bool {
        self.target.transactions
    }

    pub(super) async fn enqueue(
        &self,
        batch: &[NewDelivery],
    ) -> Result<Vec<EnqueueResult>, Failure> {
        let enqueued = ok("enqueue", self.store.enqueue(batch).await)?;
        same("the number of results of `enqueue`", &enqueued.len(), &batch.len())?;
        Ok(enqueued)
    }

    /// Stores deliveries that are new, and returns their numbers.
    pub(super) async fn store(&self, batch: &[NewDelivery]) -> Result<Vec<i64>, Failure> {
        let enqueued = self.enqueue(batch).await?;
        let is_new = enqueued.iter().all(|one| matches!(one, EnqueueResult::Stored(_)));
        must(is_new, format!("these deliveries are new: {enqueued:?}"))?;
        Ok(enqueued.into_iter().map(EnqueueResult::id).collect())
    }

    pub(super) async fn claim(&self, wanted: &ClaimRequest) -> Result<ClaimResult, Failure> {
        let claimed = ok("claim", self.store.claim(wanted).await)?;
        let most = usize::try_from(wanted.max).unwrap_or(usize::MAX);
        must(claimed.jobs.len() <= most, "`claim` took more than was wanted")?;
        Ok(claimed)
    }

    /// The bodies of what can be claimed.
    pub(super) async fn claimed(&self, wanted: &ClaimRequest) -> Result<Vec<String>, Failure> {
        Ok(bodies(&self.claim(wanted).await?.jobs))
    }

    /// Claims the only delivery that is due.
    pub(super) async fn claim_one(&self, wanted: &ClaimRequest) -> Result<Job, Failure> {
        let mut jobs = self.claim(wanted).await?.jobs;
        same("the number of due deliveries", &jobs.len(), &1)?;
        jobs.pop().ok_or_else(|| Failure::new("nothing is due"))
    }

    /// Settles a claim, and returns whether it was still good.
    pub(super) async fn finish(
        &self,
        claim_token: ClaimToken,
        result: AttemptResult,
    ) -> Result<bool, Failure> {
        let batch = [FinishedAttempt::new(claim_token, result)];
        let good = ok("finish", self.store.finish(&batch).await)?;
        must(good.len() == 1, "`finish` has one result for each claim")?;
        Ok(good[0])
    }

    /// Settles a claim that is good.
    pub(super) async fn settle(&self, job: &Job, result: AttemptResult) -> Result<(), Failure> {
        must(self.finish(job.claim_token(), result).await?, "the claim is good, and is settled")
    }

    pub(super) async fn record(&self, id: i64) -> Result<Record, Failure> {
        let stored = ok("get", self.store.get(id).await)?;
        Ok(stored.ok_or_else(|| Failure::new(format!("`get` does not find {id}")))?.record)
    }

    pub(super) async fn state(&self, id: i64) -> Result<DeliveryState, Failure> {
        Ok(self.record(id).await?.state)
    }

    pub(super) async fn list(&self, filter: Filter) -> Result<Vec<i64>, Failure> {
        let (mut window, mut found) = (Window::oldest_first(10_000), Vec::new());
        loop {
            let listed = ok("list", self.store.list(&filter, window).await)?;
            found.extend(listed.records.iter().map(|record| record.id));
            match listed.looked_to {
                Some(id) => window = window.beyond(id),
                None => return Ok(found),
            }
        }
    }
}
