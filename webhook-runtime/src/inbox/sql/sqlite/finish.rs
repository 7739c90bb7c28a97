//! Settling claims in an SQLite file.

use std::collections::HashSet;

use serde_json::json;
use sqlx::{Connection as _, SqliteConnection};

use crate::inbox::{
    error::InboxError,
    record::{AttemptDetails, AttemptResult, ClaimToken, Digest},
    sql,
    sql::{Measured, Settled, sqlite::enqueue::hex_list},
    store::{AttemptNote, FinishedAttempt, KEPT_ATTEMPTS},
};

/// Completes claims, as nearly all of them end. Of each: number, claim, and what was measured. `OR
/// FAIL` keeps no journal of the statement: if it fails, its transaction is rolled back as a whole.
const COMPLETE: &str = "UPDATE OR FAIL webhook_deliveries AS d SET state = 3, due_at = 0, \
     attempt = d.attempt + 1 - d.counted, counted = 1, unsure = 0, reason = NULL, cause = NULL, \
     pause = 0, started_at = f.value ->> 2, took = f.value ->> 3, status = f.value ->> 4, \
     worker = f.value ->> 5, finished_at = $2 FROM json_each($1) AS f \
     WHERE d.id = f.value ->> 0 AND d.claims = f.value ->> 1 AND d.state = 1 RETURNING id";

/// Settles claims. Of each: number, claim, what was measured, state, due time, reason, attempts that
/// do not count, pause, cause, and whether it stays unsure.
pub(super) const FINISH: &str = "UPDATE OR FAIL webhook_deliveries AS d SET state = f.value ->> 6, \
     due_at = f.value ->> 7, \
     reason = CASE f.value ->> 9 WHEN 0 THEN f.value ->> 8 ELSE COALESCE(f.value ->> 8, d.reason) END, \
     cause = CASE f.value ->> 9 WHEN 0 THEN f.value ->> 11 ELSE COALESCE(f.value ->> 11, d.cause) END, \
     attempt = d.attempt + 1 - d.counted - (f.value ->> 9), counted = 1, \
     unsure = d.unsure * (f.value ->> 12), pause = f.value ->> 10, started_at = f.value ->> 2, \
     took = f.value ->> 3, status = f.value ->> 4, worker = f.value ->> 5, \
     finished_at = CASE WHEN f.value ->> 6 > 2 THEN $2 END FROM json_each($1) AS f \
     WHERE d.id = f.value ->> 0 AND d.claims = f.value ->> 1 AND d.state = 1 RETURNING id";

/// Tells of attempts that have just been settled without completing their delivery. Of each: number,
/// claim, what was measured, end, reason, and the attempts that do not count.
const TELL: &str = "INSERT INTO webhook_attempts (delivery, claim, number, result, started_at, took, \
     status, worker, reason) SELECT d.id, d.claims, d.attempt + (f.value ->> 8), f.value ->> 6, \
     f.value ->> 2, f.value ->> 3, f.value ->> 4, f.value ->> 5, f.value ->> 7 \
     FROM json_each($1) AS f CROSS JOIN webhook_deliveries AS d ON d.id = f.value ->> 0 \
     WHERE true ON CONFLICT (delivery, claim) DO NOTHING";

/// Deletes the oldest attempts where there are many.
const FORGET: &str = "DELETE FROM webhook_attempts WHERE (delivery, claim) IN (\
     SELECT a.delivery, a.claim FROM json_each($1) AS f CROSS JOIN webhook_attempts AS a \
     ON a.delivery = f.value ->> 0 AND a.claim <= (f.value ->> 1) - $2)";

/// Notes what was measured of attempts that have completed their delivery.
const NOTE: &str = "UPDATE webhook_deliveries AS d SET started_at = f.value ->> 2, \
     took = f.value ->> 3, status = f.value ->> 4, worker = f.value ->> 5 FROM json_each($1) AS f \
     WHERE d.id = f.value ->> 0 AND d.claims = f.value ->> 1 AND d.state = 3";

