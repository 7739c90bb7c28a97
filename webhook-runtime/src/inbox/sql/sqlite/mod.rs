//! The inbox in an SQLite file.
//!
//! SQLite lets one connection write at a time. Each process has a single writing connection, and
//! [takes turns](turn) with it. Processes wait for each other by `busy_timeout`.

mod checkpoint;
mod claim;
mod endpoints;
mod enqueue;
mod file;
mod finish;
mod open;
mod operate;
mod schema;
mod tenants;
mod transaction;
mod turn;
mod watch;
mod work;
mod workers;

use std::{
    future::poll_fn,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlx::{
    AssertSqlSafe, Sqlite, SqlitePool,
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};

pub use self::schema::{SQLITE_MIGRATIONS, SQLITE_VERSIONS};
use self::{
    checkpoint::Checkpoints,
    file::{Identity, OpenFile},
    transaction::SqliteTransaction,
    turn::Turn,
    watch::Watch,
};
use crate::{
    inbox::{
        error::InboxError,
        record::{
            ClaimToken, EnqueueResult, Filter, NewDelivery, Record, StoredDelivery, millis, span,
        },
        sql::pack::pack_ahead,
        store::{
            Change, ChangeResult, ClaimRequest, ClaimResult, DueTimeLimits, EndpointBacklog,
            FinishedAttempt, Heartbeat, InboxStore, Notifies, Pause, PruneResult, QueueDepth,
            Retention, StoreFuture, StoreTransaction, Work, WorkResult, WorkerRecord,
        },
    },
    support::redact::shown_url,
    verify::Clock,
};

/// The longest wait for another process that writes.
const BUSY: Duration = Duration::from_secs(5);

/// A statement of a template, at this time. It contains nothing of a sender.
fn statement(template: &str, now: i64) -> AssertSqlSafe<String> {
    AssertSqlSafe(text_at(template, &now.to_string()))
}

/// The text of a template, with SQL for the time.
fn text_at(template: &str, now: &str) -> String {
    template.replace("{s}", "webhook_").replace("{now}", now)
}

/// The longest wait of a checkpoint for those who read or write.
const CHECKPOINT_BUSY: Duration = Duration::from_millis(500);

/// The longest time that a function holds a transaction, during which nobody else can write.
const TRANSACTION_LIMIT: Duration = Duration::from_secs(5);

/// The inbox in an SQLite file.
pub(crate) struct SqliteStore {
    /// Has one connection, always the same: a connection caches pages of the file only until
    /// another one writes.
    writing: SqlitePool,
    reading: SqlitePool,
    turn: Arc<Turn>,
    /// True if something has been stored since the last claim, so that it need not look first.
    stored: AtomicBool,
    checkpoints: Arc<Checkpoints>,
    watch: Watch,
    file: Arc<OpenFile>,
    clock: Arc<dyn Clock>,
}

/// Runs an operation on the writing connection, in turn.
macro_rules! in_turn {
    ($self:ident, |$connection:ident| $operation:expr) => {
        Box::pin(async move {
            let mut turn = $self.turn.lock().await;
            let ended = {
                let $connection = turn.connection().await?;
                $operation.await
            };
            match ended {
                Ok(_) => $self.checkpoints.committed(),
                Err(_) => turn.release(),
            }
            $self.file.check()?;
            ended
        })
    };
}

impl SqliteStore {
    pub(crate) async fn open(
        url: &str,
        clock: Arc<dyn Clock>,
        migrate: bool,
    ) -> Result<Self, InboxError> {
        let options = open::options(url)?;
        let cannot = |error: InboxError| InboxError::Open {
            url: shown_url(url),
            problem: match error {
                InboxError::Store(problem) => problem,
                error => error.to_string(),
            },
        };
        open::prepare(&options, &*clock, migrate).await.map_err(cannot)?;
        let options = options.create_if_missing(false);
        let gone = |error: std::io::Error| cannot(InboxError::Store(error.to_string()));
        let path = options.get_filename();
        let identity = Identity::at(path).map_err(gone)?;
        let pool = |max: u32, options: SqliteConnectOptions| {
            SqlitePoolOptions::new()
                .max_connections(max)
                .min_connections(1)
                .idle_timeout(None)
                .max_lifetime(None)
                .acquire_timeout(BUSY)
                // A file does not disconnect.
                .test_before_acquire(false)
                .after_connect(|connection, _| Box::pin(open::read_back(connection)))
                .after_release(|connection, _| Box::pin(open::is_of_use(connection)))
                .connect_with(options)
        };
        let writing = pool(1, options.clone()).await.map_err(|error| cannot(error.into()))?;
        let reading = pool(2, options.clone()).await.map_err(|error| cannot(error.into()))?;
        let moving = options.clone().busy_timeout(CHECKPOINT_BUSY);
        let moving = pool(1, moving).await.map_err(|error| cannot(error.into()))?;
        let file = Arc::new(OpenFile::new(path, identity).map_err(gone)?);
        file.check().map_err(cannot)?;
        let checkpoints = Arc::new(Checkpoints::new(moving, path));
        let turn = Turn::new(writing.clone(), Arc::clone(&checkpoints), Arc::clone(&file));
        let (turn, stored) = (Arc::new(turn), AtomicBool::new(true));
        let watch = Watch::new(checkpoints.log(), path);
        Ok(Self { writing, reading, turn, stored, checkpoints, watch, file, clock })
    }

    fn now(&self) -> i64 {
        millis(self.clock.now())
    }

    /// Moves the log into the file again and again.
    async fn keep_moving(&self) {
        loop {
            self.checkpoints.due().await;
            if let Err(error) = self.checkpoint().await {
                tracing::warn!(%error, "the inbox's log could not be checkpointed");
            }
        }
    }

    async fn checkpoint(&self) -> Result<(), InboxError> {
        if self.checkpoints.move_beside().await? {
            // What was written meanwhile is little, and then what is left is next to nothing.
            self.checkpoints.move_beside().await?;
            let mut turn = self.turn.lock().await;
            // If that fails, those who wait are told.
            let _ = turn.commit().await;
            self.checkpoints.move_rest().await?;
        }
        Ok(())
    }

    /// Looks for something to claim, without keeping others from writing; `None` if there is.
    async fn look(&self, work: &Work) -> Result<Option<WorkResult>, InboxError> {
        let (mut connection, now) = (self.read().await?, self.now());
        let mut nothing = WorkResult::default();
        for wanted in &work.claim {
            if claim::is_due(&mut connection, wanted, now).await? {
                return Ok(None);
            }
            nothing.claimed.push(ClaimResult::default());
        }
        if !work.look_ahead.is_empty() {
            claim::look_ahead(&mut connection, &work.look_ahead, now, &mut nothing).await?;
        }
        Ok(Some(nothing))
    }

    async fn read(&self) -> Result<PoolConnection<Sqlite>, InboxError> {
        self.file.check()?;
        Ok(self.reading.acquire().await?)
    }
}

impl InboxStore for SqliteStore {
    fn enqueue<'a>(&'a self, batch: &'a [NewDelivery]) -> StoreFuture<'a, Vec<EnqueueResult>> {
        let enqueue: StoreFuture<'a, Vec<EnqueueResult>> =
            in_turn!(self, |connection| { enqueue::enqueue(connection, batch, self.now()) });
        Box::pin(async move {
            let enqueued = enqueue.await?;
            self.stored.store(true, Ordering::Relaxed);
            self.checkpoints.wrote(batch.iter().map(NewDelivery::weight).sum());
            Ok(enqueued)
        })
    }

    fn prepare(&self, delivery: &mut NewDelivery) {
        pack_ahead(delivery);
    }

    fn claim<'a>(&'a self, wanted: &'a ClaimRequest) -> StoreFuture<'a, ClaimResult> {
        let claim: StoreFuture<'a, ClaimResult> =
            in_turn!(self, |connection| claim::claim(connection, wanted, self.now()));
        Box::pin(async move {
            let stored = self.stored.swap(false, Ordering::Relaxed);
            if !stored && !claim::is_due(&mut *self.read().await?, wanted, self.now()).await? {
                return Ok(ClaimResult::default());
            }
            let claimed = claim.await?;
            // There may be more than were wanted.
            if claimed.jobs.len() >= wanted.max as usize {
                self.stored.store(true, Ordering::Relaxed);
            }
            Ok(claimed)
        })
    }

    fn renew_leases<'a>(
        &'a self,
        running: &'a [ClaimToken],
        lease: Duration,
    ) -> StoreFuture<'a, Vec<i64>> {
        in_turn!(self, |connection| claim::renew_leases(
            connection,
            running,
            self.now() + span(lease)
        ))
    }

    fn finish<'a>(&'a self, batch: &'a [FinishedAttempt]) -> StoreFuture<'a, Vec<bool>> {
        in_turn!(self, |connection| finish::finish(connection, batch, self.now()))
    }

    fn commit<'a>(&'a self, work: &'a Work) -> StoreFuture<'a, WorkResult> {
        Box::pin(async move {
            if work.only_claims()
                && let Some(nothing) = self.look(work).await?
            {
                return Ok(nothing);
            }
            let mut turn = self.turn.lock().await;
            let result = work::commit(&mut turn, work, self.now()).await;
            match result {
                Ok(_) => self.checkpoints.committed(),
                Err(_) => turn.release(),
            }
            self.checkpoints.worked(work);
            self.file.check()?;
            result
        })
    }

    fn begin(&self, claim: ClaimToken) -> StoreFuture<'_, Box<dyn StoreTransaction>> {
        Box::pin(async move {
            let turn = self.turn.lock_for_handler().await?;
            self.checkpoints.committed();
            let transaction = SqliteTransaction::begin(turn, claim, self.now()).await?;
            Ok(Box::new(transaction) as Box<dyn StoreTransaction>)
        })
    }

    fn transaction_limit(&self) -> Option<Duration> {
        Some(TRANSACTION_LIMIT)
    }

    fn notifies(&self) -> Notifies {
        if self.watch.works() { Notifies::Everything } else { Notifies::Nothing }
    }

    fn wait_for_notification(&self) -> StoreFuture<'_, ()> {
        Box::pin(self.watch.wait(&self.turn))
    }

    fn run_background(&self) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            let mut committing = pin!(self.turn.commit_open());
            let mut moving = pin!(self.keep_moving());
            poll_fn(|context| {
                let _ = committing.as_mut().poll(context);
                moving.as_mut().poll(context)
            })
            .await;
            Ok(())
        })
    }

    fn list<'a>(
        &'a self,
        filter: &'a Filter,
        after: i64,
        max: u32,
    ) -> StoreFuture<'a, Vec<Record>> {
        Box::pin(async move { operate::list(&mut *self.read().await?, filter, after, max).await })
    }

    fn get(&self, id: i64) -> StoreFuture<'_, Option<StoredDelivery>> {
        Box::pin(async move { operate::get(&mut *self.read().await?, id).await })
    }

    fn change<'a>(
        &'a self,
        filter: &'a Filter,
        change: Change,
        after: i64,
        max: u32,
    ) -> StoreFuture<'a, ChangeResult> {
        let range = (after, max);
        in_turn!(self, |connection| {
            operate::change(connection, filter, change, range, self.now())
        })
    }

    fn prune<'a>(&'a self, retention: &'a Retention, max: u32) -> StoreFuture<'a, PruneResult> {
        in_turn!(self, |connection| operate::prune(connection, retention, max, self.now()))
    }

    fn clamp_future_due_times(&self, bounds: DueTimeLimits) -> StoreFuture<'_, u64> {
        in_turn!(self, |connection| operate::clamp_future_due_times(connection, bounds, self.now()))
    }

    fn queue_depth(&self) -> StoreFuture<'_, QueueDepth> {
        Box::pin(async move { operate::queue_depth(&mut *self.read().await?, self.now()).await })
    }

    fn lag(&self) -> StoreFuture<'_, Duration> {
        Box::pin(async move { operate::lag(&mut *self.read().await?, self.now()).await })
    }

    fn backlog(&self) -> StoreFuture<'_, Vec<EndpointBacklog>> {
        Box::pin(async move { operate::backlog(&mut *self.read().await?, self.now()).await })
    }

    fn pause<'a>(&'a self, endpoint: &'a str, by: &'a str, why: &'a str) -> StoreFuture<'a, ()> {
        in_turn!(self, |connection| endpoints::pause(connection, endpoint, (by, why), self.now()))
    }

    fn resume<'a>(&'a self, endpoint: &'a str) -> StoreFuture<'a, bool> {
        in_turn!(self, |connection| endpoints::resume(connection, endpoint))
    }

    fn paused(&self) -> StoreFuture<'_, Vec<Pause>> {
        Box::pin(async move { endpoints::paused(&mut *self.read().await?).await })
    }

    fn heartbeat<'a>(&'a self, beat: &'a Heartbeat) -> StoreFuture<'a, Option<i64>> {
        in_turn!(self, |connection| async {
            workers::beat(connection, beat, self.now()).await.map(Some)
        })
    }

    fn workers(&self) -> StoreFuture<'_, Vec<WorkerRecord>> {
        Box::pin(async move { workers::list(&mut *self.read().await?).await })
    }

    fn explain<'a>(&'a self, endpoints: &'a [String]) -> StoreFuture<'a, String> {
        Box::pin(async move { claim::explain(&mut *self.read().await?, endpoints).await })
    }

    fn close(&self) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            {
                let mut turn = self.turn.lock().await;
                // If that fails, those who wait are told.
                let _ = turn.commit().await;
                turn.release();
            }
            self.checkpoints.close().await;
            self.writing.close().await;
            self.reading.close().await;
            Ok(())
        })
    }
}
