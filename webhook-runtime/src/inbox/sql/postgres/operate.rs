//! Changes by operators and maintenance to a PostgreSQL database.

use sqlx::{Connection as _, PgConnection, postgres::PgRow};

use crate::inbox::{
    error::InboxError,
    record::{DeliveryState, Filter, Record, StoredDelivery},
    sql,
    sql::{
        Arg, Statement, bind,
        postgres::{finish::promote, names::Names},
        statements,
    },
    store::{Change, ChangeResult, DueTimeLimits, EndpointBacklog, QueueDepth},
};

pub(super) async fn list(
    connection: &mut PgConnection,
    names: &Names,
    filter: &Filter,
    after: i64,
    max: u32,
) -> Result<Vec<Record>, InboxError> {
    let rows = rows(connection, names, filter, after, max).await?;
    Ok(rows.iter().map(sql::record).collect())
}

async fn rows(
    connection: &mut PgConnection,
    names: &Names,
    filter: &Filter,
    after: i64,
    max: u32,
) -> Result<Vec<PgRow>, InboxError> {
    let Statement { template, args } = statements::list(filter, after, max);
    Ok(bind!(sqlx::query(names.sql(&template)), without_nul(args)).fetch_all(connection).await?)
}

/// The same arguments, as PostgreSQL takes and stores them.
fn without_nul(args: Vec<Arg>) -> Vec<Arg> {
    let args = args.into_iter().map(|arg| match arg {
        Arg::Text(text) => Arg::Text(text.replace('\0', "\u{fffd}")),
        Arg::Int(number) => Arg::Int(number),
    });
    args.collect()
}

pub(super) async fn get(
    connection: &mut PgConnection,
    names: &Names,
    id: i64,
) -> Result<Option<StoredDelivery>, InboxError> {
    let row = rows(connection, names, &Filter::all().ids([id]), i64::MIN, 1).await?.pop();
    let sent = sqlx::query(names.sql("SELECT head, body, unpacked FROM {s}bodies WHERE id = $1"))
        .bind(id)
        .fetch_optional(connection)
        .await?;
    sql::stored(row, sent)
}

pub(super) async fn change(
    connection: &mut PgConnection,
    names: &Names,
    filter: &Filter,
    change: Change,
    range: (i64, u32),
) -> Result<ChangeResult, InboxError> {
    let mut tx = connection.begin_with(names.begin()).await?;
    let Statement { template, args } = statements::changeable(filter, change, range);
    let found =
        bind!(sqlx::query(names.sql(&template)), without_nul(args)).fetch_all(&mut *tx).await?;
    let found: Vec<_> = found.iter().map(sql::id_and_line).collect();
    let ids: Vec<i64> = found.iter().map(|(id, _)| *id).collect();
    let lines = sql::distinct(found.into_iter().filter_map(|(_, line)| line));
    // First the lines, then the rows: the order of locks is the same everywhere.
    names.lock_lines(&mut tx, &lines).await?;
    let update = statements::change(change, &ids);
    let updated = sqlx::query(names.sql(&update)).persistent(false).execute(&mut *tx).await?;
    promote(&mut tx, names, &lines).await?;
    tx.commit().await?;
    Ok(ChangeResult { count: updated.rows_affected(), last: ids.last().copied() })
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
    let longest_wait = names.sql(&statements::longest_wait());
    let oldest = sqlx::query(longest_wait).fetch_one(connection).await?;
    Ok(statements::queue_depth(counts, &oldest))
}

pub(super) async fn backlog(
    connection: &mut PgConnection,
    names: &Names,
) -> Result<Vec<EndpointBacklog>, InboxError> {
    let backlog = names.sql(&statements::backlog(|_| String::new()));
    let rows = sqlx::query(backlog).fetch_all(connection).await?;
    Ok(rows.iter().map(sql::of_endpoint).collect())
}
