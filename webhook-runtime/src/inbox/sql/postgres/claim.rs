//! Claiming deliveries in a PostgreSQL database.

use std::collections::HashMap;

use sqlx::{Connection as _, PgConnection};

use crate::inbox::{
    error::InboxError,
    record::{ClaimToken, Digest, span},
    sql,
    sql::{
        JobRow, UNREADABLE,
        postgres::{
            BEGIN,
            finish::{PROMOTE, promote},
            names::Names,
        },
    },
    store::{ClaimRequest, ClaimResult, LOST_ATTEMPT},
};

/// What is due, by the index `deliveries_due`, and is not locked by anybody.
fn pick(state_and_due: &str) -> String {
    format!(
        "SELECT d.id, d.attempt, d.line FROM unnest($1::text[]) AS e (name) \
         CROSS JOIN LATERAL (SELECT i.id, i.attempt, i.line FROM {{s}}deliveries AS i \
         WHERE i.endpoint = e.name AND i.state < 2 AND {state_and_due} \
         ORDER BY i.due_at, i.id LIMIT $2 FOR UPDATE SKIP LOCKED) AS d LIMIT $2"
    )
}

const LEASE_RAN_OUT: &str = "i.state = 1 AND i.due_at <= {now}";
const RETRY_DUE: &str = "i.state = 0 AND i.due_at BETWEEN 1 AND {now}";
const FRESH: &str = "i.state = 0 AND i.due_at = 0";

/// More than can have been running when a process ended.
const MOST_LOST: i64 = 1000;

/// What could be claimed.
#[derive(Default)]
struct Picked {
    ids: Vec<i64>,
    suspect: Option<i64>,
    /// Has been started as often as may be.
    lost: Vec<(i64, Option<Digest>)>,
}

pub(super) async fn claim(
    connection: &mut PgConnection,
    names: &Names,
    wanted: &ClaimRequest,
) -> Result<ClaimResult, InboxError> {
    let mut tx = connection.begin_with(BEGIN).await?;
    let picked = pick_all(&mut tx, names, wanted).await?;
    let mut claimed = ClaimResult {
        crash_suspect: picked.suspect.is_some(),
        dead_lettered: picked.lost.len().try_into().unwrap_or(u32::MAX),
        ..ClaimResult::default()
    };
    let ids: Vec<i64> = picked.ids.into_iter().chain(picked.suspect).collect();
    let mut unread = Vec::new();
    if !ids.is_empty() {
        let order: HashMap<i64, usize> = ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
        let rows: Vec<JobRow> = sqlx::query_as(names.sql(
            "WITH c AS (UPDATE {s}deliveries SET state = 1, attempt = attempt + 1, \
             claims = claims + 1, due_at = {now} + $2 WHERE id = ANY($1) RETURNING *) \
             SELECT c.id, c.attempt, c.claims, c.endpoint, c.provider, c.received_at, c.line, \
             b.head, b.body FROM c JOIN {s}bodies AS b ON b.id = c.id",
        ))
        .bind(ids)
        .bind(span(wanted.lease))
        .fetch_all(&mut *tx)
        .await?;
        for row in rows {
            let line = row.6.as_deref().and_then(sql::digest);
            match sql::job(row) {
                Ok(job) => claimed.jobs.push(job),
                Err(id) => unread.push((id, line)),
            }
        }
        claimed.jobs.sort_by_key(|job| order.get(&job.id).copied());
        claimed.dead_lettered += u32::try_from(unread.len()).unwrap_or(u32::MAX);
    }
    // Last, since locks of lines are not to be held for long.
    bury(&mut tx, names, &picked.lost, LOST_ATTEMPT).await?;
    bury(&mut tx, names, &unread, UNREADABLE).await?;
    tx.commit().await?;
    Ok(claimed)
}

