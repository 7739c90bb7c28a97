//! What operators and maintenance do to a PostgreSQL database.

use std::time::Duration;

use sqlx::{Connection as _, PgConnection, postgres::PgArguments};

use crate::inbox::{
    error::InboxError,
    http::head::StoredRequest,
    record::{Filter, Record, StoredDelivery, span},
    sql,
    sql::{
        Arg, RECORD, RecordRow,
        postgres::{BEGIN, names::Names},
    },
    store::{Change, ChangeResult, DueTimeLimits, PruneResult, QueueDepth, Retention},
};

use super::finish::promote;

pub(super) async fn list(
    connection: &mut PgConnection,
    names: &Names,
    filter: &Filter,
    after: i64,
    most: u32,
) -> Result<Vec<Record>, InboxError> {
    let (conditions, args) = sql::conditions(filter, 3);
    let sql = format!(
        "SELECT {RECORD} FROM {{s}}deliveries WHERE id > $1{conditions} ORDER BY id LIMIT $2"
    );
    let query = sqlx::query_as(names.sql(&sql)).bind(after).bind(i64::from(most));
    let rows: Vec<RecordRow> =
        args.into_iter().fold(query, bind_as).persistent(false).fetch_all(connection).await?;
    rows.into_iter().map(sql::record).collect()
}

type QueryAs<'q, O> = sqlx::query::QueryAs<'q, sqlx::Postgres, O, PgArguments>;

