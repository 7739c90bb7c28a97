//! Whose turn it is to write to an SQLite file.
//!
//! There is one writing connection in a process. Handlers that write through `Tx` share a
//! transaction, a savepoint each: the next one is handed the connection when the one before has
//! returned, and what others have queued joins. The transaction is committed when no handler waits
//! for it, or after a few milliseconds. So one flush is for all of them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction, pool::PoolConnection};
use tokio::{
    sync::{Mutex, MutexGuard, Notify, OwnedMutexGuard, oneshot},
    time::{Instant, timeout},
};

use crate::inbox::{
    error::InboxError,
    sql::sqlite::{checkpoint::Checkpoints, file::OpenFile},
};

/// The time in which handlers join a transaction.
const TOGETHER: Duration = Duration::from_millis(5);

/// The lock of whose turn it is to write.
pub(super) struct Turn {
    writing: Arc<Mutex<Writing>>,
    /// Lets one handler at a time wait for the turn: whoever else waits comes after one handler at
    /// most.
    handlers: Arc<Mutex<()>>,
    /// The handlers that wait.
    waiting: Arc<AtomicUsize>,
    /// A handler has returned.
    returned: Notify,
    /// A transaction is open that nobody may be about to commit.
    open: Notify,
}

/// The writing connection.
pub(super) struct Writing {
    pool: SqlitePool,
    checkpoints: Arc<Checkpoints>,
    file: Arc<OpenFile>,
    /// It is not returned to its pool between turns: the pool would test it each time.
    connection: Option<PoolConnection<Sqlite>>,
    group: Option<Group>,
}

/// A transaction that handlers share.
struct Group {
    tx: Transaction<'static, Sqlite>,
    since: Instant,
    /// Those that have returned and wait for the commit.
    told: Vec<oneshot::Sender<Result<(), InboxError>>>,
    /// True if a handler was dropped: what it wrote is to be rolled back.
    dropped: bool,
}

/// A handler's turn, in the savepoint that is its own.
pub(super) struct HandlersTurn {
    writing: OwnedMutexGuard<Writing>,
    turn: Arc<Turn>,
    ended: bool,
    /// Dropped last.
    _handlers: OwnedMutexGuard<()>,
}

/// Counts a handler while it waits.
struct Waits(Arc<AtomicUsize>);

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Turn {
    pub(super) fn new(
        pool: SqlitePool,
        checkpoints: Arc<Checkpoints>,
        file: Arc<OpenFile>,
    ) -> Self {
        let writing = Writing { pool, checkpoints, file, connection: None, group: None };
        Self {
            writing: Arc::new(Mutex::new(writing)),
            handlers: Arc::default(),
            waiting: Arc::default(),
            returned: Notify::new(),
            open: Notify::new(),
        }
    }

    /// Waits for the turn, and lets handlers join an open transaction before.
    pub(super) async fn lock(&self) -> MutexGuard<'_, Writing> {
        loop {
            let writing = self.writing.lock().await;
            let Some(left) = writing.group.as_ref().and_then(Group::time_left) else {
                return writing;
            };
            if self.waiting.load(Ordering::Relaxed) == 0 {
                return writing;
            }
            let returned = self.returned.notified();
            drop(writing);
            let _ = timeout(left, returned).await;
        }
    }

    /// Waits for the turn of a handler, and begins its savepoint.
    pub(super) async fn lock_for_handler(self: &Arc<Self>) -> Result<HandlersTurn, InboxError> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let waits = Waits(Arc::clone(&self.waiting));
        let handlers = Arc::clone(&self.handlers).lock_owned().await;
        let mut writing = Arc::clone(&self.writing).lock_owned().await;
        drop(waits);
        if writing.group.as_ref().is_some_and(|group| group.time_left().is_none()) {
            // Those before have waited long enough. If their commit fails, they are told.
            let _ = writing.commit().await;
        }
        let turn = Arc::clone(self);
        // Whatever becomes of the handler from here on: somebody commits what is open.
        let mut turn = HandlersTurn { writing, turn, ended: false, _handlers: handlers };
        turn.writing.begin().await?;
        Ok(turn)
    }

    /// Commits what handlers have written, whenever nobody else does. Never returns.
    pub(super) async fn commit_open(&self) {
        loop {
            self.open.notified().await;
            // If that fails, those who wait are told.
            let _ = self.lock().await.commit().await;
        }
    }
}

impl Group {
    /// The time in which others may join; `None` when it is over.
    fn time_left(&self) -> Option<Duration> {
        TOGETHER.checked_sub(self.since.elapsed()).filter(|left| !left.is_zero())
    }
}