async fn pick_all(
    connection: &mut PgConnection,
    names: &Names,
    wanted: &ClaimRequest,
) -> Result<Picked, InboxError> {
    let most = usize::try_from(wanted.max).unwrap_or(usize::MAX);
    let mut picked = Picked::default();
    // Those whose lease ran out come first: they have waited longest.
    for (id, attempt, line) in
        pick_some(connection, names, wanted, LEASE_RAN_OUT, MOST_LOST).await?
    {
        if wanted.running.contains(&id) {
            continue;
        }
        let attempt = u32::try_from(attempt).unwrap_or_default();
        let room = picked.ids.len() + usize::from(picked.suspect.is_some()) < most;
        if attempt >= wanted.max_attempts {
            picked.lost.push((id, line.as_deref().and_then(sql::digest)));
        } else if attempt < 2 && room {
            picked.ids.push(id);
        } else if room && wanted.crash_suspect && picked.suspect.is_none() {
            picked.suspect = Some(id);
        }
    }
    let order = if wanted.retries_first { [RETRY_DUE, FRESH] } else { [FRESH, RETRY_DUE] };
    for due in order {
        let room = most - picked.ids.len() - usize::from(picked.suspect.is_some());
        if room > 0 {
            let room = i64::try_from(room).unwrap_or(i64::MAX);
            let rows = pick_some(connection, names, wanted, due, room).await?;
            picked.ids.extend(rows.into_iter().map(|(id, ..)| id));
        }
    }
    Ok(picked)
}

async fn pick_some(
    connection: &mut PgConnection,
    names: &Names,
    wanted: &ClaimRequest,
    state_and_due: &str,
    most: i64,
) -> Result<Vec<(i64, i32, Option<Vec<u8>>)>, InboxError> {
    Ok(sqlx::query_as(names.sql(&pick(state_and_due)))
        .bind(&wanted.endpoints)
        .bind(most)
        .fetch_all(connection)
        .await?)
}

/// Gives up what is locked by this transaction.
async fn bury(
    connection: &mut PgConnection,
    names: &Names,
    rows: &[(i64, Option<Digest>)],
    reason: &str,
) -> Result<(), InboxError> {
    if rows.is_empty() {
        return Ok(());
    }
    let lines = sql::distinct(rows.iter().filter_map(|(_, line)| *line));
    names.lock_lines(connection, &lines).await?;
    sqlx::query(names.sql(
        "UPDATE {s}deliveries SET state = 4, finished_at = {now}, \
         reason = replace($2, '#', attempt::text) WHERE id = ANY($1)",
    ))
    .bind(rows.iter().map(|(id, _)| *id).collect::<Vec<_>>())
    .bind(reason)
    .execute(&mut *connection)
    .await?;
    promote(connection, names, &lines).await
}

/// Extends leases, and says which claims are still good. What is locked is locked by its own
/// transaction, and nobody else can claim it.
pub(super) async fn renew_leases(
    connection: &mut PgConnection,
    names: &Names,
    running: &[ClaimToken],
    lease: i64,
) -> Result<Vec<i64>, InboxError> {
    let ids: Vec<i64> = running.iter().map(|claim_token| claim_token.id).collect();
    let claims: Vec<i64> = running.iter().map(|claim_token| claim_token.claim).collect();
    let good = "SELECT d.id FROM unnest($1::bigint[], $2::bigint[]) AS f (id, claim) \
                JOIN {s}deliveries AS d ON d.id = f.id AND d.claims = f.claim AND d.state = 1";
    let extend = format!(
        "UPDATE {{s}}deliveries SET due_at = {{now}} + $3 WHERE id IN ({good} \
         FOR UPDATE OF d SKIP LOCKED)"
    );
    sqlx::query(names.sql(&extend))
        .bind(&ids)
        .bind(&claims)
        .bind(lease)
        .execute(&mut *connection)
        .await?;
    Ok(sqlx::query_scalar(names.sql(good)).bind(ids).bind(claims).fetch_all(connection).await?)
}

/// How PostgreSQL finds what is due, and what is next in a line.
pub(super) async fn explain(
    connection: &mut PgConnection,
    names: &Names,
    endpoints: &[String],
) -> Result<String, InboxError> {
    let mut plan = Vec::new();
    for state_and_due in [LEASE_RAN_OUT, RETRY_DUE, FRESH] {
        let explain = format!("EXPLAIN {}", pick(state_and_due));
        let steps = sqlx::query_scalar(names.sql(&explain)).bind(endpoints).bind(16_i64);
        plan.extend(steps.fetch_all(&mut *connection).await?);
    }
    let explain = format!("EXPLAIN {PROMOTE}");
    let steps = sqlx::query_scalar(names.sql(&explain)).bind(vec![vec![0_u8]]);
    plan.extend(steps.fetch_all(connection).await?);
    let plan: Vec<String> = plan;
    Ok(plan.join("\n"))
}
