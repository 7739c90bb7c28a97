//! Settling claims in an SQLite file.

use std::collections::HashSet;

use serde_json::json;
use sqlx::{Connection as _, Sqlite, SqliteConnection, Transaction, pool::PoolConnection};
use tokio::sync::OwnedMutexGuard;

use crate::inbox::{
    error::InboxError,
    record::{ClaimToken, DeliveryState, Digest, span},
    sql,
    sql::sqlite::enqueue::hex_list,
    store::{End, FinishedAttempt},
};

/// Of each: number, claim, state, when due, reason, and how many attempts are taken back.
pub(super) const FINISH: &str = "UPDATE webhook_deliveries AS d SET state = f.value ->> 2, due_at = f.value ->> 3, \
     reason = CASE f.value ->> 5 WHEN 0 THEN f.value ->> 4 ELSE d.reason END, \
     attempt = d.attempt - (f.value ->> 5), \
     finished_at = CASE WHEN f.value ->> 2 > 2 THEN $2 END FROM json_each($1) AS f \
     WHERE d.id = f.value ->> 0 AND d.claims = f.value ->> 1 AND d.state = 1 RETURNING id";

/// Settles claims, by the claim_token, and says of each whether it was still good.
pub(super) async fn finish(
    connection: &mut SqliteConnection,
    batch: &[FinishedAttempt],
    now: i64,
) -> Result<Vec<bool>, InboxError> {
    let rows: Vec<_> = batch
        .iter()
        .map(|FinishedAttempt { claim_token, result: end }| row(*claim_token, end, now))
        .collect();
    let settle = sqlx::query_scalar(FINISH).bind(json!(rows).to_string()).bind(now);
    let lines = sql::distinct(batch.iter().filter_map(|finish| finish.claim_token.ordering_key));
    let settled: Vec<i64> = if lines.is_empty() {
        // One statement is a transaction of its own.
        settle.fetch_all(connection).await?
    } else {
        let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
        let settled = settle.fetch_all(&mut *tx).await?;
        promote(&mut tx, &lines).await?;
        tx.commit().await?;
        settled
    };
    let settled: HashSet<i64> = settled.into_iter().collect();
    Ok(batch.iter().map(|finish| settled.contains(&finish.claim_token.id)).collect())
}

/// Number, claim, state, when due, reason, and whether the attempt is taken back.
fn row(claim_token: ClaimToken, end: &End, now: i64) -> (i64, i64, i16, i64, Option<&str>, u8) {
    let (id, claim) = (claim_token.id, claim_token.claim);
    match end {
        End::Completed => (id, claim, DeliveryState::Completed.code(), 0, None, 0),
        End::Dead { reason } => (id, claim, DeliveryState::Dead.code(), 0, Some(reason), 0),
        End::Retry { after, reason } => {
            // 0 is at once.
            let due = Some(now + span(*after)).filter(|due| *due != 0).unwrap_or(1);
            (id, claim, DeliveryState::Pending.code(), due, Some(reason), 0)
        }
        End::Released => (id, claim, DeliveryState::Pending.code(), 0, None, 1),
    }
}

/// Lets the next in each line go on, where nobody of the line is running or waiting.
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

/// By the index `webhook_lines`: two steps for each line, however long it is.
pub(super) const PROMOTE: &str = "UPDATE webhook_deliveries SET state = 0, due_at = 0 WHERE id IN (\
     SELECT (SELECT h.id FROM webhook_deliveries AS h WHERE h.line = unhex(f.value) \
     AND h.state = 2 AND h.state <= 2 ORDER BY h.id LIMIT 1) FROM json_each($1) AS f \
     WHERE NOT EXISTS (SELECT 1 FROM webhook_deliveries AS a WHERE a.line = unhex(f.value) \
     AND a.state < 2 AND a.state <= 2))";

/// The transaction in which a delivery of an SQLite file is completed.
pub struct SqliteTransaction {
    tx: Transaction<'static, Sqlite>,
    /// Nobody else of this process writes meanwhile. Let go of last.
    _turn: OwnedMutexGuard<Option<PoolConnection<Sqlite>>>,
}

impl SqliteTransaction {
    /// The completion comes first: it finds out whether the claim is still good, and where SQLite
    /// takes a transaction back on its own, it is taken back with the rest.
    pub(super) async fn begin(
        mut tx: Transaction<'static, Sqlite>,
        turn: OwnedMutexGuard<Option<PoolConnection<Sqlite>>>,
        claim_token: ClaimToken,
        now: i64,
    ) -> Result<Self, InboxError> {
        let done = sqlx::query(
            "UPDATE webhook_deliveries SET state = 3, due_at = 0, reason = NULL, finished_at = $3 \
             WHERE id = $1 AND claims = $2 AND state = 1",
        )
        .bind(claim_token.id)
        .bind(claim_token.claim)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() == 0 {
            return Err(InboxError::StaleClaim);
        }
        promote(&mut tx, claim_token.ordering_key.as_slice()).await?;
        Ok(Self { tx, _turn: turn })
    }

    /// The connection, with the transaction begun.
    pub fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.tx
    }

    pub(crate) async fn commit(self) -> Result<(), InboxError> {
        Ok(self.tx.commit().await?)
    }

    pub(crate) async fn rollback(self) {
        if let Err(error) = self.tx.rollback().await {
            tracing::warn!(%error, "a transaction could not be taken back; its connection goes");
        }
    }
}
