//! Checkpoints: moves the write-ahead log into the file, mostly while others go on writing.
//!
//! SQLite begins a log again only when all of it has been moved, and under load there is always more
//! of it. So once it is long, nobody writes for the moment that the rest takes. If the disk or a
//! reader is so slow that this comes too late, commits wait: the log has a limit.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sqlx::SqlitePool;
use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

use crate::inbox::store::Work;

/// The approximate number of bytes between checkpoints.
const EVERY: usize = 16 * 1024 * 1024;
/// The bytes that a commit adds to the log beside its deliveries: a few pages, however little is
/// written to each. With many small commits, these fill the disk.
const COMMIT: usize = 8 * 4096;
/// The longest time between checkpoints, while there are commits.
const AT_LEAST: Duration = Duration::from_secs(30);
/// A log of more frames than this, of 4 KiB each, is moved while nobody writes.
const LONG_LOG: i64 = 12_288;
/// The size of the log's file from which commits wait until it is moved. Another process may be
/// about to commit, too: both together stay below 128 MiB.
const LONGEST_LOG: u64 = 88 * 1024 * 1024;
/// The pause after a log could not be begun again, because somebody reads what is in it.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest wait for a log that is too long, and the pause between two tries.
const PATIENCE: Duration = Duration::from_secs(20);
const AGAIN: Duration = Duration::from_millis(50);

/// The result of a checkpoint.
struct Moved {
    /// True if somebody was in the way.
    busy: bool,
    /// The frames in the log, and those of them that are in the file.
    frames: i64,
    in_file: i64,
}

/// Makes checkpoints.
pub(super) struct Checkpoints {
    pool: SqlitePool,
    /// The file of the log.
    log: PathBuf,
    written: AtomicUsize,
    due: Notify,
    failed: Mutex<Option<Instant>>,
    /// Those who read what is in the log, and go on for long.
    long_reads: AtomicUsize,
}

/// Somebody who reads for long. Until this is dropped, the log cannot begin again, and grows.
pub(super) struct LongRead(Arc<Checkpoints>);

impl Drop for LongRead {
    fn drop(&mut self) {
        self.0.long_reads.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Checkpoints {
    /// The pool has one connection that waits for nobody for long.
    pub(super) fn new(pool: SqlitePool, file: &Path) -> Self {
        let mut log: OsString = file.into();
        log.push("-wal");
        let (written, due, failed) = (AtomicUsize::new(0), Notify::new(), Mutex::default());
        Self { pool, log: log.into(), written, due, failed, long_reads: AtomicUsize::new(0) }
    }

    /// Lets the log grow while somebody reads: nobody waits for it to begin again.
    pub(super) fn read_for_long(self: &Arc<Self>) -> LongRead {
        self.long_reads.fetch_add(1, Ordering::Relaxed);
        LongRead(Arc::clone(self))
    }

    /// True while somebody reads for long.
    pub(super) fn is_read_for_long(&self) -> bool {
        self.long_reads.load(Ordering::Relaxed) > 0
    }

    /// The file of the log.
    pub(super) fn log(&self) -> &Path {
        &self.log
    }

    /// Counts a commit.
    pub(super) fn committed(&self) {
        self.wrote(COMMIT);
    }

    /// Counts what a commit writes for its parts.
    pub(super) fn worked(&self, work: &Work) {
        let bodies: usize = work.enqueue.iter().map(|new| new.weight() + 4096).sum();
        self.wrote(bodies + 1024 * (work.finish.len() + work.start.len()));
    }

    /// Counts bytes.
    pub(super) fn wrote(&self, bytes: usize) {
        let before = self.written.fetch_add(bytes, Ordering::Relaxed);
        if before == 0 || before.saturating_add(bytes) >= EVERY {
            self.due.notify_one();
        }
    }

    /// Waits until a checkpoint is due: for ever while nothing is written.
    pub(super) async fn due(&self) {
        while self.written.load(Ordering::Relaxed) == 0 {
            self.due.notified().await;
        }
        let latest = Instant::now() + AT_LEAST;
        while self.written.load(Ordering::Relaxed) < EVERY {
            if timeout_at(latest, self.due.notified()).await.is_err() {
                break;
            }
        }
        self.written.store(0, Ordering::Relaxed);
    }

    /// Moves what can be moved while others write. Returns true if the log is long.
    pub(super) async fn move_beside(&self) -> Result<bool, sqlx::Error> {
        let Moved { frames, .. } = self.checkpoint("PASSIVE").await?;
        Ok(frames > LONG_LOG)
    }

    /// Moves the rest, while nobody else in this process writes, so that the log begins again.
    pub(super) async fn move_rest(&self) -> Result<(), sqlx::Error> {
        self.checkpoint("RESTART").await.map(|_| ())
    }

    /// Moves all of the log, and shortens the file. Nobody else in this process may write meanwhile.
    pub(super) async fn move_all(&self) -> Result<(), sqlx::Error> {
        self.checkpoint("TRUNCATE").await.map(|_| ())
    }

    /// Moves all of the log if it is too long to go on, however slow the disk is. Nobody else in
    /// this process may write meanwhile.
    pub(super) async fn make_room(&self) {
        let failed = *self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_read_for_long()
            || self.length() < LONGEST_LOG
            || failed.is_some_and(|at| at.elapsed() < PAUSE)
        {
            return;
        }
        let latest = Instant::now() + PATIENCE;
        let made_room = loop {
            match self.checkpoint("TRUNCATE").await {
                Ok(Moved { busy: false, .. }) => break true,
                // All is moved, but somebody reads what is in the log.
                Ok(Moved { frames, in_file, .. }) if frames == in_file && frames > 0 => {
                    break false;
                }
                // Another process makes a checkpoint, or the connection is still busy with one.
                _ if Instant::now() < latest => tokio::time::sleep(AGAIN).await,
                Ok(_) => break false,
                Err(error) => {
                    tracing::warn!(%error, "the inbox's log could not be checkpointed");
                    break false;
                }
            }
        };
        let failed = (!made_room).then(Instant::now);
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = failed;
    }

    fn length(&self) -> u64 {
        fs::metadata(&self.log).map_or(0, |log| log.len())
    }

    async fn checkpoint(&self, mode: &str) -> Result<Moved, sqlx::Error> {
        let pragma = sqlx::AssertSqlSafe(format!("PRAGMA wal_checkpoint({mode})"));
        let (busy, frames, in_file): (i64, i64, i64) =
            sqlx::query_as(pragma).fetch_one(&self.pool).await?;
        Ok(Moved { busy: busy != 0, frames, in_file })
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}
