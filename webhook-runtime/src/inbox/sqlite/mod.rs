//! The inbox in an SQLite file.
//!
//! SQLite lets one connection write at a time. Within the process, writers take turns in the order
//! in which they came; between processes, they wait for each other by `busy_timeout`.

mod checkpoint;
mod claim;
mod enqueue;
mod finish;
mod operate;
mod schema;

use std::{str::FromStr as _, sync::Arc, time::Duration};

use sqlx::{
    ConnectOptions as _, Connection as _, Row as _, Sqlite, SqliteConnection, SqlitePool,
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::{Mutex, OwnedMutexGuard};

use self::checkpoint::Checkpoints;
pub use self::{
    finish::SqliteTransaction,
    schema::{SQLITE_MIGRATIONS, SQLITE_VERSIONS},
};
use crate::{
    clock::Clock,
    inbox::{
        error::{InboxError, shown_url},
        record::{Enqueued, Fence, Filter, NewDelivery, Record, Stored, millis, span},
        store::{
            Answer, Bounds, Census, Change, Changed, Claimed, Finish, InboxStore, Pruned,
            Retention, Wanted,
        },
        tx::Transaction,
    },
};

/// How long one process waits for another that writes.
const BUSY: Duration = Duration::from_secs(5);

/// The inbox in an SQLite file.
pub(crate) struct SqliteStore {
    pool: SqlitePool,
    /// Whose turn it is to write.
    turn: Arc<Mutex<()>>,
    checkpoints: Checkpoints,
    clock: Arc<dyn Clock>,
    keep_keys_for: Duration,
}

impl SqliteStore {
    pub(crate) async fn open(
        url: &str,
        clock: Arc<dyn Clock>,
        keep_keys_for: Duration,
        migrate: bool,
    ) -> Result<Self, InboxError> {
        let options = options(url)?;
        let cannot = |error: InboxError| InboxError::Open {
            url: shown_url(url),
            problem: match error {
                InboxError::Store(problem) => problem,
                error => error.to_string(),
            },
        };
        prepare(&options, &*clock, migrate).await.map_err(cannot)?;
        let pool = SqlitePoolOptions::new()
            // One writes, one checkpoints, the others read.
            .max_connections(4)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(BUSY)
            // A file does not hang up.
            .test_before_acquire(false)
            .after_connect(|connection, _| Box::pin(read_back(connection)))
            .after_release(|connection, _| Box::pin(is_of_use(connection)))
            .connect_with(options.clone())
            .await
            .map_err(|error| cannot(error.into()))?;
        let turn = Arc::new(Mutex::new(()));
        let checkpoints = Checkpoints::start(pool.clone(), Arc::clone(&turn));
        Ok(Self { pool, turn, checkpoints, clock, keep_keys_for })
    }

    fn now(&self) -> i64 {
        millis(self.clock.now())
    }

    async fn read(&self) -> Result<PoolConnection<Sqlite>, InboxError> {
        Ok(self.pool.acquire().await?)
    }

    /// A connection to write with, and the turn, which ends when it is dropped.
    async fn write(&self) -> Result<(OwnedMutexGuard<()>, PoolConnection<Sqlite>), InboxError> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        self.checkpoints.committed();
        Ok((turn, self.pool.acquire().await?))
    }
}

fn options(url: &str) -> Result<SqliteConnectOptions, InboxError> {
    let wrong =
        |problem: &str| InboxError::Url { url: shown_url(url), problem: problem.to_owned() };
    let options = SqliteConnectOptions::from_str(url).map_err(|error| wrong(&error.to_string()))?;
    let name = options.get_filename().to_string_lossy();
    if name.is_empty() || url.contains(":memory:") || url.contains("mode=memory") {
        return Err(wrong(
            "a database in memory loses what has been acknowledged when the process ends; name a \
             file, such as `sqlite://inbox.db`",
        ));
    }
    Ok(options
        .create_if_missing(true)
        .busy_timeout(BUSY)
        .synchronous(SqliteSynchronous::Full)
        // Only macOS knows the difference.
        .pragma("fullfsync", "1")
        .pragma("checkpoint_fullfsync", "1")
        // Done on another connection, so that nobody waits for it who wants to store.
        .pragma("wal_autocheckpoint", "0")
        .pragma("journal_size_limit", "67108864")
        .pragma("cache_size", "-16000")
        .statement_cache_capacity(256)
        .disable_statement_logging())
}

