//! Moves what has been written from the write-ahead log into the file, beside the writing.

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

/// After how many bytes, about.
const EVERY: usize = 16 * 1024 * 1024;
/// What a commit adds to the log beside the deliveries that it stores: a few pages, however little is
/// written to each. Where many are small, these are what fills a disk.
const COMMIT: usize = 8 * 4096;
/// After how long, if there was less.
const AT_LEAST: Duration = Duration::from_secs(30);
/// A log of more frames than this, of 4 KiB each, is finished with while nobody writes: only a log
/// that has been moved to its end is begun anew.
const LONG_LOG: i64 = 16_384;

/// The task that does it.
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

    /// Counts what was written.
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

/// How many frames the log has, and how many of them have been moved. Waits for nobody.
async fn passive(pool: &SqlitePool) -> Result<(i64, i64), sqlx::Error> {
    let (_busy, frames, moved): (i64, i64, i64) =
        sqlx::query_as("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(pool).await?;
    Ok((frames, moved))
}
