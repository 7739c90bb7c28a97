//! The file and its engine, for operators.

use std::path::Path;

use sqlx::SqliteConnection;

use crate::inbox::{
    error::InboxError,
    sql::{
        prune::retentions,
        sqlite::{prune, space::Space},
    },
    store::StoreInfo,
};

pub(super) async fn info(
    connection: &mut SqliteConnection,
    file: &Path,
    log: &Path,
) -> Result<StoreInfo, InboxError> {
    let (version, tables): (String, i64) =
        sqlx::query_as("SELECT sqlite_version(), (SELECT max(version) FROM webhook_migrations)")
            .fetch_one(&mut *connection)
            .await?;
    let Space { free, used } = Space::of(connection).await?;
    let mut info = StoreInfo::new(format!("SQLite {version}"));
    info.location = file.file_name().map(|name| name.to_string_lossy().into_owned());
    info.schema_version = tables.try_into().ok();
    info.size = Some((used + free).unsigned_abs());
    info.free = Some(free.unsigned_abs());
    info.log = std::fs::metadata(log).ok().map(|log| log.len());
    info.retentions = retentions(prune::own(connection).await?);
    Ok(info)
}
