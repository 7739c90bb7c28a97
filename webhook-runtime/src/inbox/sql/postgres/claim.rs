//! Claiming deliveries in a PostgreSQL database.

use std::{collections::HashMap, time::Duration};

use sqlx::{Connection as _, PgConnection, postgres::PgRow};

use crate::inbox::{
    error::InboxError,
    record::{ClaimToken, Digest, cause_of, span},
    sql,
    sql::{
        Unreadable,
        postgres::{
            finish::{PROMOTE, promote},
            names::Names,
            tenants,
        },
        statements,
    },
    store::{ClaimRequest, ClaimResult, LOST_ATTEMPT, Selection, WorkResult},
};

/// Others may refer to a delivery meanwhile, as copies do that are noted.
pub(super) const SKIP_LOCKED: &str = " FOR NO KEY UPDATE SKIP LOCKED";

/// Selects what is due, by the index `deliveries_due`, and is not locked.
fn pick(state_and_due: &str) -> String {
    select(["", ""], state_and_due, SKIP_LOCKED)
}

/// The same, with what decides about the turns of tenants.
pub(super) fn pick_with_tenants(state_and_due: &str, lock: &str) -> String {
    let more = [", d.tenant, d.state, d.due_at", ", i.tenant, i.state, i.due_at"];
    select(more, state_and_due, lock)
}

fn select([of_due, of_all]: [&str; 2], state_and_due: &str, lock: &str) -> String {
    format!(
        "SELECT d.id, d.attempt, d.claims, d.counted, d.unsure, d.line{of_due} FROM unnest($1::text[]) AS e (name) \
         CROSS JOIN LATERAL (SELECT i.id, i.attempt, i.claims, i.counted, i.unsure, i.line{of_all} \
         FROM {{s}}deliveries AS i \
         WHERE i.endpoint = e.name AND i.state < 2 AND {state_and_due} \
         ORDER BY i.due_at, i.id LIMIT $2{lock}) AS d LIMIT $2"
    )
}

const LEASE_RAN_OUT: &str = "i.state = 1 AND i.due_at <= {now}";
pub(super) const RETRY_DUE: &str = "i.state = 0 AND i.due_at BETWEEN 1 AND {now}";
pub(super) const FRESH: &str = "i.state = 0 AND i.due_at = 0";

/// More deliveries than can have been running when a process ended.
const MOST_LOST: i64 = 1000;

pub(super) async fn claim(
    connection: &mut PgConnection,
    names: &Names,
    wanted: &ClaimRequest,
) -> Result<ClaimResult, InboxError> {
    let mut tx = connection.begin_with(names.begin()).await?;
    let claimed = claim_within(&mut tx, names, wanted, true).await?;
    tx.commit().await?;
    Ok(claimed)
}

/// Claims within a transaction. The claims may count an attempt each.
pub(super) async fn claim_within(
    tx: &mut PgConnection,
    names: &Names,
    wanted: &ClaimRequest,
    counts: bool,
) -> Result<ClaimResult, InboxError> {
    // Deliveries whose lease ran out come first: they have waited longest.
    let mut unreadable = Vec::new();
    let pick = match &wanted.tenants {
        None => pick(LEASE_RAN_OUT),
        Some(_) => pick_with_tenants(LEASE_RAN_OUT, SKIP_LOCKED),
    };
    let rows = pick_some(&mut *tx, names, wanted, (&pick, MOST_LOST)).await?;
    let lapsed = readable(&rows, &mut unreadable);
    let selection = match &wanted.tenants {
        None => plain(&mut *tx, names, wanted, &lapsed, &mut unreadable).await?,
        Some(turns) => {
            let lapsed = tenants::candidates(&rows, &mut Vec::new());
            tenants::select(&mut *tx, names, wanted, turns, lapsed, &mut unreadable).await?
        }
    };
    let ids = selection.ids();
    let lost_attempts = selection.of_lapsed(lapsed.iter().map(|due| due.id));
    if !lost_attempts.is_empty() {
        let tell = names.sql(&statements::tell_lost(&lost_attempts));
        sqlx::query(tell).persistent(false).execute(&mut *tx).await?;
    }
    let mut jobs = Vec::new();
    if !ids.is_empty() {
        let order: HashMap<i64, usize> = ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
        for row in take(&mut *tx, names, ids, wanted.lease, counts).await? {
            match sql::job(&row) {
                Ok(job) => jobs.push(job),
                Err(broken) => unreadable.push(broken),
            }
        }
        jobs.sort_by_key(|job| order.get(&job.id).copied());
    }
    let lost = selection.lost();
    let lost_lines = lapsed.into_iter().filter(|due| lost.contains(&due.id));
    let lost_lines: Vec<Digest> = lost_lines.filter_map(|due| due.line).collect();
    let lines = lost_lines.iter().copied().chain(unreadable.iter().filter_map(|one| one.line));
    // Last, so that locks of lines are not held for long, and all at once, in their order.
    names.lock_lines(&mut *tx, &sql::distinct(lines)).await?;
    give_up(&mut *tx, names, lost, &sql::distinct(lost_lines.into_iter()), LOST_ATTEMPT).await?;
    for broken in &unreadable {
        let line = broken.line.as_slice();
        give_up(&mut *tx, names, &[broken.id], line, &broken.reason).await?;
    }
    let mut claimed = selection.claimed(jobs);
    claimed.bury(unreadable.iter().map(|broken| broken.id).collect());
    Ok(claimed)
}

