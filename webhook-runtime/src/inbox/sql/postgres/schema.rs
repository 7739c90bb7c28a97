//! The tables in a PostgreSQL database.

use sqlx::{Connection as _, PgConnection};

use crate::inbox::{
    error::InboxError,
    sql::postgres::{names::Names, session::in_session},
};

const MIGRATIONS: &[&str] = &[include_str!("1.sql"), include_str!("2.sql")];

const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS {s}versions (\
                        version bigint PRIMARY KEY, applied_at bigint NOT NULL)";

/// The migrations for a schema of this name, for programs that run them on their own. Run each
/// once, in this order, in its own transaction, together with the insertion of a row `(number from
/// 1, milliseconds since 1970)` into the table of [`postgres_versions`].
///
/// # Errors
/// If the name is not a plain identifier.
pub fn postgres_migrations(schema: &str) -> Result<Vec<String>, InboxError> {
    let names = Names::new(schema)?;
    Ok(MIGRATIONS.iter().map(|migration| names.sql(migration).0).collect())
}

/// Creates the schema, and the table of the migrations that have been run.
///
/// # Errors
/// If the name is not a plain identifier.
pub fn postgres_versions(schema: &str) -> Result<String, InboxError> {
    let names = Names::new(schema)?;
    Ok(format!("CREATE SCHEMA IF NOT EXISTS \"{}\"; {}", names.schema(), names.sql(VERSIONS).0))
}

/// Migrates the tables. Several processes may do so at once: one does it, the others wait and find
/// it done.
pub(super) async fn migrate(
    connection: &mut PgConnection,
    names: &Names,
    may_migrate: bool,
) -> Result<(), InboxError> {
    // A user without the right to create tables can start all the same, once they exist.
    let mut found = in_session!(names, connection => version(connection, names).await)?;
    if may_migrate && found < MIGRATIONS.len() {
        let mut tx = connection.begin_with(names.begin()).await?;
        names.lock_migration(&mut tx).await?;
        found = version(&mut tx, names).await?;
        if found < MIGRATIONS.len() {
            let versions = sqlx::AssertSqlSafe(postgres_versions(names.schema())?);
            sqlx::raw_sql(versions).execute(&mut *tx).await?;
        }
        for (number, migration) in (1_i64..).zip(MIGRATIONS).skip(found) {
            sqlx::raw_sql(names.sql(migration)).execute(&mut *tx).await?;
            sqlx::query(
                names.sql("INSERT INTO {s}versions (version, applied_at) VALUES ($1, {now})"),
            )
            .bind(number)
            .execute(&mut *tx)
            .await?;
            found += 1;
        }
        tx.commit().await?;
    }
    InboxError::unless_version_is(MIGRATIONS.len(), found)
}

async fn version(connection: &mut PgConnection, names: &Names) -> Result<usize, InboxError> {
    // Reads the catalogue: `to_regclass` can answer from a cache of before the wait for the lock.
    let there: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_class AS c \
         JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
         WHERE n.nspname = $1 AND c.relname = 'versions')",
    )
    .bind(names.schema())
    .fetch_one(&mut *connection)
    .await?;
    if !there {
        return Ok(0);
    }
    let version: i64 =
        sqlx::query_scalar(names.sql("SELECT coalesce(max(version), 0) FROM {s}versions"))
            .fetch_one(connection)
            .await?;
    Ok(version.try_into().unwrap_or_default())
}
