//! The trait that a database implements for the inbox, and the types that it deals with.
//!
//! A store of your own implements [`InboxStore`], and [`StoreTransaction`] where handlers are to
//! write through it. [`Inbox::with_store`](crate::Inbox::with_store) opens an inbox on it.
//!
//! The guide has a chapter on it, `own_store`. `examples/own-store` in the repository is a complete
//! store, and `testing::store!` tests any.
//!
//! The rules that every store must keep are written once, and a store calls them:
//! [`ClaimRequest::select`] or [`Selection`] choose what a claim takes, [`Record`] knows how a
//! record changes, and [`Filter::matches`] which records are meant.

mod claim;
mod info;
mod insight;
mod operate;
mod pause;
mod turns;
mod window;
mod work;
mod worker;

use std::{
    any::Any,
    collections::BTreeMap,
    path::Path,
    pin::Pin,
    time::{Duration, SystemTime},
};

#[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres", feature = "testing"))]
pub(crate) use self::claim::Mark;
#[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
pub(crate) use self::operate::CLOCKS_DIFFER;
#[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres", feature = "testing"))]
pub(crate) use self::operate::{KEPT_ATTEMPTS, SUMS_KEPT};
#[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
pub(crate) use self::turns::{Candidate, Kind};
pub use self::{
    claim::{ClaimRequest, ClaimResult, LOST_ATTEMPT, Selection, UNREADABLE},
    info::StoreInfo,
    insight::{CauseGroup, Count, EndpointCounts, MinuteSum, RecentDeadLetters},
    operate::{
        Change, ChangeResult, DueTimeLimits, EndpointBacklog, EndpointRetention, PruneResult,
        QueueDepth, Retention,
    },
    pause::Pause,
    turns::TenantTurns,
    window::{ListResult, Window},
    work::{AttemptNote, Work, WorkResult},
    worker::{Heartbeat, WorkerRecord},
};
#[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
use crate::inbox::copy::CopyingStore;
use crate::inbox::{
    CHUNK,
    error::InboxError,
    record::{
        Attempt, AttemptDetails, AttemptResult, ClaimToken, DeliveryState, Duplicates,
        EnqueueResult, Filter, NewDelivery, Record, StoredDelivery,
    },
};

/// The answer of a store.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, InboxError>> + Send + 'a>>;

