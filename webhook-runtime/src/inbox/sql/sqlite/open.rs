//! The connections to an SQLite file, and what makes their commits safe.

use std::{str::FromStr as _, time::Duration};

use sqlx::{
    ConnectOptions as _, Connection as _, Row as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use crate::{
    inbox::{
        error::InboxError,
        migrations::{MigrationResult, Migrations},
        sql::{
            cannot_open,
            sqlite::{BUSY, create, schema},
            tables::{Tables, WANTED},
        },
    },
    support::redact::shown_url,
};

/// Reads the URL, and sets what makes commits safe.
pub(super) fn options(url: &str) -> Result<SqliteConnectOptions, InboxError> {
    let wrong =
        |problem: &str| InboxError::InvalidUrl { url: shown_url(url), problem: problem.to_owned() };
    let options = SqliteConnectOptions::from_str(url).map_err(|error| wrong(&error.to_string()))?;
    let name = options.get_filename().to_string_lossy();
    if name.is_empty() || url.contains(":memory:") || url.contains("mode=memory") {
        return Err(wrong(
            "a database in memory loses what has been acknowledged when the process ends; name a \
             file, such as `sqlite://inbox.db`",
        ));
    }
    Ok(options
        .create_if_missing(true)
        .busy_timeout(BUSY)
        .synchronous(SqliteSynchronous::Full)
        // This makes a difference on macOS only.
        .pragma("fullfsync", "1")
        .pragma("checkpoint_fullfsync", "1")
        // Another connection does it, so that nobody who stores has to wait.
        .pragma("wal_autocheckpoint", "0")
        .pragma("journal_size_limit", "67108864")
        .pragma("cache_size", "-16000")
        .statement_cache_capacity(256)
        .disable_statement_logging())
}

/// Creates the file and its tables if they are missing.
pub(super) async fn prepare(
    options: &SqliteConnectOptions,
    migrate: bool,
) -> Result<MigrationResult, InboxError> {
    create::ensure(options.get_filename());
    // Only a new file takes the page size; the journal mode stays with the file. Pages are small
    // because keys are digests: each lands on a page of its own, which is written as a whole.
    let first = options.clone().page_size(4096).journal_mode(SqliteJournalMode::Wal);
    let mut tries = 50;
    let mut connection = loop {
        match first.connect().await {
            // SQLite does not wait for the lock that a change of the mode needs.
            Err(error) if schema::is_busy(&error) && tries > 0 => {
                tries -= 1;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            result => break result?,
        }
    };
    let migrated = schema::migrate(&mut connection, migrate).await?;
    connection.close().await?;
    Ok(migrated)
}

/// The migrations of the file at a URL. Changes nothing.
pub(crate) async fn migrations(url: &str) -> Result<Migrations, InboxError> {
    let options = options(url)?.create_if_missing(false);
    let look = async {
        if !options.get_filename().exists() {
            return Ok(Tables::of_version(0));
        }
        let mut connection = options.connect().await?;
        let tables = schema::look(&mut connection).await?;
        connection.close().await?;
        Ok(tables)
    };
    let tables = look.await.map_err(|error: sqlx::Error| cannot_open(url, error.into()))?;
    Ok(Migrations {
        found: tables.version,
        wanted: WANTED,
        sql: schema::migrations_after(tables.version),
        tables,
        #[cfg(feature = "inbox-postgres")]
        schema: None,
    })
}

/// Runs the migrations of the file at a URL.
pub(crate) async fn run_migrations(url: &str) -> Result<MigrationResult, InboxError> {
    prepare(&options(url)?, true).await.map_err(|error| cannot_open(url, error))
}

/// Checks that commits are safe: SQLite ignores what it cannot do, and another program can have
/// taken the file out of WAL.
pub(super) async fn read_back(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let unsafe_because = |what: String| sqlx::Error::Configuration(what.into());
    let synchronous: i64 =
        sqlx::query("PRAGMA synchronous").fetch_one(&mut *connection).await?.try_get(0)?;
    if synchronous < 2 {
        return Err(unsafe_because(format!(
            "`PRAGMA synchronous` is {synchronous} where FULL (2) was asked for: what is \
             acknowledged would not be safe"
        )));
    }
    let mode: String =
        sqlx::query("PRAGMA journal_mode").fetch_one(&mut *connection).await?.try_get(0)?;
    if mode != "wal" {
        return Err(unsafe_because(format!(
            "`PRAGMA journal_mode` is `{mode}` where `wal` was asked for: is the file on a disk of \
             this machine, in a directory that can be written to?"
        )));
    }
    Ok(())
}

/// True if a connection can be used again. If a disk is full or fails, SQLite rolls a transaction
/// back on its own. `sqlx` then fails to roll it back, and believes to be in it for ever.
pub(super) async fn is_of_use(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // A dropped transaction is rolled back before the next command; the ping waits for that.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}
