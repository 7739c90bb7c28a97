//! Changes by operators and maintenance to an SQLite file.

use std::time::Duration;

use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteRow};

use crate::inbox::{
    error::InboxError,
    record::{Filter, StoredDelivery, span},
    sql,
    sql::{
        insight::step,
        sqlite::{Reading, finish::promote, statement},
        statements,
        statements::RECORD,
    },
    store::{Change, ChangeResult, DueTimeLimits, EndpointBacklog, QueueDepth, Window},
};

pub(super) async fn get(
    connection: &mut SqliteConnection,
    id: i64,
) -> Result<Option<StoredDelivery>, InboxError> {
    let window = Window::oldest_first(1);
    let only = Filter::all().ids([id]);
    let row = step(&mut Reading(connection), &only, window, RECORD).await?.rows.pop();
    let sent = sqlx::query("SELECT head, body, unpacked FROM webhook_bodies WHERE id = $1")
        .bind(id)
        .fetch_optional(connection)
        .await?;
    sql::stored(row, sent)
}

pub(super) async fn change(
    connection: &mut SqliteConnection,
    filter: &Filter,
    change: Change,
    window: Window,
    now: i64,
) -> Result<ChangeResult, InboxError> {
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    let filter = filter.clone().changeable_by(change);
    let found = step(&mut Reading(&mut tx), &filter, window, "id, line").await?;
    let last = found.looked_to;
    let found: Vec<_> = found.rows.iter().map(sql::id_and_line).collect();
    let ids: Vec<i64> = found.iter().map(|(id, _)| *id).collect();
    let lines = sql::distinct(found.into_iter().filter_map(|(_, line)| line));
    if change == Change::Replay {
        let keep = statements::keep_completed(&ids);
        sqlx::query(statement(&keep, now)).persistent(false).execute(&mut *tx).await?;
        let forget = statements::forget_attempts(&ids);
        sqlx::query(statement(&forget, now)).persistent(false).execute(&mut *tx).await?;
    }
    let update = statements::change(change, &ids);
    let update = sqlx::query(statement(&update, now)).persistent(false);
    let count = update.execute(&mut *tx).await?.rows_affected();
    promote(&mut tx, &lines).await?;
    tx.commit().await?;
    Ok(ChangeResult { count, last })
}

pub(super) async fn clamp_future_due_times(
    connection: &mut SqliteConnection,
    bounds: DueTimeLimits,
    now: i64,
) -> Result<u64, InboxError> {
    let mut healed = 0;
    for (state, plausible, reset) in bounds.by_state() {
        // Looked up first: where there is none, which is nearly always, nobody has to wait for
        // this.
        let far = statements::far_ahead(state, plausible);
        let far: Vec<i64> = sqlx::query_scalar(statement(&far, now))
            .persistent(false)
            .fetch_all(&mut *connection)
            .await?;
        if far.is_empty() {
            continue;
        }
        let of = format!(
            "id IN ({}) AND state = {} AND due_at > {{now}} + {}",
            statements::numbers(far.into_iter()),
            state.code(),
            span(plausible)
        );
        let reset = statements::reset_due(reset, &of);
        let done =
            sqlx::query(statement(&reset, now)).persistent(false).execute(&mut *connection).await?;
        healed += done.rows_affected();
    }
    Ok(healed)
}

pub(super) async fn queue_depth(
    connection: &mut SqliteConnection,
    now: i64,
) -> Result<QueueDepth, InboxError> {
    let counts = statements::counts(|index| format!(" INDEXED BY webhook_{index}"));
    let counts = sqlx::query_as(statement(&counts, now)).fetch_one(&mut *connection).await?;
    Ok(statements::queue_depth(counts, &oldest(connection, now).await?))
}

async fn oldest(connection: &mut SqliteConnection, now: i64) -> Result<SqliteRow, InboxError> {
    let oldest = sqlx::query(statement(&statements::longest_wait(), now)).persistent(false);
    Ok(oldest.fetch_one(connection).await?)
}

pub(super) async fn lag(
    connection: &mut SqliteConnection,
    now: i64,
) -> Result<Duration, InboxError> {
    Ok(statements::lag(&oldest(connection, now).await?))
}

pub(super) async fn backlog(
    connection: &mut SqliteConnection,
    now: i64,
) -> Result<Vec<EndpointBacklog>, InboxError> {
    let backlog = statements::backlog(|index| format!(" INDEXED BY webhook_{index}"));
    let backlog = sqlx::query(statement(&backlog, now)).persistent(false);
    let rows = backlog.fetch_all(connection).await?;
    Ok(rows.iter().map(sql::of_endpoint).collect())
}