/// Deletes the bodies of deliveries, but not what else was sent.
const DROP_BODIES: &str = "UPDATE webhook_bodies SET body = x'', unpacked = -1 \
     WHERE id IN (SELECT value FROM json_each($1)) AND unpacked >= 0 \
     AND EXISTS (SELECT 1 FROM webhook_deliveries AS d WHERE d.id = webhook_bodies.id AND d.state = 3)";

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
        (COMPLETE, list(completed, measured)),
        (FINISH, list(others.clone(), |finish| row(&Settled::of(finish), now))),
    ] {
        if let Some(rows) = rows {
            let settle = sqlx::query_scalar(statement).bind(rows).bind(now);
            settled.extend::<Vec<i64>>(settle.fetch_all(&mut *tx).await?);
        }
    }
    let good = |finish: &&FinishedAttempt| settled.contains(&finish.claim_token.id);
    tell(&mut *tx, others.into_iter().filter(good).collect()).await?;
    let dropped = batch
        .iter()
        .filter(good)
        .filter(|finish| finish.drop_body && finish.result == AttemptResult::Completed);
    drop_bodies(&mut *tx, dropped.map(|finish| finish.claim_token.id).collect()).await?;
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

/// Tells of attempts that did not complete their delivery.
async fn tell(tx: &mut SqliteConnection, settled: Vec<&FinishedAttempt>) -> Result<(), InboxError> {
    let told: Vec<_> = settled.into_iter().map(Settled::of).collect();
    let told = told.iter().filter_map(|row| {
        let Measured { started_at, took, status, worker } = row.measured;
        let end = row.end?.code();
        Some((row.id, row.claim, started_at, took, status, worker, end, row.reason, row.back))
    });
    let told: Vec<_> = told.collect();
    if told.is_empty() {
        return Ok(());
    }
    let told = json!(told).to_string();
    sqlx::query(TELL).bind(&told).execute(&mut *tx).await?;
    sqlx::query(FORGET).bind(told).bind(KEPT_ATTEMPTS).execute(tx).await?;
    Ok(())
}

/// Deletes the bodies of completed deliveries.
async fn drop_bodies(tx: &mut SqliteConnection, ids: Vec<i64>) -> Result<(), InboxError> {
    if !ids.is_empty() {
        sqlx::query(DROP_BODIES).bind(json!(ids).to_string()).execute(tx).await?;
    }
    Ok(())
}

/// Notes what was measured of attempts whose transaction has completed their delivery.
pub(super) async fn note(
    tx: &mut SqliteConnection,
    notes: &[AttemptNote],
) -> Result<(), InboxError> {
    if notes.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = notes.iter().map(|note| columns(note.claim_token, &note.details)).collect();
    sqlx::query(NOTE).bind(json!(rows).to_string()).execute(&mut *tx).await?;
    let dropped = notes.iter().filter(|note| note.drop_body);
    drop_bodies(tx, dropped.map(|note| note.claim_token.id).collect()).await
}

/// Number, claim, and what was measured.
type Columns = (i64, i64, Option<i64>, Option<i64>, Option<i16>, Option<i64>);

fn measured(finish: &FinishedAttempt) -> Columns {
    columns(finish.claim_token, &finish.details)
}

fn columns(claim: ClaimToken, details: &AttemptDetails) -> Columns {
    let Measured { started_at, took, status, worker } = Measured::of(details);
    (claim.id, claim.number, started_at, took, status, worker)
}

/// The same, then state, due time, reason, attempts that do not count, pause, cause, and whether it
/// stays unsure.
fn row(row: &Settled<'_>, now: i64) -> serde_json::Value {
    let Measured { started_at, took, status, worker } = row.measured;
    // 0 is at once.
    let due = row.after.map_or(0, |after| Some(now + after).filter(|due| *due != 0).unwrap_or(1));
    let (state, pause) = (row.state.code(), row.after.unwrap_or_default());
    json!([
        row.id, row.claim, started_at, took, status, worker, state, due, row.reason, row.back,
        pause, row.cause, row.unsure
    ])
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
