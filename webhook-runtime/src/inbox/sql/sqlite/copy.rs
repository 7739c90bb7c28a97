//! Copying an SQLite file to another database, and another database to an SQLite file.

use std::collections::HashSet;

use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteRow};

use crate::inbox::{
    copy::{Cell, Copying, Exported, KnownKey, Part},
    error::InboxError,
    record::Digest,
    sql::{
        copy::{
            ATTEMPT, BLOCK, BODY, Column, DELIVERY, DUPLICATE, ENDPOINT, HELD, KEY, KEYS, Rows,
            SIZES, cells, key, lost_keys, names, part, range, select,
        },
        digest, distinct,
        sqlite::{SqliteStore, enqueue::hex_list, finish::promote, statement},
    },
    store::StoreFuture,
};

impl Copying for SqliteStore {
    fn place(&self) -> StoreFuture<'_, String> {
        Box::pin(async { Ok(format!("sqlite {}", self.file.real().display())) })
    }

    fn held(&self) -> StoreFuture<'_, i64> {
        Box::pin(async move {
            let held = sqlx::query_scalar(statement(HELD, self.now())).persistent(false);
            Ok(held.fetch_one(&mut *self.read().await?).await?)
        })
    }

    fn keys(&self) -> StoreFuture<'_, Vec<KnownKey>> {
        Box::pin(async move {
            let (mut keys, mut after, mut connection) =
                (Vec::new(), Vec::<u8>::new(), self.read().await?);
            loop {
                let rows = sqlx::query(statement(KEYS, 0)).bind(&after);
                let rows = rows.fetch_all(&mut *connection).await?;
                let Some(last) = rows.last() else { return Ok(keys) };
                after = sqlx::Row::try_get(last, "key")?;
                keys.extend(rows.iter().filter_map(key));
            }
        })
    }

    fn export(&self, after: i64) -> StoreFuture<'_, Part> {
        Box::pin(async move {
            let mut connection = self.read().await?;
            let sizes = sqlx::query_as(statement(SIZES, 0)).bind(after);
            let sizes: Vec<(i64, i64)> = sizes.fetch_all(&mut *connection).await?;
            let Some(range) = range(&sizes) else { return Ok(Part::default()) };
            let mut rows = async |table, id, columns| {
                let select = select(table, id, columns);
                let rows = sqlx::query(statement(&select, 0)).bind(range.0).bind(range.1);
                rows.fetch_all(&mut *connection).await
            };
            let deliveries: Vec<SqliteRow> = rows("deliveries", "id", DELIVERY).await?;
            let bodies = rows("bodies", "id", BODY).await?;
            let attempts = rows("attempts", "delivery", ATTEMPT).await?;
            let duplicates = rows("duplicates", "delivery", DUPLICATE).await?;
            Ok(part(&deliveries, &bodies, &attempts, &duplicates))
        })
    }

    fn import(&self, deliveries: Vec<Exported>) -> StoreFuture<'_, u64> {
        in_turn!(self, |connection| import(connection, &deliveries))
    }

    fn import_keys(&self, keys: Vec<KnownKey>) -> StoreFuture<'_, ()> {
        in_turn!(self, |connection| insert(connection, "keys", "", KEY, lost_keys(&keys)))
    }

    fn endpoints(&self) -> StoreFuture<'_, Vec<Vec<Cell>>> {
        Box::pin(async move {
            let select = format!("SELECT {} FROM {{s}}endpoints", names(ENDPOINT));
            let rows =
                sqlx::query(statement(&select, 0)).fetch_all(&mut *self.read().await?).await?;
            Ok(rows.iter().filter_map(|row| cells(row, ENDPOINT).ok()).collect())
        })
    }

    fn import_endpoints(&self, endpoints: Vec<Vec<Cell>>) -> StoreFuture<'_, ()> {
        in_turn!(self, |connection| insert(connection, "endpoints", "", ENDPOINT, endpoints))
    }
}

async fn import(
    connection: &mut SqliteConnection,
    deliveries: &[Exported],
) -> Result<u64, InboxError> {
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    let keys = deliveries.iter().flat_map(|one| &one.keys).map(|key| key.key);
    let known = known(&mut tx, &keys.collect::<Vec<_>>()).await?;
    let first: i64 = sqlx::query_scalar(
        "SELECT coalesce(max(CAST(seq AS INTEGER)), 0) + 1 FROM sqlite_sequence \
         WHERE name = 'webhook_deliveries'",
    )
    .fetch_one(&mut *tx)
    .await?;
    let is_new = |one: &&Exported| one.keys.iter().all(|key| !known.contains(&key.key));
    let numbered: Vec<_> = (first..).zip(deliveries.iter().filter(is_new)).collect();
    let Some(&(last, _)) = numbered.last() else { return Ok(0) };
    let rows = Rows::of(&numbered);
    insert(&mut tx, "deliveries", "id, ", DELIVERY, rows.deliveries).await?;
    insert(&mut tx, "bodies", "id, ", BODY, rows.bodies).await?;
    insert(&mut tx, "attempts", "delivery, ", ATTEMPT, rows.attempts).await?;
    insert(&mut tx, "duplicates", "delivery, ", DUPLICATE, rows.duplicates).await?;
    insert(&mut tx, "keys", "", KEY, rows.keys).await?;
    sqlx::query(statement(BLOCK, 0)).bind(first).bind(last).execute(&mut *tx).await?;
    let lines = distinct(numbered.iter().filter_map(|(_, one)| one.line));
    promote(&mut tx, &lines).await?;
    tx.commit().await?;
    Ok(numbered.len() as u64)
}

/// Those of the keys that are known.
async fn known(
    connection: &mut SqliteConnection,
    keys: &[Digest],
) -> Result<HashSet<Digest>, InboxError> {
    let found: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT k.key FROM json_each($1) AS f CROSS JOIN webhook_keys AS k ON k.key = unhex(f.value)",
    )
    .bind(hex_list(keys))
    .fetch_all(connection)
    .await?;
    Ok(found.iter().filter_map(|key| digest(key)).collect())
}

/// Inserts rows unless they are there. `id` names a column before the others.
async fn insert(
    connection: &mut SqliteConnection,
    table: &str,
    id: &str,
    columns: &[Column],
    rows: Vec<Vec<Cell>>,
) -> Result<(), InboxError> {
    let Some(width) = rows.first().map(Vec::len) else { return Ok(()) };
    // SQLite takes a limited number of arguments.
    for rows in rows.chunks(30_000 / width.max(1)) {
        let row = format!("({})", vec!["?"; width].join(", "));
        let values = vec![row; rows.len()].join(", ");
        let names = names(columns);
        let insert = format!(
            "INSERT INTO {{s}}{table} ({id}{names}) VALUES {values} ON CONFLICT DO NOTHING"
        );
        let mut query = sqlx::query(statement(&insert, 0)).persistent(false);
        for cell in rows.iter().flatten() {
            query = match cell {
                Cell::Int(number) => query.bind(number),
                Cell::Text(text) => query.bind(text),
                Cell::Bytes(bytes) => query.bind(bytes),
            };
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}
