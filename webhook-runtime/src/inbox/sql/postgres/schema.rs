//! The tables in a PostgreSQL database.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, error::DatabaseError};

use crate::inbox::{
    error::InboxError,
    sql::postgres::{grants, names::Names, session::in_session},
};

const MIGRATIONS: &[&str] = &[include_str!("1.sql"), include_str!("2.sql"), include_str!("3.sql")];

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

/// Creates the schema if it is missing, and the table of the migrations that have been run.
///
/// # Errors
/// If the name is not a plain identifier.
pub fn postgres_versions(schema: &str) -> Result<String, InboxError> {
    Ok(versions(&Names::new(schema)?))
}

fn versions(names: &Names) -> String {
    // `CREATE SCHEMA IF NOT EXISTS` asks for the right to create schemas even if it is there.
    let schema = names.schema();
    format!(
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = '{schema}') \
         THEN CREATE SCHEMA \"{schema}\"; END IF; END $$; {}",
        names.sql(VERSIONS).0
    )
}

/// Migrates the tables, and checks that they can be used. Several processes may do so at once: one
/// does it, the others wait and find it done.
pub(super) async fn migrate(
    connection: &mut PgConnection,
    names: &Names,
    may_migrate: bool,
) -> Result<(), InboxError> {
    let (found, denied) = match in_session!(names, connection => look(connection, names).await)? {
        Found::Version(found) if may_migrate && found < MIGRATIONS.len() => {
            match migrate_from(connection, names, found).await {
                Ok(found) => (found, None),
                Err(error) if is_denied(&error) => (found, Some(error.to_string())),
                Err(error) => return Err(error.into()),
            }
        }
        Found::Version(found) => (found, None),
        Found::Denied => {
            (MIGRATIONS.len(), Some(format!("not all rights in `{}`", names.schema())))
        }
    };
    match denied {
        None => InboxError::unless_version_is(MIGRATIONS.len(), found),
        Some(denied) => {
            let role = in_session!(names, connection => grants::role(connection).await)?;
            Err(InboxError::Store(help(names, &role, found, &denied)))
        }
    }
}

/// What the role of a connection sees.
enum Found {
    /// The tables have this version; 0 if they are missing.
    Version(usize),
    /// The tables are there, and the role may not use them.
    Denied,
}

async fn look(connection: &mut PgConnection, names: &Names) -> Result<Found, sqlx::Error> {
    if !grants::are_given(connection, names).await? {
        return Ok(Found::Denied);
    }
    version(connection, names).await.map(Found::Version)
}

/// Migrates the tables, and returns their version.
async fn migrate_from(
    connection: &mut PgConnection,
    names: &Names,
    mut found: usize,
) -> Result<usize, sqlx::Error> {
    let mut tx = connection.begin_with(names.begin()).await?;
    names.lock_migration(&mut tx).await?;
    found = found.max(version(&mut tx, names).await?);
    if found < MIGRATIONS.len() {
        sqlx::raw_sql(AssertSqlSafe(versions(names))).execute(&mut *tx).await?;
    }
    for statement in statements(names, found) {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *tx).await?;
        found += 1;
    }
    tx.commit().await?;
    Ok(found)
}

/// The migrations after a version, each with the row that tells of it.
fn statements(names: &Names, found: usize) -> impl Iterator<Item = String> {
    (1_u32..).zip(MIGRATIONS).skip(found).map(|(number, migration)| {
        let told =
            format!("INSERT INTO {{s}}versions (version, applied_at) VALUES ({number}, {{now}})");
        format!(
            "{};\n{}",
            names.sql(migration).0.trim_end().trim_end_matches(';'),
            names.sql(&told).0
        )
    })
}

/// True if the role lacks a right.
fn is_denied(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(DatabaseError::code).is_some_and(|code| code == "42501")
}

/// The SQL that a role with more rights has to run.
fn help(names: &Names, role: &str, found: usize, denied: &str) -> String {
    let mut sql = Vec::new();
    if found < MIGRATIONS.len() {
        sql.push(versions(names));
        sql.extend(statements(names, found));
    }
    sql.extend(grants::grants(names, role));
    format!(
        "the role `{role}` lacks rights: {denied}. Let a role that has them run this once, and start \
         again:\n\nBEGIN;\n{};\nCOMMIT;\n",
        sql.join(";\n")
    )
}

async fn version(connection: &mut PgConnection, names: &Names) -> Result<usize, sqlx::Error> {
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
