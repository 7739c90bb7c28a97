//! Whose turn it is to write to an SQLite file.
//!
//! There is one writing connection in a process. Handlers that write through `Tx` share a
//! transaction, a savepoint each: the next one is handed the connection when the one before has
//! returned, and what others have queued joins. The transaction is committed when no handler waits
//! for it, or after a few milliseconds. So one flush is for all of them.
//!
//! Each statement is a message to the thread of the connection, and an answer. So a savepoint is
//! released by the statement that begins the next one, or by the commit.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sqlx::{
    AssertSqlSafe, Sqlite, SqliteConnection, SqlitePool, Transaction, pool::PoolConnection,
};
use tokio::{
    sync::{Mutex, MutexGuard, Notify, OwnedMutexGuard, oneshot},
    time::{Instant, timeout},
};

use crate::inbox::{
    error::InboxError,
    sql::sqlite::{checkpoint::Checkpoints, file::OpenFile, finish::note},
    store::AttemptNote,
};

/// The time in which handlers join a transaction.
const TOGETHER: Duration = Duration::from_millis(5);

/// The names of savepoints, in turn: if nobody knows whether one has begun, it is told from the one
/// before.
const PARTS: [&str; 2] = ["webhook_part_a", "webhook_part_b"];

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
    /// The notes on their attempts.
    notes: Vec<AttemptNote>,
    /// The savepoint of the last part.
    part: Option<usize>,
    unfinished: Unfinished,
}

/// The part that is to be put in order before anybody writes again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unfinished {
    Nothing,
    /// A handler was dropped: its part is to be rolled back.
    Part,
    /// A part may have begun after the last one.
    Begin,
}

/// A handler's turn, in the savepoint that is its own.
pub(super) struct HandlersTurn {
    writing: OwnedMutexGuard<Writing>,
    turn: Arc<Turn>,
    begun: bool,
    ended: bool,
    note: Option<AttemptNote>,
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

    /// Waits for the turn of a handler. Its savepoint is begun by [`HandlersTurn::begin`].
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
        let (begun, ended) = (false, false);
        let mut turn =
            HandlersTurn { writing, turn, begun, ended, note: None, _handlers: handlers };
        turn.writing.open_for_handler().await?;
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
    /// The savepoint of the part after the last one.
    fn next_part(&self) -> usize {
        self.part.map_or(0, |part| 1 - part)
    }

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

    /// Begins a transaction for handlers, unless one is open.
    async fn open_for_handler(&mut self) -> Result<(), InboxError> {
        self.put_in_order().await;
        self.file.check()?;
        if self.group.is_none() {
            self.checkpoints.make_room().await;
            // The transaction takes the connection from the pool.
            self.release();
            let tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            let (since, told, unfinished) = (Instant::now(), Vec::new(), Unfinished::Nothing);
            let notes = Vec::new();
            self.group = Some(Group { tx, since, told, notes, part: None, unfinished });
        }
        Ok(())
    }

    /// Keeps the last part of the open transaction, begins another one, and runs a statement in it.
    /// Returns the number of its rows.
    async fn begin_part(
        &mut self,
        statement: &str,
        arguments: &[i64],
    ) -> Result<usize, InboxError> {
        let group = self.group.as_mut().ok_or(InboxError::Closed)?;
        let next = group.next_part();
        let release =
            group.part.map(|part| format!("RELEASE {}; ", PARTS[part])).unwrap_or_default();
        let begin = format!("{release}SAVEPOINT {}; {statement}", PARTS[next]);
        group.unfinished = Unfinished::Begin;
        let mut query = sqlx::query(AssertSqlSafe(begin));
        for argument in arguments {
            query = query.bind(*argument);
        }
        match query.fetch_all(&mut *group.tx).await {
            Ok(rows) => {
                (group.part, group.unfinished) = (Some(next), Unfinished::Nothing);
                Ok(rows.len())
            }
            Err(error) => {
                self.put_in_order().await;
                Err(error.into())
            }
        }
    }

    /// Begins a part of the process itself, in the open transaction.
    pub(super) async fn join(&mut self) -> Result<(), InboxError> {
        self.put_in_order().await;
        self.begin_part("SELECT 1", &[]).await.map(|_| ())
    }

    /// Takes back the last part.
    pub(super) async fn undo(&mut self) -> Result<(), InboxError> {
        let Some(part) = self.group.as_ref().and_then(|group| group.part) else { return Ok(()) };
        let undone = self.savepoint("ROLLBACK TO", part).await;
        if undone.is_err() {
            self.lose(&undone);
        }
        undone
    }

