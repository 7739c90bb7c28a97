//! The settings of endpoints in an SQLite file.

use sqlx::SqliteConnection;

use crate::inbox::{
    error::InboxError,
    sql::{
        endpoints::{PAUSE, PAUSED, RESUME, pause as read},
        sqlite::statement,
    },
    store::Pause,
};

pub(super) async fn pause(
    connection: &mut SqliteConnection,
    endpoint: &str,
    (by, why): (&str, &str),
    now: i64,
) -> Result<(), InboxError> {
    let pause = sqlx::query(statement(PAUSE, now)).persistent(false);
    pause.bind(endpoint).bind(by).bind(why).execute(connection).await?;
    Ok(())
}

pub(super) async fn resume(
    connection: &mut SqliteConnection,
    endpoint: &str,
) -> Result<bool, InboxError> {
    let resume = sqlx::query(statement(RESUME, 0)).bind(endpoint);
    Ok(resume.execute(connection).await?.rows_affected() > 0)
}

pub(super) async fn paused(connection: &mut SqliteConnection) -> Result<Vec<Pause>, InboxError> {
    let rows = sqlx::query(statement(PAUSED, 0)).fetch_all(connection).await?;
    Ok(rows.iter().map(read).collect())
}
