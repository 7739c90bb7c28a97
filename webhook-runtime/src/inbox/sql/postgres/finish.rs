//! Settling claims in a PostgreSQL database.

use std::{any::Any, collections::HashSet};

use sqlx::{Connection as _, PgConnection, Postgres, Transaction};

use crate::inbox::{
    error::InboxError,
    record::{AttemptDetails, AttemptResult, ClaimToken, Digest},
    sql,
    sql::{Measured, Settled, postgres::names::Names, statements::COMPLETE},
    store::{AttemptNote, FinishedAttempt, KEPT_ATTEMPTS, StoreFuture, StoreTransaction},
};

/// The number of arguments of [`settle`].
pub(super) const SETTLED: usize = 13;

/// Binds the arguments of [`settle`], ordered by number.
macro_rules! bind_settled {
    ($query:expr, $batch:expr) => {{
        let mut rows: Vec<_> = $batch.iter().map($crate::inbox::sql::Settled::of).collect();
        rows.sort_unstable_by_key(|row| row.id);
        let measured = || rows.iter().map(|row| row.measured);
        let end = |row: &$crate::inbox::sql::Settled<'_>| row.end.map(|end| end.code());
        $query
            .bind(rows.iter().map(|row| row.id).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.claim).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.state.code()).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.after).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.reason.map(str::to_owned)).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.cause).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.back).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.unsure).collect::<Vec<_>>())
            .bind(rows.iter().map(end).collect::<Vec<_>>())
            .bind(measured().map(|measured| measured.started_at).collect::<Vec<_>>())
            .bind(measured().map(|measured| measured.took).collect::<Vec<_>>())
            .bind(measured().map(|measured| measured.status).collect::<Vec<_>>())
            .bind(measured().map(|measured| measured.worker).collect::<Vec<_>>())
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
    let settle = names.sql(&settle(1, tells(batch)));
    let settled: Vec<i64> =
        bind_settled!(sqlx::query_scalar(settle), batch).fetch_all(&mut *connection).await?;
    let settled: HashSet<i64> = settled.into_iter().collect();
    let dropped = drops(batch).map(|claim| claim.id).filter(|id| settled.contains(id));
    drop_bodies_of(connection, names, dropped.collect()).await?;
    Ok(batch.iter().map(|finish| settled.contains(&finish.claim_token.id)).collect())
}

/// True if an attempt has not completed its delivery, so that it is told.
pub(super) fn tells(batch: &[FinishedAttempt]) -> bool {
    batch.iter().any(|finish| Settled::of(finish).end.is_some())
}

/// Settles claims, and returns their numbers. The arguments from `$first` on are number, claim,
/// state, pause, reason, cause, attempts that do not count, whether it stays unsure, end, and what
/// was measured, of each.
pub(super) fn settle(first: usize, tells: bool) -> String {
    format!("WITH {} SELECT id FROM s", settle_and_tell(first, tells))
}

/// The arguments as a table `f`.
fn settled(first: usize) -> String {
    let types = [
        "bigint", "bigint", "smallint", "bigint", "text", "bigint", "int", "int", "smallint",
        "bigint", "bigint", "smallint", "bigint",
    ];
    let arguments: Vec<_> =
        types.iter().zip(first..).map(|(kind, number)| format!("${number}::{kind}[]")).collect();
    format!(
        "unnest({}) AS f (id, claim, state, after, reason, cause, back, unsure, result, started_at, \
         took, status, worker)",
        arguments.join(", ")
    )
}

/// Settles claims.
fn update(first: usize) -> String {
    format!(
        "UPDATE {{s}}deliveries AS d SET state = f.state, \
         due_at = CASE WHEN f.after IS NULL THEN 0 ELSE {{now}} + f.after END, \
         reason = CASE f.back WHEN 0 THEN f.reason ELSE COALESCE(f.reason, d.reason) END, \
         cause = CASE f.back WHEN 0 THEN f.cause ELSE COALESCE(f.cause, d.cause) END, \
         attempt = d.attempt + 1 - d.counted - f.back, counted = 1, unsure = d.unsure * f.unsure, \
         pause = COALESCE(f.after, 0), started_at = f.started_at, took = f.took, \
         status = f.status, worker = f.worker, \
         finished_at = CASE WHEN f.state > 2 THEN {{now}} END \
         FROM {} WHERE d.id = f.id AND d.claims = f.claim AND d.state = 1",
        settled(first)
    )
}

