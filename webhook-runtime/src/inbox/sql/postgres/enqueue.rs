//! Storing deliveries in a PostgreSQL database.

use std::collections::{HashMap, HashSet};

use sqlx::{Connection as _, PgConnection};

use crate::inbox::{
    error::InboxError,
    record::{DeliveryState, Digest, EnqueueResult, NewDelivery, millis, span, stored_text},
    sql,
    sql::{
        pack::packed,
        postgres::{finish::promote, names::Names},
    },
    store::LOST_ATTEMPT,
};

/// A delivery with its number and digests.
struct Numbered<'a> {
    delivery: &'a NewDelivery,
    id: i64,
    key: Digest,
    line: Option<Digest>,
}

pub(super) async fn enqueue(
    connection: &mut PgConnection,
    names: &Names,
    batch: &[NewDelivery],
) -> Result<Vec<EnqueueResult>, InboxError> {
    let mut tx = connection.begin_with(names.begin()).await?;
    let lines = sql::distinct(batch.iter().filter_map(NewDelivery::ordering_digest));
    names.lock_lines(&mut tx, &lines).await?;
    let enqueued = enqueue_within(&mut tx, names, batch).await?;
    tx.commit().await?;
    Ok(enqueued)
}

/// Stores deliveries within a transaction that has locked their lines.
pub(super) async fn enqueue_within(
    tx: &mut PgConnection,
    names: &Names,
    batch: &[NewDelivery],
) -> Result<Vec<EnqueueResult>, InboxError> {
    if batch.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<Digest> = batch.iter().map(NewDelivery::dedup_digest).collect();
    let ids: Vec<i64> =
        sqlx::query_scalar(names.sql("SELECT nextval('{s}numbers') FROM generate_series(1, $1)"))
            .bind(i32::try_from(batch.len()).unwrap_or(i32::MAX))
            .fetch_all(&mut *tx)
            .await?;
    let mut seen = HashSet::new();
    let mut numbered: Vec<Numbered<'_>> = batch
        .iter()
        .zip(&keys)
        .zip(ids)
        .filter(|((_, key), _)| seen.insert(**key))
        .map(|((delivery, key), id)| Numbered {
            delivery,
            id,
            key: *key,
            line: delivery.ordering_digest(),
        })
        .collect();
    let fresh = insert_keys(&mut *tx, names, &numbered).await?;
    numbered.retain(|one| fresh.contains(&one.id));
    if !numbered.is_empty() {
        insert_deliveries(&mut *tx, names, &numbered).await?;
        insert_bodies(&mut *tx, names, &numbered).await?;
        let lines = sql::distinct(numbered.iter().filter_map(|one| one.line));
        promote(&mut *tx, names, &lines).await?;
    }
    let mut new: HashMap<Digest, i64> = numbered.iter().map(|one| (one.key, one.id)).collect();
    let mut known: HashMap<Digest, Known> = HashMap::new();
    if numbered.len() < batch.len() {
        known = known_keys(&mut *tx, names, &keys).await?;
    }
    let mut enqueued = Vec::with_capacity(batch.len());
    let (mut revived, mut copies) = (Vec::new(), Vec::new());
    for (delivery, key) in batch.iter().zip(&keys) {
        enqueued.push(match (new.remove(key), known.get_mut(key)) {
            (Some(id), _) => EnqueueResult::Stored(id),
            // The next copy in this batch finds it alive.
            (None, Some(Known { id, can_be_revived })) => {
                if std::mem::take(can_be_revived) && revive(&mut *tx, names, *id, delivery).await? {
                    revived.extend(delivery.ordering_digest());
                    EnqueueResult::Revived(*id)
                } else {
                    copies.push(*id);
                    EnqueueResult::Duplicate(*id)
                }
            }
            (None, None) => {
                let reason = "a key was deleted while its delivery was stored";
                return Err(InboxError::Store(reason.to_owned()));
            }
        });
    }
    promote(&mut *tx, names, &sql::distinct(revived.into_iter())).await?;
    note_copies(tx, names, copies).await?;
    Ok(enqueued)
}

