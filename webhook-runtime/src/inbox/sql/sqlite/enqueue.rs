//! Storing deliveries in an SQLite file.

use std::{collections::HashMap, fmt::Write as _};

use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

use crate::inbox::{
    error::InboxError,
    record::{
        DeliveryState, Digest, EnqueueResult, NewDelivery, millis, minute, span, stored_text,
    },
    sql,
    sql::{pack::packed, sqlite::finish::promote},
    store::LOST_ATTEMPT,
};

/// The number of rows that one statement inserts.
const ROWS: usize = 64;

/// A new delivery, with its number and digests.
struct Fresh<'a> {
    delivery: &'a NewDelivery,
    /// True if it is claimed as it is stored.
    claimed: bool,
    id: i64,
    key: Digest,
    line: Option<Digest>,
}

pub(super) async fn enqueue(
    connection: &mut SqliteConnection,
    batch: &[NewDelivery],
    now: i64,
) -> Result<Vec<EnqueueResult>, InboxError> {
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    let enqueued = enqueue_within(&mut tx, batch, &[], now, now).await?;
    tx.commit().await?;
    Ok(enqueued)
}

/// Stores deliveries within a transaction. Those that are to be claimed as they are stored have a
/// lease until `leased`.
pub(super) async fn enqueue_within(
    tx: &mut SqliteConnection,
    batch: &[NewDelivery],
    claim_new: &[bool],
    leased: i64,
    now: i64,
) -> Result<Vec<EnqueueResult>, InboxError> {
    if batch.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<Digest> = batch.iter().map(NewDelivery::dedup_digest).collect();
    let (mut known, mut next) = known_and_last(&mut *tx, &keys).await?;
    let mut fresh = Vec::with_capacity(batch.len());
    let (mut revived, mut copies) = (Vec::new(), Vec::new());
    let mut enqueued = Vec::with_capacity(batch.len());
    let claim_new = claim_new.iter().copied().chain(std::iter::repeat(false));
    for ((delivery, key), claimed) in batch.iter().zip(keys).zip(claim_new) {
        if let Some(Known { id, can_be_revived }) = known.get_mut(&key) {
            // The next copy in this batch finds it alive.
            enqueued.push(if std::mem::take(can_be_revived) {
                revive(&mut *tx, *id, delivery).await?;
                revived.extend(delivery.ordering_digest());
                EnqueueResult::Revived(*id)
            } else {
                copies.push(*id);
                EnqueueResult::Duplicate(*id)
            });
            continue;
        }
        next += 1;
        known.insert(key, Known { id: next, can_be_revived: false });
        enqueued.push(EnqueueResult::Stored(next));
        let line = delivery.ordering_digest();
        let claimed = claimed && line.is_none();
        fresh.push(Fresh { delivery, claimed, id: next, key, line });
    }
    for rows in fresh.chunks(ROWS) {
        insert(&mut *tx, rows, leased, now).await?;
    }
    note_copies(&mut *tx, &copies, now).await?;
    let lines = fresh.iter().filter_map(|fresh| fresh.line).chain(revived);
    promote(tx, &sql::distinct(lines)).await?;
    Ok(enqueued)
}

/// Counts copies by the minute in which they came.
async fn note_copies(
    tx: &mut SqliteConnection,
    copies: &[i64],
    now: i64,
) -> Result<(), InboxError> {
    if copies.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO webhook_duplicates (delivery, minute, count, last_at) \
         SELECT d.id, $2, count(*), $3 FROM json_each($1) AS f \
         CROSS JOIN webhook_deliveries AS d ON d.id = f.value GROUP BY d.id \
         ON CONFLICT (delivery, minute) DO UPDATE SET count = count + excluded.count, \
         last_at = max(last_at, excluded.last_at)",
    )
    .bind(json!(copies).to_string())
    .bind(minute(now))
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

/// The delivery of a known key.
struct Known {
    id: i64,
    /// See [`Record::can_be_revived`](crate::inbox::record::Record::can_be_revived).
    can_be_revived: bool,
}

/// The known keys and their deliveries, and the highest number that was ever given.
async fn known_and_last(
    connection: &mut SqliteConnection,
    keys: &[Digest],
) -> Result<(HashMap<Digest, Known>, i64), InboxError> {
    // A key is known until it is pruned, so that a wrong clock makes no copy new.
    let found: Vec<(Option<Vec<u8>>, i64, bool)> = sqlx::query_as(
        "SELECT k.key, CAST(k.delivery AS INTEGER), EXISTS (SELECT 1 FROM webhook_deliveries WHERE id = k.delivery \
         AND state = 4 AND COALESCE(reason, '') NOT LIKE $2) \
         FROM json_each($1) AS f CROSS JOIN webhook_keys AS k \
         ON k.key = unhex(f.value) UNION ALL \
         SELECT NULL, CAST(seq AS INTEGER), FALSE FROM sqlite_sequence WHERE name = 'webhook_deliveries'",
    )
    .bind(hex_list(keys))
    .bind(LOST_ATTEMPT.replace('#', "%"))
    .fetch_all(connection)
    .await?;
    let (mut known, mut last) = (HashMap::new(), 0);
    for (key, id, can_be_revived) in found {
        match key {
            Some(key) => {
                known.extend(sql::digest(&key).map(|key| (key, Known { id, can_be_revived })));
            }
            None => last = id,
        }
    }
    Ok((known, last))
}

