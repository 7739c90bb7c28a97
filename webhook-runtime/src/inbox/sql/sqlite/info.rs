//! The file and its engine, for operators.

use std::path::Path;

use sqlx::SqliteConnection;

use crate::inbox::{error::InboxError, store::StoreInfo};

pub(super) async fn info(
    connection: &mut SqliteConnection,
    file: &Path,
    log: &Path,
) -> Result<StoreInfo, InboxError> {
    let (version, tables, size): (String, i64, i64) = sqlx::query_as(
        "SELECT sqlite_version(), (SELECT max(version) FROM webhook_migrations), \
         (SELECT c.page_count * s.page_size FROM pragma_page_count AS c, pragma_page_size AS s)",
    )
    .fetch_one(connection)
    .await?;
    let mut info = StoreInfo::new(format!("SQLite {version}"));
    info.place = file.file_name().map(|name| name.to_string_lossy().into_owned());
    info.tables = tables.try_into().ok();
    info.size = size.try_into().ok();
    info.log = std::fs::metadata(log).ok().map(|log| log.len());
    Ok(info)
}
