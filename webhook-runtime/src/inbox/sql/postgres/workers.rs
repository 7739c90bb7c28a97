//! The rows of processes with workers, in a PostgreSQL database.

use sqlx::PgConnection;

use crate::inbox::{
    error::InboxError,
    sql::{
        postgres::names::Names,
        workers::{ADD, BEAT, FORGET, LIST, endpoints, numbers, worker},
    },
    store::{Heartbeat, WorkerRecord},
};

/// Writes a sign of life, and returns the number of the worker.
pub(super) async fn beat(
    connection: &mut PgConnection,
    names: &Names,
    beat: &Heartbeat,
) -> Result<i64, InboxError> {
    let ((slots, running, next), endpoints) = (numbers(beat), endpoints(beat));
    if let Some(id) = beat.id {
        let update = sqlx::query(names.sql(BEAT)).bind(id).bind(&endpoints);
        let update = update.bind(slots).bind(running).bind(next).execute(&mut *connection).await?;
        if update.rows_affected() > 0 {
            return Ok(id);
        }
    }
    let add = sqlx::query_scalar(names.sql(ADD)).bind(&beat.name).bind(i64::from(beat.pid));
    let add = add.bind(&beat.program).bind(&beat.version).bind(endpoints);
    Ok(add.bind(slots).bind(running).bind(next).fetch_one(connection).await?)
}

pub(super) async fn list(
    connection: &mut PgConnection,
    names: &Names,
) -> Result<Vec<WorkerRecord>, InboxError> {
    let rows = sqlx::query(names.sql(LIST)).fetch_all(connection).await?;
    Ok(rows.iter().map(worker).collect())
}

/// Deletes what has been gone for an hour.
pub(super) async fn forget(connection: &mut PgConnection, names: &Names) -> Result<(), InboxError> {
    sqlx::query(names.sql(FORGET)).execute(connection).await?;
    Ok(())
}
