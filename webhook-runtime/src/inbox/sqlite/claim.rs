//! Claiming deliveries in an SQLite file.

use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

use crate::inbox::{
    error::InboxError,
    record::{Digest, Fence, State, span},
    sql::{self, JobRow, UNREADABLE},
    sqlite::finish::{FINISH, PROMOTE, promote},
    store::{Claimed, Wanted},
};

/// What is due, by the index `webhook_due`: the endpoints `$1`, the state `$2`, due from `$3` to
/// `$4`, `$5` at most.
const PICK: &str = "SELECT d.id, d.attempt, d.line FROM json_each($1) AS e \
     CROSS JOIN webhook_deliveries AS d ON d.id IN (\
     SELECT i.id FROM webhook_deliveries AS i WHERE i.endpoint = e.value AND i.state = $2 \
     AND i.state < 2 AND i.due_at BETWEEN $3 AND $4 ORDER BY i.due_at, i.id LIMIT $5) \
     LIMIT $5";

const JOBS: &str = "SELECT d.id, d.attempt, d.claims, d.endpoint, d.provider, d.received_at, \
                    d.line, b.head, b.body FROM json_each($1) AS f \
                    CROSS JOIN webhook_deliveries AS d ON d.id = f.value \
                    CROSS JOIN webhook_bodies AS b ON b.id = d.id ORDER BY f.key";

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
    connection: &mut SqliteConnection,
    wanted: &Wanted,
    now: i64,
) -> Result<Claimed, InboxError> {
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    let picked = pick(&mut tx, wanted, now).await?;
    if !picked.lost.is_empty() {
        bury(&mut tx, &picked.lost, now).await?;
    }
    let mut claimed = Claimed {
        suspect: picked.suspect.is_some(),
        buried: picked.lost.len().try_into().unwrap_or(u32::MAX),
        ..Claimed::default()
    };
    let ids: Vec<i64> = picked.ids.into_iter().chain(picked.suspect).collect();
    if !ids.is_empty() {
        let ids = json!(ids).to_string();
        sqlx::query(
            "UPDATE webhook_deliveries SET state = 1, attempt = attempt + 1, claims = claims + 1, \
             due_at = $2 WHERE id IN (SELECT value FROM json_each($1))",
        )
        .bind(&ids)
        .bind(now + span(wanted.lease))
        .execute(&mut *tx)
        .await?;
        let rows: Vec<JobRow> = sqlx::query_as(JOBS).bind(&ids).fetch_all(&mut *tx).await?;
        for row in rows {
            match sql::job(row) {
                Ok(job) => claimed.jobs.push(job),
                Err(id) => {
                    give_up_unread(&mut tx, id, now).await?;
                    claimed.buried += 1;
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
    wanted: &Wanted,
    now: i64,
) -> Result<bool, InboxError> {
    let picked = pick(connection, &Wanted { most: 1, ..wanted.clone() }, now).await?;
    Ok(!picked.ids.is_empty() || picked.suspect.is_some() || !picked.lost.is_empty())
}

async fn pick(
    connection: &mut SqliteConnection,
    wanted: &Wanted,
    now: i64,
) -> Result<Picked, InboxError> {
    let endpoints = json!(wanted.endpoints).to_string();
    let most = usize::try_from(wanted.most).unwrap_or(usize::MAX);
    let mut picked = Picked::default();
    // Those whose lease ran out come first: they have waited longest.
    for (id, attempt, line) in
        pick_some(connection, &endpoints, State::Running, i64::MIN..=now, MOST_LOST).await?
    {
        if wanted.running.contains(&id) {
            continue;
        }
        let attempt = u32::try_from(attempt).unwrap_or_default();
        let room = picked.ids.len() + usize::from(picked.suspect.is_some()) < most;
        if attempt >= wanted.max_attempts {
            picked.lost.push((id, line));
        } else if attempt < 2 && room {
            picked.ids.push(id);
        } else if room && wanted.suspect && picked.suspect.is_none() {
            picked.suspect = Some(id);
        }
    }
    // On either side of 0, which is at once: a clock may be before 1970.
    let (retries, fresh) = if now < 0 { (i64::MIN..=now, 0..=0) } else { (1..=now, i64::MIN..=0) };
    let order = if wanted.retries_first { [retries, fresh] } else { [fresh, retries] };
    for due in order {
        let room = most - picked.ids.len() - usize::from(picked.suspect.is_some());
        if room > 0 {
            let room = i64::try_from(room).unwrap_or(i64::MAX);
            let rows = pick_some(connection, &endpoints, State::Waiting, due, room).await?;
            picked.ids.extend(rows.into_iter().map(|(id, ..)| id));
        }
    }
    Ok(picked)
}

async fn pick_some(
    connection: &mut SqliteConnection,
    endpoints: &str,
    state: State,
    due: std::ops::RangeInclusive<i64>,
    most: i64,
) -> Result<Vec<(i64, i32, Option<Digest>)>, InboxError> {
    let rows: Vec<(i64, i32, Option<Vec<u8>>)> = sqlx::query_as(PICK)
        .bind(endpoints)
        .bind(state.code())
        .bind(due.start())
        .bind(due.end())
        .bind(most)
        .fetch_all(connection)
        .await?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|(id, attempt, line)| (id, attempt, line.as_deref().and_then(sql::digest)))
        .collect())
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
    .bind(crate::inbox::store::LOST)
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
pub(super) async fn extend(
    connection: &mut SqliteConnection,
    running: &[Fence],
    until: i64,
) -> Result<Vec<i64>, InboxError> {
    let fences: Vec<_> = running.iter().map(|fence| (fence.id, fence.claim)).collect();
    Ok(sqlx::query_scalar(EXTEND)
        .bind(json!(fences).to_string())
        .bind(until)
        .fetch_all(connection)
        .await?)
}

/// How SQLite finds what is due, what is next in a line, and what is settled.
pub(super) async fn plan(
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
