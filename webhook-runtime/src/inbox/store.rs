//! What a database has to do for the inbox.

use std::{pin::Pin, time::Duration};

use crate::inbox::{
    error::InboxError,
    record::{
        ClaimToken, DeliveryState, EnqueueResult, Filter, Job, NewDelivery, Record, StoredDelivery,
    },
    tx::Transaction,
};

/// What a store answers, some time later.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, InboxError>> + Send + 'a>>;

/// Keeps deliveries. Whatever it says is done has been committed and survives a crash.
///
/// Every method is one transaction. Time is the store's own: a database that several machines share
/// has one clock, theirs may differ.
pub trait InboxStore: Send + Sync + 'static {
    /// Stores deliveries, all of them or none. One whose key is known, from before or from earlier
    /// in the same list, is not stored again.
    fn enqueue<'a>(&'a self, batch: &'a [NewDelivery]) -> StoreFuture<'a, Vec<EnqueueResult>>;

    /// Claims what is due. An attempt is counted here, so that one that ends the process counts.
    fn claim<'a>(&'a self, wanted: &'a ClaimRequest) -> StoreFuture<'a, ClaimResult>;

    /// Extends the leases of what is still running, and says which claims are still good.
    ///
    /// A claim whose delivery is locked by its own [`Transaction`] may be left out: nobody else can
    /// claim it.
    fn renew_leases<'a>(
        &'a self,
        running: &'a [ClaimToken],
        lease: Duration,
    ) -> StoreFuture<'a, Vec<i64>>;

    /// Settles claims, and says of each whether it was still good: for a stale one nothing changes.
    fn finish<'a>(&'a self, batch: &'a [FinishedAttempt]) -> StoreFuture<'a, Vec<bool>>;

    /// Begins the transaction in which a claim will be completed.
    ///
    /// # Errors
    /// [`InboxError::StaleClaim`] where the claim is no longer good.
    fn begin(&self, claim_token: ClaimToken) -> StoreFuture<'_, Transaction>;

    /// Records in the order of their numbers, those above `after`.
    fn list<'a>(
        &'a self,
        filter: &'a Filter,
        after: i64,
        most: u32,
    ) -> StoreFuture<'a, Vec<Record>>;

    /// One record with what was sent.
    fn get(&self, id: i64) -> StoreFuture<'_, Option<StoredDelivery>>;

    /// Changes records in the order of their numbers, those above `after`.
    fn change<'a>(
        &'a self,
        filter: &'a Filter,
        change: Change,
        after: i64,
        most: u32,
    ) -> StoreFuture<'a, ChangeResult>;

    /// Deletes what is old enough, at most `most` of each kind.
    fn prune<'a>(&'a self, retention: &'a Retention, most: u32) -> StoreFuture<'a, PruneResult>;

    /// Brings back what a clock that was wrong has put into the far future, and says how much.
    fn clamp_future_due_times(&self, bounds: DueTimeLimits) -> StoreFuture<'_, u64>;

    /// Counts what there is.
    fn queue_depth(&self) -> StoreFuture<'_, QueueDepth>;

    /// How the database finds what is due for these endpoints, in its own words: `EXPLAIN` of the
    /// statements of [`claim`](Self::claim) and of what follows a delivery in a line.
    fn explain<'a>(&'a self, _endpoints: &'a [String]) -> StoreFuture<'a, String> {
        Box::pin(std::future::ready(Err(InboxError::Unsupported("the store has no plans"))))
    }

    /// Waits until something new may be due because of another process; for ever where the store
    /// cannot tell.
    fn wait_for_notification(&self) -> StoreFuture<'_, ()> {
        Box::pin(std::future::pending())
    }

    /// Lets go of connections.
    fn close(&self) -> StoreFuture<'_, ()> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// What a worker can take.
#[derive(Clone, Debug)]
pub struct ClaimRequest {
    /// The names of the endpoints whose functions it has. Where not all that is due can be claimed,
    /// the first are served first: the caller takes turns.
    pub endpoints: Vec<String>,
    /// How many at max.
    pub max: u32,
    /// For how long.
    pub lease: Duration,
    /// How often a delivery is started before it is given up.
    pub max_attempts: u32,
    /// Whether retries come before what is new. The caller takes turns, so that neither starves.
    pub retries_first: bool,
    /// What the worker is at, which is not claimed anew whatever its lease says: it is alive, so it
    /// is the clock that is wrong.
    pub running: Vec<i64>,
    /// Whether one may be among them that has lost its worker repeatedly, and may be the reason.
    pub crash_suspect: bool,
}

/// What a claim yielded.
#[derive(Default)]
pub struct ClaimResult {
    /// To be run now.
    pub jobs: Vec<Job>,
    /// Whether one of the jobs, the last, has lost its worker repeatedly.
    pub crash_suspect: bool,
    /// How many were given up, having lost their workers too often.
    pub dead_lettered: u32,
}

/// The end of a claim.
#[derive(Clone, Debug)]
pub struct FinishedAttempt {
    /// Which claim.
    pub claim_token: ClaimToken,
    /// How it ended.
    pub result: End,
}

/// How a claim ends.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// Completed.
    Completed,
    /// To be run again after a while.
    Retry {
        /// Not before.
        after: Duration,
        /// Why.
        reason: String,
    },
    /// Given up.
    Dead {
        /// Why.
        reason: String,
    },
    /// Given back: the attempt does not count.
    Released,
}

/// What an operator does to records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Runs dead letters again.
    Retry,
    /// Runs what is finished again, whatever way it ended.
    Replay,
    /// Puts aside what is not completed.
    Cancel,
}

impl Change {
    /// The states that it applies to.
    #[must_use]
    pub const fn applies_to(self) -> &'static [DeliveryState] {
        match self {
            Self::Retry => &[DeliveryState::Dead],
            Self::Replay => {
                &[DeliveryState::Completed, DeliveryState::Dead, DeliveryState::Cancelled]
            }
            Self::Cancel => &[
                DeliveryState::Pending,
                DeliveryState::Running,
                DeliveryState::Blocked,
                DeliveryState::Dead,
            ],
        }
    }
}

/// How much was changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChangeResult {
    /// How many.
    pub count: u64,
    /// The highest number that was looked at; `None` at the end.
    pub last: Option<i64>,
}

/// How long what is finished is kept.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// What was completed or discarded.
    pub completed: Duration,
    /// Dead letters.
    pub dead_letters: Duration,
}

/// How much was pruned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PruneResult {
    /// Records, with what was sent.
    pub records: u64,
    /// Keys that copies were recognised by.
    pub dedup_keys: u64,
}

/// Beyond these, a time in the store was written by a clock that was wrong.
#[derive(Clone, Copy, Debug)]
pub struct DueTimeLimits {
    /// The longest that anything waits.
    pub max_delay: Duration,
    /// The longest max_lease.
    pub max_lease: Duration,
}

/// What there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueDepth {
    /// To be run, now or later.
    pub pending: u64,
    /// Claimed.
    pub running: u64,
    /// Behind others of their order keys.
    pub blocked: u64,
    /// Dead letters.
    pub dead: u64,
    /// For how long the oldest that could run has been waiting for it.
    pub lag: Duration,
}

/// Why a delivery was given up that nobody answered for; `#` stands for the attempt.
pub const LOST_ATTEMPT: &str =
    "attempt # ended without an answer: the process ended or lost its lease";
