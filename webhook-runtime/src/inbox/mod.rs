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
pub use self::sql::postgres::{postgres_migrations, postgres_versions};
#[cfg(feature = "inbox-sqlite")]
pub use self::sql::sqlite::{SQLITE_MIGRATIONS, SQLITE_VERSIONS};
use self::{
    counters::Counters,
    options::Settings,
    store::{Bounds, Change, InboxStore},
    writer::Writer,
};
pub use self::{
    counters::Counts,
    error::InboxError,
    http::{
        head::{Head, Piece},
        run::NoTx,
    },
    listing::Listing,
    options::InboxBuilder,
    record::{
        AttemptResult, ClaimToken, Enqueued, Filter, Job, NewDelivery, Record, State, Stored,
    },
    store::{Census, Pruned},
    tx::{Tx, TxSource},
    worker::{
        Processes, Stopped, Workers,
        attempt::{Process, Processing},
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
    pub(crate) counters: Arc<Counters>,
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

    /// Opens an inbox on a store of your own, with the options of [`InboxBuilder`] as they are;
    /// [`InboxBuilder::open_store`] takes others. To be called on a tokio runtime.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// use webhook_runtime::inbox::{Inbox, InboxBuilder, InboxError, store::InboxStore};
    ///
    /// # fn open(store: Arc<dyn InboxStore>) -> Result<(), InboxError> {
    /// let inbox = Inbox::with_store(Arc::clone(&store));
    /// let quicker = InboxBuilder::default().concurrency(64).open_store(store)?;
    /// # let _ = (inbox, quicker);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_store(store: Arc<dyn InboxStore>) -> Self {
        Self::start(store, Settings::default())
    }

    pub(crate) fn start(store: Arc<dyn InboxStore>, settings: Settings) -> Self {
        let (counters, wake) = (Arc::new(Counters::default()), Arc::new(Notify::new()));
        let writer = Writer::start(&store, &settings, Arc::clone(&counters), Arc::clone(&wake));
        let workers = Mutex::default();
        Self { shared: Arc::new(Shared { workers, store, settings, writer, counters, wake }) }
    }

    /// Stores a delivery. Once this says anything but an error, the delivery is safe, and can be
    /// acknowledged.
    ///
    /// # Errors
    /// Within five seconds, where it is not known to be safe: it may be stored all the same.
    pub async fn enqueue(&self, delivery: NewDelivery) -> Result<Enqueued, InboxError> {
        self.shared.writer.enqueue(delivery).await
    }

    /// Begins to run what is stored for the endpoints that `processes` are for; what is stored for
    /// others stays.
    #[must_use = "the workers end when this is dropped"]
    pub fn work(&self, processes: Processes) -> Workers {
        Workers::start(Arc::clone(&self.shared), processes)
    }

    /// Begins to run what is stored, until [`shutdown`](Self::shutdown).
    pub(crate) fn keep_working(&self, processes: Processes) {
        let workers = self.work(processes);
        self.shared.workers.lock().unwrap_or_else(PoisonError::into_inner).push(workers);
    }

    /// Ends the work that [`Webhooks`](crate::Webhooks) has begun with this inbox: nothing more is
    /// started, what runs is finished for as long as `deadline` says, and the rest is given back, to
    /// be run by another process or after the next start.
    ///
    /// [`Webhooks::serve`](crate::Webhooks::serve) does so by itself. A program with a server of its
    /// own does it after its server has ended.
    pub async fn shutdown(&self, deadline: Duration) -> Stopped {
        let workers = {
            let mut workers = self.shared.workers.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *workers)
        };
        let until = tokio::time::Instant::now().checked_add(deadline);
        let mut stopped = Stopped::default();
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
        let Stopped { finished, released } = self.shutdown(deadline).await;
        tracing::info!(finished, released, "the inbox has stopped");
        if let Err(error) = self.close().await {
            tracing::warn!(%error, "the inbox could not be closed");
        }
    }

    /// Runs what is due until nothing is, and says how many attempts that took: for tests, in the
    /// place of [`work`](Self::work).
    ///
    /// # Errors
    /// When the store fails.
    pub async fn run_due(&self, processes: &Processes) -> Result<u64, InboxError> {
        worker::run_due(&self.shared, processes).await
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
    pub async fn show(&self, id: i64) -> Result<Option<Stored>, InboxError> {
        self.shared.store.show(id).await
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
    pub async fn discard(&self, filter: &Filter) -> Result<u64, InboxError> {
        self.change(filter, Change::Discard).await
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
    pub async fn prune(&self) -> Result<Pruned, InboxError> {
        worker::maintenance::prune(&self.shared).await
    }

    /// What this process has done, and what there is.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn counts(&self) -> Result<Counts, InboxError> {
        Ok(self.shared.counters.with(self.shared.store.census().await?))
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
    fn bounds(&self) -> Bounds {
        Bounds { delay: self.settings.backoff.most, lease: self.settings.lease }
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").finish_non_exhaustive()
    }
}
