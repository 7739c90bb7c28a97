//! The rows of processes with workers, in an SQLite file.

use sqlx::SqliteConnection;

use crate::inbox::{
    error::InboxError,
    sql::{
        sqlite::statement,
        workers::{ADD, BEAT, FORGET, LIST, endpoints, numbers, worker},
    },
    store::{Heartbeat, WorkerRecord},
};

/// Writes a sign of life, and returns the number of the worker.
pub(super) async fn beat(
    connection: &mut SqliteConnection,
    beat: &Heartbeat,
    now: i64,
) -> Result<i64, InboxError> {
    let ((slots, running, next), endpoints) = (numbers(beat), endpoints(beat));
    if let Some(id) = beat.id {
        let update = sqlx::query(statement(BEAT, now)).persistent(false).bind(id).bind(&endpoints);
        let update = update.bind(slots).bind(running).bind(next).execute(&mut *connection).await?;
        if update.rows_affected() > 0 {
            return Ok(id);
        }
    }
    let add = sqlx::query_scalar(statement(ADD, now)).persistent(false);
    let add = add.bind(&beat.name).bind(i64::from(beat.pid)).bind(&beat.program);
    let add = add.bind(&beat.version).bind(endpoints).bind(slots).bind(running).bind(next);
    Ok(add.fetch_one(connection).await?)
}

pub(super) async fn list(
    connection: &mut SqliteConnection,
) -> Result<Vec<WorkerRecord>, InboxError> {
    let rows = sqlx::query(statement(LIST, 0)).fetch_all(connection).await?;
    Ok(rows.iter().map(worker).collect())
}

/// Deletes what has been gone for an hour.
pub(super) async fn forget(connection: &mut SqliteConnection, now: i64) -> Result<(), InboxError> {
    sqlx::query(statement(FORGET, now)).persistent(false).execute(connection).await?;
    Ok(())
}
