//! Changes by operators and maintenance to an SQLite file.

use std::time::Duration;

use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection, sqlite::SqliteRow};

use crate::inbox::{
    error::InboxError,
    record::{Filter, Record, StoredDelivery, span},
    sql,
    sql::{
        Statement, bind,
        sqlite::{finish::promote, statement, workers},
        statements,
    },
    store::{
        Change, ChangeResult, DueTimeLimits, EndpointBacklog, PruneResult, QueueDepth, Retention,
    },
};

pub(super) async fn list(
    connection: &mut SqliteConnection,
    filter: &Filter,
    after: i64,
    max: u32,
) -> Result<Vec<Record>, InboxError> {
    let rows = rows(connection, filter, after, max).await?;
    Ok(rows.iter().map(sql::record).collect())
}

async fn rows(
    connection: &mut SqliteConnection,
    filter: &Filter,
    after: i64,
    max: u32,
) -> Result<Vec<SqliteRow>, InboxError> {
    let Statement { template, args } = statements::list(filter, after, max);
    Ok(bind!(sqlx::query(statement(&template, 0)), args).fetch_all(connection).await?)
}

pub(super) async fn get(
    connection: &mut SqliteConnection,
    id: i64,
) -> Result<Option<StoredDelivery>, InboxError> {
    let row = rows(connection, &Filter::all().ids([id]), i64::MIN, 1).await?.pop();
    let sent = sqlx::query("SELECT head, body, unpacked FROM webhook_bodies WHERE id = $1")
        .bind(id)
        .fetch_optional(connection)
        .await?;
    sql::stored(row, sent)
}

pub(super) async fn change(
    connection: &mut SqliteConnection,
    filter: &Filter,
    change: Change,
    range: (i64, u32),
    now: i64,
) -> Result<ChangeResult, InboxError> {
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    let Statement { template, args } = statements::changeable(filter, change, range);
    let found = bind!(sqlx::query(statement(&template, now)), args).fetch_all(&mut *tx).await?;
    let found: Vec<_> = found.iter().map(sql::id_and_line).collect();
    let ids: Vec<i64> = found.iter().map(|(id, _)| *id).collect();
    let lines = sql::distinct(found.into_iter().filter_map(|(_, line)| line));
    let update = statements::change(change, &ids);
    sqlx::query(statement(&update, now)).persistent(false).execute(&mut *tx).await?;
    promote(&mut tx, &lines).await?;
    tx.commit().await?;
    Ok(ChangeResult { count: ids.len().try_into().unwrap_or(u64::MAX), last: ids.last().copied() })
}

pub(super) async fn prune(
    connection: &mut SqliteConnection,
    retention: &Retention,
    max: u32,
    now: i64,
) -> Result<PruneResult, InboxError> {
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    let mut pruned = PruneResult::default();
    for (state, keep) in retention.by_state() {
        let old: Vec<i64> = sqlx::query_scalar(
            "SELECT id FROM webhook_deliveries WHERE state = $1 AND state > 2 \
             AND finished_at <= $2 LIMIT $3",
        )
        .bind(state.code())
        .bind(now - span(keep))
        .bind(max)
        .fetch_all(&mut *tx)
        .await?;
        let old = json!(old).to_string();
        for table in ["webhook_bodies", "webhook_deliveries"] {
            let delete =
                format!("DELETE FROM {table} WHERE id IN (SELECT value FROM json_each($1))");
            let deleted = sqlx::query(AssertSqlSafe(delete)).bind(&old).execute(&mut *tx).await?;
            pruned.records += deleted.rows_affected();
        }
    }
    // Each has a row in both tables.
    pruned.records /= 2;
    let keys = sqlx::query(
        "DELETE FROM webhook_keys WHERE key IN (SELECT key FROM webhook_keys \
         WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
    )
    .bind(now)
    .bind(max)
    .execute(&mut *tx)
    .await?;
    pruned.dedup_keys = keys.rows_affected();
    workers::forget(&mut tx, now).await?;
    tx.commit().await?;
    Ok(pruned)
}

pub(super) async fn clamp_future_due_times(
    connection: &mut SqliteConnection,
    bounds: DueTimeLimits,
    now: i64,
) -> Result<u64, InboxError> {
    let mut healed = 0;
    for (state, plausible, reset) in bounds.by_state() {
        // Looked up first: where there is none, which is nearly always, nobody has to wait for
        // this.
        let far = statements::far_ahead(state, plausible);
        let far: Vec<i64> = sqlx::query_scalar(statement(&far, now))
            .persistent(false)
            .fetch_all(&mut *connection)
            .await?;
        if far.is_empty() {
            continue;
        }
        let of = format!(
            "id IN ({}) AND state = {} AND due_at > {{now}} + {}",
            statements::numbers(far.into_iter()),
            state.code(),
            span(plausible)
        );
        let reset = statements::reset_due(reset, &of);
        let done =
            sqlx::query(statement(&reset, now)).persistent(false).execute(&mut *connection).await?;
        healed += done.rows_affected();
    }
    Ok(healed)
}

pub(super) async fn queue_depth(
    connection: &mut SqliteConnection,
    now: i64,
) -> Result<QueueDepth, InboxError> {
    let counts = statements::counts(|index| format!(" INDEXED BY webhook_{index}"));
    let counts = sqlx::query_as(statement(&counts, now)).fetch_one(&mut *connection).await?;
    Ok(statements::queue_depth(counts, &oldest(connection, now).await?))
}

async fn oldest(connection: &mut SqliteConnection, now: i64) -> Result<SqliteRow, InboxError> {
    let oldest = sqlx::query(statement(&statements::longest_wait(), now)).persistent(false);
    Ok(oldest.fetch_one(connection).await?)
}

pub(super) async fn lag(
    connection: &mut SqliteConnection,
    now: i64,
) -> Result<Duration, InboxError> {
    Ok(statements::lag(&oldest(connection, now).await?))
}

pub(super) async fn backlog(
    connection: &mut SqliteConnection,
    now: i64,
) -> Result<Vec<EndpointBacklog>, InboxError> {
    let backlog = statements::backlog(|index| format!(" INDEXED BY webhook_{index}"));
    let backlog = sqlx::query(statement(&backlog, now)).persistent(false);
    let rows = backlog.fetch_all(connection).await?;
    Ok(rows.iter().map(sql::of_endpoint).collect())
}
