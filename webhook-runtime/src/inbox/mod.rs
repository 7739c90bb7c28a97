//! The durable inbox: deliveries are acknowledged when they are safely stored, and run afterwards.
//!
//! What is promised: a delivery that was acknowledged survives a crash of the process and of the
//! machine, and its function is run until it succeeds or the delivery becomes a dead letter, which
//! operators see and can run again. What the function writes through [`Tx`] happens exactly once;
//! what it does elsewhere happens at least once, since no database can take back a letter that was
//! sent. A copy of a delivery is recognised for as long as its key is kept.

mod counters;
mod error;
#[cfg_attr(
    not(any(feature = "inbox-sqlite", feature = "inbox-postgres")),
    allow(dead_code, reason = "an inbox in memory has no columns")
)]
pub(crate) mod http;
mod listing;
#[cfg(feature = "testing")]
mod memory;
mod options;
#[cfg_attr(
    not(any(feature = "inbox-sqlite", feature = "inbox-postgres")),
    allow(dead_code, reason = "an inbox in memory has no columns")
)]
mod record;
#[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
mod sql;
pub mod store;
#[cfg_attr(
    not(any(feature = "inbox-sqlite", feature = "inbox-postgres")),
    allow(dead_code, reason = "an inbox in memory has no transactions")
)]
mod tx;
pub(crate) mod worker;
mod writer;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;

#[cfg(feature = "inbox-postgres")]
pub use self::sql::postgres::{PostgresTransaction, postgres_migrations, postgres_versions};
#[cfg(feature = "inbox-sqlite")]
pub use self::sql::sqlite::{SQLITE_MIGRATIONS, SQLITE_VERSIONS, SqliteTransaction};
use self::{
    counters::InboxMetrics,
    options::Settings,
    store::{Change, DueTimeLimits, InboxStore},
    writer::Writer,
};
pub use self::{
    counters::InboxStats,
    error::InboxError,
    http::{
        head::{BatchItemRef, StoredRequest},
        run::MissingTx,
    },
    listing::Listing,
    options::InboxBuilder,
    record::{
        AttemptResult, ClaimToken, DeliveryState, EnqueueResult, Filter, Job, NewDelivery, Record,
        StoredDelivery,
    },
    store::{PruneResult, QueueDepth},
    tx::{Transaction, Tx, TxSource},
    worker::{
        JobHandlers, ShutdownResult, Workers,
        attempt::{JobFuture, JobHandler},
        retry::Backoff,
    },
};

/// A durable store of deliveries. Cheap to clone: all clones are one inbox.
#[derive(Clone)]
pub struct Inbox {
    shared: Arc<Shared>,
}

/// What all clones, and the workers, have in common.
pub(crate) struct Shared {
    /// What [`Webhooks`](crate::Webhooks) has begun, to be ended by [`Inbox::shutdown`].
    workers: Mutex<Vec<Workers>>,
    pub(crate) store: Arc<dyn InboxStore>,
    pub(crate) settings: Settings,
    pub(crate) writer: Writer,
    pub(crate) counters: Arc<InboxMetrics>,
    /// Something new is due.
    pub(crate) wake: Arc<Notify>,
}

/// How many records are changed or deleted by one transaction: others want to write, too.
const CHUNK: u32 = 500;

impl Inbox {
    /// Opens the inbox at a URL, and makes what is missing: `sqlite://file.db`, or
    /// `postgres://user@host/database`. To be called on a tokio runtime.
    ///
    /// # Errors
    /// With what is wrong with the URL or the database.
    #[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
    pub async fn open(url: &str) -> Result<Self, InboxError> {
        Self::builder(url).open().await
    }

    /// The inbox at a URL, to be configured before it is opened.
    pub fn builder(url: &str) -> InboxBuilder {
        InboxBuilder::new(url)
    }

    pub(crate) fn start(store: Arc<dyn InboxStore>, settings: Settings) -> Self {
        let (counters, wake) = (Arc::new(InboxMetrics::default()), Arc::new(Notify::new()));
        let writer = Writer::start(
            &store,
            settings.queue,
            settings.batch,
            Arc::clone(&counters),
            Arc::clone(&wake),
        );
        let workers = Mutex::default();
        Self { shared: Arc::new(Shared { workers, store, settings, writer, counters, wake }) }
    }

    /// Stores a delivery. Once this says anything but an error, the delivery is safe, and can be
    /// acknowledged.
    ///
    /// # Errors
    /// Within five seconds, where it is not known to be safe: it may be stored all the same.
    pub async fn enqueue(&self, delivery: NewDelivery) -> Result<EnqueueResult, InboxError> {
        self.shared.writer.enqueue(delivery).await
    }

    /// Begins to run what is stored for the endpoints that `processes` are for; what is stored for
    /// others stays.
    #[must_use = "the workers end when this is dropped"]
    pub fn start_workers(&self, processes: JobHandlers) -> Workers {
        Workers::start(Arc::clone(&self.shared), processes)
    }

