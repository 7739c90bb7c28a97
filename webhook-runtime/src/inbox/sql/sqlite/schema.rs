//! The tables in an SQLite file.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection, error::DatabaseError};

use crate::inbox::{
    error::InboxError,
    migrations::MigrationResult,
    sql::{
        sqlite::text_at,
        tables::{Tables, WANTED},
    },
};

const MIGRATIONS: [&str; WANTED as usize] =
    [include_str!("1.sql"), include_str!("2.sql"), include_str!("3.sql"), include_str!("4.sql")];

/// SQL for the present time, in every version of SQLite.
const NOW: &str = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)";

/// The migrations, for programs that run them on their own: each once, in this order, in a
/// transaction of its own. Each writes down that it was run.
#[must_use]
pub fn sqlite_migrations() -> Vec<String> {
    migrations_after(0)
}

/// The migrations that tables of this version lack.
pub(super) fn migrations_after(version: u32) -> Vec<String> {
    let missing = MIGRATIONS.iter().skip(version as usize);
    missing.map(|migration| text_at(migration, NOW)).collect()
}

/// Migrates the tables, and checks that they can be used. Several processes may do so at once: one
/// does it, the others wait and find it done.
pub(super) async fn migrate(
    connection: &mut SqliteConnection,
    may_migrate: bool,
) -> Result<MigrationResult, InboxError> {
    let mut tries = 50;
    let mut result = None;
    let tables = loop {
        match migrate_one(connection, may_migrate).await {
            // SQLite waits for most locks, but not for the first ones of a new file.
            Err(error) if is_busy(&error) && tries > 0 => {
                tries -= 1;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Err(error) => return Err(error.into()),
            Ok((tables, done)) => {
                let from = *result.get_or_insert(tables.version);
                if done {
                    break (from, tables);
                }
            }
        }
    };
    let (from, tables) = tables;
    tables.check()?;
    Ok(MigrationResult { from, to: tables.version })
}

/// Runs the next migration. Returns what there was before it, and true if there is none to run.
async fn migrate_one(
    connection: &mut SqliteConnection,
    may_migrate: bool,
) -> Result<(Tables, bool), sqlx::Error> {
    // Looks first: or else every start would wait for whoever is writing.
    let before = look(connection).await?;
    if !may_migrate || before.version >= WANTED {
        return Ok((before, true));
    }
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    let found = look(&mut tx).await?;
    if let Some(next) = migrations_after(found.version).first() {
        sqlx::raw_sql(AssertSqlSafe(next.clone())).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok((before, false))
}

/// Finds the version of the tables.
pub(super) async fn look(connection: &mut SqliteConnection) -> Result<Tables, sqlx::Error> {
    let there: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_master \
         WHERE type = 'table' AND name IN ('webhook_schema', 'webhook_migrations')",
    )
    .persistent(false)
    .fetch_all(&mut *connection)
    .await?;
    let is_there = |name: &str| there.iter().any(|table| table == name);
    let mut first = 0;
    if is_there("webhook_schema") {
        first = sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM webhook_schema")
            .persistent(false)
            .fetch_one(&mut *connection)
            .await?;
    }
    let mut later = None;
    if is_there("webhook_migrations") {
        let (version, oldest): (Option<i64>, Option<i64>) =
            sqlx::query_as("SELECT max(version), max(oldest) FROM webhook_migrations")
                .persistent(false)
                .fetch_one(connection)
                .await?;
        later = version.zip(oldest);
    }
    Ok(Tables::of(first, later))
}

/// True if another connection holds a lock: `SQLITE_BUSY`, `SQLITE_LOCKED` and their variants.
pub(super) fn is_busy(error: &sqlx::Error) -> bool {
    let Some(code) = error.as_database_error().and_then(DatabaseError::code) else { return false };
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6))
}