/// Lets a dead letter run again as this copy of it says.
async fn revive(
    connection: &mut SqliteConnection,
    id: i64,
    copy: &NewDelivery,
) -> Result<(), InboxError> {
    let line = copy.ordering_digest();
    let tenant = if copy.tenant_digest.is_some() { ", tenant = ?" } else { "" };
    let update = format!(
        "UPDATE webhook_deliveries SET provider = ?, event = ?, provider_id = ?, state = ?, \
         due_at = 0, attempt = 0, line = ?, size = ?, tenant_name = ?, secret = ?, \
         received_at = ?, finished_at = NULL{tenant} \
         WHERE id = ?",
    );
    let mut query = sqlx::query(AssertSqlSafe(update))
        .bind(&copy.provider)
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
    query.bind(id).execute(&mut *connection).await?;
    let (body, unpacked) = packed(copy);
    sqlx::query("UPDATE webhook_bodies SET head = ?, body = ?, unpacked = ? WHERE id = ?")
        .bind(copy.head.to_bytes())
        .bind(&body[..])
        .bind(unpacked)
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Inserts everything of some deliveries at once: each separate statement would wake the thread of
/// the connection and then this task. `OR FAIL` keeps no journal of the statement: if it fails, its
/// transaction or savepoint is rolled back as a whole.
async fn insert(
    connection: &mut SqliteConnection,
    rows: &[Fresh<'_>],
    leased: i64,
    now: i64,
) -> Result<(), InboxError> {
    let bodies: Vec<_> = rows.iter().map(|row| packed(row.delivery)).collect();
    let take_turns = rows.iter().any(|row| row.delivery.tenant_digest.is_some());
    let (tenant, of_tenant) = if take_turns { (", tenant", ", ?") } else { ("", "") };
    let sql = [
        values(
            &format!(
                "INSERT OR FAIL INTO webhook_deliveries (id, endpoint, provider, event, provider_id, state, \
                 due_at, attempt, claims, counted, line, received_at, size, tenant_name, \
                 secret{tenant}) VALUES "
            ),
            &format!("(?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?{of_tenant})"),
            rows.len(),
        ),
        values(
            "INSERT OR FAIL INTO webhook_bodies (id, head, body, unpacked) VALUES ",
            "(?, ?, ?, ?)",
            rows.len(),
        ),
        values(
            "INSERT OR FAIL INTO webhook_keys (key, delivery, expires_at) VALUES ",
            "(?, ?, ?)",
            rows.len(),
        ),
    ];
    let mut query = sqlx::query(AssertSqlSafe(sql.join("; ")));
    for Fresh { delivery, claimed, id, line, .. } in rows {
        let state = match claimed {
            true => DeliveryState::Running,
            false => DeliveryState::waiting(line.is_some()),
        };
        query = query
            .bind(id)
            .bind(&delivery.endpoint)
            .bind(&delivery.provider)
            .bind(delivery.event.as_deref().map(stored_text))
            .bind(delivery.provider_id.as_deref().map(stored_text))
            .bind(state.code())
            .bind(if *claimed { leased } else { 0 })
            .bind(i16::from(*claimed))
            .bind(i16::from(!*claimed))
            .bind(line.map(Vec::from))
            .bind(millis(delivery.received_at))
            .bind(i64::try_from(delivery.body.len()).unwrap_or(i64::MAX))
            .bind(delivery.tenant_name())
            .bind(delivery.secret_name());
        if take_turns {
            query = query.bind(delivery.tenant_digest.map(Vec::from));
        }
    }
    for (Fresh { delivery, id, .. }, (body, unpacked)) in rows.iter().zip(&bodies) {
        query = query.bind(id).bind(delivery.head.to_bytes()).bind(&body[..]).bind(unpacked);
    }
    for Fresh { delivery, id, key, .. } in rows {
        let expires_at = now + span(delivery.dedup_retention);
        query = query.bind(key.to_vec()).bind(id).bind(expires_at);
    }
    query.execute(connection).await?;
    Ok(())
}

fn values(insert: &str, row: &str, rows: usize) -> String {
    let mut sql = insert.to_owned();
    for at in 0..rows {
        sql.push_str(if at == 0 { "" } else { ", " });
        sql.push_str(row);
    }
    sql
}

/// Digests as an argument of SQL: a JSON array of hex.
pub(super) fn hex_list(digests: &[Digest]) -> String {
    let hex = digests.iter().map(|digest| {
        digest.iter().fold(String::with_capacity(32), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    });
    json!(hex.collect::<Vec<_>>()).to_string()
}
