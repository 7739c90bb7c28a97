//! The turns of tenants in a PostgreSQL database.

use std::collections::HashSet;

use sqlx::{PgConnection, postgres::PgRow};

use crate::inbox::{
    error::InboxError,
    record::Digest,
    sql,
    sql::{
        Unreadable,
        postgres::{
            claim::{FRESH, RETRY_DUE, SKIP_LOCKED, pick_some, pick_with_tenants},
            names::Names,
        },
        tenants::{
            NEW, RETRIES, Scanned, begin, candidate, in_order, is_all, oldest, scan, step, steps,
        },
    },
    store::{Candidate, ClaimRequest, Kind, Selection, TenantTurns},
};

/// Selects what is due of the endpoint `$1`, for each of the tenants `$2` at most `$3`, by the indexes
/// `deliveries_new_by_tenant` and `deliveries_retries_by_tenant`.
fn rows() -> String {
    let of = |condition: &str, order: &str| {
        format!(
            "SELECT d.* FROM unnest($2::bytea[]) AS t (tenant) CROSS JOIN LATERAL (\
             SELECT i.id, i.attempt, i.claims, i.counted, i.unsure, i.line, i.tenant, i.state, \
             i.due_at FROM {{s}}deliveries AS i WHERE i.endpoint = $1 AND i.tenant = t.tenant \
             AND {condition} ORDER BY {order} LIMIT $3) AS d"
        )
    };
    let retries = format!("{RETRIES} AND i.due_at <= {{now}}");
    format!("{} UNION ALL {}", of(NEW, "i.id"), of(&retries, "i.due_at, i.id"))
}

/// Locks what is still due, and what nobody else has locked.
const LOCK: &str = "SELECT i.id FROM {s}deliveries AS i WHERE i.id = ANY($1) AND i.state = 0 \
                    AND i.due_at <= {now} FOR NO KEY UPDATE SKIP LOCKED";

/// What can be claimed of these rows, with its due times. The others are added to those that cannot be
/// read.
pub(super) fn candidates(
    rows: &[PgRow],
    unreadable: &mut Vec<Unreadable>,
) -> Vec<(i64, Candidate)> {
    let mut due = Vec::with_capacity(rows.len());
    for row in rows {
        match sql::due(row) {
            Ok(found) => due.push(candidate(row, &found)),
            Err(broken) if unreadable.iter().any(|one| one.id == broken.id) => {}
            Err(broken) => unreadable.push(broken),
        }
    }
    due
}

/// Chooses what is claimed, so that tenants take turns, and locks it. What has lapsed is locked
/// before.
///
/// What is not chosen is not locked, so that other processes can claim it.
pub(super) async fn select<'a>(
    tx: &mut PgConnection,
    names: &Names,
    wanted: &'a ClaimRequest,
    turns: &TenantTurns,
    lapsed: Vec<(i64, Candidate)>,
    unreadable: &mut Vec<Unreadable>,
) -> Result<Selection<'a>, InboxError> {
    let (mut due, mut broken) = (lapsed, Vec::new());
    let max = oldest(wanted.max);
    for kind in [RETRY_DUE, FRESH] {
        let pick = pick_with_tenants(kind, "");
        let rows = pick_some(&mut *tx, names, wanted, (&pick, max.into())).await?;
        due.extend(candidates(&rows, &mut broken));
    }
    let mut until = None;
    if !is_all(&due, max) {
        until = of_tenants(&mut *tx, names, wanted, turns, &mut due, &mut broken).await?;
    }
    let mut due = in_order(due);
    let mut chosen = Selection::new(wanted);
    chosen.in_turns(due.clone(), until);
    let is_pending = |one: &Candidate| matches!(one.kind, Kind::Retry | Kind::New);
    let chosen: HashSet<i64> = chosen.ids().into_iter().collect();
    let chosen = due.iter().filter(|one| is_pending(one) && chosen.contains(&one.id));
    let chosen: Vec<i64> = chosen.map(|one| one.id).collect();
    let mut locked = HashSet::new();
    if !chosen.is_empty() || !broken.is_empty() {
        let all: Vec<i64> = chosen.iter().copied().chain(broken.iter().map(|one| one.id)).collect();
        let ids: Vec<i64> =
            sqlx::query_scalar(names.sql(LOCK)).bind(all).fetch_all(&mut *tx).await?;
        locked.extend(ids);
    }
    due.retain(|one| !is_pending(one) || locked.contains(&one.id));
    unreadable.extend(broken.into_iter().filter(|one| locked.contains(&one.id)));
    let mut selection = Selection::new(wanted);
    selection.in_turns(due, until);
    let is_outrun = chosen.iter().any(|id| !locked.contains(id));
    if is_outrun && turns.max_held == u32::MAX {
        fill(tx, names, wanted, &mut selection, unreadable).await?;
    }
    Ok(selection)
}

