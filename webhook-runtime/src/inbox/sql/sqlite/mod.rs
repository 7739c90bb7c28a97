//! The inbox in an SQLite file.
//!
//! SQLite lets one connection write at a time. Each process has a single writing connection, and
//! [takes turns](turn) with it. Processes wait for each other by `busy_timeout`.

mod backup;
mod checkpoint;
mod claim;
mod create;
mod endpoints;
mod enqueue;
mod file;
mod finish;
mod info;
mod open;
mod operate;
mod prune;
mod schema;
mod space;
mod sums;
mod tenants;
mod transaction;
mod turn;
mod watch;
mod work;
mod workers;

use std::{
    future::poll_fn,
    path::Path,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use sqlx::{
    AssertSqlSafe, Sqlite, SqliteConnection, SqlitePool,
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteRow},
};

pub(crate) use self::open::{migrations, run_migrations};
pub use self::schema::sqlite_migrations;
use self::{
    checkpoint::Checkpoints,
    file::{Identity, OpenFile},
    transaction::SqliteTransaction,
    turn::Turn,
    watch::Watch,
};
use crate::{
    inbox::{
        copy::CopyingStore,
        error::InboxError,
        record::{
            Attempt, ClaimToken, Duplicates, EnqueueResult, Filter, NewDelivery, Record,
            StoredDelivery, millis, span,
        },
        sql::{
            Statement, bind, cannot_open,
            insight::{self, Reader},
            listing::Hint,
            pack::pack_ahead,
            prune::{Marks, changed},
        },
        store::{
            CauseGroup, Change, ChangeResult, ClaimRequest, ClaimResult, Count, DueTimeLimits,
            EndpointBacklog, EndpointCounts, EndpointRetention, FinishedAttempt, Heartbeat,
            InboxStore, ListResult, MinuteSum, Notifies, Pause, PruneResult, QueueDepth,
            RecentDeadLetters, Retention, StoreFuture, StoreInfo, StoreTransaction, Window, Work,
            WorkResult, WorkerRecord,
        },
    },
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

/// A connection that reads.
struct Reading<'c>(&'c mut SqliteConnection);

impl Reader for Reading<'_> {
    type Row = SqliteRow;

    const HINT: Hint = Hint::IndexedBy;

    async fn read(&mut self, wanted: Statement) -> Result<Vec<SqliteRow>, InboxError> {
        let Statement { template, args } = wanted;
        let query = bind!(sqlx::query(statement(&template, 0)), args);
        Ok(query.fetch_all(&mut *self.0).await?)
    }

    async fn explain(&mut self, wanted: Statement) -> Result<Vec<String>, InboxError> {
        let Statement { template, args } = wanted;
        let template = format!("EXPLAIN QUERY PLAN {template}");
        let query = bind!(sqlx::query_as(statement(&template, 0)), args);
        let steps: Vec<(i64, i64, i64, String)> = query.fetch_all(&mut *self.0).await?;
        Ok(steps.into_iter().map(|(.., step)| step).collect())
    }
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
    /// The place up to which old records have been looked for.
    marks: tokio::sync::Mutex<Marks>,
    options: SqliteConnectOptions,
    /// The time at which the file was rewritten; locked meanwhile.
    rewritten: tokio::sync::Mutex<Option<tokio::time::Instant>>,
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

// After the macros that it uses.
mod copy;

impl SqliteStore {
    pub(crate) async fn open(
        url: &str,
        clock: Arc<dyn Clock>,
        migrate: bool,
    ) -> Result<Self, InboxError> {
        let options = open::options(url)?;
        let cannot = |error| cannot_open(url, error);
        open::prepare(&options, migrate).await.map_err(cannot)?;
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
        create::warn_if_open_to_all(file.paths());
        let checkpoints = Arc::new(Checkpoints::new(moving, path));
        let turn = Turn::new(writing.clone(), Arc::clone(&checkpoints), Arc::clone(&file));
        let (turn, stored) = (Arc::new(turn), AtomicBool::new(true));
        let watch = Watch::new(checkpoints.log(), path);
        Ok(Self {
            writing,
            reading,
            turn,
            stored,
            checkpoints,
            watch,
            file,
            marks: tokio::sync::Mutex::default(),
            options,
            rewritten: tokio::sync::Mutex::default(),
            clock,
        })
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
        if self.checkpoints.move_beside().await? && !self.checkpoints.is_read_for_long() {
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

    fn list<'a>(&'a self, filter: &'a Filter, window: Window) -> StoreFuture<'a, ListResult> {
        Box::pin(async move {
            insight::list(&mut Reading(&mut *self.read().await?), filter, window).await
        })
    }

    fn count<'a>(&'a self, filter: &'a Filter, limit: u64) -> StoreFuture<'a, Count> {
        Box::pin(async move {
            insight::count(&mut Reading(&mut *self.read().await?), filter, limit).await
        })
    }

    fn attempts(&self, id: i64) -> StoreFuture<'_, Vec<Attempt>> {
        Box::pin(async move { insight::attempts(&mut Reading(&mut *self.read().await?), id).await })
    }

    fn duplicates(&self, id: i64) -> StoreFuture<'_, Vec<Duplicates>> {
        Box::pin(
            async move { insight::duplicates(&mut Reading(&mut *self.read().await?), id).await },
        )
    }

