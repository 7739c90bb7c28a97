//! Claiming deliveries in an SQLite file.

use std::{collections::HashSet, time::Duration};

use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection, sqlite::SqliteRow};

use crate::inbox::{
    error::InboxError,
    record::{ClaimToken, DeliveryState, Digest, cause_of, span},
    sql,
    sql::{
        Unreadable,
        cells::Cells as _,
        sqlite::{
            finish::{FINISH, PROMOTE, promote},
            statement, tenants,
        },
        statements,
        tenants::{candidate, in_order, is_all, oldest},
    },
    store::{Candidate, ClaimRequest, ClaimResult, LOST_ATTEMPT, Selection, WorkResult},
};

/// The first deliveries of a state that are due, with more columns.
macro_rules! pick {
    ($more:literal, $state:literal, $due:literal, $max:literal) => {
        concat!(
            "SELECT * FROM (SELECT d.id, d.state, d.due_at, d.attempt, d.claims, d.counted, d.unsure, d.line",
            $more,
            " FROM json_each($1) AS e CROSS JOIN webhook_deliveries AS d ON d.id IN (\
             SELECT i.id FROM webhook_deliveries AS i WHERE i.endpoint = e.value AND i.state = ",
            $state,
            " AND i.state < 2 AND ",
            $due,
            " ORDER BY i.due_at, i.id LIMIT ",
            $max,
            ") LIMIT ",
            $max,
            ")",
        )
    };
}

/// The first due time of a state that is after `$2`, of endpoints that are not paused.
macro_rules! next {
    ($state:literal) => {
        concat!(
            "(SELECT CAST(min((SELECT i.due_at FROM webhook_deliveries AS i \
             WHERE i.endpoint = e.value AND i.state = ",
            $state,
            " AND i.state < 2 AND i.due_at > $2 ORDER BY i.due_at LIMIT 1)) \
             AS INTEGER) FROM json_each($1) AS e WHERE NOT EXISTS (SELECT 1 FROM webhook_endpoints AS p \
             WHERE p.endpoint = e.value AND p.paused_at IS NOT NULL))",
        )
    };
}

macro_rules! picks {
    ($more:literal) => {
        concat!(
            pick!($more, "1", "i.due_at BETWEEN -9223372036854775808 AND $2", "$4"),
            " UNION ALL ",
            pick!($more, "0", "i.due_at > 0 AND i.due_at <= $2", "$3"),
            " UNION ALL ",
            pick!($more, "0", "i.due_at BETWEEN 0 AND 0", "$3"),
            " UNION ALL ",
            // A clock may show a time before 1970.
            pick!($more, "0", "i.due_at BETWEEN -9223372036854775808 AND min($2, -1)", "$3"),
        )
    };
}

/// Selects what is due, by the index `webhook_due`: of the endpoints `$1`, until `$2`, at most `$3` of each
/// kind, and at most `$4` whose lease ran out.
const PICK: &str = picks!("");

/// The same with tenants.
const PICK_WITH_TENANTS: &str = picks!(", d.tenant");

/// Claims the picked deliveries and reads them. `$3` is 1 if the claim counts an attempt.
const CLAIM: &str = "UPDATE webhook_deliveries SET state = 1, attempt = attempt + $3, \
                     unsure = CASE WHEN state = 1 AND counted = 0 THEN 1 ELSE unsure END, \
                     counted = $3, claims = claims + 1, due_at = $2, pause = 0, \
                     started_at = NULL, took = NULL, status = NULL, worker = NULL \
                     WHERE id IN (SELECT value FROM json_each($1)); \
                     SELECT d.id, d.attempt, d.replays, d.claims, d.endpoint, d.provider, d.provider_id, \
                     d.received_at, d.line, b.head, b.body, b.unpacked, d.counted, d.unsure \
                     FROM json_each($1) AS f \
                     CROSS JOIN webhook_deliveries AS d ON d.id = f.value \
                     LEFT JOIN webhook_bodies AS b ON b.id = d.id ORDER BY f.key";

/// More deliveries than can have been running when a process ended.
const MOST_LOST: i64 = 1000;

/// The rows that are due, and those that cannot be read.
#[derive(Default)]
pub(super) struct Found {
    due: Vec<(SqliteRow, sql::Due)>,
    unreadable: Vec<Unreadable>,
    /// The tenant until which was looked, if not all were looked at.
    scanned_to: Option<Digest>,
}

impl Found {
    pub(super) fn add(&mut self, rows: Vec<SqliteRow>) {
        for row in rows {
            match sql::due(&row) {
                Ok(due) => self.due.push((row, due)),
                Err(broken) if self.unreadable.iter().any(|one| one.id == broken.id) => {}
                Err(broken) => self.unreadable.push(broken),
            }
        }
    }

    /// What can be claimed where tenants take turns.
    pub(super) fn candidates(&self) -> Vec<(i64, Candidate)> {
        self.due.iter().map(|(row, due)| candidate(row, due)).collect()
    }
}