/// The parts of a statement that settle claims as `s`, and tell of attempts that have not completed
/// their delivery.
pub(super) fn settle_and_tell(first: usize, tells: bool) -> String {
    let settle = format!("s AS ({} RETURNING d.id, d.attempt)", update(first));
    if tells { format!("{settle}, {}", tell(first)) } else { settle }
}

fn tell(first: usize) -> String {
    format!(
        "t AS (INSERT INTO {{s}}attempts (delivery, claim, number, result, started_at, took, \
         status, worker, reason) SELECT f.id, f.claim, s.attempt + f.back, f.result, f.started_at, \
         f.took, f.status, f.worker, f.reason FROM s JOIN {} ON f.id = s.id \
         WHERE f.result IS NOT NULL ON CONFLICT (delivery, claim) DO NOTHING), \
         o AS (DELETE FROM {{s}}attempts AS a USING {} WHERE f.result IS NOT NULL \
         AND a.delivery = f.id AND a.claim <= f.claim - {KEPT_ATTEMPTS})",
        settled(first),
        settled(first)
    )
}

/// The claims whose bodies are deleted if they are settled.
pub(super) fn drops(batch: &[FinishedAttempt]) -> impl Iterator<Item = ClaimToken> {
    let drops = |of: &&FinishedAttempt| of.drop_body && of.result == AttemptResult::Completed;
    batch.iter().filter(drops).map(|finish| finish.claim_token)
}

/// Deletes the bodies of deliveries that are completed.
async fn drop_bodies_of(
    connection: &mut PgConnection,
    names: &Names,
    mut ids: Vec<i64>,
) -> Result<(), InboxError> {
    if ids.is_empty() {
        return Ok(());
    }
    ids.sort_unstable();
    let drop = "UPDATE {s}bodies AS b SET body = '', unpacked = -1 FROM {s}deliveries AS d \
                WHERE b.id = ANY($1) AND b.unpacked >= 0 AND d.id = b.id AND d.state = 3";
    sqlx::query(names.sql(drop)).bind(ids).execute(connection).await?;
    Ok(())
}

/// Notes what was measured of the attempt of a claim. It changes nothing else, and fails where the
/// transaction is aborted.
async fn note(
    connection: &mut PgConnection,
    names: &Names,
    note: &AttemptNote,
) -> Result<(), InboxError> {
    let Measured { started_at, took, status, worker } = Measured::of(&note.details);
    let (id, claim) = (note.claim_token.id, note.claim_token.number);
    sqlx::query(names.sql(
        "UPDATE {s}deliveries SET started_at = $3, took = $4, status = $5, worker = $6 \
         WHERE id = $1 AND claims = $2 AND state = 3",
    ))
    .bind(id)
    .bind(claim)
    .bind(started_at)
    .bind(took)
    .bind(status)
    .bind(worker)
    .execute(&mut *connection)
    .await?;
    let dropped = Some(id).filter(|_| note.drop_body).into_iter().collect();
    drop_bodies_of(connection, names, dropped).await
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
    note: AttemptNote,
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
        let note = AttemptNote::new(claim, AttemptDetails::default(), false);
        Ok(Self { tx, names, claim, note })
    }
}

impl StoreTransaction for PostgresTransaction {
    fn connection(&mut self) -> &mut dyn Any {
        let connection: &mut PgConnection = &mut self.tx;
        connection
    }

    fn note(&mut self, note: AttemptNote) {
        self.note = note;
    }

    fn commit(mut self: Box<Self>) -> StoreFuture<'static, ()> {
        Box::pin(async move {
            // Last, because the lock keeps other deliveries of the line from being stored.
            let lines = self.claim.ordering_digest.as_slice();
            self.names.lock_lines(&mut self.tx, lines).await?;
            promote(&mut self.tx, &self.names, lines).await?;
            // In an aborted transaction, COMMIT rolls back without an error; a statement fails.
            note(&mut self.tx, &self.names, &self.note).await?;
            Ok(self.tx.commit().await?)
        })
    }

    fn rollback(self: Box<Self>) -> StoreFuture<'static, ()> {
        Box::pin(async move { Ok(self.tx.rollback().await?) })
    }
}
