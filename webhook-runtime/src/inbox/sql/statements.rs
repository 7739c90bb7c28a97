//! The statements that are the same in both databases.
//!
//! They are templates: `{s}` stands for the prefix of a table's name, and `{now}` for the present
//! time. They contain nothing of a sender: that is bound as an [`Arg`].

use std::time::Duration;

use crate::inbox::{
    record::{DeliveryState, span},
    sql::{cells::Cells, listing::Hint},
    store::{CLOCKS_DIFFER, Change, KEPT_ATTEMPTS, LOST_ATTEMPT, QueueDepth},
};

/// A template and its arguments.
pub(crate) struct Statement {
    pub(crate) template: String,
    pub(crate) args: Vec<Arg>,
}

impl Statement {
    /// A template without arguments.
    pub(crate) fn of(template: impl Into<String>) -> Self {
        Self { template: template.into(), args: Vec::new() }
    }

    /// Adds an argument.
    pub(crate) fn with(mut self, arg: Arg) -> Self {
        self.args.push(arg);
        self
    }
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
pub(crate) const RECORD: &str = "id, endpoint, provider, event, provider_id, state, attempt, replays, reason, \
                      received_at, due_at, pause, finished_at, size, tenant, tenant_name, secret, \
                      cause, started_at, took, status, worker";

/// Numbers with commas between them, for lists of varying length.
pub(crate) fn numbers(numbers: impl Iterator<Item = i64>) -> String {
    let numbers: Vec<_> = numbers.map(|number| number.to_string()).collect();
    if numbers.is_empty() { "NULL".to_owned() } else { numbers.join(", ") }
}

pub(crate) fn codes(states: &[DeliveryState]) -> String {
    numbers(states.iter().map(|state| state.code().into()))
}

/// Changes these records, if the change still applies. A record with an ordering key is blocked
/// until its turn comes. What has lost its body cannot run again.
pub(crate) fn change(change: Change, ids: &[i64]) -> String {
    let set = match change {
        Change::Retry | Change::Replay => {
            let replays = i32::from(change == Change::Replay);
            format!(
                "state = CASE WHEN line IS NULL THEN 0 ELSE 2 END, due_at = 0, pause = 0, \
                 attempt = 0, replays = replays + {replays}, finished_at = NULL"
            )
        }
        Change::Cancel | Change::Discard => "state = 5, finished_at = {now}".to_owned(),
    };
    let has_body = match change {
        Change::Retry | Change::Replay => {
            " AND NOT EXISTS (SELECT 1 FROM {s}bodies AS b \
             WHERE b.id = {s}deliveries.id AND b.unpacked < 0)"
        }
        Change::Cancel | Change::Discard => "",
    };
    let (ids, states) = (numbers(ids.iter().copied()), codes(change.applies_to()));
    format!(
        "UPDATE {{s}}deliveries SET {set} WHERE id IN ({ids}) AND state IN ({states}){has_body}"
    )
}

/// Keeps the attempts that have completed these deliveries, which are about to run again.
pub(crate) fn keep_completed(ids: &[i64]) -> String {
    let (ids, completed) = (numbers(ids.iter().copied()), DeliveryState::Completed.code());
    format!(
        "INSERT INTO {{s}}attempts (delivery, claim, number, result, started_at, took, status, worker) \
         SELECT id, claims, attempt, 0, started_at, took, status, worker FROM {{s}}deliveries \
         WHERE id IN ({ids}) AND state = {completed} AND started_at IS NOT NULL \
         ON CONFLICT (delivery, claim) DO NOTHING"
    )
}

/// Deletes all but the last attempts of these deliveries.
pub(crate) fn forget_attempts(ids: &[i64]) -> String {
    let ids = numbers(ids.iter().copied());
    format!(
        "DELETE FROM {{s}}attempts WHERE delivery IN ({ids}) AND claim <= (SELECT d.claims \
         FROM {{s}}deliveries AS d WHERE d.id = {{s}}attempts.delivery) - {KEPT_ATTEMPTS}"
    )
}

/// Tells of the attempts that these running deliveries have lost, if they were counted.
pub(crate) fn tell_lost(ids: &[i64]) -> String {
    let ids = numbers(ids.iter().copied());
    format!(
        "INSERT INTO {{s}}attempts (delivery, claim, number, result, started_at, worker, reason) \
         SELECT id, claims, attempt, 4, started_at, worker, replace('{LOST_ATTEMPT}', '#', \
         CAST(attempt AS text)) FROM {{s}}deliveries WHERE id IN ({ids}) AND state = 1 \
         AND counted = 1 AND attempt > 0 ON CONFLICT (delivery, claim) DO NOTHING"
    )
}

/// The attempts before the last one, and the last one if it has completed the delivery or runs. `$1`
/// is the delivery.
pub(crate) const ATTEMPTS: &str = "SELECT * FROM (SELECT claim, number, result, started_at, took, \
     status, worker, reason FROM {s}attempts WHERE delivery = $1 \
     UNION ALL SELECT claims, attempt, CASE state WHEN 3 THEN 0 ELSE NULL END, started_at, took, \
     status, worker, NULL FROM {s}deliveries WHERE id = $1 AND (state = 3 OR state = 1 AND \
     counted = 1) AND attempt > 0) AS all_attempts ORDER BY claim";

/// The duplicates of a delivery. `$1` is its number.
pub(crate) const DUPLICATES: &str =
    "SELECT minute, count, last_at FROM {s}duplicates WHERE delivery = $1 ORDER BY minute";

/// The deliveries that have the ordering key of another one and have not ended, in the order in which
/// they run. `$1` is that one, `$2` how many are wanted.
pub(crate) fn same_ordering_key(hint: Hint) -> String {
    let index = hint.of("lines");
    format!(
        "SELECT {RECORD} FROM {{s}}deliveries{index} WHERE line = (SELECT line FROM {{s}}deliveries \
         WHERE id = $1) AND line IS NOT NULL AND state <= 2 ORDER BY line, state, id LIMIT $2"
    )
}

/// The numbers before and after a delivery among which its neighbours are looked for.
const NEIGHBOURHOOD: i64 = 5000;

/// The deliveries that have the ordering key of another one, the nearest ones before and after it. `$1`
/// is that one, `$2` how many are wanted in each direction. Those that have ended are in no index of
/// ordering keys: the numbers near it are looked at.
pub(crate) fn neighbours() -> String {
    let part = |near: &str, order: &str| {
        format!(
            "SELECT * FROM (SELECT {RECORD} FROM {{s}}deliveries WHERE {near} \
             AND line = (SELECT line FROM {{s}}deliveries WHERE id = $1) ORDER BY id {order} LIMIT $2) AS part"
        )
    };
    let before = part(&format!("id < $1 AND id >= $1 - {NEIGHBOURHOOD}"), "DESC");
    let after = part(&format!("id > $1 AND id <= $1 + {NEIGHBOURHOOD}"), "ASC");
    format!("SELECT * FROM ({before} UNION ALL {after}) AS near ORDER BY id")
}

/// The sums since the minute `$1`.
pub(crate) const SUMS: &str = "SELECT minute, endpoint, received, completed, failed \
     FROM {s}sums WHERE minute >= $1 ORDER BY minute, endpoint";

/// Groups the newest `$1` dead letters.
pub(crate) fn causes(hint: Hint) -> String {
    let index = hint.of("given_up");
    format!(
        "SELECT g.count, g.first, g.last, d.* FROM (SELECT endpoint, \
         COALESCE(cause, 0) AS cause, count(*) AS count, min(finished_at) AS first, \
         max(finished_at) AS last, max(id) AS newest FROM (SELECT id, endpoint, cause, finished_at \
         FROM {{s}}deliveries{index} WHERE state = 4 AND state > 3 ORDER BY id DESC LIMIT $1) AS letters \
         GROUP BY endpoint, COALESCE(cause, 0)) AS g JOIN {{s}}deliveries AS d ON d.id = g.newest \
         ORDER BY g.count DESC, g.newest DESC LIMIT 1000"
    )
}

/// Counts the dead letters that died after the time `$1`, the newest `$2`, by endpoint.
pub(crate) fn recent_dead_letters(hint: Hint) -> String {
    let index = hint.of("finished");
    format!(
        "SELECT endpoint, count(*) AS count, CAST(max(finished_at) AS bigint) AS last \
         FROM (SELECT endpoint, finished_at FROM {{s}}deliveries{index} WHERE state = 4 AND state > 2 \
         AND finished_at >= $1 ORDER BY finished_at DESC LIMIT $2) AS letters \
         GROUP BY endpoint ORDER BY endpoint"
    )
}

/// The endpoints that have deliveries which have not ended, or dead letters, one step each; and of
/// each how many of every kind, up to `$1`, and the oldest and the next one.
pub(crate) fn endpoint_counts(hint: Hint) -> String {
    let (due, lines, given_up) =
        (hint.of("due"), hint.of("lines"), hint.of("given_up_by_endpoint"));
    let count = |index: &str, condition: &str| {
        format!(
            "(SELECT count(*) FROM (SELECT 1 FROM {{s}}deliveries{index} WHERE endpoint = e.name \
             AND {condition} LIMIT $1) AS part)"
        )
    };
    let next = |column: &str, condition: &str, order: &str| {
        format!(
            "(SELECT {column} FROM {{s}}deliveries{due} WHERE endpoint = e.name AND state = 0 \
             AND state < 2 AND {condition} ORDER BY {order} LIMIT 1)"
        )
    };
    let blocked = format!(
        "SELECT endpoint, count(*) AS count FROM (SELECT endpoint FROM {{s}}deliveries{lines} \
         WHERE line IS NOT NULL AND state = 2 AND state <= 2 LIMIT $1) AS part GROUP BY endpoint"
    );
    let names = |index: &str, state: &str, after: &str| {
        format!("(SELECT min(endpoint) FROM {{s}}deliveries{index} WHERE {state}{after})")
    };
    let first = |after: &str| {
        let by = [names(&due, "state < 2", after), names(&given_up, "state > 3", after)];
        format!("SELECT min(name) FROM (SELECT {} AS name UNION ALL SELECT {}) AS n", by[0], by[1])
    };
    format!(
        "WITH RECURSIVE e (name) AS (SELECT ({}) UNION ALL SELECT ({}) FROM e \
         WHERE e.name IS NOT NULL), b AS MATERIALIZED ({blocked}) \
         SELECT e.name AS endpoint, {} AS pending, {} AS retrying, \
         COALESCE((SELECT count FROM b WHERE b.endpoint = e.name), 0) AS blocked, {} AS running, {} AS dead, {} AS oldest, {} AS oldest_retry, \
         {} AS next_due FROM e WHERE e.name IS NOT NULL",
        first(""),
        first(" AND endpoint > e.name"),
        count(&due, "state = 0 AND state < 2 AND due_at = 0"),
        count(&due, "state = 0 AND state < 2 AND due_at <> 0"),
        count(&due, "state = 1 AND state < 2"),
        count(&given_up, "state = 4 AND state > 3"),
        next("received_at", "due_at = 0", "due_at, id"),
        next("received_at", "due_at > 0", "due_at, id"),
        next("due_at", "due_at > 0", "due_at, id"),
    )
}

/// Completes the delivery `$1` of the claim `$2`.
pub(crate) const COMPLETE: &str = "UPDATE {s}deliveries SET state = 3, due_at = 0, \
                                   attempt = attempt + 1 - counted, counted = 1, unsure = 0, \
                                   reason = NULL, cause = NULL, finished_at = {now} \
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
