//! Deletes what is old in a PostgreSQL database.

use sqlx::{Connection as _, PgConnection};

use crate::inbox::{
    error::InboxError,
    record::span,
    sql::{
        postgres::{names::Names, workers},
        prune::{self, Look, Marks, Own},
    },
    store::{EndpointRetention, PruneResult, Retention, SUMS_KEPT},
};

/// The endpoints that have a retention of their own.
pub(super) async fn own(connection: &mut PgConnection, names: &Names) -> Result<Own, InboxError> {
    Ok(prune::own(&sqlx::query(names.sql(prune::OWN)).fetch_all(connection).await?))
}

pub(super) async fn set_retention(
    connection: &mut PgConnection,
    names: &Names,
    retentions: &[EndpointRetention],
) -> Result<(), InboxError> {
    let mut tx = connection.begin_with(names.begin()).await?;
    let own = own(&mut tx, names).await?;
    let mut changed = prune::changed(retentions, &own);
    // The order of locks is the same everywhere.
    changed.sort_by_key(|(of, _)| &of.endpoint);
    for (of, [completed, dead]) in changed {
        // PostgreSQL takes no NUL in a text, so no delivery has such an endpoint.
        if !of.endpoint.contains('\0') {
            let set = sqlx::query(names.sql(prune::SET_OWN)).bind(&of.endpoint);
            set.bind(completed).bind(dead).execute(&mut *tx).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

pub(super) async fn prune(
    connection: &mut PgConnection,
    names: &Names,
    marks: &mut Marks,
    retention: &Retention,
    max: u32,
) -> Result<PruneResult, InboxError> {
    let mut tx = connection.begin_with(names.begin()).await?;
    marks.begin(retention, own(&mut tx, names).await?);
    // The rows are to be read in the order of the index, whatever the statistics say.
    let now = "SELECT {now} FROM set_config('enable_sort', 'off', true)";
    let now: i64 = sqlx::query_scalar(names.sql(now)).fetch_one(&mut *tx).await?;
    let (mut records, mut left) = (0, usize::try_from(max).unwrap_or(usize::MAX));
    while let Some(look) = marks.next(now) {
        let Look { state, after, until, max } = look;
        let rows = sqlx::query(names.sql(&prune::finished("")))
            .bind(state.code())
            .bind(after.0)
            .bind(after.1)
            .bind(until)
            .bind(i64::try_from(max).unwrap_or(i64::MAX))
            .fetch_all(&mut *tx)
            .await?;
        let rows: Vec<_> = rows.iter().filter_map(prune::row).collect();
        let old = marks.choose(&look, &rows, left, now);
        left -= old.len();
        if old.is_empty() {
            continue;
        }
        // An operator may have had some of it run again meanwhile.
        let deleted = sqlx::query(names.sql(
            "WITH old AS (DELETE FROM {s}deliveries WHERE id IN (SELECT id FROM {s}deliveries \
             WHERE id = ANY($1) AND state = $2 AND finished_at <= $3 FOR UPDATE SKIP LOCKED) \
             RETURNING id) DELETE FROM {s}bodies WHERE id IN (SELECT id FROM old)",
        ))
        .bind(old)
        .bind(state.code())
        .bind(until)
        .execute(&mut *tx)
        .await?;
        records += deleted.rows_affected();
    }
    sqlx::query(names.sql("DELETE FROM {s}sums WHERE minute < {now} - $1"))
        .bind(span(SUMS_KEPT))
        .execute(&mut *tx)
        .await?;
    let keys = sqlx::query(names.sql(
        "DELETE FROM {s}keys WHERE key IN (SELECT key FROM {s}keys WHERE expires_at <= {now} \
         ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)",
    ))
    .bind(i64::from(max))
    .execute(&mut *tx)
    .await?;
    workers::forget(&mut tx, names).await?;
    tx.commit().await?;
    Ok(marks.pruned(records, keys.rows_affected(), max))
}
