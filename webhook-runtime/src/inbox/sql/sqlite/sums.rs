//! The sums of minutes in an SQLite file.

use serde_json::json;
use sqlx::SqliteConnection;

use crate::inbox::{
    error::InboxError,
    record::{millis, minute},
    store::MinuteSum,
};

/// Adds what happened to the sums of its minutes.
pub(super) async fn add(tx: &mut SqliteConnection, sums: &[MinuteSum]) -> Result<(), InboxError> {
    if sums.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = sums
        .iter()
        .map(|sum| {
            let at = minute(millis(sum.minute));
            (at, &sum.endpoint, sum.received, sum.completed, sum.failed)
        })
        .collect();
    sqlx::query(
        "INSERT INTO webhook_sums (minute, endpoint, received, completed, failed) \
         SELECT f.value ->> 0, f.value ->> 1, f.value ->> 2, f.value ->> 3, f.value ->> 4 \
         FROM json_each($1) AS f WHERE true ON CONFLICT (minute, endpoint) DO UPDATE SET \
         received = received + excluded.received, completed = completed + excluded.completed, \
         failed = failed + excluded.failed",
    )
    .bind(json!(rows).to_string())
    .execute(tx)
    .await?;
    Ok(())
}
