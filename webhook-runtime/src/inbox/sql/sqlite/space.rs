//! The space of deleted rows. SQLite uses it again, and a file never shrinks by itself.
//!
//! SQLite can give space back page by page if it keeps a map of all pages. That map costs each delivery
//! about 5 % of its processor time. So the file is rewritten instead, once much of it is free.

use std::time::Duration;

use sqlx::{AssertSqlSafe, SqliteConnection};
use tokio::time::Instant;

use crate::inbox::{error::InboxError, sql::sqlite::SqliteStore};

/// The free bytes that are left in the file for what comes next.
const LEFT: i64 = 16 * 1024 * 1024;

/// The most bytes that are rewritten without being asked for. Nobody else can write meanwhile: about
/// half a second.
const MOST_REWRITTEN: i64 = 48 * 1024 * 1024;

/// The shortest time between two rewritings.
const AT_MOST_EVERY: Duration = Duration::from_secs(3600);

/// The bytes of a file.
pub(super) struct Space {
    pub(super) free: i64,
    pub(super) used: i64,
}

impl Space {
    pub(super) async fn of(connection: &mut SqliteConnection) -> Result<Self, sqlx::Error> {
        let (free, pages, size): (i64, i64, i64) = sqlx::query_as(
            "SELECT f.freelist_count, c.page_count, s.page_size FROM pragma_freelist_count AS f, \
             pragma_page_count AS c, pragma_page_size AS s",
        )
        .fetch_one(connection)
        .await?;
        Ok(Self { free: free * size, used: (pages - free) * size })
    }

    /// True if so much is free that it is not used again soon.
    fn is_wasted(&self) -> bool {
        self.free > LEFT && self.free > self.used / 3
    }
}

impl SqliteStore {
    /// Rewrites the file if much of it is free and little is used.
    pub(super) async fn shrink(&self) -> Result<(), InboxError> {
        // Not twice at a time.
        let Ok(mut last) = self.rewritten.try_lock() else { return Ok(()) };
        let space = Space::of(&mut *self.read().await?).await?;
        if !space.is_wasted() || last.is_some_and(|last| last.elapsed() < AT_MOST_EVERY) {
            return Ok(());
        }
        *last = Some(Instant::now());
        if space.used > MOST_REWRITTEN {
            let (free, used) = (space.free >> 20, space.used >> 20);
            tracing::info!(
                free_mib = free,
                used_mib = used,
                "much of the inbox's file is free: `Inbox::compact` gives it back"
            );
            return Ok(());
        }
        self.rewrite().await
    }

    /// Rewrites the file without what is free.
    pub(super) async fn rewrite(&self) -> Result<(), InboxError> {
        self.run_in_turn("VACUUM").await?;
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
