//! Everything that is queued, in few round trips to a PostgreSQL database.

use std::collections::{HashMap, HashSet};

use sqlx::{Connection as _, PgConnection};

use crate::inbox::{
    error::InboxError,
    record::{ClaimToken, Digest, EnqueueResult, NewDelivery, millis, span, stored_text},
    sql,
    sql::{
        pack::packed,
        postgres::{
            claim, enqueue,
            finish::{
                SETTLED, bind_settled, drops, finish_within, promote, settle_and_tell, tells,
            },
            names::Names,
            session::in_session,
            sums, workers,
        },
    },
    store::{Work, WorkResult},
};

macro_rules! bind_begun {
    ($query:expr, $work:expr) => {
        $query
            .bind($work.start.iter().map(|claim| claim.id).collect::<Vec<_>>())
            .bind($work.start.iter().map(|claim| claim.number).collect::<Vec<_>>())
            .bind($work.worker)
    };
}

/// The first argument about claims that are settled, after those about deliveries that are stored.
const FIRST_SETTLED: usize = 16;

/// The number of the first claim of a delivery.
const FIRST: i64 = 1;

pub(super) async fn commit(
    connection: &mut PgConnection,
    names: &Names,
    work: &Work,
) -> Result<WorkResult, InboxError> {
    let mut result = WorkResult::default();
    let lines = lines(work);
    if lines.is_empty() {
        at_once(connection, names, work, &mut result).await?;
    } else {
        apart(connection, names, work, &lines, &mut result).await?;
    }
    if let Err(error) = add_sums(connection, names, work).await {
        tracing::warn!(%error, "sums of minutes could not be written");
    }
    let nothing_else = work.enqueue.is_empty() && work.finish.is_empty() && work.start.is_empty();
    // What is committed stays so, whatever becomes of the rest.
    match claim(connection, names, work, &mut result).await {
        Err(error) if nothing_else => Err(error),
        Err(error) => {
            tracing::warn!(%error, "nothing could be claimed");
            Ok(result)
        }
        Ok(()) => Ok(result),
    }
}

/// Adds what happened to the sums of minutes.
async fn add_sums(
    connection: &mut PgConnection,
    names: &Names,
    work: &Work,
) -> Result<(), InboxError> {
    if work.sums.is_empty() {
        return Ok(());
    }
    in_session!(names, connection => sums::add(connection, names, &work.sums).await)
}

async fn claim(
    connection: &mut PgConnection,
    names: &Names,
    work: &Work,
    result: &mut WorkResult,
) -> Result<(), InboxError> {
    if !work.renew.is_empty() {
        let lease = span(work.lease);
        let good = in_session!(names, connection => {
            claim::renew_leases(connection, names, &work.renew, lease).await
        })?;
        result.lost = sql::lost(&work.renew, &good);
    }
    if work.claim.is_empty() && work.look_ahead.is_empty() && work.heartbeat.is_none() {
        return Ok(());
    }
    let mut tx = connection.begin_with(names.begin()).await?;
    if let Some(beat) = &work.heartbeat {
        result.worker = Some(workers::beat(&mut tx, names, beat).await?);
    }
    let mut claimed = Vec::with_capacity(work.claim.len());
    for wanted in &work.claim {
        claimed.push(claim::claim_within(&mut tx, names, wanted, false).await?);
    }
    if !work.look_ahead.is_empty() {
        claim::look_ahead(&mut tx, names, &work.look_ahead, result).await?;
    }
    tx.commit().await?;
    result.claimed = claimed;
    Ok(())
}

/// The lines of what is stored and of what ends.
fn lines(work: &Work) -> Vec<Digest> {
    let stored = work.enqueue.iter().filter_map(NewDelivery::ordering_digest);
    let ended = work.finish.iter().filter_map(|finish| finish.claim_token.ordering_digest);
    sql::distinct(stored.chain(ended))
}