/// Counts copies by the minute in which they came.
async fn note_copies(
    connection: &mut PgConnection,
    names: &Names,
    copies: Vec<i64>,
) -> Result<(), InboxError> {
    if copies.is_empty() {
        return Ok(());
    }
    sqlx::query(names.sql(
        "INSERT INTO {s}duplicates AS c (delivery, minute, count, last_at) \
         SELECT d.id, {now} - {now} % 60000, count(*), {now} FROM unnest($1::bigint[]) AS f (id) \
         JOIN {s}deliveries AS d ON d.id = f.id GROUP BY d.id ORDER BY d.id \
         ON CONFLICT (delivery, minute) DO UPDATE SET count = c.count + excluded.count, \
         last_at = greatest(c.last_at, excluded.last_at)",
    ))
    .bind(copies)
    .execute(connection)
    .await?;
    Ok(())
}

/// The delivery of a known key.
struct Known {
    id: i64,
    /// See [`Record::can_be_revived`](crate::inbox::record::Record::can_be_revived).
    can_be_revived: bool,
}

/// Lets a dead letter run again as this copy of it says. Returns false if another process was
/// quicker.
async fn revive(
    connection: &mut PgConnection,
    names: &Names,
    id: i64,
    copy: &NewDelivery,
) -> Result<bool, InboxError> {
    let line = copy.ordering_digest();
    let tenant = if copy.tenant_digest.is_some() { ", tenant = $11" } else { "" };
    let update = format!(
        "UPDATE {{s}}deliveries SET provider = $2, event = $3, provider_id = $4, state = $5, \
         due_at = 0, attempt = 0, line = $6, size = $7, tenant_name = $8, secret = $9, \
         received_at = $10, finished_at = NULL{tenant} \
         WHERE id = $1 AND state = 4",
    );
    let mut query = sqlx::query(names.sql(&update))
        .bind(id)
        .bind(stored_text(&copy.provider))
        .bind(copy.event.as_deref().map(stored_text))
        .bind(copy.provider_id.as_deref().map(stored_text))
        .bind(DeliveryState::waiting(line.is_some()).code())
        .bind(line.map(Vec::from))
        .bind(i64::try_from(copy.body.len()).unwrap_or(i64::MAX))
        .bind(copy.tenant_name())
        .bind(copy.secret_name())
        .bind(millis(copy.received_at));
    if let Some(tenant) = copy.tenant_digest {
        query = query.bind(tenant.to_vec());
    }
    let updated = query.execute(&mut *connection).await?;
    if updated.rows_affected() == 0 {
        return Ok(false);
    }
    let (body, unpacked) = packed(copy);
    let update = "UPDATE {s}bodies SET head = $2, body = $3, unpacked = $4 WHERE id = $1";
    sqlx::query(names.sql(update))
        .bind(id)
        .bind(copy.head.to_bytes())
        .bind(&body[..])
        .bind(unpacked)
        .execute(connection)
        .await?;
    Ok(true)
}

