//! Storing deliveries in an SQLite file.

use std::{collections::HashMap, fmt::Write as _, time::Duration};

use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

use crate::inbox::{
    error::InboxError,
    record::{Digest, Enqueued, NewDelivery, State, millis, span, stored_text},
    sql,
    sqlite::finish::promote,
};

/// How many rows are inserted by one statement.
const ROWS: usize = 64;

/// A delivery that is new, with its number and digests.
struct Fresh<'a> {
    delivery: &'a NewDelivery,
    id: i64,
    key: Digest,
    line: Option<Digest>,
}

pub(super) async fn enqueue(
    connection: &mut SqliteConnection,
    batch: &[NewDelivery],
    keep_keys_for: Duration,
    now: i64,
) -> Result<Vec<Enqueued>, InboxError> {
    let keys: Vec<Digest> = batch.iter().map(NewDelivery::digest).collect();
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    let mut known = known(&mut tx, &keys, now).await?;
    let mut next = last(&mut tx).await?;
    let mut fresh = Vec::with_capacity(batch.len());
    let mut enqueued = Vec::with_capacity(batch.len());
    for (delivery, key) in batch.iter().zip(keys) {
        if let Some(&id) = known.get(&key) {
            enqueued.push(Enqueued::Duplicate(id));
            continue;
        }
        next += 1;
        known.insert(key, next);
        enqueued.push(Enqueued::Stored(next));
        fresh.push(Fresh { delivery, id: next, key, line: delivery.line() });
    }
    for rows in fresh.chunks(ROWS) {
        insert_deliveries(&mut tx, rows).await?;
        insert_bodies(&mut tx, rows).await?;
        insert_keys(&mut tx, rows, keep_keys_for, now).await?;
    }
    promote(&mut tx, &sql::distinct(fresh.iter().filter_map(|fresh| fresh.line))).await?;
    tx.commit().await?;
    Ok(enqueued)
}

/// Which of the keys are known, and the deliveries that they belong to.
async fn known(
    connection: &mut SqliteConnection,
    keys: &[Digest],
    now: i64,
) -> Result<HashMap<Digest, i64>, InboxError> {
    let found: Vec<(Vec<u8>, i64)> = sqlx::query_as(
        "SELECT k.key, k.delivery FROM json_each($1) AS f CROSS JOIN webhook_keys AS k \
         ON k.key = unhex(f.value) WHERE k.expires_at > $2",
    )
    .bind(hex_list(keys))
    .bind(now)
    .fetch_all(connection)
    .await?;
    Ok(found.into_iter().filter_map(|(key, id)| Some((sql::digest(&key)?, id))).collect())
}

/// The highest number that was ever given.
async fn last(connection: &mut SqliteConnection) -> Result<i64, InboxError> {
    let last: Option<i64> =
        sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = 'webhook_deliveries'")
            .fetch_optional(connection)
            .await?;
    Ok(last.unwrap_or_default())
}

async fn insert_deliveries(
    connection: &mut SqliteConnection,
    rows: &[Fresh<'_>],
) -> Result<(), InboxError> {
    let sql = values(
        "INSERT INTO webhook_deliveries (id, endpoint, provider, event, provider_id, state, \
         due_at, attempt, claims, line, received_at, size) VALUES ",
        "(?, ?, ?, ?, ?, ?, 0, 0, 0, ?, ?, ?)",
        rows.len(),
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for Fresh { delivery, id, line, .. } in rows {
        let state = if line.is_some() { State::Held } else { State::Waiting };
        query = query
            .bind(id)
            .bind(&delivery.endpoint)
            .bind(&delivery.provider)
            .bind(delivery.event.as_deref().map(stored_text))
            .bind(delivery.provider_id.as_deref().map(stored_text))
            .bind(state.code())
            .bind(line.map(Vec::from))
            .bind(millis(delivery.received_at))
            .bind(i64::try_from(delivery.body.len()).unwrap_or(i64::MAX));
    }
    query.execute(connection).await?;
    Ok(())
}

async fn insert_bodies(
    connection: &mut SqliteConnection,
    rows: &[Fresh<'_>],
) -> Result<(), InboxError> {
    let sql =
        values("INSERT INTO webhook_bodies (id, head, body) VALUES ", "(?, ?, ?)", rows.len());
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for Fresh { delivery, id, .. } in rows {
        query = query.bind(id).bind(delivery.head.encode()).bind(&delivery.body[..]);
    }
    query.execute(connection).await?;
    Ok(())
}

async fn insert_keys(
    connection: &mut SqliteConnection,
    rows: &[Fresh<'_>],
    keep_keys_for: Duration,
    now: i64,
) -> Result<(), InboxError> {
    // What is replaced has expired.
    let sql = values(
        "INSERT OR REPLACE INTO webhook_keys (key, delivery, expires_at) VALUES ",
        "(?, ?, ?)",
        rows.len(),
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for Fresh { delivery, id, key, .. } in rows {
        let keep = keep_keys_for.max(delivery.keep_key_for);
        query = query.bind(key.to_vec()).bind(id).bind(now + span(keep));
    }
    query.execute(connection).await?;
    Ok(())
}

fn values(insert: &str, row: &str, rows: usize) -> String {
    let mut sql = insert.to_owned();
    for at in 0..rows {
        sql.push_str(if at == 0 { "" } else { ", " });
        sql.push_str(row);
    }
    sql
}

/// Digests as SQL gets at them: a JSON array of hex.
pub(super) fn hex_list(digests: &[Digest]) -> String {
    let hex = digests.iter().map(|digest| {
        digest.iter().fold(String::with_capacity(32), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    });
    json!(hex.collect::<Vec<_>>()).to_string()
}