/// With ordering keys: those that have one step by step, and the others at once.
async fn apart(
    connection: &mut PgConnection,
    names: &Names,
    work: &Work,
    lines: &[Digest],
    result: &mut WorkResult,
) -> Result<(), InboxError> {
    let (mut ordered, mut others) = (Work::default(), Work::default());
    others.start.clone_from(&work.start);
    others.lease = work.lease;
    let claims = work.claim_new.iter().copied().chain(std::iter::repeat(false));
    for (new, claim) in work.enqueue.iter().zip(claims) {
        if new.ordering_key.is_some() {
            ordered.enqueue.push(new.clone());
        } else {
            others.enqueue.push(new.clone());
            others.claim_new.push(claim);
        }
    }
    for finish in &work.finish {
        let part = match finish.claim_token.ordering_digest {
            Some(_) => &mut ordered,
            None => &mut others,
        };
        part.finish.push(finish.clone());
    }
    let mut rest = WorkResult::default();
    at_once(connection, names, &others, &mut rest).await?;
    let mut tx = connection.begin_with(names.begin()).await?;
    names.lock_lines(&mut tx, lines).await?;
    let finished = finish_within(&mut tx, names, &ordered.finish).await?;
    let enqueued = enqueue::enqueue_within(&mut tx, names, &ordered.enqueue).await?;
    promote(&mut tx, names, lines).await?;
    tx.commit().await?;

    let (mut finished, mut others) = (finished.into_iter(), rest.finished.into_iter());
    for finish in &work.finish {
        let ordered = finish.claim_token.ordering_digest.is_some();
        result.finished.extend(if ordered { finished.next() } else { others.next() });
    }
    let mut enqueued = enqueued.into_iter().map(|enqueued| (enqueued, None));
    let mut others = rest.enqueued.into_iter().zip(rest.claimed_new);
    for new in &work.enqueue {
        let ordered = new.ordering_key.is_some();
        let told = if ordered { enqueued.next() } else { others.next() };
        result.enqueued.extend(told.map(|told| told.0));
        result.claimed_new.push(told.and_then(|told| told.1));
    }
    result.started = rest.started;
    Ok(())
}

/// Counts the attempts of prefetched claims. A handler that writes through `Tx` has locked its
/// delivery, and the end of its transaction counts the attempt: nobody waits for it.
fn start(first: usize) -> String {
    let (claim, worker) = (first + 1, first + 2);
    format!(
        "UPDATE {{s}}deliveries SET attempt = attempt + 1 - counted, counted = 1, \
         started_at = {{now}}, worker = ${worker} WHERE id IN (\
         SELECT d.id FROM unnest(${first}::bigint[], ${claim}::bigint[]) AS f (id, claim) \
         JOIN {{s}}deliveries AS d ON d.id = f.id AND d.claims = f.claim AND d.state = 1 \
         FOR NO KEY UPDATE OF d SKIP LOCKED) RETURNING id"
    )
}

/// Without ordering keys: one statement, which is a transaction of its own.
async fn at_once(
    connection: &mut PgConnection,
    names: &Names,
    work: &Work,
    result: &mut WorkResult,
) -> Result<(), InboxError> {
    if work.enqueue.is_empty() && work.finish.is_empty() && work.start.is_empty() {
        return Ok(());
    }
    let keys: Vec<Digest> = work.enqueue.iter().map(NewDelivery::dedup_digest).collect();
    let mut seen = HashSet::new();
    // A copy of one in the same batch waits for the answer to the first.
    let first: Vec<usize> = (0..keys.len()).filter(|at| seen.insert(keys[*at])).collect();
    let rows: Vec<&NewDelivery> = first.iter().map(|at| &work.enqueue[*at]).collect();
    let claims = |at: usize| work.claim_new.get(at).is_some_and(|claim| *claim);
    let bodies: Vec<_> = rows.iter().map(|row| packed(row)).collect();
    let text = |text: &Option<String>| text.as_deref().map(stored_text);
    let take_turns = rows.iter().any(|row| row.tenant_digest.is_some());
    let dropped: Vec<i64> = drops(&work.finish).map(|claim| claim.id).collect();
    let statement = names.sql(&format!(
        "{}, {}, g AS ({}){} {TOLD}",
        store(take_turns),
        settle_and_tell(FIRST_SETTLED, tells(&work.finish)),
        start(FIRST_SETTLED + SETTLED),
        if dropped.is_empty() { String::new() } else { drop_bodies(take_turns) }
    ));
    let query = sqlx::query_as(statement)
        .bind(first.iter().map(|at| &keys[*at][..]).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| span(row.dedup_retention)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| stored_text(&row.endpoint)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| stored_text(&row.provider)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| text(&row.event)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| text(&row.provider_id)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| millis(row.received_at)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| size(row)).collect::<Vec<_>>())
        .bind(first.iter().map(|at| i16::from(claims(*at))).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.head.to_bytes()).collect::<Vec<_>>())
        .bind(bodies.iter().map(|(body, _)| &body[..]).collect::<Vec<&[u8]>>())
        .bind(bodies.iter().map(|(_, unpacked)| *unpacked).collect::<Vec<_>>())
        .bind(span(work.lease));
    let query = query
        .bind(rows.iter().map(|row| row.tenant_name()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.secret_name()).collect::<Vec<_>>());
    let mut query = bind_begun!(bind_settled!(query, work.finish), work);
    if take_turns {
        query = query.bind(enqueue::tenants_of(rows.iter().copied()));
    }
    if !dropped.is_empty() {
        query = query.bind(dropped);
    }
    let told: Vec<(i16, i64, i64)> = in_session!(names, connection => {
        query.fetch_all(&mut *connection).await.map_err(InboxError::from)
    })?;

    let of = |kind: i16| told.iter().filter(move |told| told.0 == kind);
    let finished: HashSet<i64> = of(1).map(|told| told.1).collect();
    let begun: HashSet<i64> = of(2).map(|told| told.1).collect();
    // Ordinal numbers begin at 1.
    let stored: HashMap<usize, i64> = of(0)
        .filter_map(|(_, id, ordinal)| {
            let place = usize::try_from(*ordinal).ok()?.checked_sub(1)?;
            Some((*first.get(place)?, *id))
        })
        .collect();
    result.finished =
        work.finish.iter().map(|finish| finished.contains(&finish.claim_token.id)).collect();
    result.started = work.start.iter().map(|claim| begun.contains(&claim.id)).collect();
    // Copies are rare: they are looked up step by step.
    let copies: Vec<usize> = (0..keys.len()).filter(|at| !stored.contains_key(at)).collect();
    let batch: Vec<NewDelivery> = copies.iter().map(|at| work.enqueue[*at].clone()).collect();
    let mut found = Vec::new();
    if !batch.is_empty() {
        found = enqueue::enqueue(connection, names, &batch).await?;
    }
    let mut found = found.into_iter();
    for at in 0..keys.len() {
        let id = stored.get(&at).copied();
        let enqueued = id.map(EnqueueResult::Stored).or_else(|| found.next());
        result.enqueued.extend(enqueued);
        let claimed = id.filter(|_| claims(at)).map(|id| ClaimToken::new(id, FIRST));
        result.claimed_new.push(claimed);
    }
    Ok(())
}

