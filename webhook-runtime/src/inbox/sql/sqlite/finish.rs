//! Settling claims in an SQLite file.

use std::collections::HashSet;

use serde_json::json;
use sqlx::{Connection as _, SqliteConnection};

use crate::inbox::{
    error::InboxError,
    record::{AttemptResult, Digest},
    sql,
    sql::{Settled, sqlite::enqueue::hex_list},
    store::FinishedAttempt,
};

/// Completes claims, as nearly all of them end. Of each: number and claim. `OR FAIL` keeps no journal
/// of the statement: if it fails, its transaction is rolled back as a whole.
const COMPLETE: &str = "UPDATE OR FAIL webhook_deliveries AS d SET state = 3, due_at = 0, \
     attempt = d.attempt + 1 - d.counted, counted = 1, unsure = 0, reason = NULL, pause = 0, \
     finished_at = $2 FROM json_each($1) AS f \
     WHERE d.id = f.value ->> 0 AND d.claims = f.value ->> 1 AND d.state = 1 RETURNING id";

/// Settles claims. Of each: number, claim, state, due time, reason, attempts that do not count, and
/// pause.
pub(super) const FINISH: &str = "UPDATE OR FAIL webhook_deliveries AS d SET state = f.value ->> 2, \
     due_at = f.value ->> 3, \
     reason = CASE f.value ->> 5 WHEN 0 THEN f.value ->> 4 \
     ELSE COALESCE(f.value ->> 4, d.reason) END, \
     attempt = d.attempt + 1 - d.counted - (f.value ->> 5), counted = 1, \
     unsure = d.unsure * (f.value ->> 5), pause = f.value ->> 6, \
     finished_at = CASE WHEN f.value ->> 2 > 2 THEN $2 END FROM json_each($1) AS f \
     WHERE d.id = f.value ->> 0 AND d.claims = f.value ->> 1 AND d.state = 1 RETURNING id";

/// Settles claims by their tokens, and returns for each whether it was still good.
pub(super) async fn finish(
    connection: &mut SqliteConnection,
    batch: &[FinishedAttempt],
    now: i64,
) -> Result<Vec<bool>, InboxError> {
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    let settled = finish_within(&mut tx, batch, now).await?;
    tx.commit().await?;
    Ok(settled)
}

/// Settles claims within a transaction.
pub(super) async fn finish_within(
    tx: &mut SqliteConnection,
    batch: &[FinishedAttempt],
    now: i64,
) -> Result<Vec<bool>, InboxError> {
    if batch.is_empty() {
        return Ok(Vec::new());
    }
    let mut settled: HashSet<i64> = HashSet::with_capacity(batch.len());
    let (completed, others): (Vec<_>, Vec<_>) =
        batch.iter().partition(|finish| finish.result == AttemptResult::Completed);
    for (statement, rows) in [
        (COMPLETE, list(completed, |finish| (finish.claim_token.id, finish.claim_token.number))),
        (FINISH, list(others, |finish| row(&Settled::of(finish), now))),
    ] {
        if let Some(rows) = rows {
            let settle = sqlx::query_scalar(statement).bind(rows).bind(now);
            settled.extend::<Vec<i64>>(settle.fetch_all(&mut *tx).await?);
        }
    }
    let lines = sql::distinct(batch.iter().filter_map(|finish| finish.claim_token.ordering_digest));
    promote(&mut *tx, &lines).await?;
    Ok(batch.iter().map(|finish| settled.contains(&finish.claim_token.id)).collect())
}

/// A list in JSON; `None` if it is empty.
fn list<'a, R: serde::Serialize>(
    batch: Vec<&'a FinishedAttempt>,
    row: impl Fn(&'a FinishedAttempt) -> R,
) -> Option<String> {
    let rows: Vec<R> = batch.into_iter().map(row).collect();
    (!rows.is_empty()).then(|| json!(rows).to_string())
}

/// Number, claim, state, due time, reason, attempts that do not count, and pause.
type Row<'a> = (i64, i64, i16, i64, Option<&'a str>, i32, i64);

fn row<'a>(row: &Settled<'a>, now: i64) -> Row<'a> {
    // 0 is at once.
    let due = row.after.map_or(0, |after| Some(now + after).filter(|due| *due != 0).unwrap_or(1));
    (row.id, row.claim, row.state.code(), due, row.reason, row.back, row.after.unwrap_or_default())
}

/// Lets the next delivery of each line go on, if no other of the line is pending or running.
pub(super) async fn promote(
    connection: &mut SqliteConnection,
    lines: &[Digest],
) -> Result<(), InboxError> {
    if lines.is_empty() {
        return Ok(());
    }
    sqlx::query(PROMOTE).bind(hex_list(lines)).execute(connection).await?;
    Ok(())
}

/// Uses the index `webhook_lines`: two steps for each line, however long it is.
pub(super) const PROMOTE: &str = "UPDATE webhook_deliveries SET state = 0, due_at = 0 WHERE id IN (\
     SELECT (SELECT h.id FROM webhook_deliveries AS h WHERE h.line = unhex(f.value) \
     AND h.state = 2 AND h.state <= 2 ORDER BY h.id LIMIT 1) FROM json_each($1) AS f \
     WHERE NOT EXISTS (SELECT 1 FROM webhook_deliveries AS a WHERE a.line = unhex(f.value) \
     AND a.state >= 0 AND a.state < 2 AND a.state <= 2))";
