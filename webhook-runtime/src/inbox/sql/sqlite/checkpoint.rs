//! Checkpoints: moves the write-ahead log into the file, while others go on writing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sqlx::SqlitePool;
use tokio::{sync::Notify, task::JoinHandle};

use crate::inbox::sql::sqlite::Turn;

/// The approximate number of bytes between checkpoints.
const EVERY: usize = 16 * 1024 * 1024;
/// The bytes that a commit adds to the log beside its deliveries: a few pages, however little is
/// written to each. With many small commits, these fill the disk.
const COMMIT: usize = 8 * 4096;
/// The longest time between checkpoints.
const AT_LEAST: Duration = Duration::from_secs(30);
/// A log of more frames than this, of 4 KiB each, is moved while nobody writes: SQLite restarts a
/// log only after all of it has been moved.
const LONG_LOG: i64 = 16_384;

/// The task that makes checkpoints.
pub(super) struct Checkpoints {
    written: Arc<AtomicUsize>,
    due: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Checkpoints {
    pub(super) fn start(pool: SqlitePool, turn: Turn) -> Self {
        let (written, due) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let task = tokio::spawn({
            let (written, due) = (Arc::clone(&written), Arc::clone(&due));
            async move {
                loop {
                    let _ = tokio::time::timeout(AT_LEAST, due.notified()).await;
                    written.store(0, Ordering::Relaxed);
                    if let Err(error) = checkpoint(&pool, &turn).await {
                        tracing::warn!(%error, "the inbox's log could not be checkpointed");
                    }
                }
            }
        });
        Self { written, due, task }
    }

    /// Counts a commit.
    pub(super) fn committed(&self) {
        self.wrote(COMMIT);
    }

    /// Counts bytes.
    pub(super) fn wrote(&self, bytes: usize) {
        if self.written.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) >= EVERY {
            self.due.notify_one();
        }
    }

    pub(super) fn stop(&self) {
        self.task.abort();
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn checkpoint(pool: &SqlitePool, turn: &Turn) -> Result<(), sqlx::Error> {
    let (frames, moved) = passive(pool).await?;
    if frames > LONG_LOG && moved < frames {
        let _turn = turn.lock().await;
        passive(pool).await?;
    }
    Ok(())
}

/// The number of frames in the log, and of those that have been moved. Waits for nobody.
async fn passive(pool: &SqlitePool) -> Result<(i64, i64), sqlx::Error> {
    let (_busy, frames, moved): (i64, i64, i64) =
        sqlx::query_as("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(pool).await?;
    Ok((frames, moved))
}
