//! The statements that are the same in both databases.
//!
//! They are templates: `{s}` stands for the prefix of a table's name, and `{now}` for the present
//! time. They contain nothing of a sender: that is bound as an [`Arg`].

use std::{fmt::Write as _, time::Duration};

use crate::inbox::{
    record::{DeliveryState, Filter, millis, span},
    sql::cells::Cells,
    store::{CLOCKS_DIFFER, Change, QueueDepth},
};

/// A template and its arguments.
pub(crate) struct Statement {
    pub(crate) template: String,
    pub(crate) args: Vec<Arg>,
}

/// A value to bind.
pub(crate) enum Arg {
    Int(i64),
    Text(String),
}

/// Binds the arguments of a [`Statement`]. There are too many different texts to keep them
/// prepared.
macro_rules! bind {
    ($query:expr, $args:expr) => {
        $args
            .into_iter()
            .fold($query, |query, arg| match arg {
                $crate::inbox::sql::Arg::Int(number) => query.bind(number),
                $crate::inbox::sql::Arg::Text(text) => query.bind(text),
            })
            .persistent(false)
    };
}
pub(crate) use bind;

/// The columns of a record.
const RECORD: &str = "id, endpoint, provider, event, provider_id, state, attempt, reason, \
                      received_at, due_at, pause, finished_at, size, tenant";

/// Lists the records that a filter matches, with numbers above `after`.
pub(crate) fn list(filter: &Filter, after: i64, max: u32) -> Statement {
    select(RECORD, filter, "", (after, max))
}

/// Lists number and line of the records that a change applies to.
pub(crate) fn changeable(filter: &Filter, change: Change, range: (i64, u32)) -> Statement {
    let applies = format!(" AND state IN ({})", codes(change.applies_to()));
    select("id, line", filter, &applies, range)
}

fn select(columns: &str, filter: &Filter, more: &str, (after, max): (i64, u32)) -> Statement {
    let mut args = vec![Arg::Int(after), Arg::Int(max.into())];
    let conditions = conditions(filter, &mut args);
    let template = format!(
        "SELECT {columns} FROM {{s}}deliveries WHERE id > $1{conditions}{more} ORDER BY id LIMIT $2"
    );
    Statement { template, args }
}

/// The conditions of a filter, each after an `AND`.
fn conditions(filter: &Filter, args: &mut Vec<Arg>) -> String {
    let mut sql = String::new();
    let mut condition = |left: &str, arg: Arg| {
        args.push(arg);
        let _ = write!(sql, " AND {left} ${}", args.len());
    };
    let texts = [
        ("endpoint =", &filter.endpoint),
        ("event =", &filter.event),
        ("provider_id =", &filter.provider_id),
    ];
    for (left, text) in texts {
        if let Some(text) = text {
            condition(left, Arg::Text(text.clone()));
        }
    }
    if let Some(received) = &filter.received {
        condition("received_at >=", Arg::Int(millis(received.start)));
        condition("received_at <", Arg::Int(millis(received.end)));
    }
    if let Some(ids) = &filter.ids {
        let _ = write!(sql, " AND id IN ({})", numbers(ids.iter().copied()));
    }
    if let Some(states) = &filter.states {
        let _ = write!(sql, " AND state IN ({})", codes(states));
    }
    sql
}

/// Numbers with commas between them, for lists of varying length.
pub(crate) fn numbers(numbers: impl Iterator<Item = i64>) -> String {
    let numbers: Vec<_> = numbers.map(|number| number.to_string()).collect();
    if numbers.is_empty() { "NULL".to_owned() } else { numbers.join(", ") }
}

fn codes(states: &[DeliveryState]) -> String {
    numbers(states.iter().map(|state| state.code().into()))
}

/// Changes these records, if the change still applies. A record with an ordering key is blocked
/// until its turn comes.
pub(crate) fn change(change: Change, ids: &[i64]) -> String {
    let set = match change {
        Change::Retry | Change::Replay => {
            "state = CASE WHEN line IS NULL THEN 0 ELSE 2 END, due_at = 0, pause = 0, attempt = 0, \
             finished_at = NULL"
        }
        Change::Cancel => "state = 5, finished_at = {now}",
    };
    let (ids, states) = (numbers(ids.iter().copied()), codes(change.applies_to()));
    format!("UPDATE {{s}}deliveries SET {set} WHERE id IN ({ids}) AND state IN ({states})")
}

/// Completes the delivery `$1` of the claim `$2`.
pub(crate) const COMPLETE: &str = "UPDATE {s}deliveries SET state = 3, due_at = 0, \
                                   attempt = attempt + 1 - counted, counted = 1, unsure = 0, \
                                   reason = NULL, finished_at = {now} \
                                   WHERE id = $1 AND claims = $2 AND state = 1";

/// The endpoints that have pending or running deliveries, by the index on due times: one step each.
const ENDPOINTS: &str = "WITH RECURSIVE e (name) AS (\
     SELECT min(endpoint) FROM {s}deliveries WHERE state < 2 \
     UNION ALL SELECT (SELECT min(endpoint) FROM {s}deliveries \
     WHERE state < 2 AND endpoint > e.name) FROM e WHERE e.name IS NOT NULL)";

