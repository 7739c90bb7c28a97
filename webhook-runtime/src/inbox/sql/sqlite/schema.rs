//! The tables in an SQLite file.

use std::time::{Duration, SystemTime};

use sqlx::{Connection as _, SqliteConnection, error::DatabaseError};

use crate::inbox::{error::InboxError, record::millis};

/// The migrations, for programs that run them on their own. Run each once, in this order, in its
/// own transaction, together with the insertion of a row `(number from 1, milliseconds since 1970)`
/// into the table of [`SQLITE_VERSIONS`].
pub const SQLITE_MIGRATIONS: &[&str] =
    &[include_str!("1.sql"), include_str!("2.sql"), include_str!("3.sql")];

/// Creates the table of the migrations that have been run.
pub const SQLITE_VERSIONS: &str = "CREATE TABLE IF NOT EXISTS webhook_schema (\
                                   version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL)";

/// Migrates the tables. Several processes may do so at once: one does it, the others wait and find
/// it done.
pub(super) async fn migrate(
    connection: &mut SqliteConnection,
    now: SystemTime,
    may_migrate: bool,
) -> Result<(), InboxError> {
    if may_migrate {
        migrate_with_retries(connection, now).await?;
    }
    let found = version(connection).await.unwrap_or_default();
    InboxError::unless_version_is(SQLITE_MIGRATIONS.len(), found)
}

async fn migrate_with_retries(
    connection: &mut SqliteConnection,
    now: SystemTime,
) -> Result<(), sqlx::Error> {
    for _ in 0..50 {
        match migrate_once(connection, now).await {
            // SQLite waits for most locks, but not for the first ones of a new file.
            Err(error) if is_busy(&error) => tokio::time::sleep(Duration::from_millis(100)).await,
            result => return result,
        }
    }
    migrate_once(connection, now).await
}

async fn migrate_once(
    connection: &mut SqliteConnection,
    now: SystemTime,
) -> Result<(), sqlx::Error> {
    // Looks first: or else every start would wait for whoever is writing.
    if version(connection).await.is_ok_and(|version| version >= SQLITE_MIGRATIONS.len()) {
        return Ok(());
    }
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::raw_sql(SQLITE_VERSIONS).execute(&mut *tx).await?;
    let done = version(&mut tx).await?;
    for (number, &migration) in (1_i64..).zip(SQLITE_MIGRATIONS).skip(done) {
        sqlx::raw_sql(migration).execute(&mut *tx).await?;
        sqlx::query("INSERT INTO webhook_schema (version, applied_at) VALUES ($1, $2)")
            .bind(number)
            .bind(millis(now))
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await
}

async fn version(connection: &mut SqliteConnection) -> Result<usize, sqlx::Error> {
    let version: i64 = sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM webhook_schema")
        .fetch_one(connection)
        .await?;
    Ok(version.try_into().unwrap_or_default())
}

/// True if another connection holds a lock: `SQLITE_BUSY`, `SQLITE_LOCKED` and their variants.
pub(super) fn is_busy(error: &sqlx::Error) -> bool {
    let Some(code) = error.as_database_error().and_then(DatabaseError::code) else { return false };
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6))
}
