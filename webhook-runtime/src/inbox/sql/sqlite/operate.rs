//! What operators and maintenance do to an SQLite file.

use std::time::Duration;

use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection, sqlite::SqliteArguments};

use crate::inbox::{
    error::InboxError,
    http::head::StoredRequest,
    record::{Filter, Record, StoredDelivery, span},
    sql,
    sql::{Arg, RECORD, RecordRow, sqlite::finish::promote},
    store::{Change, ChangeResult, DueTimeLimits, PruneResult, QueueDepth, Retention},
};

pub(super) async fn list(
    connection: &mut SqliteConnection,
    filter: &Filter,
    after: i64,
    most: u32,
) -> Result<Vec<Record>, InboxError> {
    let (conditions, args) = sql::conditions(filter, 3);
    let sql = format!(
        "SELECT {RECORD} FROM webhook_deliveries WHERE id > $1{conditions} ORDER BY id LIMIT $2"
    );
    let query = sqlx::query_as(AssertSqlSafe(sql)).bind(after).bind(most);
    let rows: Vec<RecordRow> =
        args.into_iter().fold(query, bind_as).persistent(false).fetch_all(connection).await?;
    rows.into_iter().map(sql::record).collect()
}

type QueryAs<'q, O> = sqlx::query::QueryAs<'q, sqlx::Sqlite, O, SqliteArguments>;