/// Keeps deliveries. When a method succeeds, its effect is committed and survives a crash.
///
/// Every method is one transaction. A store uses its own clock: a database that several machines
/// share has one clock, while the clocks of the machines may differ.
pub trait InboxStore: Send + Sync + 'static {
    /// Stores deliveries, all of them or none. A delivery is not stored again if its [deduplication
    /// digest](NewDelivery::dedup_digest) is known, from before or from earlier in the same list. If
    /// the known one is a dead letter that [can be revived](crate::inbox::Record::can_be_revived), it is
    /// [revived](crate::inbox::Record::revive) instead, and takes the head and the body of the copy: what is not
    /// signed may have been a stranger's.
    fn enqueue<'a>(&'a self, batch: &'a [NewDelivery]) -> StoreFuture<'a, Vec<EnqueueResult>>;

    /// Prepares a delivery to be stored. The inbox calls this on the task of the sender, before the
    /// delivery is queued: it is the place for work that needs no turn, such as compression.
    fn prepare(&self, delivery: &mut NewDelivery) {
        let _ = delivery;
    }

    /// Claims what is due. It counts the attempt, so that an attempt that ends the process counts.
    /// Where [tenants take turns](ClaimRequest::tenants), it claims for the tenants with the fewest.
    fn claim<'a>(&'a self, wanted: &'a ClaimRequest) -> StoreFuture<'a, ClaimResult>;

    /// Extends the leases of running deliveries, and returns the numbers of those whose claim is
    /// still good.
    ///
    /// A delivery that is locked by its own [`StoreTransaction`] may be left out: nobody else can
    /// claim it.
    fn renew_leases<'a>(
        &'a self,
        running: &'a [ClaimToken],
        lease: Duration,
    ) -> StoreFuture<'a, Vec<i64>>;

    /// Settles claims, and returns for each whether it was still good. A stale claim changes
    /// nothing.
    fn finish<'a>(&'a self, batch: &'a [FinishedAttempt]) -> StoreFuture<'a, Vec<bool>>;

    /// Does everything that is queued, in one transaction if the store can. The inbox calls this from
    /// a thread of its own, and [`enqueue`](Self::enqueue), [`claim`](Self::claim),
    /// [`renew_leases`](Self::renew_leases) and [`finish`](Self::finish) only through it, except that
    /// [`Inbox::drain`](crate::Inbox::drain) calls `claim` itself. Without an implementation they are
    /// called one after another.
    ///
    /// What is claimed here is *prefetched*: it may wait before it runs. A store counts its attempt
    /// in [`Work::start`], or when the claim is settled, and marks its jobs by
    /// [`Job::prefetched`](crate::inbox::Job::prefetched).
    fn commit<'a>(&'a self, work: &'a Work) -> StoreFuture<'a, WorkResult> {
        Box::pin(work::one_by_one(self, work))
    }

    /// The number of [commits](Self::commit) that gain from running at the same time.
    fn max_commits(&self) -> usize {
        1
    }

    /// Begins the transaction in which a claim will be completed.
    ///
    /// # Errors
    /// [`InboxError::StaleClaim`] if the claim is no longer good.
    fn begin(&self, claim_token: ClaimToken) -> StoreFuture<'_, Box<dyn StoreTransaction>>;

    /// The longest time that a function may hold a transaction, unless the inbox is configured
    /// otherwise; `None` is as long as the attempt. While a transaction keeps others from writing,
    /// no delivery is stored.
    fn transaction_limit(&self) -> Option<Duration> {
        None
    }

    /// Lists records, ordered by number. It may look at a limited number of records at a time, and
    /// return fewer than were asked for: then it says [up to where](ListResult::looked_to) it looked.
    fn list<'a>(&'a self, filter: &'a Filter, window: Window) -> StoreFuture<'a, ListResult>;

    /// Counts records, and stops once there are more than `limit`. Without an implementation, they
    /// are [listed](Self::list).
    fn count<'a>(&'a self, filter: &'a Filter, limit: u64) -> StoreFuture<'a, Count> {
        Box::pin(async move {
            let (mut counted, mut window) = (0, Window::oldest_first(CHUNK));
            loop {
                let listed = self.list(filter, window).await?;
                counted += listed.records.len() as u64;
                match listed.looked_to {
                    Some(id) if counted <= limit => window = window.beyond(id),
                    _ => return Ok(Count::up_to(limit, counted)),
                }
            }
        })
    }

    /// The attempts at a delivery, oldest first, as far as the store keeps them.
    fn attempts(&self, id: i64) -> StoreFuture<'_, Vec<Attempt>> {
        let _ = id;
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    /// The copies of a delivery that came, oldest first, as far as the store keeps them.
    fn duplicates(&self, id: i64) -> StoreFuture<'_, Vec<Duplicates>> {
        let _ = id;
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    /// The deliveries with the ordering key of this one that have not ended, at most `max`, in the order in
    /// which they run. Without an implementation, none are known.
    fn same_ordering_key(&self, id: i64, max: u32) -> StoreFuture<'_, Vec<Record>> {
        let _ = (id, max);
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    /// The deliveries with the ordering key of this one that come next before and after it, ended or
    /// not, at most `max` in each direction, by number. A store need not look far. Without an
    /// implementation, none are known.
    fn neighbours(&self, id: i64, max: u32) -> StoreFuture<'_, Vec<Record>> {
        let _ = (id, max);
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    /// The sums of the minutes since a time, by minute and endpoint, as far as the store keeps
    /// [them](Work::sums).
    fn sums(&self, since: SystemTime) -> StoreFuture<'_, Vec<MinuteSum>> {
        let _ = since;
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    /// Groups the newest `max` dead letters by endpoint and cause, the largest group first. Without
    /// an implementation, they are [listed](Self::list).
    fn causes(&self, max: u32) -> StoreFuture<'_, Vec<CauseGroup>> {
        Box::pin(async move {
            let dead = Filter::all().state(DeliveryState::Dead);
            let (mut groups, mut window) = (Vec::new(), Window::newest_first(max));
            loop {
                let listed = self.list(&dead, window).await?;
                window.max =
                    window.max.saturating_sub(listed.records.len().try_into().unwrap_or(max));
                CauseGroup::add(&mut groups, &listed.records);
                match listed.looked_to {
                    Some(id) if window.max > 0 => window = window.beyond(id),
                    _ => break,
                }
            }
            CauseGroup::sort(&mut groups);
            Ok(groups)
        })
    }

    /// Counts the dead letters that died after a time, by endpoint: of the newest `max`. Without an
    /// implementation, those with the highest numbers are [listed](Self::list).
    fn recent_dead_letters(
        &self,
        since: SystemTime,
        max: u32,
    ) -> StoreFuture<'_, Vec<RecentDeadLetters>> {
        Box::pin(async move {
            let dead = Filter::all().state(DeliveryState::Dead);
            let listed = self.list(&dead, Window::newest_first(max)).await?;
            Ok(RecentDeadLetters::of(&listed.records, since))
        })
    }

    /// Counts the deliveries of each endpoint that have not ended, and its dead letters, each up to
    /// `limit`; ordered by name. Without an implementation, they are [counted](Self::count) for the
    /// endpoints of the [backlog](Self::backlog) and of the newest dead letters, those that wait by
    /// whether they have an attempt.
    fn endpoint_counts(&self, limit: u64) -> StoreFuture<'_, Vec<EndpointCounts>> {
        Box::pin(async move {
            let backlog = self.backlog().await?;
            let mut oldest: BTreeMap<String, Option<SystemTime>> =
                backlog.into_iter().map(|of| (of.endpoint, Some(of.oldest))).collect();
            for cause in self.causes(CHUNK).await? {
                oldest.entry(cause.endpoint).or_default();
            }
            let mut all = Vec::new();
            for (endpoint, oldest) in oldest {
                let count =
                    async |filter: Filter| self.count(&filter.endpoint(&endpoint), limit).await;
                let pending = || Filter::all().state(DeliveryState::Pending);
                let mut counts = EndpointCounts::new(&endpoint);
                counts.pending = count(pending().attempted(false)).await?;
                counts.retrying = count(pending().attempted(true)).await?;
                counts.blocked = count(Filter::all().state(DeliveryState::Blocked)).await?;
                counts.running = count(Filter::all().state(DeliveryState::Running)).await?;
                counts.dead = count(Filter::all().state(DeliveryState::Dead)).await?;
                counts.oldest = oldest;
                let first = pending().endpoint(&endpoint).attempted(false);
                let first = self.list(&first, Window::oldest_first(1)).await?;
                let due = |record: &Record| record.due_at.unwrap_or(record.received_at);
                counts.first_due = first.records.first().map(due);
                all.push(counts);
            }
            Ok(all)
        })
    }

    /// Returns one record with what was sent.
    fn get(&self, id: i64) -> StoreFuture<'_, Option<StoredDelivery>>;

    /// Changes the records of a window. Like [`list`](Self::list), it may look at a limited number of
    /// records at a time. What has lost its body cannot run again.
    fn change<'a>(
        &'a self,
        filter: &'a Filter,
        change: Change,
        window: Window,
    ) -> StoreFuture<'a, ChangeResult>;

    /// Deletes what is old enough, at most `max` of each kind. Endpoints with a
    /// [retention of their own](Self::set_retention) go by it.
    fn prune<'a>(&'a self, retention: &'a Retention, max: u32) -> StoreFuture<'a, PruneResult>;

    /// Sets how long finished deliveries of these endpoints are kept, for all processes. The inbox
    /// calls this when workers start. A store writes only what differs, and leaves other endpoints as
    /// they are.
    ///
    /// # Errors
    /// [`InboxError::Unsupported`] without an implementation: all endpoints are kept alike.
    fn set_retention<'a>(&'a self, _: &'a [EndpointRetention]) -> StoreFuture<'a, ()> {
        Box::pin(std::future::ready(Err(InboxError::Unsupported(
            "the store keeps the deliveries of all endpoints alike",
        ))))
    }

    /// True if the store deletes bodies where [`FinishedAttempt::drop_body`] and
    /// [`AttemptNote::drop_body`] ask for it. If not, the inbox warns of endpoints that want it.
    fn drops_bodies(&self) -> bool {
        false
    }

    /// Says how many transactions functions may [begin](Self::begin) at a time. The inbox calls this
    /// when workers start; a store with fewer connections lets functions wait for one.
    fn expect_transactions(&self, max: usize) {
        let _ = max;
    }

    /// Gives space that deleted records took back to the file system, if it is so much that it is
    /// not used again soon. The inbox calls this after it has pruned. Nobody waits for it for long.
    fn release_space(&self) -> StoreFuture<'_, ()> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Gives all of that space back. Others may have to wait.
    fn compact(&self) -> StoreFuture<'_, ()> {
        Box::pin(std::future::ready(Err(InboxError::Unsupported("this store cannot be compacted"))))
    }

    /// Writes a consistent copy of everything into a new file. Others do not wait.
    fn backup_to<'a>(&'a self, file: &'a Path) -> StoreFuture<'a, ()> {
        let _ = file;
        Box::pin(std::future::ready(Err(InboxError::Unsupported(
            "this store cannot be copied into a file: back it up by the tools of its database",
        ))))
    }

    /// Resets due times that lie implausibly far ahead, and returns their number.
    fn clamp_future_due_times(&self, bounds: DueTimeLimits) -> StoreFuture<'_, u64>;

    /// Counts the records of each state.
    fn queue_depth(&self) -> StoreFuture<'_, QueueDepth>;

    /// The time for which the oldest due delivery has been waiting, of endpoints that are not paused.
    fn lag(&self) -> StoreFuture<'_, Duration> {
        Box::pin(async move { Ok(self.queue_depth().await?.lag) })
    }

    /// Counts the unfinished deliveries of each endpoint, ordered by name. Without an
    /// implementation, they are [listed](Self::list) and counted one by one.
    fn backlog(&self) -> StoreFuture<'_, Vec<EndpointBacklog>> {
        Box::pin(async move {
            let (mut backlog, mut window) = (Vec::new(), Window::oldest_first(CHUNK));
            loop {
                let listed = self.list(&EndpointBacklog::filter(), window).await?;
                EndpointBacklog::add(&mut backlog, &listed.records);
                match listed.looked_to {
                    Some(id) => window = window.beyond(id),
                    None => return Ok(backlog),
                }
            }
        })
    }

    /// The store as one of the built-in databases, which can be copied to each other.
    #[doc(hidden)]
    #[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
    fn copying(&self) -> Option<CopyingStore<'_>> {
        None
    }

    /// Pauses an endpoint for all processes, in somebody's name and for a reason. One that is paused
    /// already stays so since then, and gets the name and the reason. Other processes are
    /// [notified](Self::wait_for_notification).
    fn pause<'a>(&'a self, _endpoint: &'a str, _by: &'a str, _why: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(std::future::ready(Err(InboxError::Unsupported("the store keeps no pauses"))))
    }

    /// Ends the pause of an endpoint, and returns whether it was paused.
    fn resume<'a>(&'a self, _endpoint: &'a str) -> StoreFuture<'a, bool> {
        Box::pin(std::future::ready(Ok(false)))
    }

    /// Lists the endpoints that are paused, ordered by name. [`WorkResult::paused`] tells of those
    /// that have workers.
    fn paused(&self) -> StoreFuture<'_, Vec<Pause>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    /// Writes a sign of life of this process into its row, and returns the number of the row; `None`
    /// if the store keeps none. What has been gone for an hour is [pruned](Self::prune).
    fn heartbeat<'a>(&'a self, _beat: &'a Heartbeat) -> StoreFuture<'a, Option<i64>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    /// Lists the processes with workers that have written a [`heartbeat`](Self::heartbeat), by
    /// number. One without slots has had no workers, and is left out.
    fn workers(&self) -> StoreFuture<'_, Vec<WorkerRecord>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    /// Describes the database, with the [retentions](Self::set_retention) that it keeps. Without an
    /// implementation, the engine is named `custom`, and nothing else is known.
    fn info(&self) -> StoreFuture<'_, StoreInfo> {
        Box::pin(std::future::ready(Ok(StoreInfo::new("custom"))))
    }

    /// Explains how the database finds what is due for these endpoints, and what comes next of an
    /// ordering key: the `EXPLAIN` of the statements of [`claim`](Self::claim).
    fn explain<'a>(&'a self, _endpoints: &'a [String]) -> StoreFuture<'a, String> {
        Box::pin(std::future::ready(Err(InboxError::Unsupported("the store has no plans"))))
    }

    /// Explains how the database finds what operators see of all records: the `EXPLAIN` of the
    /// statements of [`attempts`](Self::attempts), [`duplicates`](Self::duplicates),
    /// [`same_ordering_key`](Self::same_ordering_key), [`neighbours`](Self::neighbours),
    /// [`sums`](Self::sums), [`causes`](Self::causes), [`recent_dead_letters`](Self::recent_dead_letters) and
    /// [`endpoint_counts`](Self::endpoint_counts).
    fn explain_overview(&self) -> StoreFuture<'_, String> {
        Box::pin(std::future::ready(Err(InboxError::Unsupported("the store has no plans"))))
    }

    /// Explains how the database finds a part of a list: the `EXPLAIN` of the statements of
    /// [`list`](Self::list).
    fn explain_list<'a>(&'a self, _: &'a Filter, _: Window) -> StoreFuture<'a, String> {
        Box::pin(std::future::ready(Err(InboxError::Unsupported("the store has no plans"))))
    }

    /// Waits until another process may have stored something new. A store that cannot tell waits
    /// for ever.
    fn wait_for_notification(&self) -> StoreFuture<'_, ()> {
        Box::pin(std::future::pending())
    }

    /// Claims whose deliveries another process wants to cancel, and cannot, because their own
    /// transactions lock them. Each is returned once, after a
    /// [notification](Self::wait_for_notification), and its function is told to end.
    fn cancel_requests(&self) -> Vec<ClaimToken> {
        Vec::new()
    }

    /// What [`wait_for_notification`](Self::wait_for_notification) tells of, now: it decides how
    /// often the store is polled. More than nothing needs [`WorkResult::next_due`] and
    /// [`WorkResult::next_lapse`].
    fn notifies(&self) -> Notifies {
        Notifies::Nothing
    }

    /// Does what has to be done beside everything else, as long as the inbox is open. The thread of
    /// the inbox calls this once.
    fn run_background(&self) -> StoreFuture<'_, ()> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Closes all connections.
    fn close(&self) -> StoreFuture<'_, ()> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// What a store tells of that other processes do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notifies {
    /// Not reliably of anything: the store is polled.
    Nothing,
    /// Of what becomes due, but not of claims, whose processes may end: the store is polled once in
    /// the time of a lease, at most every 30 seconds.
    Due,
    /// Of every change: the store is hardly polled.
    Everything,
}

