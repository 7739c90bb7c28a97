//! Claiming deliveries in an SQLite file.

use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

use crate::inbox::{
    error::InboxError,
    record::{ClaimToken, DeliveryState, Digest, span},
    sql,
    sql::{
        JobRow, UNREADABLE,
        sqlite::finish::{FINISH, PROMOTE, promote},
    },
    store::{ClaimRequest, ClaimResult},
};

/// The first of one state that are due.
macro_rules! pick {
    ($state:literal, $due:literal, $most:literal) => {
        concat!(
            "SELECT * FROM (SELECT d.id, d.state, d.due_at, d.attempt, d.line \
             FROM json_each($1) AS e CROSS JOIN webhook_deliveries AS d ON d.id IN (\
             SELECT i.id FROM webhook_deliveries AS i WHERE i.endpoint = e.value AND i.state = ",
            $state,
            " AND i.state < 2 AND ",
            $due,
            " ORDER BY i.due_at, i.id LIMIT ",
            $most,
            ") LIMIT ",
            $most,
            ")",
        )
    };
}

/// What is due, by the index `webhook_due`: of the endpoints `$1`, until `$2`. Of each kind `$3` at
/// most, and of those whose lease ran out `$4`.
const PICK: &str = concat!(
    pick!("1", "i.due_at BETWEEN -9223372036854775808 AND $2", "$4"),
    " UNION ALL ",
    pick!("0", "i.due_at BETWEEN 1 AND $2", "$3"),
    " UNION ALL ",
    pick!("0", "i.due_at BETWEEN 0 AND 0", "$3"),
    " UNION ALL ",
    // A clock may be before 1970.
    pick!("0", "i.due_at BETWEEN -9223372036854775808 AND min($2, -1)", "$3"),
);

/// Claims what was picked, and reads it.
const CLAIM: &str = "UPDATE webhook_deliveries SET state = 1, attempt = attempt + 1, \
                     claims = claims + 1, due_at = $2 \
                     WHERE id IN (SELECT value FROM json_each($1)); \
                     SELECT d.id, d.attempt, d.claims, d.endpoint, d.provider, d.received_at, \
                     d.line, b.head, b.body FROM json_each($1) AS f \
                     CROSS JOIN webhook_deliveries AS d ON d.id = f.value \
                     CROSS JOIN webhook_bodies AS b ON b.id = d.id ORDER BY f.key";

/// More than can have been running when a process ended.
const MOST_LOST: i64 = 1000;

/// Number, state, when due, attempt and line.
type DueRow = (i64, i16, i64, i32, Option<Vec<u8>>);

/// What could be claimed.
#[derive(Default)]
struct Picked {
    ids: Vec<i64>,
    suspect: Option<i64>,
    /// Has been started as often as may be.
    lost: Vec<(i64, Option<Digest>)>,
}

pub(super) async fn claim(
    connection: &mut SqliteConnection,
    wanted: &ClaimRequest,
    now: i64,
) -> Result<ClaimResult, InboxError> {
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    let picked = pick(&mut tx, wanted, wanted.max, now).await?;
    if !picked.lost.is_empty() {
        bury(&mut tx, &picked.lost, now).await?;
    }
    let mut claimed = ClaimResult {
        crash_suspect: picked.suspect.is_some(),
        dead_lettered: picked.lost.len().try_into().unwrap_or(u32::MAX),
        ..ClaimResult::default()
    };
    let ids: Vec<i64> = picked.ids.into_iter().chain(picked.suspect).collect();
    if !ids.is_empty() {
        let rows: Vec<JobRow> = sqlx::query_as(CLAIM)
            .bind(json!(ids).to_string())
            .bind(now + span(wanted.lease))
            .fetch_all(&mut *tx)
            .await?;
        for row in rows {
            match sql::job(row) {
                Ok(job) => claimed.jobs.push(job),
                Err(id) => {
                    give_up_unread(&mut tx, id, now).await?;
                    claimed.dead_lettered += 1;
                }
            }
        }
    }
    tx.commit().await?;
    Ok(claimed)
}