fn bind_as<O>(query: QueryAs<'_, O>, arg: Arg) -> QueryAs<'_, O> {
    match arg {
        Arg::Int(number) => query.bind(number),
        Arg::Text(text) => query.bind(text),
    }
}

pub(super) async fn get(
    connection: &mut SqliteConnection,
    id: i64,
) -> Result<Option<StoredDelivery>, InboxError> {
    let filter = Filter::all().ids([id]);
    let Some(record) = list(connection, &filter, i64::MIN, 1).await?.pop() else { return Ok(None) };
    let sent: Option<(Vec<u8>, Vec<u8>)> =
        sqlx::query_as("SELECT head, body FROM webhook_bodies WHERE id = $1")
            .bind(id)
            .fetch_optional(connection)
            .await?;
    let Some((head, body)) = sent else { return Ok(None) };
    let head = StoredRequest::decode(&head)
        .ok_or_else(|| InboxError::Store(sql::UNREADABLE.to_owned()))?;
    Ok(Some(StoredDelivery { record, head, body: body.into() }))
}

pub(super) async fn change(
    connection: &mut SqliteConnection,
    filter: &Filter,
    change: Change,
    (after, most): (i64, u32),
    now: i64,
) -> Result<ChangeResult, InboxError> {
    let (conditions, args) = sql::conditions(filter, 3);
    let states = sql::codes(change.applies_to());
    let select = format!(
        "SELECT id, line FROM webhook_deliveries WHERE id > $1{conditions} \
         AND state IN ({states}) ORDER BY id LIMIT $2"
    );
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    let query = sqlx::query_as(AssertSqlSafe(select)).bind(after).bind(most);
    let found: Vec<(i64, Option<Vec<u8>>)> =
        args.into_iter().fold(query, bind_as).persistent(false).fetch_all(&mut *tx).await?;
    let set = change.set("$2");
    let update = format!(
        "UPDATE webhook_deliveries SET {set} WHERE id IN (SELECT value FROM json_each($1))"
    );
    let ids: Vec<i64> = found.iter().map(|(id, _)| *id).collect();
    sqlx::query(AssertSqlSafe(update))
        .bind(json!(ids).to_string())
        .bind(now)
        .execute(&mut *tx)
        .await?;
    let lines = found.iter().filter_map(|(_, line)| line.as_deref().and_then(sql::digest));
    promote(&mut tx, &sql::distinct(lines)).await?;
    tx.commit().await?;
    Ok(ChangeResult { count: ids.len().try_into().unwrap_or(u64::MAX), last: ids.last().copied() })
}

pub(super) async fn prune(
    connection: &mut SqliteConnection,
    retention: &Retention,
    most: u32,
    now: i64,
) -> Result<PruneResult, InboxError> {
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    let mut records = 0;
    for (state, keep) in
        [(3, retention.completed), (5, retention.completed), (4, retention.dead_letters)]
    {
        let old: Vec<i64> = sqlx::query_scalar(
            "SELECT id FROM webhook_deliveries WHERE state = $1 AND state > 2 \
             AND finished_at <= $2 LIMIT $3",
        )
        .bind(state)
        .bind(now - span(keep))
        .bind(most)
        .fetch_all(&mut *tx)
        .await?;
        let old = json!(old).to_string();
        let delete = ["webhook_bodies", "webhook_deliveries"].map(|table| {
            format!("DELETE FROM {table} WHERE id IN (SELECT value FROM json_each($1))")
        });
        for delete in delete {
            let deleted = sqlx::query(AssertSqlSafe(delete)).bind(&old).execute(&mut *tx).await?;
            records += deleted.rows_affected();
        }
    }
    let keys = sqlx::query(
        "DELETE FROM webhook_keys WHERE key IN (SELECT key FROM webhook_keys \
         WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
    )
    .bind(now)
    .bind(most)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(PruneResult { records: records / 2, dedup_keys: keys.rows_affected() })
}

/// The endpoints that anything waits for, by the index `webhook_due`: one step each.
const ENDPOINTS: &str = "WITH RECURSIVE e (name) AS (\
     SELECT min(endpoint) FROM webhook_deliveries WHERE state < 2 \
     UNION ALL SELECT (SELECT min(endpoint) FROM webhook_deliveries \
     WHERE state < 2 AND endpoint > e.name) FROM e WHERE e.name IS NOT NULL)";

pub(super) async fn clamp_future_due_times(
    connection: &mut SqliteConnection,
    bounds: DueTimeLimits,
    now: i64,
) -> Result<u64, InboxError> {
    // Waits and leases are of other processes too, which may be configured otherwise.
    let far = |bound: Duration| now + 2 * span(bound) + 60_000;
    let mut healed = 0;
    for (state, beyond, due) in
        [(0, far(bounds.max_delay), 0), (1, far(bounds.max_lease), now + span(bounds.max_lease))]
    {
        let sql = format!(
            "{ENDPOINTS} SELECT d.id FROM e CROSS JOIN webhook_deliveries AS d \
             ON d.endpoint = e.name AND d.state = $1 AND d.state < 2 AND d.due_at > $2"
        );
        let far: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(state)
            .bind(beyond)
            .fetch_all(&mut *connection)
            .await?;
        if far.is_empty() {
            continue;
        }
        let done = sqlx::query(
            "UPDATE webhook_deliveries SET due_at = $2 WHERE state = $3 AND due_at > $4 \
             AND id IN (SELECT value FROM json_each($1))",
        )
        .bind(json!(far).to_string())
        .bind(due)
        .bind(state)
        .bind(beyond)
        .execute(&mut *connection)
        .await?;
        healed += done.rows_affected();
    }
    Ok(healed)
}

pub(super) async fn queue_depth(
    connection: &mut SqliteConnection,
    now: i64,
) -> Result<QueueDepth, InboxError> {
    let (waiting, running, held, dead): (i64, i64, i64, i64) = sqlx::query_as(
        "SELECT \
         (SELECT count(*) FROM webhook_deliveries INDEXED BY webhook_due \
          WHERE state = 0 AND state < 2), \
         (SELECT count(*) FROM webhook_deliveries INDEXED BY webhook_due \
          WHERE state = 1 AND state < 2), \
         (SELECT count(*) FROM webhook_deliveries INDEXED BY webhook_lines \
          WHERE line IS NOT NULL AND state = 2 AND state <= 2), \
         (SELECT count(*) FROM webhook_deliveries INDEXED BY webhook_finished \
          WHERE state = 4 AND state > 2)",
    )
    .fetch_one(&mut *connection)
    .await?;
    let sql = format!(
        "{ENDPOINTS} SELECT min(since) FROM (\
         SELECT (SELECT d.received_at FROM webhook_deliveries AS d WHERE d.endpoint = e.name \
         AND d.state = 0 AND d.state < 2 AND d.due_at = 0 ORDER BY d.id LIMIT 1) AS since FROM e \
         UNION ALL \
         SELECT (SELECT d.due_at FROM webhook_deliveries AS d WHERE d.endpoint = e.name \
         AND d.state = 0 AND d.state < 2 AND d.due_at > 0 ORDER BY d.due_at LIMIT 1) AS since \
         FROM e)"
    );
    let since: Option<i64> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await?;
    let lag = since.map_or(0, |since| now.saturating_sub(since)).try_into().unwrap_or_default();
    let count = |number: i64| number.try_into().unwrap_or_default();
    Ok(QueueDepth {
        pending: count(waiting),
        running: count(running),
        blocked: count(held),
        dead: count(dead),
        lag: Duration::from_millis(lag),
    })
}