/// True of a row of [`ENDPOINTS`] unless the endpoint is paused.
const IS_UNPAUSED: &str = "NOT EXISTS (SELECT 1 FROM {s}endpoints AS p \
     WHERE p.endpoint = e.name AND p.paused_at IS NOT NULL)";

/// Lists the deliveries of a state whose due time lies implausibly far ahead.
pub(crate) fn far_ahead(state: DeliveryState, plausible: Duration) -> String {
    let (plausible, differ, most) = (span(plausible), span(CLOCKS_DIFFER), span(Duration::MAX));
    // A pause that was written by hand may be too long to be added.
    let pause = format!("CASE WHEN d.pause < {most} THEN d.pause ELSE {most} END");
    let due = "d.due_at > {now} +";
    due_when(state, &format!("{due} {plausible} AND {due} {pause} + {differ}"))
}

/// Lists the deliveries of a state whose due time fulfils a condition.
pub(crate) fn due_when(state: DeliveryState, condition: &str) -> String {
    let state = state.code();
    format!(
        "{ENDPOINTS} SELECT d.id FROM e CROSS JOIN {{s}}deliveries AS d WHERE d.endpoint = e.name \
         AND d.state = {state} AND d.state < 2 AND {condition}"
    )
}

/// Resets the due time of these deliveries, counted from now; `None` is at once.
pub(crate) fn reset_due(reset: Option<Duration>, of: &str) -> String {
    let due = reset.map_or("0".to_owned(), |reset| format!("{{now}} + {}", span(reset)));
    format!("UPDATE {{s}}deliveries SET due_at = {due} WHERE {of}")
}

/// Counts what is pending, running, blocked and dead. `index` names the index for a database that
/// needs the hint.
pub(crate) fn counts(index: impl Fn(&str) -> String) -> String {
    let count = |by: &str, condition: &str| {
        format!("(SELECT count(*) FROM {{s}}deliveries{} WHERE {condition})", index(by))
    };
    let counts = [
        count("due", "state = 0 AND state < 2"),
        count("due", "state = 1 AND state < 2"),
        count("lines", "line IS NOT NULL AND state = 2 AND state <= 2"),
        count("finished", "state = 4 AND state > 2"),
    ];
    format!("SELECT {}", counts.join(", "))
}

/// Counts the unfinished deliveries of each endpoint, and finds the oldest. `index` is as above.
pub(crate) fn backlog(index: impl Fn(&str) -> String) -> String {
    let part = |by: &str, condition: &str| {
        let index = index(by);
        format!(
            "SELECT endpoint, count(*) AS count, min(received_at) AS oldest \
             FROM {{s}}deliveries{index} WHERE {condition} GROUP BY endpoint"
        )
    };
    let (due, blocked) =
        (part("due", "state < 2"), part("lines", "line IS NOT NULL AND state = 2 AND state <= 2"));
    format!(
        "SELECT endpoint, CAST(sum(count) AS bigint) AS count, min(oldest) AS oldest \
         FROM ({due} UNION ALL {blocked}) AS parts GROUP BY endpoint ORDER BY endpoint"
    )
}

/// The time since when the oldest due delivery has been waiting that is not paused, and the present time. A time that
/// was written by hand may lie too far back to be subtracted.
pub(crate) fn longest_wait() -> String {
    let oldest = |since: &str, due: &str, order: &str| {
        format!(
            "SELECT (SELECT d.{since} FROM {{s}}deliveries AS d WHERE d.endpoint = e.name \
             AND d.state = 0 AND d.state < 2 AND d.due_at {due} ORDER BY d.{order} LIMIT 1) \
             AS since FROM e WHERE {IS_UNPAUSED}"
        )
    };
    let (new, retries) = (oldest("received_at", "= 0", "id"), oldest("due_at", "> 0", "due_at"));
    format!(
        "{ENDPOINTS} SELECT min(since) AS since, {{now}} AS now FROM ({new} UNION ALL {retries}) AS oldest"
    )
}

/// The result of both counts.
pub(crate) fn queue_depth(counts: (i64, i64, i64, i64), oldest: &impl Cells) -> QueueDepth {
    let count = |number: i64| number.try_into().unwrap_or_default();
    let mut queue_depth = QueueDepth::default();
    (queue_depth.pending, queue_depth.running) = (count(counts.0), count(counts.1));
    (queue_depth.blocked, queue_depth.dead) = (count(counts.2), count(counts.3));
    queue_depth.lag = lag(oldest);
    queue_depth
}

/// The result of [`longest_wait`].
pub(crate) fn lag(oldest: &impl Cells) -> Duration {
    let since = oldest.int("since").ok().flatten();
    let now: i64 = oldest.number("now").unwrap_or_default();
    let wait = since.map_or(0, |since| now.saturating_sub(since));
    Duration::from_millis(wait.try_into().unwrap_or_default())
}
