//! The tables in a PostgreSQL database.

use std::time::Duration;

use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, error::DatabaseError,
};

use crate::inbox::{
    error::InboxError,
    migrations::{MigrationResult, Migrations},
    sql::{
        cannot_open,
        postgres::{
            grants::{self, Rights},
            names::Names,
            session::{Sessions, in_session},
            url,
        },
        tables::{Tables, WANTED},
    },
};

const MIGRATIONS: [&str; WANTED as usize] =
    [include_str!("1.sql"), include_str!("2.sql"), include_str!("3.sql"), include_str!("4.sql")];

/// Lets those who use the tables go on while a long transaction keeps a migration from beginning.
/// An index on many rows takes any time.
const LIMITS: &str = "SET LOCAL lock_timeout = '1s'; SET LOCAL statement_timeout = 0";

/// The number of tries of a migration that cannot have the tables, and the pause between two.
const TRIES: u32 = 60;
const PAUSE: Duration = Duration::from_millis(500);

/// The migrations for a schema of this name, for programs that run them on their own: each once, in
/// this order, in a transaction of its own. Each writes down that it was run. The first one creates
/// the schema if it is missing.
///
/// # Errors
/// If the name is not a plain identifier.
pub fn postgres_migrations(schema: &str) -> Result<Vec<String>, InboxError> {
    Ok(migrations_after(&Names::new(schema)?, 0))
}

/// The migrations that tables of this version lack.
fn migrations_after(names: &Names, version: u32) -> Vec<String> {
    let missing = MIGRATIONS.iter().skip(version as usize);
    missing.map(|migration| names.sql(migration).0).collect()
}

/// The migrations of a schema in the database at a URL. Changes nothing.
pub(crate) async fn migrations(url: &str, schema: &str) -> Result<Migrations, InboxError> {
    let (mut connection, names) = connect(url, schema).await?;
    let looked = look_in_session(&mut connection, &names).await;
    let (tables, _) = looked.map_err(|error| cannot_open(url, error.into()))?;
    Ok(Migrations {
        found: tables.version,
        wanted: WANTED,
        sql: migrations_after(&names, tables.version),
        tables,
        schema: Some(schema.to_owned()),
    })
}

/// Runs the migrations of a schema in the database at a URL.
pub(crate) async fn run_migrations(url: &str, schema: &str) -> Result<MigrationResult, InboxError> {
    let (mut connection, names) = connect(url, schema).await?;
    migrate(&mut connection, &names, true).await.map_err(|error| cannot_open(url, error))
}

/// Connects for a moment, and works behind any pooler.
async fn connect(url: &str, schema: &str) -> Result<(PgConnection, Names), InboxError> {
    let names = Names::new(schema)?.with_sessions(Sessions::Shared);
    let options = url::options(url)?.disable_statement_logging().extra_float_digits(None);
    let connected = Sessions::Shared.options(options).connect().await;
    Ok((connected.map_err(|error| cannot_open(url, error.into()))?, names))
}

/// Migrates the tables, and checks that they can be used. Several processes may do so at once: one
/// does it, the others wait and find it done.
pub(super) async fn migrate(
    connection: &mut PgConnection,
    names: &Names,
    may_migrate: bool,
) -> Result<MigrationResult, InboxError> {
    let (mut tables, rights) = look_in_session(connection, names).await?;
    let from = tables.version;
    let mut denied = rights.problem(names);
    if may_migrate && denied.is_none() {
        while tables.version < WANTED {
            match migrate_one(connection, names).await {
                Ok(()) => (tables, _) = look_in_session(connection, names).await?,
                Err(error) if is_denied(&error) => {
                    denied = Some(error.to_string());
                    break;
                }
                Err(error) => return Err(error.into()),
            }
        }
        if denied.is_none() {
            // What another role has created need not be this one's.
            let (found, rights) = look_in_session(connection, names).await?;
            (tables, denied) = (found, rights.problem(names));
        }
    }
    match denied {
        None => tables.check()?,
        Some(denied) => {
            let role = in_session!(names, connection => grants::role(connection).await)?;
            return Err(InboxError::Store(help(names, &role, tables, &denied)));
        }
    }
    Ok(MigrationResult { from, to: tables.version })
}

async fn look_in_session(
    connection: &mut PgConnection,
    names: &Names,
) -> Result<(Tables, Rights), sqlx::Error> {
    in_session!(names, connection => look(connection, names).await)
}

/// Runs the next migration, if there is one. A transaction that uses the tables for long keeps it
/// from beginning: then it is tried again, and others can use the tables meanwhile.
async fn migrate_one(connection: &mut PgConnection, names: &Names) -> Result<(), sqlx::Error> {
    let mut tries = TRIES;
    loop {
        match try_to_migrate_one(connection, names).await {
            Err(error) if is_in_use(&error) && tries > 0 => {
                tries -= 1;
                tokio::time::sleep(PAUSE).await;
            }
            result => return result,
        }
    }
}

async fn try_to_migrate_one(
    connection: &mut PgConnection,
    names: &Names,
) -> Result<(), sqlx::Error> {
    let mut tx = connection.begin_with(names.sessions().begin_for_handler()).await?;
    names.lock_migration(&mut tx).await?;
    let (tables, _) = look(&mut tx, names).await?;
    if let Some(next) = migrations_after(names, tables.version).first() {
        sqlx::raw_sql(LIMITS).execute(&mut *tx).await?;
        sqlx::raw_sql(AssertSqlSafe(next.clone())).execute(&mut *tx).await?;
    }
    tx.commit().await
}

/// True if the role lacks a right.
fn is_denied(error: &sqlx::Error) -> bool {
    code(error).is_some_and(|code| code == "42501")
}

/// True if another transaction has the tables.
fn is_in_use(error: &sqlx::Error) -> bool {
    code(error).is_some_and(|code| matches!(&*code, "55P03" | "40P01"))
}

fn code(error: &sqlx::Error) -> Option<std::borrow::Cow<'_, str>> {
    error.as_database_error().and_then(DatabaseError::code)
}

/// The SQL that a role with more rights has to run.
fn help(names: &Names, role: &str, tables: Tables, denied: &str) -> String {
    let mut sql: Vec<_> = migrations_after(names, tables.version)
        .iter()
        .map(|migration| migration.trim_end().trim_end_matches(';').to_owned())
        .collect();
    sql.extend(grants::grants(names, role));
    format!(
        "the role `{role}` lacks rights: {denied}. Let a role that has them run this once, and start \
         again:\n\nBEGIN;\n{};\nCOMMIT;\n",
        sql.join(";\n")
    )
}

/// Finds the version of the tables, and what the role may do with them.
async fn look(
    connection: &mut PgConnection,
    names: &Names,
) -> Result<(Tables, Rights), sqlx::Error> {
    let rights = grants::given(connection, names).await?;
    if !rights.may_look {
        return Ok((rights.tables(), rights));
    }
    let mut first = 0;
    if rights.by_names > 0 {
        first = sqlx::query_scalar(names.sql("SELECT coalesce(max(version), 0) FROM {s}versions"))
            .persistent(false)
            .fetch_one(&mut *connection)
            .await?;
    }
    let mut later = None;
    if rights.by_names > 2 {
        let select = names.sql("SELECT max(version), max(oldest) FROM {s}migrations");
        let (version, oldest): (Option<i64>, Option<i64>) =
            sqlx::query_as(select).persistent(false).fetch_one(connection).await?;
        later = version.zip(oldest);
    }
    Ok((Tables::of(first, later), rights))
}
