//! The space of deleted rows. SQLite uses it again, and a file never shrinks by itself.

use std::time::Duration;

use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::inbox::{error::InboxError, sql::sqlite::SqliteStore};

/// The free bytes that are left in the file for what comes next.
const LEFT: i64 = 16 * 1024 * 1024;

/// The pages that one step gives back. Nobody else can write meanwhile.
const STEP: i64 = 128;

/// The pause between two steps, so that they take little of the disk.
const PAUSE: Duration = Duration::from_millis(20);

/// The pages of a file.
struct Space {
    /// Those that hold nothing, and all.
    free: i64,
    pages: i64,
    page_size: i64,
    /// True if the file can shrink step by step, which only a new file can learn.
    can_shrink: bool,
}

impl Space {
    async fn of(connection: &mut SqliteConnection) -> Result<Self, sqlx::Error> {
        let (free, pages, page_size, mode): (i64, i64, i64, i64) = sqlx::query_as(
            "SELECT f.freelist_count, c.page_count, s.page_size, v.auto_vacuum \
             FROM pragma_freelist_count AS f, pragma_page_count AS c, pragma_page_size AS s, \
             pragma_auto_vacuum AS v",
        )
        .fetch_one(connection)
        .await?;
        Ok(Self { free, pages, page_size, can_shrink: mode == 2 })
    }

    /// The steps that are worth it: none unless so much is free that it is not used again soon.
    fn steps(&self) -> i64 {
        let left = LEFT / self.page_size.max(1);
        let is_wasted = self.can_shrink && self.free > self.pages / 4 && self.free > left;
        if is_wasted { (self.free - left) / STEP } else { 0 }
    }
}

impl SqliteStore {
    /// Gives space back step by step, if it is worth it.
    pub(super) async fn shrink(&self) -> Result<(), InboxError> {
        // Not twice at a time.
        let Ok(_shrinking) = self.shrinking.try_lock() else { return Ok(()) };
        let space = Space::of(&mut *self.read().await?).await?;
        let step = format!("PRAGMA incremental_vacuum({STEP})");
        for _ in 0..space.steps() {
            self.run_in_turn(&step).await?;
            self.checkpoints.wrote(usize::try_from(STEP * space.page_size).unwrap_or_default());
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Rewrites the whole file, after which it can shrink.
    pub(super) async fn rewrite(&self) -> Result<(), InboxError> {
        self.run_in_turn("PRAGMA auto_vacuum = INCREMENTAL; VACUUM").await?;
        // The new pages are in the log. The file shrinks when they are moved.
        let mut turn = self.turn.lock().await;
        turn.connection().await?;
        Ok(self.checkpoints.move_all().await?)
    }

    async fn run_in_turn(&self, sql: &str) -> Result<(), InboxError> {
        let mut turn = self.turn.lock().await;
        let done =
            sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(turn.connection().await?).await;
        match done {
            Ok(_) => self.checkpoints.committed(),
            Err(_) => turn.release(),
        }
        self.file.check()?;
        done?;
        Ok(())
    }
}