/// Makes the file and its tables, where they are missing.
async fn prepare(
    options: &SqliteConnectOptions,
    clock: &dyn Clock,
    migrate: bool,
) -> Result<(), InboxError> {
    // Only a new file takes the size of its pages; the mode stays with the file.
    let first = options.clone().page_size(16_384).journal_mode(SqliteJournalMode::Wal);
    let mut patience = 50;
    let mut connection = loop {
        match first.connect().await {
            // Nobody can wait for the lock that the change of mode needs.
            Err(error) if schema::is_busy(&error) && patience > 0 => {
                patience -= 1;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            result => break result?,
        }
    };
    schema::migrate(&mut connection, clock.now(), migrate).await?;
    connection.close().await?;
    Ok(())
}

/// Whether what is committed is safe: SQLite ignores what it cannot do, and a file can have been
/// taken out of WAL.
async fn read_back(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let unsafe_because = |what: String| sqlx::Error::Configuration(what.into());
    let synchronous: i64 =
        sqlx::query("PRAGMA synchronous").fetch_one(&mut *connection).await?.try_get(0)?;
    if synchronous < 2 {
        return Err(unsafe_because(format!(
            "`PRAGMA synchronous` is {synchronous} where FULL (2) was asked for: what is \
             acknowledged would not be safe"
        )));
    }
    let mode: String =
        sqlx::query("PRAGMA journal_mode").fetch_one(&mut *connection).await?.try_get(0)?;
    if mode != "wal" {
        return Err(unsafe_because(format!(
            "`PRAGMA journal_mode` is `{mode}` where `wal` was asked for: is the file on a disk of \
             this machine, in a directory that can be written to?"
        )));
    }
    Ok(())
}

/// Whether a connection can be used again. Where a disk is full or fails, SQLite takes a transaction
/// back on its own; `sqlx` then fails to, believes to be in it for ever, and begins no other.
async fn is_of_use(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // What was dropped is taken back when its turn comes: behind it, it is known.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

impl InboxStore for SqliteStore {
    fn enqueue<'a>(&'a self, batch: &'a [NewDelivery]) -> Answer<'a, Vec<Enqueued>> {
        Box::pin(async move {
            let (_turn, mut connection) = self.write().await?;
            let enqueued =
                enqueue::enqueue(&mut connection, batch, self.keep_keys_for, self.now()).await?;
            self.checkpoints.wrote(batch.iter().map(NewDelivery::weight).sum());
            Ok(enqueued)
        })
    }

    fn claim<'a>(&'a self, wanted: &'a Wanted) -> Answer<'a, Claimed> {
        Box::pin(async move {
            if !claim::is_due(&mut *self.read().await?, wanted, self.now()).await? {
                return Ok(Claimed::default());
            }
            let (_turn, mut connection) = self.write().await?;
            claim::claim(&mut connection, wanted, self.now()).await
        })
    }

    fn extend<'a>(&'a self, running: &'a [Fence], lease: Duration) -> Answer<'a, Vec<i64>> {
        Box::pin(async move {
            let (_turn, mut connection) = self.write().await?;
            claim::extend(&mut connection, running, self.now() + span(lease)).await
        })
    }

    fn finish<'a>(&'a self, batch: &'a [Finish]) -> Answer<'a, Vec<bool>> {
        Box::pin(async move {
            let (_turn, mut connection) = self.write().await?;
            finish::finish(&mut connection, batch, self.now()).await
        })
    }

    fn begin(&self, fence: Fence) -> Answer<'_, Transaction> {
        Box::pin(async move {
            let turn = Arc::clone(&self.turn).lock_owned().await;
            self.checkpoints.committed();
            let tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            let begun = SqliteTransaction::begin(tx, turn, fence, self.now()).await?;
            Ok(Transaction::Sqlite(begun))
        })
    }

    fn list<'a>(&'a self, filter: &'a Filter, after: i64, most: u32) -> Answer<'a, Vec<Record>> {
        Box::pin(async move { operate::list(&mut *self.read().await?, filter, after, most).await })
    }

    fn show(&self, id: i64) -> Answer<'_, Option<Stored>> {
        Box::pin(async move { operate::show(&mut *self.read().await?, id).await })
    }

    fn change<'a>(
        &'a self,
        filter: &'a Filter,
        change: Change,
        after: i64,
        most: u32,
    ) -> Answer<'a, Changed> {
        Box::pin(async move {
            let (_turn, mut connection) = self.write().await?;
            operate::change(&mut connection, filter, change, (after, most), self.now()).await
        })
    }

    fn prune<'a>(&'a self, retention: &'a Retention, most: u32) -> Answer<'a, Pruned> {
        Box::pin(async move {
            let (_turn, mut connection) = self.write().await?;
            operate::prune(&mut connection, retention, most, self.now()).await
        })
    }

    fn heal(&self, bounds: Bounds) -> Answer<'_, u64> {
        Box::pin(async move {
            let (_turn, mut connection) = self.write().await?;
            operate::heal(&mut connection, bounds, self.now()).await
        })
    }

    fn census(&self) -> Answer<'_, Census> {
        Box::pin(async move { operate::census(&mut *self.read().await?, self.now()).await })
    }

    fn plan<'a>(&'a self, endpoints: &'a [String]) -> Answer<'a, String> {
        Box::pin(async move { claim::plan(&mut *self.read().await?, endpoints).await })
    }

    fn close(&self) -> Answer<'_, ()> {
        Box::pin(async move {
            self.checkpoints.stop();
            self.pool.close().await;
            Ok(())
        })
    }
}