/// Inserts the unknown keys, and returns the deliveries that are new by them. A key is known until
/// it is pruned, so that a wrong clock makes no copy new.
async fn insert_keys(
    connection: &mut PgConnection,
    names: &Names,
    rows: &[Numbered<'_>],
) -> Result<HashSet<i64>, InboxError> {
    let keys: Vec<&[u8]> = rows.iter().map(|row| &row.key[..]).collect();
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let keep: Vec<i64> = rows.iter().map(|row| span(row.delivery.dedup_retention)).collect();
    // In the order of the keys, so that two processes with the same keys do not deadlock. The
    // update that never happens locks a known key, so that nobody prunes it before it is read.
    let new: Vec<i64> = sqlx::query_scalar(names.sql(
        "INSERT INTO {s}keys AS k (key, delivery, expires_at) \
         SELECT f.key, f.id, {now} + f.keep \
         FROM unnest($1::bytea[], $2::bigint[], $3::bigint[]) AS f (key, id, keep) \
         ORDER BY f.key ON CONFLICT (key) DO UPDATE SET delivery = k.delivery WHERE false \
         RETURNING k.delivery",
    ))
    .bind(keys)
    .bind(ids)
    .bind(keep)
    .fetch_all(connection)
    .await?;
    Ok(new.into_iter().collect())
}

async fn known_keys(
    connection: &mut PgConnection,
    names: &Names,
    keys: &[Digest],
) -> Result<HashMap<Digest, Known>, InboxError> {
    let keys: Vec<&[u8]> = keys.iter().map(|key| &key[..]).collect();
    let found: Vec<(Vec<u8>, i64, bool)> = sqlx::query_as(names.sql(
        "SELECT k.key, k.delivery, EXISTS (SELECT 1 FROM {s}deliveries WHERE id = k.delivery \
         AND state = 4 AND COALESCE(reason, '') NOT LIKE $2) \
         FROM {s}keys AS k WHERE k.key = ANY($1)",
    ))
    .bind(keys)
    .bind(LOST_ATTEMPT.replace('#', "%"))
    .fetch_all(connection)
    .await?;
    let known = |(key, id, can_be_revived): (Vec<u8>, i64, bool)| {
        Some((sql::digest(&key)?, Known { id, can_be_revived }))
    };
    Ok(found.into_iter().filter_map(known).collect())
}

async fn insert_deliveries(
    connection: &mut PgConnection,
    names: &Names,
    rows: &[Numbered<'_>],
) -> Result<(), InboxError> {
    let text = |text: &Option<String>| text.as_deref().map(stored_text);
    let state = |row: &Numbered<'_>| DeliveryState::waiting(row.line.is_some()).code();
    let size = |row: &Numbered<'_>| i64::try_from(row.delivery.body.len()).unwrap_or(i64::MAX);
    let take_turns = rows.iter().any(|row| row.delivery.tenant_digest.is_some());
    let (tenant, tenants) = if take_turns { ("tenant, ", ", $12::bytea[]") } else { ("", "") };
    let insert = format!(
        "INSERT INTO {{s}}deliveries (id, endpoint, provider, event, provider_id, state, line, \
         received_at, size, tenant_name, secret, {tenant}due_at, attempt, claims) \
         SELECT f.*, 0, 0, 0 FROM unnest(\
         $1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::smallint[], \
         $7::bytea[], $8::bigint[], $9::bigint[], $10::text[], $11::text[]{tenants}) AS f",
    );
    let mut query = sqlx::query(names.sql(&insert))
        .bind(rows.iter().map(|row| row.id).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| stored_text(&row.delivery.endpoint)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| stored_text(&row.delivery.provider)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| text(&row.delivery.event)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| text(&row.delivery.provider_id)).collect::<Vec<_>>())
        .bind(rows.iter().map(state).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.line.map(Vec::from)).collect::<Vec<Option<Vec<u8>>>>())
        .bind(rows.iter().map(|row| millis(row.delivery.received_at)).collect::<Vec<_>>())
        .bind(rows.iter().map(size).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.delivery.tenant_name()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.delivery.secret_name()).collect::<Vec<_>>());
    if take_turns {
        query = query.bind(tenants_of(rows.iter().map(|row| row.delivery)));
    }
    query.execute(connection).await?;
    Ok(())
}

/// The tenants of deliveries, as an argument.
pub(super) fn tenants_of<'a>(
    deliveries: impl Iterator<Item = &'a NewDelivery>,
) -> Vec<Option<Vec<u8>>> {
    deliveries.map(|delivery| delivery.tenant_digest.map(Vec::from)).collect()
}

async fn insert_bodies(
    connection: &mut PgConnection,
    names: &Names,
    rows: &[Numbered<'_>],
) -> Result<(), InboxError> {
    let bodies: Vec<_> = rows.iter().map(|row| packed(row.delivery)).collect();
    sqlx::query(names.sql(
        "INSERT INTO {s}bodies (id, head, body, unpacked) \
         SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::int[])",
    ))
    .bind(rows.iter().map(|row| row.id).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.delivery.head.to_bytes()).collect::<Vec<_>>())
    .bind(bodies.iter().map(|(body, _)| &body[..]).collect::<Vec<&[u8]>>())
    .bind(bodies.iter().map(|(_, unpacked)| *unpacked).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}