/// Chooses what is claimed, and locks it. What has lapsed is locked before.
async fn plain<'a>(
    tx: &mut PgConnection,
    names: &Names,
    wanted: &'a ClaimRequest,
    lapsed: &[sql::Due],
    unreadable: &mut Vec<Unreadable>,
) -> Result<Selection<'a>, InboxError> {
    let mut selection = Selection::new(wanted);
    for due in lapsed {
        selection.lapsed_marked(due.id, due.attempt, due.mark);
    }
    for due in wanted.in_order(RETRY_DUE, FRESH) {
        let room = i64::try_from(selection.room()).unwrap_or(i64::MAX);
        if room > 0 {
            let rows = pick_some(&mut *tx, names, wanted, (&pick(due), room)).await?;
            selection.due(readable(&rows, unreadable).into_iter().map(|due| due.id));
        }
    }
    Ok(selection)
}

/// What can be claimed of these rows. The others are added to those that cannot be read.
fn readable(rows: &[PgRow], unreadable: &mut Vec<Unreadable>) -> Vec<sql::Due> {
    let read = rows.iter().map(sql::due);
    read.filter_map(|due| due.map_err(|broken| unreadable.push(broken)).ok()).collect()
}

/// Claims the picked deliveries and reads them, in any order.
async fn take(
    connection: &mut PgConnection,
    names: &Names,
    ids: Vec<i64>,
    lease: Duration,
    counts: bool,
) -> Result<Vec<PgRow>, InboxError> {
    Ok(sqlx::query(names.sql(
        "WITH c AS (UPDATE {s}deliveries SET state = 1, attempt = attempt + $3, \
         unsure = CASE WHEN state = 1 AND counted = 0 THEN 1 ELSE unsure END, \
         counted = $3, claims = claims + 1, due_at = {now} + $2, pause = 0, started_at = NULL, \
         took = NULL, status = NULL, worker = NULL WHERE id = ANY($1) RETURNING *) \
         SELECT c.id, c.attempt, c.replays, c.claims, c.endpoint, c.provider, c.provider_id, \
         c.received_at, c.line, b.head, b.body, b.unpacked, c.counted, c.unsure \
         FROM c LEFT JOIN {s}bodies AS b ON b.id = c.id",
    ))
    .bind(ids)
    .bind(span(lease))
    .bind(i16::from(counts))
    .fetch_all(connection)
    .await?)
}

pub(super) async fn pick_some(
    connection: &mut PgConnection,
    names: &Names,
    wanted: &ClaimRequest,
    (pick, max): (&str, i64),
) -> Result<Vec<PgRow>, InboxError> {
    Ok(sqlx::query(names.sql(pick)).bind(&wanted.endpoints).bind(max).fetch_all(connection).await?)
}

/// Gives up deliveries that this transaction has locked, and lets the next of their lines go on.
async fn give_up(
    connection: &mut PgConnection,
    names: &Names,
    ids: &[i64],
    lines: &[Digest],
    reason: &str,
) -> Result<(), InboxError> {
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query(names.sql(
        "UPDATE {s}deliveries SET state = 4, finished_at = {now}, cause = $3, \
         reason = replace($2, '#', attempt::text) WHERE id = ANY($1)",
    ))
    .bind(ids)
    .bind(reason)
    .bind(cause_of(reason))
    .execute(&mut *connection)
    .await?;
    promote(connection, names, lines).await
}

/// Extends leases, and returns which claims are still good. A locked delivery is locked by its own
/// transaction, so that nobody else can claim it.
pub(super) async fn renew_leases(
    connection: &mut PgConnection,
    names: &Names,
    running: &[ClaimToken],
    lease: i64,
) -> Result<Vec<i64>, InboxError> {
    let ids: Vec<i64> = running.iter().map(|claim| claim.id).collect();
    let claims: Vec<i64> = running.iter().map(|claim| claim.number).collect();
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

/// The first due time of these endpoints that is after now, the first end of a lease, by the index
/// `deliveries_due`, and those that are paused.
const NEXT: &str = "SELECT min(n.due_at) FILTER (WHERE s.state = 0) - {now}, \
    min(n.due_at) FILTER (WHERE s.state = 1) - {now}, \
    ARRAY(SELECT p.endpoint FROM {s}endpoints AS p WHERE p.endpoint = ANY($1) \
    AND p.paused_at IS NOT NULL) FROM unnest($1::text[]) AS e (name) \
    CROSS JOIN (VALUES (0::smallint), (1::smallint)) AS s (state) CROSS JOIN LATERAL (\
    SELECT i.due_at FROM {s}deliveries AS i WHERE i.endpoint = e.name AND i.state = s.state \
    AND i.state < 2 AND i.due_at > {now} ORDER BY i.due_at LIMIT 1) AS n \
    WHERE NOT EXISTS (SELECT FROM {s}endpoints AS p WHERE p.endpoint = e.name \
    AND p.paused_at IS NOT NULL)";

/// The times until something of these endpoints becomes due, and until a lease runs out, and the
/// endpoints that are paused.
pub(super) async fn look_ahead(
    connection: &mut PgConnection,
    names: &Names,
    endpoints: &[String],
    result: &mut WorkResult,
) -> Result<(), InboxError> {
    let (due, lapse, paused): (Option<i64>, Option<i64>, Vec<String>) =
        sqlx::query_as(names.sql(NEXT)).bind(endpoints).fetch_one(connection).await?;
    let wait = |wait: i64| Duration::from_millis(wait.try_into().unwrap_or_default());
    (result.next_due, result.next_lapse) = (due.map(wait), lapse.map(wait));
    result.paused = Some(paused);
    Ok(())
}

/// Explains how PostgreSQL finds what is due, and what comes next in a line.
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
    plan.extend(steps.fetch_all(&mut *connection).await?);
    plan.extend(tenants::explain(connection, names, endpoints).await?);
    let plan: Vec<String> = plan;
    Ok(plan.join("\n"))
}