pub(super) async fn claim(
    connection: &mut SqliteConnection,
    wanted: &ClaimRequest,
    now: i64,
) -> Result<ClaimResult, InboxError> {
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    let claimed = claim_within(&mut tx, wanted, true, now).await?;
    tx.commit().await?;
    Ok(claimed)
}

/// Claims within a transaction. The claims may count an attempt each.
pub(super) async fn claim_within(
    tx: &mut SqliteConnection,
    wanted: &ClaimRequest,
    counts: bool,
    now: i64,
) -> Result<ClaimResult, InboxError> {
    let found = due(&mut *tx, wanted.max, wanted, now).await?;
    let selection = select(wanted, &found);
    let Found { due, mut unreadable, .. } = found;
    let lapsed =
        selection.of_lapsed(due.iter().filter(|(row, _)| is_running(row)).map(|(_, due)| due.id));
    if !lapsed.is_empty() {
        let tell = statement(&statements::tell_lost(&lapsed), now);
        sqlx::query(tell).persistent(false).execute(&mut *tx).await?;
    }
    let lost = selection.lost();
    if !lost.is_empty() {
        let lines = due.iter().filter(|(_, due)| lost.contains(&due.id));
        let lines = lines.filter_map(|(_, due)| due.line);
        give_up(&mut *tx, lost, &sql::distinct(lines), now).await?;
    }
    let (ids, mut jobs) = (selection.ids(), Vec::new());
    if !ids.is_empty() {
        let rows = sqlx::query(CLAIM)
            .bind(json!(ids).to_string())
            .bind(now + span(wanted.lease))
            .bind(i16::from(counts))
            .fetch_all(&mut *tx)
            .await?;
        for row in &rows {
            match sql::job(row) {
                Ok(job) => jobs.push(job),
                Err(broken) => unreadable.push(broken),
            }
        }
    }
    for broken in &unreadable {
        give_up_unreadable(&mut *tx, broken, now).await?;
    }
    let mut claimed = selection.claimed(jobs);
    claimed.bury(unreadable.iter().map(|broken| broken.id).collect());
    Ok(claimed)
}

/// True if there is anything to claim. It only reads, so that others can write.
pub(super) async fn is_due(
    connection: &mut SqliteConnection,
    wanted: &ClaimRequest,
    now: i64,
) -> Result<bool, InboxError> {
    let one = ClaimRequest { max: 1, ..wanted.clone() };
    let found = due(connection, 1, wanted, now).await?;
    Ok(!found.unreadable.is_empty() || !select(&one, &found).is_empty())
}

/// Selects what is due, at most `max` of each kind.
async fn due(
    connection: &mut SqliteConnection,
    max: u32,
    wanted: &ClaimRequest,
    now: i64,
) -> Result<Found, InboxError> {
    let (pick, max) = match &wanted.tenants {
        None => (PICK, max),
        Some(_) => (PICK_WITH_TENANTS, oldest(max)),
    };
    let rows = sqlx::query(pick)
        .bind(json!(wanted.endpoints).to_string())
        .bind(now)
        .bind(max)
        .bind(MOST_LOST)
        .fetch_all(&mut *connection)
        .await?;
    let mut found = Found::default();
    found.add(rows);
    if let Some(turns) = &wanted.tenants
        && !is_all(&found.candidates(), max)
    {
        found.scanned_to = tenants::add(connection, wanted, turns, now, &mut found).await?;
    }
    Ok(found)
}

fn is_running(row: &SqliteRow) -> bool {
    row.int("state").ok() == Some(Some(DeliveryState::Running.code().into()))
}

fn select<'a>(wanted: &'a ClaimRequest, found: &Found) -> Selection<'a> {
    let mut selection = Selection::new(wanted);
    if wanted.tenants.is_some() {
        selection.in_turns(in_order(found.candidates()), found.scanned_to);
        return selection;
    }
    let (mut retries, mut new) = (Vec::new(), Vec::new());
    for (row, due) in &found.due {
        if is_running(row) {
            selection.lapsed_marked(due.id, due.attempt, due.mark);
        } else {
            let is_new = row.int("due_at").ok() == Some(Some(0));
            if is_new { &mut new } else { &mut retries }.push(due.id);
        }
    }
    for ids in wanted.in_order(retries, new) {
        selection.due(ids);
    }
    selection
}

/// Gives up what lost its worker on the last attempt, and lets the next of its lines go on.
async fn give_up(
    connection: &mut SqliteConnection,
    lost: &[i64],
    lines: &[Digest],
    now: i64,
) -> Result<(), InboxError> {
    sqlx::query(
        "UPDATE webhook_deliveries SET state = 4, finished_at = $2, cause = $4, \
         reason = replace($3, '#', attempt) WHERE id IN (SELECT value FROM json_each($1))",
    )
    .bind(json!(lost).to_string())
    .bind(now)
    .bind(LOST_ATTEMPT)
    .bind(cause_of(LOST_ATTEMPT))
    .execute(&mut *connection)
    .await?;
    promote(connection, lines).await
}

