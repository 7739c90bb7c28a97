//! Copying a PostgreSQL database to another one, and another database to PostgreSQL.

use std::collections::HashSet;

use sqlx::{Connection as _, PgConnection, postgres::PgRow};

use crate::inbox::{
    copy::{Cell, Copying, Exported, KnownKey, Part},
    error::InboxError,
    record::Digest,
    sql::{
        copy::{
            ATTEMPT, BLOCK, BODY, Column, DELIVERY, DUPLICATE, ENDPOINT, HELD, KEY, KEYS, Kind,
            Rows, SIZES, cells, key, lost_keys, names as names_of, part, range, select,
        },
        digest, distinct,
        postgres::{
            OPERATION_TIMEOUT, PostgresStore, finish::promote, names::Names, session::in_session,
        },
    },
    store::StoreFuture,
};

impl Copying for PostgresStore {
    fn place(&self) -> StoreFuture<'_, String> {
        on_session!(self, |connection| async {
            // Two servers never start in the same microsecond.
            let place = sqlx::query_scalar(
                "SELECT concat('postgres ', pg_postmaster_start_time(), ' ', current_database())",
            );
            let place: String = place.fetch_one(connection).await?;
            Ok::<_, InboxError>(format!("{place} {}", self.names.schema()))
        })
    }

    fn held(&self) -> StoreFuture<'_, i64> {
        on_session!(self, |connection| async {
            let held = sqlx::query_scalar(self.names.sql(HELD));
            Ok::<i64, InboxError>(held.fetch_one(connection).await?)
        })
    }

    fn keys(&self) -> StoreFuture<'_, Vec<KnownKey>> {
        Box::pin(async move {
            let (mut keys, mut after) = (Vec::new(), Vec::<u8>::new());
            loop {
                let next: StoreFuture<'_, Vec<PgRow>> = on_session!(self, |connection| async {
                    let rows = sqlx::query(self.names.sql(KEYS)).bind(&after);
                    Ok::<_, InboxError>(rows.fetch_all(connection).await?)
                });
                let rows = next.await?;
                let Some(last) = rows.last() else { return Ok(keys) };
                after = sqlx::Row::try_get(last, "key")?;
                keys.extend(rows.iter().filter_map(key));
            }
        })
    }

    fn export(&self, after: i64) -> StoreFuture<'_, Part> {
        on_session!(self, |connection| export(connection, &self.names, after))
    }

    fn import(&self, deliveries: Vec<Exported>) -> StoreFuture<'_, u64> {
        on!(self, |connection| import(connection, &self.names, &deliveries))
    }

    fn import_keys(&self, keys: Vec<KnownKey>) -> StoreFuture<'_, ()> {
        let rows = lost_keys(&keys);
        on_session!(self, |connection| insert(connection, &self.names, "keys", "", KEY, &rows))
    }

    fn endpoints(&self) -> StoreFuture<'_, Vec<Vec<Cell>>> {
        on_session!(self, |connection| async {
            let select = format!("SELECT {} FROM {{s}}endpoints", names_of(ENDPOINT));
            let rows = sqlx::query(self.names.sql(&select)).fetch_all(connection).await?;
            let cells = rows.iter().filter_map(|row| cells(row, ENDPOINT).ok());
            Ok::<_, InboxError>(cells.collect())
        })
    }

    fn import_endpoints(&self, endpoints: Vec<Vec<Cell>>) -> StoreFuture<'_, ()> {
        on_session!(self, |connection| insert(
            connection,
            &self.names,
            "endpoints",
            "",
            ENDPOINT,
            &endpoints
        ))
    }
}

async fn export(
    connection: &mut PgConnection,
    names: &Names,
    after: i64,
) -> Result<Part, InboxError> {
    let sizes = sqlx::query_as(names.sql(SIZES)).bind(after);
    let sizes: Vec<(i64, i64)> = sizes.fetch_all(&mut *connection).await?;
    let Some(range) = range(&sizes) else { return Ok(Part::default()) };
    let mut rows = async |table, id, columns| {
        let select = select(table, id, columns);
        let rows = sqlx::query(names.sql(&select)).bind(range.0).bind(range.1);
        rows.fetch_all(&mut *connection).await
    };
    let deliveries: Vec<PgRow> = rows("deliveries", "id", DELIVERY).await?;
    let bodies = rows("bodies", "id", BODY).await?;
    let attempts = rows("attempts", "delivery", ATTEMPT).await?;
    let duplicates = rows("duplicates", "delivery", DUPLICATE).await?;
    Ok(part(&deliveries, &bodies, &attempts, &duplicates))
}

