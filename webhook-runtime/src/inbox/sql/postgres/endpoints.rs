//! The settings of endpoints in a PostgreSQL database.

use sqlx::{Connection as _, PgConnection};

use crate::inbox::{
    error::InboxError,
    sql::{
        endpoints::{PAUSE, PAUSED, RESUME, pause as read},
        postgres::names::Names,
    },
    store::Pause,
};

pub(super) async fn pause(
    connection: &mut PgConnection,
    names: &Names,
    endpoint: &str,
    (by, why): (&str, &str),
) -> Result<(), InboxError> {
    let mut tx = connection.begin_with(names.begin()).await?;
    let pause = sqlx::query(names.sql(PAUSE));
    pause.bind(endpoint).bind(by).bind(why).execute(&mut *tx).await?;
    names.notify(&mut tx, &[String::new()]).await?;
    tx.commit().await?;
    Ok(())
}

pub(super) async fn resume(
    connection: &mut PgConnection,
    names: &Names,
    endpoint: &str,
) -> Result<bool, InboxError> {
    let mut tx = connection.begin_with(names.begin()).await?;
    let resumed = sqlx::query(names.sql(RESUME)).bind(endpoint).execute(&mut *tx).await?;
    names.notify(&mut tx, &[String::new()]).await?;
    tx.commit().await?;
    Ok(resumed.rows_affected() > 0)
}

pub(super) async fn paused(
    connection: &mut PgConnection,
    names: &Names,
) -> Result<Vec<Pause>, InboxError> {
    let rows = sqlx::query(names.sql(PAUSED)).fetch_all(connection).await?;
    Ok(rows.iter().map(read).collect())
}
