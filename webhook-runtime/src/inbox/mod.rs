//! The durable inbox: deliveries are acknowledged when they are safely stored, and run afterwards.
//!
//! An acknowledged delivery survives a crash of the process and of the machine. Its function runs
//! until it succeeds or the delivery becomes a dead letter, which operators see and can run again.
//! What the function writes through [`Tx`] happens exactly once. What it does elsewhere happens at
//! least once, because no database can undo an email. Duplicates are detected as long as the
//! deduplication key is kept.

mod cancel;
#[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
mod copy;
mod counters;
mod endpoints;
#[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
mod engine;
mod error;
mod health;
mod hooks;
pub(crate) mod http;
mod listing;
#[cfg(feature = "testing")]
mod memory;
mod metrics;
#[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
mod migrations;
mod options;
mod pages;
mod pause;
mod record;
#[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
mod sql;
pub mod store;
mod traces;
mod tx;
pub(crate) mod worker;
mod workers;
mod writer;

use std::{
    fmt,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use tokio::sync::watch;

use crate::endpoint::Endpoint;

#[cfg(feature = "inbox-postgres")]
pub use self::sql::postgres::{postgres_grants, postgres_migrations};
#[cfg(feature = "inbox-sqlite")]
pub use self::sql::sqlite::sqlite_migrations;
pub use self::{
    cancel::Cancellation,
    counters::InboxStats,
    endpoints::{EndpointInfo, EndpointOption, OptionOrigin},
    error::InboxError,
    health::Health,
    http::{
        head::{BatchItemRef, StoredRequest},
        idempotency_key::{IdempotencyKey, MissingIdempotencyKey},
        run::MissingTx,
        snooze::Snooze,
    },
    listing::Listing,
    options::InboxBuilder,
    pages::Page,
    record::{
        Attempt, AttemptDetails, AttemptEnd, AttemptResult, ClaimToken, DeliveryState, Duplicates,
        EnqueueResult, Filter, Job, NewDelivery, Record, Seen, StoredDelivery,
    },
    store::{
        CauseGroup, Count, EndpointBacklog, EndpointCounts, EndpointRetention, MinuteSum, Pause,
        PruneResult, QueueDepth, RecentDeadLetters, StoreInfo, Window, WorkerRecord,
    },
    tx::{Tx, TxSource},
    worker::{
        JobHandlers, ShutdownResult, Workers,
        attempt::{JobFuture, JobHandler},
    },
};
#[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
pub use self::{
    copy::CopyResult,
    migrations::{MigrationResult, Migrations},
};
use self::{
    counters::InboxMetrics,
    health::StoreHealth,
    options::Settings,
    store::{Change, InboxStore},
    traces::FirstRuns,
    tx::must_not_wait_for_itself,
    worker::handled::AllHandled,
    writer::Writer,
};
pub use crate::endpoint::{Backoff, EndpointOptions, Rate};

/// A durable store of deliveries. Cheap to clone: all clones are one inbox.
#[derive(Clone)]
pub struct Inbox {
    shared: Arc<Shared>,
}

/// The state that all clones and the workers share.
pub(crate) struct Shared {
    /// The workers that [`Webhooks`](crate::Webhooks) has started; [`Inbox::shutdown`] ends them.
    workers: Mutex<Vec<Workers>>,
    pub(crate) store: Arc<dyn InboxStore>,
    pub(crate) settings: Settings,
    pub(crate) writer: Writer,
    pub(crate) counters: Arc<InboxMetrics>,
    /// The endpoints that have workers.
    pub(crate) handled: AllHandled,
    pub(crate) first_runs: FirstRuns,
    /// The store's last answer about its health.
    health: tokio::sync::Mutex<Option<StoreHealth>>,
    /// True once the inbox is being shut down.
    draining: watch::Sender<bool>,
}

/// The number of records that one transaction changes or deletes: others want to write, too.
const CHUNK: u32 = 500;

/// The number of records at which overviews stop.
const NEWEST: u32 = 10_000;

impl Inbox {
    /// Opens the inbox at a URL, `sqlite://file.db` or `postgres://user@host/database`, and creates
    /// its tables if they are missing. Call it on a tokio runtime.
    ///
    /// # Errors
    /// If the URL is wrong or the database cannot be used.
    #[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
    pub async fn open(url: &str) -> Result<Self, InboxError> {
        Self::builder(url).open().await
    }

    /// Configures the inbox at a URL before it is opened.
    pub fn builder(url: &str) -> InboxBuilder {
        InboxBuilder::new(url)
    }

    /// Opens an inbox on a store of your own, with the options of [`InboxBuilder`] as they are;
    /// [`InboxBuilder::open_with_store`] takes others. Call it on a tokio runtime.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// use webhook_runtime::inbox::{Inbox, InboxBuilder, InboxError, store::InboxStore};
    ///
    /// # fn open(store: Arc<dyn InboxStore>) -> Result<(), InboxError> {
    /// let inbox = Inbox::with_store(Arc::clone(&store));
    /// let quicker = InboxBuilder::default().concurrency(64).open_with_store(store)?;
    /// # let _ = (inbox, quicker);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_store(store: Arc<dyn InboxStore>) -> Self {
        Self::start(store, Settings::default())
    }

    pub(crate) fn start(store: Arc<dyn InboxStore>, mut settings: Settings) -> Self {
        settings.hooks.run_here();
        let counters = Arc::new(InboxMetrics::default());
        let writer = Writer::start(&store, &settings, Arc::clone(&counters));
        let (workers, handled) = (Mutex::default(), AllHandled::default());
        let (health, draining) = (tokio::sync::Mutex::default(), watch::Sender::new(false));
        let first_runs = FirstRuns::default();
        let shared = Shared {
            workers,
            store,
            settings,
            writer,
            counters,
            handled,
            first_runs,
            health,
            draining,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Stores a delivery. When this succeeds, the delivery is safe and can be acknowledged.
    ///
    /// # Errors
    /// After at most five seconds, if the delivery is not known to be safe. It may be stored all
    /// the same.
    pub async fn enqueue(&self, delivery: NewDelivery) -> Result<EnqueueResult, InboxError> {
        must_not_wait_for_itself()?;
        self.shared.writer.enqueue(delivery).await
    }

    /// Starts workers for the deliveries of the endpoints that `processes` has handlers for. The
    /// deliveries of other endpoints stay.
    #[must_use = "the workers end when this is dropped"]
    pub fn start_workers(&self, processes: JobHandlers) -> Workers {
        Workers::start(Arc::clone(&self.shared), processes)
    }

    /// Starts workers that run until [`shutdown`](Self::shutdown).
    pub(crate) fn keep_working(&self, processes: JobHandlers) {
        let workers = self.start_workers(processes);
        self.shared.workers.lock().unwrap_or_else(PoisonError::into_inner).push(workers);
    }

    /// Stops the workers that [`Webhooks`](crate::Webhooks) has started with this inbox. They start
    /// nothing more and finish what they are running, for `deadline` at most. They give the rest
    /// back, to be run by another process or after the next start.
    ///
    /// [`Webhooks::serve`](crate::Webhooks::serve) calls this. A program with its own server calls
    /// it after its server has stopped.
    pub async fn shutdown(&self, deadline: Duration) -> ShutdownResult {
        self.set_draining();
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

    /// The number of deliveries that run in the workers of this program.
    #[cfg(feature = "serve")]
    pub(crate) fn running(&self) -> usize {
        let workers = self.shared.workers.lock().unwrap_or_else(PoisonError::into_inner);
        workers.iter().map(Workers::running).sum()
    }

    /// Stops the workers and closes the database.
    #[cfg(feature = "serve")]
    pub(crate) async fn end(self, deadline: Duration) {
        let ShutdownResult { finished, released } = self.shutdown(deadline).await;
        tracing::info!(finished, released, "the inbox has stopped");
        if let Err(error) = self.close().await {
            tracing::warn!(%error, "the inbox could not be closed");
        }
    }

    /// Runs what is due until nothing is, and returns the number of attempts. For tests, instead of
    /// [`start_workers`](Self::start_workers).
    ///
    /// # Errors
    /// If the store fails.
    pub async fn drain(&self, processes: &JobHandlers) -> Result<u64, InboxError> {
        must_not_wait_for_itself()?;
        worker::drain(&self.shared, processes).await
    }

    /// Makes the workers look for due deliveries now. They also look by themselves: see
    /// [`poll_interval`](InboxBuilder::poll_interval).
    pub fn wake(&self) {
        self.shared.writer.look();
    }

    /// Lists the records that a filter matches, oldest first.
    #[must_use]
    pub fn list(&self, filter: Filter) -> Listing {
        Listing::new(Arc::clone(&self.shared.store), filter)
    }

    /// Returns one record with what was sent; `None` if it does not exist or has been pruned.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn get(&self, id: i64) -> Result<Option<StoredDelivery>, InboxError> {
        self.shared.store.get(id).await
    }

    /// Runs dead letters again, from their first attempt, and returns their number.
    ///
    /// # Errors
    /// If the store fails. Some records may have changed.
    pub async fn retry(&self, filter: &Filter) -> Result<u64, InboxError> {
        self.change(filter, Change::Retry).await
    }

    /// Runs finished deliveries again, completed or not, and returns their number. Their effects
    /// happen once more: that is the purpose.
    ///
    /// # Errors
    /// If the store fails. Some records may have changed.
    pub async fn replay(&self, filter: &Filter) -> Result<u64, InboxError> {
        self.change(filter, Change::Replay).await
    }

    /// Puts dead letters aside, and returns their number: they are cancelled, and deleted as
    /// completed deliveries are. Until then they can be [replayed](Self::replay).
    ///
    /// # Errors
    /// If the store fails. Some records may have changed.
    pub async fn discard(&self, filter: &Filter) -> Result<u64, InboxError> {
        self.change(filter, Change::Discard).await
    }

    async fn change(&self, filter: &Filter, change: Change) -> Result<u64, InboxError> {
        must_not_wait_for_itself()?;
        let (mut window, mut count) = (Window::oldest_first(CHUNK), 0);
        loop {
            self.shared.writer.pools().doubt();
            let changed = self.shared.store.change(filter, change, window).await?;
            count += changed.count;
            match changed.last {
                Some(last) => window = window.beyond(last),
                None => break,
            }
        }
        self.shared.writer.pools().doubt();
        self.wake();
        Ok(count)
    }

    /// Deletes what has been kept long enough. The workers do this every two minutes under load, and
    /// every 20 minutes at rest.
    ///
    /// # Errors
    /// If the store fails. Some records may be deleted.
    pub async fn prune(&self) -> Result<PruneResult, InboxError> {
        must_not_wait_for_itself()?;
        let store = &*self.shared.store;
        let pruned = worker::maintenance::prune(store, &self.shared.settings.retention).await?;
        worker::maintenance::release_space(store).await;
        Ok(pruned)
    }

    /// Rewrites the SQLite file without the space that deleted deliveries have left. A prune does this
    /// by itself where little is left.
    ///
    /// Nothing is stored or completed meanwhile, which takes seconds for each GiB: senders get 503. The
    /// disk needs room for twice what the file holds.
    ///
    /// # Errors
    /// If the store fails, or is not an SQLite file. The file is as it was.
    pub async fn compact(&self) -> Result<(), InboxError> {
        must_not_wait_for_itself()?;
        self.shared.store.compact().await
    }

    /// Writes a copy of the SQLite file into a new file, while everything goes on. All that was
    /// acknowledged before the call is in it. The copy is complete by itself, only its owner can read
    /// it, and it can be opened as an inbox. Running deliveries are in it as claimed, and run again
    /// there when their lease has ended.
    ///
    /// The log of the inbox grows until the copy is written. If the future is dropped, the copy is
    /// completed all the same.
    ///
    /// # Errors
    /// If there is such a file already, it cannot be written, or the store is not an SQLite file.
    /// Nothing is left behind.
    pub async fn backup_to(&self, file: impl AsRef<Path>) -> Result<(), InboxError> {
        self.shared.store.backup_to(file.as_ref()).await
    }

    /// Counts what this process has done and what the store holds.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn stats(&self) -> Result<InboxStats, InboxError> {
        let mut stats = self.shared.counters.with(self.shared.store.queue_depth().await?);
        stats.hooks_dropped = self.shared.settings.hooks.dropped();
        Ok(stats)
    }

    /// Counts the records that a filter matches, and stops once there are more than `limit`.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn count(&self, filter: &Filter, limit: u64) -> Result<Count, InboxError> {
        self.shared.store.count(filter, limit).await
    }

    /// The attempts at a delivery, oldest first: the newest hundred.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn attempts(&self, id: i64) -> Result<Vec<Attempt>, InboxError> {
        self.shared.store.attempts(id).await
    }

    /// The duplicates of a delivery that came since it was stored, by minute, oldest first.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn duplicates(&self, id: i64) -> Result<Vec<Duplicates>, InboxError> {
        self.shared.store.duplicates(id).await
    }

    /// The deliveries with the ordering key of this one that have not ended, in the order in which they
    /// run: at most ten. The first one runs or waits for its time, the others are blocked behind it.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn same_ordering_key(&self, id: i64) -> Result<Vec<Record>, InboxError> {
        self.shared.store.same_ordering_key(id, 10).await
    }

    /// The deliveries with the ordering key of this one that come next before and after it, ended or
    /// not: at most five in each direction, by number, of the 10,000 numbers nearest to it.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn neighbours(&self, id: i64) -> Result<Vec<Record>, InboxError> {
        self.shared.store.neighbours(id, 5).await
    }

    /// The sums of each minute since a time for each endpoint, in all processes, as far back as
    /// a day. The newest second may be missing. A process that is killed loses what happened in its
    /// last second here, and nowhere else.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn sums(&self, since: SystemTime) -> Result<Vec<MinuteSum>, InboxError> {
        self.shared.store.sums(since).await
    }

    /// Groups the newest 10,000 dead letters by endpoint and cause, the largest group first.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn causes(&self) -> Result<Vec<CauseGroup>, InboxError> {
        self.shared.store.causes(NEWEST).await
    }

    /// Counts the dead letters that died after a time, by endpoint: of the newest 10,000.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn recent_dead_letters(
        &self,
        since: SystemTime,
    ) -> Result<Vec<RecentDeadLetters>, InboxError> {
        self.shared.store.recent_dead_letters(since, NEWEST).await
    }

    /// Counts what has not ended at each endpoint, and its dead letters, by name. Each count stops at
    /// 10,000.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn endpoint_counts(&self) -> Result<Vec<EndpointCounts>, InboxError> {
        self.shared.store.endpoint_counts(NEWEST.into()).await
    }

    /// Describes the database: its engine, its location, its size, and the endpoints with a retention of
    /// their own.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn store_info(&self) -> Result<StoreInfo, InboxError> {
        self.shared.store.info().await
    }

    /// Counts the unfinished deliveries of each endpoint, by its name.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn backlog(&self) -> Result<Vec<EndpointBacklog>, InboxError> {
        self.shared.store.backlog().await
    }

    /// Counts the unfinished deliveries of endpoints that no worker of this process handles. They
    /// wait until a process handles their endpoint: after a function was renamed, give it the old
    /// name by the option `name` of the attribute. Workers warn of them when they start.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn unhandled(&self) -> Result<Vec<EndpointBacklog>, InboxError> {
        worker::handled::unhandled(&self.shared).await
    }

    /// True if both are clones of one inbox.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// True if another function of this inbox has the name of this one.
    pub(crate) fn is_taken(&self, endpoint: &Endpoint) -> bool {
        self.shared.handled.is_taken(endpoint)
    }

    /// Stops storing, commits what is queued, and closes the database.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn close(&self) -> Result<(), InboxError> {
        self.set_draining();
        self.shared.writer.close().await;
        self.shared.store.close().await
    }

    /// The store of this inbox.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn InboxStore> {
        &self.shared.store
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").finish_non_exhaustive()
    }
}