async fn import(
    connection: &mut PgConnection,
    names: &Names,
    deliveries: &[Exported],
) -> Result<u64, InboxError> {
    let mut tx = connection.begin_with(names.begin()).await?;
    let keys = deliveries.iter().flat_map(|one| &one.keys).map(|key| key.key);
    let known = known(&mut tx, names, &keys.collect::<Vec<_>>()).await?;
    let is_new = |one: &&Exported| one.keys.iter().all(|key| !known.contains(&key.key));
    let new: Vec<_> = deliveries.iter().filter(is_new).collect();
    if new.is_empty() {
        return Ok(0);
    }
    // First the lines, then the numbers, as when deliveries are stored.
    let lines = distinct(new.iter().filter_map(|one| one.line));
    names.lock_lines(&mut tx, &lines).await?;
    let mut ids: Vec<i64> =
        sqlx::query_scalar(names.sql("SELECT nextval('{s}numbers') FROM generate_series(1, $1)"))
            .bind(i32::try_from(new.len()).unwrap_or(i32::MAX))
            .fetch_all(&mut *tx)
            .await?;
    ids.sort_unstable();
    let (first, last) = (ids.first().copied(), ids.last().copied());
    let numbered: Vec<_> = ids.into_iter().zip(new).collect();
    let rows = Rows::of(&numbered);
    insert(&mut tx, names, "deliveries", "id", DELIVERY, &rows.deliveries).await?;
    insert(&mut tx, names, "bodies", "id", BODY, &rows.bodies).await?;
    insert(&mut tx, names, "attempts", "delivery", ATTEMPT, &rows.attempts).await?;
    insert(&mut tx, names, "duplicates", "delivery", DUPLICATE, &rows.duplicates).await?;
    insert(&mut tx, names, "keys", "", KEY, &rows.keys).await?;
    sqlx::query(names.sql(BLOCK)).bind(first).bind(last).execute(&mut *tx).await?;
    promote(&mut tx, names, &lines).await?;
    tx.commit().await?;
    Ok(numbered.len() as u64)
}

/// Those of the keys that are known.
async fn known(
    connection: &mut PgConnection,
    names: &Names,
    keys: &[Digest],
) -> Result<HashSet<Digest>, InboxError> {
    let keys: Vec<&[u8]> = keys.iter().map(|key| &key[..]).collect();
    let known = sqlx::query_scalar(names.sql("SELECT key FROM {s}keys WHERE key = ANY($1)"));
    let found: Vec<Vec<u8>> = known.bind(keys).fetch_all(connection).await?;
    Ok(found.iter().filter_map(|key| digest(key)).collect())
}

/// Inserts rows unless they are there. `id` names a column before the others, if there is one.
async fn insert(
    connection: &mut PgConnection,
    names: &Names,
    table: &str,
    id: &'static str,
    columns: &[Column],
    rows: &[Vec<Cell>],
) -> Result<(), InboxError> {
    if rows.is_empty() {
        return Ok(());
    }
    let first = Some((id, Kind::Big, true)).filter(|(id, ..)| !id.is_empty());
    let columns: Vec<Column> = first.into_iter().chain(columns.iter().copied()).collect();
    let arrays = (1..).zip(&columns).map(|(number, (_, kind, _))| match kind {
        Kind::Small | Kind::Int | Kind::Big => format!("${number}::bigint[]"),
        Kind::Text => format!("${number}::text[]"),
        Kind::Bytes => format!("${number}::bytea[]"),
    });
    let arrays = arrays.collect::<Vec<_>>().join(", ");
    let insert = format!(
        "INSERT INTO {{s}}{table} ({}) SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING",
        names_of(&columns)
    );
    let mut query = sqlx::query(names.sql(&insert));
    for (at, (_, kind, _)) in columns.iter().enumerate() {
        let cells = rows.iter().map(|row| row.get(at));
        query = match kind {
            Kind::Small | Kind::Int | Kind::Big => query.bind(
                cells
                    .map(|cell| if let Some(Cell::Int(number)) = cell { *number } else { None })
                    .collect::<Vec<_>>(),
            ),
            Kind::Text => query.bind(
                cells
                    .map(
                        |cell| {
                            if let Some(Cell::Text(text)) = cell { text.as_deref() } else { None }
                        },
                    )
                    .collect::<Vec<_>>(),
            ),
            Kind::Bytes => query.bind(
                cells
                    .map(|cell| match cell {
                        Some(Cell::Bytes(bytes)) => bytes.as_deref(),
                        _ => None,
                    })
                    .collect::<Vec<_>>(),
            ),
        };
    }
    query.execute(connection).await?;
    Ok(())
}