/// Tells those who wait what became of the transaction.
fn tell(told: Vec<oneshot::Sender<Result<(), InboxError>>>, done: &Result<(), InboxError>) {
    for told in told {
        let _ = told.send(done.clone());
    }
}

impl Writing {
    /// The connection, outside of any transaction. What handlers have written is committed before.
    pub(super) async fn connection(&mut self) -> Result<&mut SqliteConnection, InboxError> {
        // If that fails, those who wait are told.
        let _ = self.commit().await;
        self.file.check()?;
        self.checkpoints.make_room().await;
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.pool.acquire().await?,
        };
        Ok(self.connection.insert(connection))
    }

    /// After an error the connection goes back to its pool, which tests it.
    pub(super) fn release(&mut self) {
        self.connection = None;
    }

    /// True if handlers have written what is not committed yet.
    pub(super) fn is_open(&self) -> bool {
        self.group.is_some()
    }

    /// The open transaction.
    pub(super) fn open(&mut self) -> Result<&mut SqliteConnection, InboxError> {
        self.group.as_mut().map(|group| &mut *group.tx).ok_or(InboxError::Closed)
    }

    /// Begins a savepoint, in the open transaction or in a new one.
    async fn begin(&mut self) -> Result<(), InboxError> {
        self.undo_dropped().await;
        self.file.check()?;
        if self.group.is_none() {
            self.checkpoints.make_room().await;
            // The transaction takes the connection from the pool.
            self.release();
            let tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            let (since, told) = (Instant::now(), Vec::new());
            self.group = Some(Group { tx, since, told, dropped: false });
        }
        self.savepoint("SAVEPOINT webhook_part").await
    }

    /// Keeps what was written since the savepoint.
    pub(super) async fn keep(&mut self) -> Result<(), InboxError> {
        self.savepoint("RELEASE webhook_part").await
    }

    /// Takes back what was written since the savepoint.
    pub(super) async fn undo(&mut self) -> Result<(), InboxError> {
        self.savepoint("ROLLBACK TO webhook_part").await?;
        self.savepoint("RELEASE webhook_part").await
    }

    /// Begins a savepoint of the process itself, in the open transaction.
    pub(super) async fn join(&mut self) -> Result<(), InboxError> {
        self.undo_dropped().await;
        self.savepoint("SAVEPOINT webhook_part").await
    }

    /// If a savepoint fails, SQLite has rolled everything back on its own, as on a full disk.
    async fn savepoint(&mut self, sql: &'static str) -> Result<(), InboxError> {
        let connection = self.open()?;
        let done = sqlx::query(sql).execute(connection).await.map(|_| ());
        let done = done.map_err(InboxError::from);
        if done.is_err()
            && let Some(group) = self.group.take()
        {
            tell(group.told, &done);
        }
        done
    }

    async fn undo_dropped(&mut self) {
        if self.group.as_mut().is_some_and(|group| std::mem::take(&mut group.dropped)) {
            let _ = self.undo().await;
        }
    }

    /// Commits the open transaction, if there is one, and tells those who wait.
    pub(super) async fn commit(&mut self) -> Result<(), InboxError> {
        self.undo_dropped().await;
        let Some(Group { tx, told, .. }) = self.group.take() else { return Ok(()) };
        let done = self.commit_in_place(tx).await;
        tell(told, &done);
        done
    }

    /// Commits into the file that stands at the path, or not at all.
    async fn commit_in_place(&self, tx: Transaction<'static, Sqlite>) -> Result<(), InboxError> {
        self.file.check()?;
        tx.commit().await?;
        self.file.check()
    }
}

impl HandlersTurn {
    /// The transaction, in the savepoint.
    pub(super) fn connection(&mut self) -> Option<&mut SqliteConnection> {
        self.writing.group.as_mut().map(|group| &mut *group.tx)
    }

    /// Keeps what the handler has written, and hands the connection on. Returns after the commit.
    pub(super) async fn commit(mut self) -> Result<(), InboxError> {
        self.ended = true;
        self.writing.keep().await?;
        let (told, answered) = oneshot::channel();
        if let Some(group) = &mut self.writing.group {
            group.told.push(told);
        }
        drop(self);
        answered.await.map_err(|_| InboxError::Closed)?
    }

    /// Takes back what the handler has written, and hands the connection on.
    pub(super) async fn rollback(mut self) -> Result<(), InboxError> {
        self.ended = true;
        self.writing.undo().await
    }
}

impl Drop for HandlersTurn {
    fn drop(&mut self) {
        if !self.ended
            && let Some(group) = &mut self.writing.group
        {
            group.dropped = true;
        }
        self.turn.returned.notify_waiters();
        self.turn.open.notify_one();
    }
}
