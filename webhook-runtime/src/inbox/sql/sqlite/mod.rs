//! The inbox in an SQLite file.
//!
//! SQLite lets one connection write at a time. Within the process, there is only one that writes, and
//! those who need it take turns in the order in which they came; between processes, they wait for
//! each other by `busy_timeout`.

mod checkpoint;
mod claim;
mod enqueue;
mod finish;
mod operate;
mod schema;

use std::{
    str::FromStr as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _, Sqlite, SqliteConnection,
    SqlitePool,
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::Mutex;

pub use self::schema::{SQLITE_MIGRATIONS, SQLITE_VERSIONS};
use self::{checkpoint::Checkpoints, finish::SqliteTransaction};
use crate::{
    inbox::{
        error::InboxError,
        record::{ClaimToken, Enqueued, Filter, NewDelivery, Record, Stored, millis, span},
        store::{
            Answer, Bounds, Census, Change, Changed, Claimed, Finish, InboxStore, Pruned,
            Retention, StoreTransaction, Wanted,
        },
    },
    support::shown::shown_url,
    verify::Clock,
};

/// How long one process waits for another that writes.
const BUSY: Duration = Duration::from_secs(5);

/// A statement of a template, at this time.
fn statement(template: &str, now: i64) -> AssertSqlSafe<String> {
    statement_at(template, &now.to_string())
}

/// A statement of a template, with SQL for the time. Nothing in it is a sender's.
fn statement_at(template: &str, now: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(template.replace("{s}", "webhook_").replace("{now}", now))
}

/// Whose turn it is to write, and the connection to do it with, once there has been need of it.
///
/// It is not given back to its pool in between, which would look each time whether it still works.
pub(super) type Turn = Arc<Mutex<Option<PoolConnection<Sqlite>>>>;

/// The inbox in an SQLite file.
pub(crate) struct SqliteStore {
    /// Has one connection, always the same: each remembers pages of the file only until another one
    /// writes.
    writing: SqlitePool,
    reading: SqlitePool,
    turn: Turn,
    /// Whether something has been stored since it was last claimed: then there is no need to look.
    stored: AtomicBool,
    checkpoints: Checkpoints,
    clock: Arc<dyn Clock>,
}

/// Has something done by the connection that writes, in its turn. After an error it goes through its
/// pool, which sees to it that it works.
macro_rules! in_turn {
    ($self:ident, |$connection:ident| $operation:expr) => {
        Box::pin(async move {
            let mut turn = $self.turn.lock().await;
            let $connection = match &mut *turn {
                Some(connection) => connection,
                none => none.insert($self.writing.acquire().await?),
            };
            let ended = $operation.await;
            match ended {
                Ok(_) => $self.checkpoints.committed(),
                Err(_) => *turn = None,
            }
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
        let options = options(url)?;
        let cannot = |error: InboxError| InboxError::Open {
            url: shown_url(url),
            problem: match error {
                InboxError::Store(problem) => problem,
                error => error.to_string(),
            },
        };
        prepare(&options, &*clock, migrate).await.map_err(cannot)?;
        let pool = |most: u32| {
            SqlitePoolOptions::new()
                .max_connections(most)
                .min_connections(1)
                .idle_timeout(None)
                .max_lifetime(None)
                .acquire_timeout(BUSY)
                // A file does not hang up.
                .test_before_acquire(false)
                .after_connect(|connection, _| Box::pin(read_back(connection)))
                .after_release(|connection, _| Box::pin(is_of_use(connection)))
                .connect_with(options.clone())
        };
        let writing = pool(1).await.map_err(|error| cannot(error.into()))?;
        // One checkpoints, the others read.
        let reading = pool(3).await.map_err(|error| cannot(error.into()))?;
        let turn = Turn::default();
        let checkpoints = Checkpoints::start(reading.clone(), Arc::clone(&turn));
        let stored = AtomicBool::new(true);
        Ok(Self { writing, reading, turn, stored, checkpoints, clock })
    }

    fn now(&self) -> i64 {
        millis(self.clock.now())
    }

    async fn read(&self) -> Result<PoolConnection<Sqlite>, InboxError> {
        Ok(self.reading.acquire().await?)
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
    // Only a new file takes the size of its pages; the mode stays with the file. Small ones: keys are
    // digests, so each comes to a page of its own, which is written as a whole.
    let first = options.clone().page_size(4096).journal_mode(SqliteJournalMode::Wal);
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
        let enqueue: Answer<'a, Vec<Enqueued>> =
            in_turn!(self, |connection| { enqueue::enqueue(connection, batch, self.now()) });
        Box::pin(async move {
            let enqueued = enqueue.await?;
            self.stored.store(true, Ordering::Relaxed);
            self.checkpoints.wrote(batch.iter().map(NewDelivery::weight).sum());
            Ok(enqueued)
        })
    }

    fn claim<'a>(&'a self, wanted: &'a Wanted) -> Answer<'a, Claimed> {
        let claim: Answer<'a, Claimed> =
            in_turn!(self, |connection| claim::claim(connection, wanted, self.now()));
        Box::pin(async move {
            let stored = self.stored.swap(false, Ordering::Relaxed);
            if !stored && !claim::is_due(&mut *self.read().await?, wanted, self.now()).await? {
                return Ok(Claimed::default());
            }
            let claimed = claim.await?;
            // As many as were wanted may not be all there are.
            if claimed.jobs.len() >= wanted.most as usize {
                self.stored.store(true, Ordering::Relaxed);
            }
            Ok(claimed)
        })
    }

    fn extend<'a>(&'a self, running: &'a [ClaimToken], lease: Duration) -> Answer<'a, Vec<i64>> {
        in_turn!(self, |connection| claim::extend(connection, running, self.now() + span(lease)))
    }

    fn finish<'a>(&'a self, batch: &'a [Finish]) -> Answer<'a, Vec<bool>> {
        in_turn!(self, |connection| finish::finish(connection, batch, self.now()))
    }

    fn begin(&self, claim: ClaimToken) -> Answer<'_, Box<dyn StoreTransaction>> {
        Box::pin(async move {
            let mut turn = Arc::clone(&self.turn).lock_owned().await;
            self.checkpoints.committed();
            // The transaction has it meanwhile, from its pool.
            *turn = None;
            let tx = self.writing.begin_with("BEGIN IMMEDIATE").await?;
            let begun = SqliteTransaction::begin(tx, turn, claim, self.now()).await?;
            let begun: Box<dyn StoreTransaction> = Box::new(begun);
            Ok(begun)
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
        let range = (after, most);
        in_turn!(self, |connection| {
            operate::change(connection, filter, change, range, self.now())
        })
    }

    fn prune<'a>(&'a self, retention: &'a Retention, most: u32) -> Answer<'a, Pruned> {
        in_turn!(self, |connection| operate::prune(connection, retention, most, self.now()))
    }

    fn heal(&self, bounds: Bounds) -> Answer<'_, u64> {
        in_turn!(self, |connection| operate::heal(connection, bounds, self.now()))
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
            *self.turn.lock().await = None;
            self.writing.close().await;
            self.reading.close().await;
            Ok(())
        })
    }
}