    async fn savepoint(&mut self, verb: &str, part: usize) -> Result<(), InboxError> {
        let sql = format!("{verb} {}", PARTS[part]);
        sqlx::query(AssertSqlSafe(sql)).execute(self.open()?).await?;
        Ok(())
    }

    /// SQLite has rolled everything back on its own, as on a full disk.
    fn lose(&mut self, done: &Result<(), InboxError>) {
        if let Some(group) = self.group.take() {
            tell(group.told, done);
        }
    }

    /// Takes back what nobody has finished. Whoever is dropped meanwhile leaves it to the next one,
    /// who does all of it again.
    pub(super) async fn put_in_order(&mut self) {
        let Some(group) = &self.group else { return };
        let (before, next) = (group.part, group.next_part());
        let mut part = before;
        match group.unfinished {
            Unfinished::Nothing => return,
            Unfinished::Part => {
                let _ = self.undo().await;
            }
            Unfinished::Begin => {
                part = Some(next);
                if let Err(error) = self.savepoint("ROLLBACK TO", next).await {
                    // It has not begun. What was written before is kept, and may be already.
                    if let Some(before) = before {
                        let _ = self.savepoint("RELEASE", before).await;
                    }
                    part = None;
                    if !self.is_within().await {
                        self.lose(&Err(error));
                    }
                }
            }
        }
        if let Some(group) = &mut self.group {
            (group.part, group.unfinished) = (part, Unfinished::Nothing);
        }
    }

    /// True unless SQLite has rolled everything back on its own: within a transaction it refuses
    /// this, which changes nothing elsewhere.
    async fn is_within(&mut self) -> bool {
        let Ok(connection) = self.open() else { return false };
        let query = sqlx::query("PRAGMA synchronous = FULL").persistent(false);
        query.execute(connection).await.is_err()
    }

    /// Commits the open transaction, if there is one, and tells those who wait. Whoever asks for it
    /// may be dropped meanwhile: that is nothing to those whose transaction it is.
    pub(super) async fn commit(&mut self) -> Result<(), InboxError> {
        self.put_in_order().await;
        let Some(Group { tx, told, notes, .. }) = self.group.take() else { return Ok(()) };
        let file = Arc::clone(&self.file);
        let committed = tokio::spawn(async move {
            let done = commit_in_place(&file, tx, &notes).await;
            tell(told, &done);
            done
        });
        committed.await.unwrap_or(Err(InboxError::Closed))
    }
}

/// Commits into the file that stands at the path, or not at all.
async fn commit_in_place(
    file: &OpenFile,
    mut tx: Transaction<'static, Sqlite>,
    notes: &[AttemptNote],
) -> Result<(), InboxError> {
    file.check()?;
    if let Err(error) = note(&mut tx, notes).await {
        // Where this has rolled everything back, the commit says so.
        tracing::warn!(%error, "attempts could not be told");
    }
    tx.commit().await?;
    file.check()
}

impl HandlersTurn {
    /// Takes what is told of the attempt, if the handler's part is kept.
    pub(super) fn note(&mut self, note: AttemptNote) {
        self.note = Some(note);
    }

    /// The transaction, in the savepoint.
    pub(super) fn connection(&mut self) -> Option<&mut SqliteConnection> {
        self.writing.group.as_mut().map(|group| &mut *group.tx)
    }

    /// Begins the part of the handler with a statement, and returns the number of its rows.
    pub(super) async fn begin(
        &mut self,
        statement: &str,
        arguments: &[i64],
    ) -> Result<usize, InboxError> {
        let rows = self.writing.begin_part(statement, arguments).await?;
        self.begun = true;
        Ok(rows)
    }

    /// Keeps what the handler has written, and hands the connection on. Returns after the commit.
    pub(super) async fn commit(mut self) -> Result<(), InboxError> {
        self.ended = true;
        let (told, answered) = oneshot::channel();
        let note = self.note.take();
        if let Some(group) = &mut self.writing.group {
            group.told.push(told);
            group.notes.extend(note);
        }
        drop(self);
        answered.await.map_err(|_| InboxError::Closed)?
    }

    /// Takes back what the handler has written, and hands the connection on.
    pub(super) async fn rollback(mut self) -> Result<(), InboxError> {
        let undone = self.writing.undo().await;
        self.ended = true;
        undone
    }
}

impl Drop for HandlersTurn {
    fn drop(&mut self) {
        if self.begun
            && !self.ended
            && let Some(group) = &mut self.writing.group
        {
            group.unfinished = Unfinished::Part;
        }
        self.turn.returned.notify_waiters();
        self.turn.open.notify_one();
    }
}
