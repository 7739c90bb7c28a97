//! The sums of minutes in a PostgreSQL database.

use sqlx::PgConnection;

use crate::inbox::{
    error::InboxError,
    record::{millis, minute},
    sql::postgres::names::Names,
    store::MinuteSum,
};

/// Adds what happened to the sums of its minutes.
pub(super) async fn add(
    connection: &mut PgConnection,
    names: &Names,
    sums: &[MinuteSum],
) -> Result<(), InboxError> {
    if sums.is_empty() {
        return Ok(());
    }
    let numbers = |number: fn(&MinuteSum) -> u64| -> Vec<i64> {
        sums.iter().map(|sum| i64::try_from(number(sum)).unwrap_or(i64::MAX)).collect()
    };
    // In one order, so that two processes do not deadlock.
    sqlx::query(names.sql(
        "INSERT INTO {s}sums AS s (minute, endpoint, received, completed, failed) \
         SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) \
         AS f (minute, endpoint, received, completed, failed) ORDER BY f.minute, f.endpoint \
         ON CONFLICT (minute, endpoint) DO UPDATE SET received = s.received + excluded.received, \
         completed = s.completed + excluded.completed, failed = s.failed + excluded.failed",
    ))
    .bind(sums.iter().map(|sum| minute(millis(sum.minute))).collect::<Vec<_>>())
    .bind(sums.iter().map(|sum| sum.endpoint.replace('\0', "\u{fffd}")).collect::<Vec<_>>())
    .bind(numbers(|sum| sum.received))
    .bind(numbers(|sum| sum.completed))
    .bind(numbers(|sum| sum.failed))
    .execute(connection)
    .await?;
    Ok(())
}