/// Whether there is anything to claim: a look that keeps nobody from writing.
pub(super) async fn is_due(
    connection: &mut SqliteConnection,
    wanted: &ClaimRequest,
    now: i64,
) -> Result<bool, InboxError> {
    let picked = pick(connection, wanted, 1, now).await?;
    Ok(!picked.ids.is_empty() || picked.suspect.is_some() || !picked.lost.is_empty())
}

async fn pick(
    connection: &mut SqliteConnection,
    wanted: &ClaimRequest,
    most: u32,
    now: i64,
) -> Result<Picked, InboxError> {
    let rows: Vec<DueRow> = sqlx::query_as(PICK)
        .bind(json!(wanted.endpoints).to_string())
        .bind(now)
        .bind(most)
        .bind(MOST_LOST)
        .fetch_all(connection)
        .await?;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut picked = Picked::default();
    let (mut retries, mut fresh) = (Vec::new(), Vec::new());
    // Those whose lease ran out come first: they have waited longest.
    for (id, state, due_at, attempt, line) in rows {
        if state != DeliveryState::Running.code() {
            if due_at == 0 { &mut fresh } else { &mut retries }.push(id);
            continue;
        }
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
    let order = if wanted.retries_first { [retries, fresh] } else { [fresh, retries] };
    let room = most - picked.ids.len() - usize::from(picked.suspect.is_some());
    picked.ids.extend(order.into_iter().flatten().take(room));
    Ok(picked)
}

/// Gives up what lost its worker as often as may be.
async fn bury(
    connection: &mut SqliteConnection,
    lost: &[(i64, Option<Digest>)],
    now: i64,
) -> Result<(), InboxError> {
    let ids: Vec<i64> = lost.iter().map(|(id, _)| *id).collect();
    sqlx::query(
        "UPDATE webhook_deliveries SET state = 4, finished_at = $2, \
         reason = replace($3, '#', attempt) WHERE id IN (SELECT value FROM json_each($1))",
    )
    .bind(json!(ids).to_string())
    .bind(now)
    .bind(crate::inbox::store::LOST_ATTEMPT)
    .execute(&mut *connection)
    .await?;
    promote(connection, &sql::distinct(lost.iter().filter_map(|(_, line)| *line))).await
}

async fn give_up_unread(
    connection: &mut SqliteConnection,
    id: i64,
    now: i64,
) -> Result<(), InboxError> {
    let line: Option<Option<Vec<u8>>> = sqlx::query_scalar(
        "UPDATE webhook_deliveries SET state = 4, finished_at = $2, reason = $3 WHERE id = $1 \
         RETURNING line",
    )
    .bind(id)
    .bind(now)
    .bind(UNREADABLE)
    .fetch_optional(&mut *connection)
    .await?;
    let line = line.flatten().as_deref().and_then(sql::digest);
    promote(connection, line.as_slice()).await
}

const EXTEND: &str = "UPDATE webhook_deliveries AS d SET due_at = $2 FROM json_each($1) AS f \
     WHERE d.id = f.value ->> 0 AND d.claims = f.value ->> 1 AND d.state = 1 RETURNING id";

/// Extends leases, and says which claims are still good.
pub(super) async fn renew_leases(
    connection: &mut SqliteConnection,
    running: &[ClaimToken],
    until: i64,
) -> Result<Vec<i64>, InboxError> {
    let fences: Vec<_> =
        running.iter().map(|claim_token| (claim_token.id, claim_token.claim)).collect();
    Ok(sqlx::query_scalar(EXTEND)
        .bind(json!(fences).to_string())
        .bind(until)
        .fetch_all(connection)
        .await?)
}

/// How SQLite finds what is due, what is next in a line, and what is settled.
pub(super) async fn explain(
    connection: &mut SqliteConnection,
    endpoints: &[String],
) -> Result<String, InboxError> {
    let mut plan = String::new();
    for sql in [PICK, PROMOTE, EXTEND, FINISH] {
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
