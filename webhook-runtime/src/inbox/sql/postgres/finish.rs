//! Settling claims in a PostgreSQL database.

use std::{any::Any, collections::HashSet};

use sqlx::{Connection as _, PgConnection, Postgres, Transaction};

use crate::inbox::{
    error::InboxError,
    record::{ClaimToken, Digest},
    sql,
    sql::{postgres::names::Names, statements::COMPLETE},
    store::{FinishedAttempt, StoreFuture, StoreTransaction},
};

/// Binds the arguments of [`settle`], ordered by number.
macro_rules! bind_settled {
    ($query:expr, $batch:expr) => {{
        let mut rows: Vec<_> = $batch.iter().map($crate::inbox::sql::Settled::of).collect();
        rows.sort_unstable_by_key(|row| row.id);
        $query
            .bind(rows.iter().map(|row| row.id).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.claim).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.state.code()).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.after).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.reason.map(str::to_owned)).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.back).collect::<Vec<_>>())
    }};
}
pub(super) use bind_settled;

/// Settles claims by their tokens, and returns for each whether it was still good.
pub(super) async fn finish(
    connection: &mut PgConnection,
    names: &Names,
    batch: &[FinishedAttempt],
) -> Result<Vec<bool>, InboxError> {
    let lines = sql::distinct(batch.iter().filter_map(|finish| finish.claim_token.ordering_digest));
    let mut tx = connection.begin_with(names.begin()).await?;
    names.lock_lines(&mut tx, &lines).await?;
    let settled = finish_within(&mut tx, names, batch).await?;
    promote(&mut tx, names, &lines).await?;
    tx.commit().await?;
    Ok(settled)
}

/// Settles claims within a transaction. The next deliveries of their lines do not go on yet.
pub(super) async fn finish_within(
    connection: &mut PgConnection,
    names: &Names,
    batch: &[FinishedAttempt],
) -> Result<Vec<bool>, InboxError> {
    if batch.is_empty() {
        return Ok(Vec::new());
    }
    let settle = names.sql(&settle("$1, $2, $3, $4, $5, $6"));
    let settled: Vec<i64> =
        bind_settled!(sqlx::query_scalar(settle), batch).fetch_all(connection).await?;
    let settled: HashSet<i64> = settled.into_iter().collect();
    Ok(batch.iter().map(|finish| settled.contains(&finish.claim_token.id)).collect())
}

/// Settles claims. The arguments are number, claim, state, pause, reason, and attempts that do not
/// count, of each.
pub(super) fn settle(arguments: &str) -> String {
    let types = ["bigint", "bigint", "smallint", "bigint", "text", "int"];
    let arguments: Vec<_> = arguments
        .split(", ")
        .zip(types)
        .map(|(argument, kind)| format!("{argument}::{kind}[]"))
        .collect();
    format!(
        "UPDATE {{s}}deliveries AS d SET state = f.state, \
         due_at = CASE WHEN f.after IS NULL THEN 0 ELSE {{now}} + f.after END, \
         reason = CASE f.back WHEN 0 THEN f.reason ELSE COALESCE(f.reason, d.reason) END, \
         attempt = d.attempt + 1 - d.counted - f.back, counted = 1, unsure = d.unsure * f.back, \
         pause = COALESCE(f.after, 0), \
         finished_at = CASE WHEN f.state > 2 THEN {{now}} END \
         FROM unnest({}) AS f (id, claim, state, after, reason, back) \
         WHERE d.id = f.id AND d.claims = f.claim AND d.state = 1 RETURNING d.id",
        arguments.join(", ")
    )
}

/// Uses the index `deliveries_lines`: two steps for each line, however long it is.
pub(super) const PROMOTE: &str = "UPDATE {s}deliveries SET state = 0, due_at = 0 WHERE id IN (\
     SELECT h.id FROM unnest($1::bytea[]) AS f (line) CROSS JOIN LATERAL (\
     SELECT i.id FROM {s}deliveries AS i WHERE i.line = f.line AND i.state = 2 \
     AND i.state <= 2 ORDER BY i.id LIMIT 1) AS h \
     WHERE NOT EXISTS (SELECT 1 FROM {s}deliveries AS a WHERE a.line = f.line \
     AND a.state >= 0 AND a.state < 2 AND a.state <= 2))";

/// Lets the next delivery of each line go on, if no other of the line is pending or running. The
/// lines must be locked.
pub(super) async fn promote(
    connection: &mut PgConnection,
    names: &Names,
    lines: &[Digest],
) -> Result<(), InboxError> {
    if lines.is_empty() {
        return Ok(());
    }
    sqlx::query(names.sql(PROMOTE))
        .bind(lines.iter().map(|line| &line[..]).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

/// The transaction in which a delivery of a PostgreSQL database is completed.
pub(super) struct PostgresTransaction {
    tx: Transaction<'static, Postgres>,
    names: Names,
    claim: ClaimToken,
}

impl PostgresTransaction {
    /// Writes the completion first: this finds out whether the claim is still good, and locks the
    /// delivery, whatever becomes of the lease.
    pub(super) async fn begin(
        mut tx: Transaction<'static, Postgres>,
        names: Names,
        claim: ClaimToken,
    ) -> Result<Self, InboxError> {
        let done = sqlx::query(names.sql(COMPLETE))
            .bind(claim.id)
            .bind(claim.number)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(InboxError::StaleClaim);
        }
        Ok(Self { tx, names, claim })
    }
}

impl StoreTransaction for PostgresTransaction {
    fn connection(&mut self) -> &mut dyn Any {
        let connection: &mut PgConnection = &mut self.tx;
        connection
    }

    fn commit(mut self: Box<Self>) -> StoreFuture<'static, ()> {
        Box::pin(async move {
            // Last, because the lock keeps other deliveries of the line from being stored.
            let lines = self.claim.ordering_digest.as_slice();
            self.names.lock_lines(&mut self.tx, lines).await?;
            promote(&mut self.tx, &self.names, lines).await?;
            // In an aborted transaction, COMMIT rolls back without an error; a statement fails.
            sqlx::query("SELECT 1").execute(&mut *self.tx).await?;
            Ok(self.tx.commit().await?)
        })
    }

    fn rollback(self: Box<Self>) -> StoreFuture<'static, ()> {
        Box::pin(async move { Ok(self.tx.rollback().await?) })
    }
}
