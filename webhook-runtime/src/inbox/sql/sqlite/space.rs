//! The space of deleted rows. SQLite uses it again, and a file never shrinks by itself.

use sqlx::{AssertSqlSafe, SqliteConnection};

/// The free bytes that are left in the file for what comes next.
const LEFT: i64 = 16 * 1024 * 1024;

/// The pages that one step gives back. Nobody else can write meanwhile.
const STEP: i64 = 128;

/// The pages of a file.
pub(super) struct Space {
    /// Those that hold nothing, and all.
    free: i64,
    pages: i64,
    page_size: i64,
    /// True if the file can shrink step by step, which only a new file can learn.
    can_shrink: bool,
}

impl Space {
    pub(super) async fn of(connection: &mut SqliteConnection) -> Result<Self, sqlx::Error> {
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
    pub(super) fn steps(&self) -> i64 {
        let left = LEFT / self.page_size.max(1);
        let is_wasted = self.can_shrink && self.free > self.pages / 4 && self.free > left;
        if is_wasted { (self.free - left) / STEP } else { 0 }
    }
}

/// Gives a few pages back, and returns the bytes that this may have written.
pub(super) async fn give_back(connection: &mut SqliteConnection) -> Result<usize, sqlx::Error> {
    let vacuum = AssertSqlSafe(format!("PRAGMA incremental_vacuum({STEP})"));
    sqlx::query(vacuum).execute(connection).await?;
    Ok(usize::try_from(STEP).unwrap_or_default() * 4096)
}

/// Rewrites the whole file, after which it can shrink.
pub(super) const COMPACT: &str = "PRAGMA auto_vacuum = INCREMENTAL; VACUUM";
