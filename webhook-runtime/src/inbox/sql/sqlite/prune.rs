//! Deletes what is old in an SQLite file.

use serde_json::json;
use sqlx::{Connection as _, SqliteConnection};

use crate::inbox::{
    error::InboxError,
    record::{DeliveryState, span},
    sql::{
        prune::{self, Look, Marks, Own},
        sqlite::{statement, workers},
    },
    store::{EndpointRetention, SUMS_KEPT},
};

/// The endpoints that have a retention of their own.
pub(super) async fn own(connection: &mut SqliteConnection) -> Result<Own, InboxError> {
    Ok(prune::own(&sqlx::query(statement(prune::OWN, 0)).fetch_all(connection).await?))
}

pub(super) async fn set_retention(
    connection: &mut SqliteConnection,
    retentions: &[EndpointRetention],
) -> Result<(), InboxError> {
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    let own = own(&mut tx).await?;
    for (of, [completed, dead]) in prune::changed(retentions, &own) {
        let set = sqlx::query(statement(prune::SET_OWN, 0)).bind(&of.endpoint);
        set.bind(completed).bind(dead).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The rows of one state that are old enough.
pub(super) struct Old {
    state: DeliveryState,
    until: i64,
    ids: Vec<i64>,
}

/// Looks for what is old enough, without keeping others from writing.
pub(super) async fn look(
    connection: &mut SqliteConnection,
    marks: &mut Marks,
    max: u32,
    now: i64,
) -> Result<Vec<Old>, InboxError> {
    let (mut all, mut left) = (Vec::new(), usize::try_from(max).unwrap_or(usize::MAX));
    while let Some(look) = marks.next(now) {
        let Look { state, after, until, max } = look;
        let finished = prune::finished(" INDEXED BY webhook_finished");
        let rows = sqlx::query(statement(&finished, now))
            .bind(state.code())
            .bind(after.0)
            .bind(after.1)
            .bind(until)
            .bind(i64::try_from(max).unwrap_or(i64::MAX))
            .fetch_all(&mut *connection)
            .await?;
        let rows: Vec<_> = rows.iter().filter_map(prune::row).collect();
        let ids = marks.choose(&look, &rows, left, now);
        left -= ids.len();
        if !ids.is_empty() {
            all.push(Old { state, until, ids });
        }
    }
    Ok(all)
}

/// Deletes what is old, and keys that have expired. Returns both numbers.
pub(super) async fn delete(
    connection: &mut SqliteConnection,
    old: &[Old],
    max: u32,
    now: i64,
) -> Result<(u64, u64), InboxError> {
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    let mut records = 0;
    for Old { state, until, ids } in old {
        // An operator may have had some of it run again meanwhile.
        let deleted: Vec<i64> = sqlx::query_scalar(
            "DELETE FROM webhook_deliveries WHERE id IN (SELECT value FROM json_each($1)) \
             AND state = $2 AND finished_at <= $3 RETURNING id",
        )
        .bind(json!(ids).to_string())
        .bind(state.code())
        .bind(until)
        .fetch_all(&mut *tx)
        .await?;
        records += deleted.len() as u64;
        sqlx::query("DELETE FROM webhook_bodies WHERE id IN (SELECT value FROM json_each($1))")
            .bind(json!(deleted).to_string())
            .execute(&mut *tx)
            .await?;
    }
    sqlx::query("DELETE FROM webhook_sums WHERE minute < $1")
        .bind(now - span(SUMS_KEPT))
        .execute(&mut *tx)
        .await?;
    let keys = sqlx::query(EXPIRED).bind(now).bind(max).execute(&mut *tx).await?;
    workers::forget(&mut tx, now).await?;
    tx.commit().await?;
    Ok((records, keys.rows_affected()))
}

const EXPIRED: &str = "DELETE FROM webhook_keys WHERE key IN (SELECT key FROM webhook_keys \
                       WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