async fn give_up_unreadable(
    connection: &mut SqliteConnection,
    broken: &Unreadable,
    now: i64,
) -> Result<(), InboxError> {
    sqlx::query(
        "UPDATE webhook_deliveries SET state = 4, finished_at = $2, reason = $3, cause = $4 \
         WHERE id = $1",
    )
    .bind(broken.id)
    .bind(now)
    .bind(&broken.reason)
    .bind(cause_of(&broken.reason))
    .execute(&mut *connection)
    .await?;
    promote(connection, broken.line.as_slice()).await
}

const EXTEND: &str = "UPDATE webhook_deliveries AS d SET due_at = $2 FROM json_each($1) AS f \
     WHERE d.id = f.value ->> 0 AND d.claims = f.value ->> 1 AND d.state = 1 RETURNING id";

/// Extends leases, and returns which claims are still good.
pub(super) async fn renew_leases(
    connection: &mut SqliteConnection,
    running: &[ClaimToken],
    until: i64,
) -> Result<Vec<i64>, InboxError> {
    let claims: Vec<_> = running.iter().map(|claim| (claim.id, claim.number)).collect();
    Ok(sqlx::query_scalar(EXTEND)
        .bind(json!(claims).to_string())
        .bind(until)
        .fetch_all(connection)
        .await?)
}

/// Counts the attempts of prefetched claims, which began at about `$2` in the worker `$3`.
const START: &str = "UPDATE webhook_deliveries AS d SET attempt = d.attempt + 1 - d.counted, \
     counted = 1, started_at = $2, worker = $3 FROM json_each($1) AS f WHERE d.id = f.value ->> 0 \
     AND d.claims = f.value ->> 1 AND d.state = 1 RETURNING id";

/// Counts the attempts of claims, and returns for each whether it is still good.
pub(super) async fn start(
    connection: &mut SqliteConnection,
    begun: &[ClaimToken],
    worker: Option<i64>,
    now: i64,
) -> Result<Vec<bool>, InboxError> {
    if begun.is_empty() {
        return Ok(Vec::new());
    }
    let claims: Vec<_> = begun.iter().map(|claim| (claim.id, claim.number)).collect();
    let good: Vec<i64> = sqlx::query_scalar(START)
        .bind(json!(claims).to_string())
        .bind(now)
        .bind(worker)
        .fetch_all(connection)
        .await?;
    let good: HashSet<i64> = good.into_iter().collect();
    Ok(begun.iter().map(|claim| good.contains(&claim.id)).collect())
}

/// The first due time of these endpoints that is after `$2`, the first end of a lease, by the index
/// `webhook_due`, and those that are paused.
const NEXT: &str = concat!(
    "SELECT ",
    next!("0"),
    ", ",
    next!("1"),
    ", (SELECT json_group_array(e.value) FROM json_each($1) AS e \
     CROSS JOIN webhook_endpoints AS p ON p.endpoint = e.value WHERE p.paused_at IS NOT NULL)",
);

/// The times until something of these endpoints becomes due, and until a lease runs out, and the
/// endpoints that are paused.
pub(super) async fn look_ahead(
    connection: &mut SqliteConnection,
    endpoints: &[String],
    now: i64,
    result: &mut WorkResult,
) -> Result<(), InboxError> {
    let (due, lapse, paused): (Option<i64>, Option<i64>, String) = sqlx::query_as(NEXT)
        .bind(json!(endpoints).to_string())
        .bind(now)
        .fetch_one(connection)
        .await?;
    let wait = |at: i64| u64::try_from(at.saturating_sub(now)).ok().map(Duration::from_millis);
    (result.next_due, result.next_lapse) = (due.and_then(wait), lapse.and_then(wait));
    result.paused = serde_json::from_str(&paused).ok();
    Ok(())
}

/// Explains how SQLite finds what is due, what comes next in a line, and what is settled.
pub(super) async fn explain(
    connection: &mut SqliteConnection,
    endpoints: &[String],
) -> Result<String, InboxError> {
    let mut plan = String::new();
    let [scan, rows] = tenants::statements();
    let by_tenant = [PICK_WITH_TENANTS, &scan, &rows];
    for sql in [PICK, PROMOTE, EXTEND, FINISH, START, NEXT].into_iter().chain(by_tenant) {
        let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let steps: Vec<(i64, i64, i64, String)> = sqlx::query_as(explain)
            .bind(json!(endpoints).to_string())
            .bind(0)
            .bind(0)
            .bind(0)
            .bind(1)
            .persistent(false)
            .fetch_all(&mut *connection)
            .await?;
        for (.., step) in steps {
            plan.push_str(&step);
            plan.push('\n');
        }
    }
    Ok(plan)
}