    fn same_ordering_key(&self, id: i64, max: u32) -> StoreFuture<'_, Vec<Record>> {
        Box::pin(async move {
            insight::same_ordering_key(&mut Reading(&mut *self.read().await?), id, max).await
        })
    }

    fn neighbours(&self, id: i64, max: u32) -> StoreFuture<'_, Vec<Record>> {
        Box::pin(async move {
            insight::neighbours(&mut Reading(&mut *self.read().await?), id, max).await
        })
    }

    fn sums(&self, since: SystemTime) -> StoreFuture<'_, Vec<MinuteSum>> {
        Box::pin(async move {
            insight::sums(&mut Reading(&mut *self.read().await?), millis(since)).await
        })
    }

    fn causes(&self, max: u32) -> StoreFuture<'_, Vec<CauseGroup>> {
        Box::pin(async move { insight::causes(&mut Reading(&mut *self.read().await?), max).await })
    }

    fn recent_dead_letters(
        &self,
        since: SystemTime,
        max: u32,
    ) -> StoreFuture<'_, Vec<RecentDeadLetters>> {
        Box::pin(async move {
            let since = millis(since);
            insight::recent_dead_letters(&mut Reading(&mut *self.read().await?), since, max).await
        })
    }

    fn endpoint_counts(&self, limit: u64) -> StoreFuture<'_, Vec<EndpointCounts>> {
        Box::pin(async move {
            insight::endpoint_counts(&mut Reading(&mut *self.read().await?), limit).await
        })
    }

    fn get(&self, id: i64) -> StoreFuture<'_, Option<StoredDelivery>> {
        Box::pin(async move { operate::get(&mut *self.read().await?, id).await })
    }

    fn change<'a>(
        &'a self,
        filter: &'a Filter,
        change: Change,
        window: Window,
    ) -> StoreFuture<'a, ChangeResult> {
        in_turn!(self, |connection| {
            operate::change(connection, filter, change, window, self.now())
        })
    }

    fn prune<'a>(&'a self, retention: &'a Retention, max: u32) -> StoreFuture<'a, PruneResult> {
        Box::pin(async move {
            let mut marks = self.marks.lock().await;
            let (mut ahead, now) = (marks.clone(), self.now());
            let old = {
                let mut connection = self.read().await?;
                ahead.begin(retention, prune::own(&mut connection).await?);
                prune::look(&mut connection, &mut ahead, max, now).await?
            };
            let delete: StoreFuture<'_, (u64, u64)> =
                in_turn!(self, |connection| prune::delete(connection, &old, max, now));
            let (records, keys) = delete.await?;
            *marks = ahead;
            Ok(marks.pruned(records, keys, max))
        })
    }

    fn drops_bodies(&self) -> bool {
        true
    }

    fn set_retention<'a>(&'a self, retentions: &'a [EndpointRetention]) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let own = prune::own(&mut *self.read().await?).await?;
            if changed(retentions, &own).is_empty() {
                return Ok(());
            }
            let set: StoreFuture<'_, ()> =
                in_turn!(self, |connection| prune::set_retention(connection, retentions));
            set.await
        })
    }

    fn clamp_future_due_times(&self, bounds: DueTimeLimits) -> StoreFuture<'_, u64> {
        in_turn!(self, |connection| operate::clamp_future_due_times(connection, bounds, self.now()))
    }

    fn release_space(&self) -> StoreFuture<'_, ()> {
        Box::pin(self.shrink())
    }

    fn compact(&self) -> StoreFuture<'_, ()> {
        Box::pin(self.rewrite())
    }

    fn backup_to<'a>(&'a self, file: &'a Path) -> StoreFuture<'a, ()> {
        Box::pin(self.back_up(file))
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

    fn copying(&self) -> Option<CopyingStore<'_>> {
        Some(CopyingStore(self))
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

    fn info(&self) -> StoreFuture<'_, StoreInfo> {
        Box::pin(async move {
            let (file, log) = (self.options.get_filename(), self.checkpoints.log());
            info::info(&mut *self.read().await?, file, log).await
        })
    }

    fn explain<'a>(&'a self, endpoints: &'a [String]) -> StoreFuture<'a, String> {
        Box::pin(async move { claim::explain(&mut *self.read().await?, endpoints).await })
    }

    fn explain_overview(&self) -> StoreFuture<'_, String> {
        Box::pin(async move { insight::explain(&mut Reading(&mut *self.read().await?)).await })
    }

    fn explain_list<'a>(&'a self, filter: &'a Filter, window: Window) -> StoreFuture<'a, String> {
        Box::pin(async move {
            insight::explain_list(&mut Reading(&mut *self.read().await?), filter, window).await
        })
    }

    fn close(&self) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            let closing = {
                let mut turn = self.turn.lock().await;
                // If that fails, those who wait are told.
                let _ = turn.commit().await;
                // Closed before the connection is released: the next commit would keep it.
                let closing = self.writing.close();
                turn.release();
                closing
            };
            self.checkpoints.close().await;
            closing.await;
            self.reading.close().await;
            Ok(())
        })
    }
}