fn bind_as<O>(query: QueryAs<'_, O>, arg: Arg) -> QueryAs<'_, O> {
    match arg {
        Arg::Int(number) => query.bind(number),
        Arg::Text(text) => query.bind(text),
    }
}

pub(super) async fn get(
    connection: &mut PgConnection,
    names: &Names,
    id: i64,
) -> Result<Option<StoredDelivery>, InboxError> {
    let filter = Filter::all().ids([id]);
    let Some(record) = list(connection, names, &filter, i64::MIN, 1).await?.pop() else {
        return Ok(None);
    };
    let sent: Option<(Vec<u8>, Vec<u8>)> =
        sqlx::query_as(names.sql("SELECT head, body FROM {s}bodies WHERE id = $1"))
            .bind(id)
            .fetch_optional(connection)
            .await?;
    let Some((head, body)) = sent else { return Ok(None) };
    let head = StoredRequest::decode(&head)
        .ok_or_else(|| InboxError::Store(sql::UNREADABLE.to_owned()))?;
    Ok(Some(StoredDelivery { record, head, body: body.into() }))
}

pub(super) async fn change(
    connection: &mut PgConnection,
    names: &Names,
    filter: &Filter,
    change: Change,
    (after, most): (i64, u32),
) -> Result<ChangeResult, InboxError> {
    let (conditions, args) = sql::conditions(filter, 3);
    let states = sql::codes(change.applies_to());
    let select = format!(
        "SELECT id, line FROM {{s}}deliveries WHERE id > $1{conditions} \
         AND state IN ({states}) ORDER BY id LIMIT $2"
    );
    let mut tx = connection.begin_with(BEGIN).await?;
    let query = sqlx::query_as(names.sql(&select)).bind(after).bind(i64::from(most));
    let found: Vec<(i64, Option<Vec<u8>>)> =
        args.into_iter().fold(query, bind_as).persistent(false).fetch_all(&mut *tx).await?;
    let lines = found.iter().filter_map(|(_, line)| line.as_deref().and_then(sql::digest));
    let lines = sql::distinct(lines);
    // First the lines, then the rows, as everybody does.
    names.lock_lines(&mut tx, &lines).await?;
    let set = change.set("{now}");
    let update =
        format!("UPDATE {{s}}deliveries SET {set} WHERE id = ANY($1) AND state IN ({states})");
    let ids: Vec<i64> = found.iter().map(|(id, _)| *id).collect();
    let last = ids.last().copied();
    let updated = sqlx::query(names.sql(&update)).bind(ids).execute(&mut *tx).await?;
    promote(&mut tx, names, &lines).await?;
    tx.commit().await?;
    Ok(ChangeResult { count: updated.rows_affected(), last })
}

pub(super) async fn prune(
    connection: &mut PgConnection,
    names: &Names,
    retention: &Retention,
    most: u32,
) -> Result<PruneResult, InboxError> {
    let mut tx = connection.begin_with(BEGIN).await?;
    let mut records = 0;
    for (state, keep) in
        [(3, retention.completed), (5, retention.completed), (4, retention.dead_letters)]
    {
        let deleted = sqlx::query(names.sql(
            "WITH old AS (DELETE FROM {s}deliveries WHERE id IN (SELECT id FROM {s}deliveries \
             WHERE state = $1 AND state > 2 AND finished_at <= {now} - $2 LIMIT $3 \
             FOR UPDATE SKIP LOCKED) RETURNING id) \
             DELETE FROM {s}bodies WHERE id IN (SELECT id FROM old)",
        ))
        .bind(state)
        .bind(span(keep))
        .bind(i64::from(most))
        .execute(&mut *tx)
        .await?;
        records += deleted.rows_affected();
    }
    let keys = sqlx::query(names.sql(
        "DELETE FROM {s}keys WHERE key IN (SELECT key FROM {s}keys WHERE expires_at <= {now} \
         ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)",
    ))
    .bind(i64::from(most))
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(PruneResult { records, dedup_keys: keys.rows_affected() })
}

/// The endpoints that anything waits for, by the index `deliveries_due`: one step each.
const ENDPOINTS: &str = "WITH RECURSIVE e (name) AS (\
     (SELECT min(endpoint) FROM {s}deliveries WHERE state < 2) \
     UNION ALL SELECT (SELECT min(endpoint) FROM {s}deliveries \
     WHERE state < 2 AND endpoint > e.name) FROM e WHERE e.name IS NOT NULL)";

pub(super) async fn clamp_future_due_times(
    connection: &mut PgConnection,
    names: &Names,
    bounds: DueTimeLimits,
) -> Result<u64, InboxError> {
    // Waits and leases are of other processes too, which may be configured otherwise.
    let far = |bound: Duration| 2 * span(bound) + 60_000;
    let mut healed = 0;
    for (state, beyond, due) in
        [(0, far(bounds.max_delay), "0"), (1, far(bounds.max_lease), "{now} + $3")]
    {
        let sql = format!(
            "{ENDPOINTS} UPDATE {{s}}deliveries SET due_at = {due} WHERE id IN (\
             SELECT d.id FROM e JOIN {{s}}deliveries AS d ON d.endpoint = e.name \
             AND d.state = $1 AND d.state < 2 AND d.due_at > {{now}} + $2 \
             AND $3::bigint IS NOT NULL FOR UPDATE OF d SKIP LOCKED)"
        );
        let done = sqlx::query(names.sql(&sql))
            .bind(state)
            .bind(beyond)
            .bind(span(bounds.max_lease))
            .execute(&mut *connection)
            .await?;
        healed += done.rows_affected();
    }
    Ok(healed)
}

pub(super) async fn queue_depth(
    connection: &mut PgConnection,
    names: &Names,
) -> Result<QueueDepth, InboxError> {
    let (waiting, running, held, dead): (i64, i64, i64, i64) = sqlx::query_as(names.sql(
        "SELECT (SELECT count(*) FROM {s}deliveries WHERE state = 0 AND state < 2), \
         (SELECT count(*) FROM {s}deliveries WHERE state = 1 AND state < 2), \
         (SELECT count(*) FROM {s}deliveries WHERE line IS NOT NULL AND state = 2 AND state <= 2), \
         (SELECT count(*) FROM {s}deliveries WHERE state = 4 AND state > 2)",
    ))
    .fetch_one(&mut *connection)
    .await?;
    let sql = format!(
        "{ENDPOINTS} SELECT greatest({{now}} - min(since), 0) FROM (\
         SELECT (SELECT d.received_at FROM {{s}}deliveries AS d WHERE d.endpoint = e.name \
         AND d.state = 0 AND d.state < 2 AND d.due_at = 0 ORDER BY d.id LIMIT 1) AS since FROM e \
         UNION ALL \
         SELECT (SELECT d.due_at FROM {{s}}deliveries AS d WHERE d.endpoint = e.name \
         AND d.state = 0 AND d.state < 2 AND d.due_at > 0 ORDER BY d.due_at LIMIT 1) AS since \
         FROM e) AS oldest"
    );
    let lag: Option<i64> = sqlx::query_scalar(names.sql(&sql)).fetch_one(connection).await?;
    let count = |number: i64| number.try_into().unwrap_or_default();
    Ok(QueueDepth {
        pending: count(waiting),
        running: count(running),
        blocked: count(held),
        dead: count(dead),
        lag: Duration::from_millis(count(lag.unwrap_or_default())),
    })
}
