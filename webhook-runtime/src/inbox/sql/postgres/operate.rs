//! Changes by operators and maintenance to a PostgreSQL database.

use std::{collections::HashSet, time::Duration};

use sqlx::{Connection as _, PgConnection, postgres::PgRow};

use crate::inbox::{
    error::InboxError,
    record::{DeliveryState, Filter, StoredDelivery},
    sql,
    sql::{
        insight::step,
        postgres::{Reading, finish::promote, names::Names},
        statements,
        statements::RECORD,
    },
    store::{Change, ChangeResult, DueTimeLimits, EndpointBacklog, QueueDepth, Window},
};

pub(super) async fn get(
    connection: &mut PgConnection,
    names: &Names,
    id: i64,
) -> Result<Option<StoredDelivery>, InboxError> {
    let only = Filter::all().ids([id]);
    let (reading, window) = (&mut Reading(connection, names), Window::oldest_first(1));
    let row = step(reading, &only, window, RECORD).await?.rows.pop();
    let sent = sqlx::query(names.sql("SELECT head, body, unpacked FROM {s}bodies WHERE id = $1"))
        .bind(id)
        .fetch_optional(connection)
        .await?;
    sql::stored(row, sent)
}

/// The result of a change.
pub(super) struct Changed {
    pub(super) result: ChangeResult,
    /// The records that somebody has locked.
    pub(super) locked: Vec<i64>,
}

/// Locks what nobody else has locked.
const LOCK: &str = "SELECT id FROM {s}deliveries WHERE id = ANY($1) ORDER BY id \
                    FOR NO KEY UPDATE SKIP LOCKED";

/// Asks those who run these to end.
const OWNERS: &str = "SELECT concat('cancel ', id, ' ', claims) FROM {s}deliveries \
                      WHERE id = ANY($1) AND state = 1";

pub(super) async fn change(
    connection: &mut PgConnection,
    names: &Names,
    filter: &Filter,
    change: Change,
    window: Window,
) -> Result<Changed, InboxError> {
    let mut tx = connection.begin_with(names.begin()).await?;
    let filter = filter.clone().changeable_by(change);
    let found = step(&mut Reading(&mut tx, names), &filter, window, "id, line").await?;
    let last = found.looked_to;
    let found: Vec<_> = found.rows.iter().map(sql::id_and_line).collect();
    let ids: Vec<i64> = found.iter().map(|(id, _)| *id).collect();
    let lines = sql::distinct(found.into_iter().filter_map(|(_, line)| line));
    // First the lines, then the rows: the order of locks is the same everywhere.
    names.lock_lines(&mut tx, &lines).await?;
    let lock = names.sql(LOCK);
    let free: Vec<i64> = sqlx::query_scalar(lock).bind(&ids).fetch_all(&mut *tx).await?;
    if change == Change::Replay {
        let keep = names.sql(&statements::keep_completed(&free));
        sqlx::query(keep).persistent(false).execute(&mut *tx).await?;
        let forget = names.sql(&statements::forget_attempts(&free));
        sqlx::query(forget).persistent(false).execute(&mut *tx).await?;
    }
    let update = statements::change(change, &free);
    let updated = sqlx::query(names.sql(&update)).persistent(false).execute(&mut *tx).await?;
    promote(&mut tx, names, &lines).await?;
    let free: HashSet<i64> = free.into_iter().collect();
    let locked: Vec<i64> = ids.iter().copied().filter(|id| !free.contains(id)).collect();
    if change == Change::Cancel && !locked.is_empty() {
        let owners = sqlx::query_scalar(names.sql(OWNERS)).bind(&locked);
        let owners: Vec<String> = owners.fetch_all(&mut *tx).await?;
        names.notify(&mut tx, &owners).await?;
    }
    // To those who run what is cancelled, and to those who can run what is retried.
    names.notify(&mut tx, &[String::new()]).await?;
    tx.commit().await?;
    let result = ChangeResult { count: updated.rows_affected(), last };
    Ok(Changed { result, locked })
}

pub(super) async fn clamp_future_due_times(
    connection: &mut PgConnection,
    names: &Names,
    bounds: DueTimeLimits,
) -> Result<u64, InboxError> {
    let mut tx = connection.begin_with(names.begin()).await?;
    let mut healed = 0;
    let far = bounds
        .by_state()
        .map(|(state, plausible, reset)| (statements::far_ahead(state, plausible), reset));
    // Only somebody who changes rows by hand writes a time before 1970, which is never due.
    let negative = (statements::due_when(DeliveryState::Pending, "d.due_at < 0"), None);
    for (wrong, reset) in far.into_iter().chain([negative]) {
        let of = format!("id IN ({wrong} FOR UPDATE OF d SKIP LOCKED)");
        let reset = names.sql(&statements::reset_due(reset, &of));
        healed += sqlx::query(reset).execute(&mut *tx).await?.rows_affected();
    }
    tx.commit().await?;
    Ok(healed)
}

pub(super) async fn queue_depth(
    connection: &mut PgConnection,
    names: &Names,
) -> Result<QueueDepth, InboxError> {
    let counts = names.sql(&statements::counts(|_| String::new()));
    let counts = sqlx::query_as(counts).fetch_one(&mut *connection).await?;
    Ok(statements::queue_depth(counts, &oldest(connection, names).await?))
}

async fn oldest(connection: &mut PgConnection, names: &Names) -> Result<PgRow, InboxError> {
    let oldest = names.sql(&statements::longest_wait());
    Ok(sqlx::query(oldest).fetch_one(connection).await?)
}

pub(super) async fn lag(
    connection: &mut PgConnection,
    names: &Names,
) -> Result<Duration, InboxError> {
    Ok(statements::lag(&oldest(connection, names).await?))
}

pub(super) async fn backlog(
    connection: &mut PgConnection,
    names: &Names,
) -> Result<Vec<EndpointBacklog>, InboxError> {
    let backlog = names.sql(&statements::backlog(|_| String::new()));
    let rows = sqlx::query(backlog).fetch_all(connection).await?;
    Ok(rows.iter().map(sql::of_endpoint).collect())
}