/// Adds what is due of tenants in turn. Returns the last one, if not all were looked at.
async fn of_tenants(
    tx: &mut PgConnection,
    names: &Names,
    wanted: &ClaimRequest,
    turns: &TenantTurns,
    due: &mut Vec<(i64, Candidate)>,
    broken: &mut Vec<Unreadable>,
) -> Result<Option<Digest>, InboxError> {
    let mut until = None;
    for endpoint in &wanted.endpoints {
        let tenants: Vec<(i32, Vec<u8>)> = sqlx::query_as(names.sql(&scan()))
            .bind(endpoint)
            .bind(begin(turns))
            .bind(steps(turns))
            .bind(Vec::<u8>::new())
            .fetch_all(&mut *tx)
            .await?;
        let scanned = Scanned::new(wanted, turns, &tenants);
        let tenants: Vec<&[u8]> = scanned.tenants.iter().map(|tenant| &tenant[..]).collect();
        let rows = sqlx::query(names.sql(&rows()))
            .bind(endpoint)
            .bind(tenants)
            .bind(scanned.each(wanted.max))
            .fetch_all(&mut *tx)
            .await?;
        due.extend(candidates(&rows, broken));
        until = until.or(scanned.until);
    }
    Ok(until)
}

/// Takes the oldest instead of what other processes have claimed meanwhile.
async fn fill(
    tx: &mut PgConnection,
    names: &Names,
    wanted: &ClaimRequest,
    selection: &mut Selection<'_>,
    unreadable: &mut Vec<Unreadable>,
) -> Result<(), InboxError> {
    for kind in wanted.in_order(RETRY_DUE, FRESH) {
        let room = selection.room();
        if room > 0 {
            // What is locked here is found again.
            let max = i64::try_from(room + selection.ids().len()).unwrap_or(i64::MAX);
            let pick = pick_with_tenants(kind, SKIP_LOCKED);
            let rows = pick_some(&mut *tx, names, wanted, (&pick, max)).await?;
            let taken = selection.ids();
            let mut due = in_order(candidates(&rows, unreadable));
            due.retain(|one| !taken.contains(&one.id));
            for one in due {
                selection.offer(one);
            }
        }
    }
    Ok(())
}

/// Explains how PostgreSQL finds the tenants that have something due, and what they have.
pub(super) async fn explain(
    connection: &mut PgConnection,
    names: &Names,
    endpoints: &[String],
) -> Result<Vec<String>, InboxError> {
    let mut plan = Vec::new();
    for kind in [RETRY_DUE, FRESH] {
        let explain = format!("EXPLAIN {}", pick_with_tenants(kind, ""));
        let steps = sqlx::query_scalar(names.sql(&explain)).bind(endpoints).bind(16_i64);
        plan.extend(steps.fetch_all(&mut *connection).await?);
    }
    for endpoint in endpoints {
        // The plan of a whole scan does not show its steps.
        for of in [NEW, RETRIES] {
            let explain = format!("EXPLAIN {}", step(of, "$2", ""));
            let steps = sqlx::query_scalar(names.sql(&explain));
            let steps = steps.bind(endpoint).bind(vec![7_u8; 16]);
            plan.extend(steps.fetch_all(&mut *connection).await?);
        }
        let explain = format!("EXPLAIN {}", rows());
        let steps = sqlx::query_scalar(names.sql(&explain))
            .bind(endpoint)
            .bind(vec![vec![7_u8; 16]])
            .bind(16_i64);
        plan.extend(steps.fetch_all(&mut *connection).await?);
    }
    Ok(plan)
}