    /// Begins to run what is stored, until [`shutdown`](Self::shutdown).
    pub(crate) fn keep_working(&self, processes: JobHandlers) {
        let workers = self.start_workers(processes);
        self.shared.workers.lock().unwrap_or_else(PoisonError::into_inner).push(workers);
    }

    /// Ends the work that [`Webhooks`](crate::Webhooks) has begun with this inbox: nothing more is
    /// started, what runs is finished for as long as `deadline` says, and the rest is given back, to
    /// be run by another process or after the next start.
    ///
    /// [`Webhooks::serve`](crate::Webhooks::serve) does so by itself. A program with a server of its
    /// own does it after its server has ended.
    pub async fn shutdown(&self, deadline: Duration) -> ShutdownResult {
        let workers = {
            let mut workers = self.shared.workers.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *workers)
        };
        let until = tokio::time::Instant::now().checked_add(deadline);
        let mut stopped = ShutdownResult::default();
        for workers in workers {
            let left = until.map_or(deadline, |until| until - tokio::time::Instant::now());
            let these = workers.shutdown(left).await;
            stopped.finished += these.finished;
            stopped.released += these.released;
        }
        stopped
    }

    /// Ends the work, and lets go of the database.
    pub(crate) async fn end(self, deadline: Duration) {
        let ShutdownResult { finished, released } = self.shutdown(deadline).await;
        tracing::info!(finished, released, "the inbox has stopped");
        if let Err(error) = self.close().await {
            tracing::warn!(%error, "the inbox could not be closed");
        }
    }

    /// Runs what is due until nothing is, and says how many attempts that took: for tests, in the
    /// place of [`start_workers`](Self::start_workers).
    ///
    /// # Errors
    /// When the store fails.
    pub async fn drain(&self, processes: &JobHandlers) -> Result<u64, InboxError> {
        worker::drain(&self.shared, processes).await
    }

    /// Has the workers look for what is due now, as they do by themselves at every
    /// [`poll_interval`](InboxBuilder::poll_interval).
    pub fn wake(&self) {
        self.shared.wake.notify_one();
    }

    /// The records that a filter means, in the order in which they came.
    #[must_use]
    pub fn list(&self, filter: Filter) -> Listing {
        Listing::new(Arc::clone(&self.shared.store), filter)
    }

    /// One record with what was sent; `None` where there is none, or it has been pruned.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn get(&self, id: i64) -> Result<Option<StoredDelivery>, InboxError> {
        self.shared.store.get(id).await
    }

    /// Runs dead letters again, from their first attempt, and says how many.
    ///
    /// # Errors
    /// When the store fails; some may have been changed.
    pub async fn retry(&self, filter: &Filter) -> Result<u64, InboxError> {
        self.change(filter, Change::Retry).await
    }

    /// Runs what is finished again, completed or not, and says how many. What it does happens once
    /// more: that is what it is for.
    ///
    /// # Errors
    /// When the store fails; some may have been changed.
    pub async fn replay(&self, filter: &Filter) -> Result<u64, InboxError> {
        self.change(filter, Change::Replay).await
    }

    /// Puts aside what is not completed, and says how many. What is running goes on, but cannot
    /// complete: what it writes through [`Tx`] is taken back.
    ///
    /// # Errors
    /// When the store fails; some may have been changed.
    pub async fn cancel(&self, filter: &Filter) -> Result<u64, InboxError> {
        self.change(filter, Change::Cancel).await
    }

    async fn change(&self, filter: &Filter, change: Change) -> Result<u64, InboxError> {
        let (mut after, mut count) = (i64::MIN, 0);
        loop {
            let changed = self.shared.store.change(filter, change, after, CHUNK).await?;
            count += changed.count;
            match changed.last {
                Some(last) => after = last,
                None => break,
            }
        }
        self.wake();
        Ok(count)
    }

    /// Deletes what has been kept for long enough. The workers do so by themselves.
    ///
    /// # Errors
    /// When the store fails; some may have been deleted.
    pub async fn prune(&self) -> Result<PruneResult, InboxError> {
        worker::keeper::prune(&self.shared).await
    }

    /// What this process has done, and what there is.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn stats(&self) -> Result<InboxStats, InboxError> {
        Ok(self.shared.counters.with(self.shared.store.queue_depth().await?))
    }

    /// Stores nothing more, and lets go of the database once what was queued is committed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn close(&self) -> Result<(), InboxError> {
        self.shared.writer.close();
        self.shared.store.close().await
    }

    /// The store itself.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn InboxStore> {
        &self.shared.store
    }
}

impl Shared {
    fn bounds(&self) -> DueTimeLimits {
        DueTimeLimits { max_delay: self.settings.backoff.max, max_lease: self.settings.lease }
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").finish_non_exhaustive()
    }
}