fn size(delivery: &NewDelivery) -> i64 {
    i64::try_from(delivery.body.len()).unwrap_or(i64::MAX)
}

/// Stores deliveries. The bodies come last: what passes through a table in memory is small.
///
/// Numbers are given in the order of arrival, keys are inserted in the order of keys, so that two
/// processes with the same keys do not deadlock. A known key is left alone. Tenants are stored where
/// they take turns.
fn store(take_turns: bool) -> String {
    let last = FIRST_SETTLED + SETTLED + 3;
    let (tenants, tenant, of_tenant) = if take_turns {
        (format!(", ${last}::bytea[]"), ", tenant", ", n.tenant")
    } else {
        (String::new(), "", "")
    };
    format!(
        "WITH n AS (SELECT f.*, nextval('{{s}}numbers') AS id FROM (\
    SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::text[], $4::text[], $5::text[], \
    $6::text[], $7::bigint[], $8::bigint[], $9::smallint[], $14::text[], $15::text[]{tenants}) \
    WITH ORDINALITY AS u (key, keep, \
    endpoint, provider, event, provider_id, received_at, size, claimed, tenant_name, secret{tenant}, place) \
    ORDER BY u.place) AS f), \
    k AS (INSERT INTO {{s}}keys (key, delivery, expires_at) \
    SELECT key, id, {{now}} + keep FROM n ORDER BY key ON CONFLICT (key) DO NOTHING \
    RETURNING delivery), \
    d AS (INSERT INTO {{s}}deliveries (id, endpoint, provider, event, provider_id, state, \
    received_at, size, tenant_name, secret, due_at, attempt, claims, counted{tenant}) SELECT n.id, n.endpoint, n.provider, \
    n.event, n.provider_id, n.claimed, n.received_at, n.size, n.tenant_name, n.secret, \
    CASE n.claimed WHEN 1 THEN {{now}} + $13 ELSE 0 END, 0, n.claimed, 1 - n.claimed{of_tenant} \
    FROM n JOIN k ON k.delivery = n.id), \
    b AS (INSERT INTO {{s}}bodies (id, head, body, unpacked) SELECT n.id, u.head, u.body, \
    u.unpacked FROM unnest($10::bytea[], $11::bytea[], $12::int[]) WITH ORDINALITY \
    AS u (head, body, unpacked, place) JOIN n ON n.place = u.place \
    JOIN k ON k.delivery = n.id)"
    )
}

/// Deletes the bodies of what is completed, together with the completion.
fn drop_bodies(take_turns: bool) -> String {
    let last = FIRST_SETTLED + SETTLED + 3 + usize::from(take_turns);
    format!(
        ", x AS (UPDATE {{s}}bodies SET body = '', unpacked = -1 WHERE id = ANY(${last}::bigint[]) \
         AND id IN (SELECT id FROM s) AND unpacked >= 0)"
    )
}

/// Returns what was stored, settled and begun.
const TOLD: &str = "SELECT 0::smallint, k.delivery, n.place FROM k JOIN n ON n.id = k.delivery \
    UNION ALL SELECT 1::smallint, s.id, 0::bigint FROM s \
    UNION ALL SELECT 2::smallint, g.id, 0::bigint FROM g";
