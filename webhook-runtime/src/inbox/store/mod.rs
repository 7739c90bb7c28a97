//! The trait that a database implements for the inbox, and the types that it deals with.
//!
//! A store of your own implements [`InboxStore`], and [`StoreTransaction`] where handlers are to
//! write through it. [`Inbox::with_store`](crate::Inbox::with_store) opens an inbox on it.
//!
//! What holds for every store is written once, to be called by each: [`Wanted::select`] or
//! [`Selection`] choose what a claim takes, and [`Record`] and [`Filter`] know how a record changes
//! and what a filter means.

mod claim;
mod operate;

use std::{any::Any, pin::Pin, time::Duration};

pub use self::{
    claim::{Claimed, LOST, Selection, UNREADABLE, Wanted},
    operate::{Bounds, Census, Change, Changed, Pruned, Retention},
};
use crate::inbox::{
    error::InboxError,
    record::{AttemptResult, ClaimToken, Enqueued, Filter, NewDelivery, Record, Stored},
};

/// What a store answers, some time later.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, InboxError>> + Send + 'a>>;

/// Keeps deliveries. Whatever it says is done has been committed and survives a crash.
///
/// Every method is one transaction. Time is the store's own: a database that several machines share
/// has one clock, theirs may differ.
pub trait InboxStore: Send + Sync + 'static {
    /// Stores deliveries, all of them or none. One whose key is known, from before or from earlier
    /// in the same list, is not stored again.
    fn enqueue<'a>(&'a self, batch: &'a [NewDelivery]) -> Answer<'a, Vec<Enqueued>>;

    /// Claims what is due. An attempt is counted here, so that one that ends the process counts.
    fn claim<'a>(&'a self, wanted: &'a Wanted) -> Answer<'a, Claimed>;

    /// Extends the leases of what is still running, and says which claims are still good.
    ///
    /// A claim whose delivery is locked by its own [`StoreTransaction`] may be left out: nobody else can
    /// claim it.
    fn extend<'a>(&'a self, running: &'a [ClaimToken], lease: Duration) -> Answer<'a, Vec<i64>>;

    /// Settles claims, and says of each whether it was still good: for a stale one nothing changes.
    fn finish<'a>(&'a self, batch: &'a [Finish]) -> Answer<'a, Vec<bool>>;

    /// Begins the transaction in which a claim will be completed.
    ///
    /// # Errors
    /// [`InboxError::Stale`] where the claim is no longer good.
    fn begin(&self, claim: ClaimToken) -> Answer<'_, Box<dyn StoreTransaction>>;

    /// Records in the order of their numbers, those above `after`.
    fn list<'a>(&'a self, filter: &'a Filter, after: i64, most: u32) -> Answer<'a, Vec<Record>>;

    /// One record with what was sent.
    fn show(&self, id: i64) -> Answer<'_, Option<Stored>>;

    /// Changes records in the order of their numbers, those above `after`.
    fn change<'a>(
        &'a self,
        filter: &'a Filter,
        change: Change,
        after: i64,
        most: u32,
    ) -> Answer<'a, Changed>;

    /// Deletes what is old enough, at most `most` of each kind.
    fn prune<'a>(&'a self, retention: &'a Retention, most: u32) -> Answer<'a, Pruned>;

    /// Brings back what a clock that was wrong has put into the far future, and says how much.
    fn heal(&self, bounds: Bounds) -> Answer<'_, u64>;

    /// Counts what there is.
    fn census(&self) -> Answer<'_, Census>;

    /// How the database finds what is due for these endpoints, in its own words: `EXPLAIN` of the
    /// statements of [`claim`](Self::claim) and of what follows a delivery in a line.
    fn plan<'a>(&'a self, _endpoints: &'a [String]) -> Answer<'a, String> {
        Box::pin(std::future::ready(Err(InboxError::Unsupported("the store has no plans"))))
    }

    /// Waits until something new may be due because of another process; for ever where the store
    /// cannot tell.
    fn news(&self) -> Answer<'_, ()> {
        Box::pin(std::future::pending())
    }

    /// Lets go of connections.
    fn close(&self) -> Answer<'_, ()> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// The end of a claim.
#[derive(Clone, Debug)]
pub struct Finish {
    /// The claim.
    pub claim: ClaimToken,
    /// How the attempt ended.
    pub result: AttemptResult,
}

/// A transaction of a store, in which a delivery is completed.
///
/// The completion is already written when [`InboxStore::begin`] returns. What a handler writes
/// afterwards commits together with it, or not at all. A transaction that is dropped is rolled
/// back.
pub trait StoreTransaction: Send {
    /// The connection that handlers write through: [`Tx::connection`](crate::Tx::connection) finds
    /// it by its type. [`Tx::sqlite`](crate::Tx::sqlite) and
    /// [`Tx::postgres`](crate::Tx::postgres) find a connection of `sqlx` here.
    fn connection(&mut self) -> &mut dyn Any;

    /// Commits what was written, and the completion with it.
    ///
    /// An error means that nothing was committed, or, where the connection broke, that it is not
    /// known.
    fn commit(self: Box<Self>) -> Answer<'static, ()>;

    /// Takes back what was written, and the completion with it.
    fn rollback(self: Box<Self>) -> Answer<'static, ()>;
}