/// The end of a claim.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FinishedAttempt {
    /// The claim.
    pub claim_token: ClaimToken,
    /// The end of the attempt.
    pub result: AttemptResult,
    /// The measurements of it, for operators.
    pub details: AttemptDetails,
    /// True if the body is to be deleted when the delivery is completed.
    pub drop_body: bool,
}

impl FinishedAttempt {
    /// The end of a claim of which nothing was measured.
    #[must_use]
    pub fn new(claim_token: ClaimToken, result: AttemptResult) -> Self {
        Self { claim_token, result, details: AttemptDetails::default(), drop_body: false }
    }
}

/// A transaction of a store, in which a delivery is completed.
///
/// The completion is already written when [`InboxStore::begin`] returns. What a handler writes
/// afterwards commits together with it, or not at all. A dropped transaction is rolled back.
pub trait StoreTransaction: Send {
    /// The connection that handlers write through: [`Tx::connection`](crate::Tx::connection) finds
    /// it by its type. [`Tx::sqlite`](crate::Tx::sqlite) and
    /// [`Tx::postgres`](crate::Tx::postgres) find a connection of `sqlx` here.
    fn connection(&mut self) -> &mut dyn Any;

    /// True if the transaction keeps everybody else from writing. Then a function that holds it
    /// gets an error where it would wait for itself.
    fn is_exclusive(&self) -> bool {
        false
    }

    /// Takes a note on the attempt, to be written with the commit. Without an implementation,
    /// nothing is told.
    fn note(&mut self, note: AttemptNote) {
        let _ = note;
    }

    /// Commits what was written, and the completion with it.
    ///
    /// After an error nothing is committed; if the connection broke, that is not certain.
    fn commit(self: Box<Self>) -> StoreFuture<'static, ()>;

    /// Rolls back what was written, and the completion with it.
    fn rollback(self: Box<Self>) -> StoreFuture<'static, ()>;
}
