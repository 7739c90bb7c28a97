//! The rows of processes with workers.

use crate::inbox::{
    record::{span, time},
    sql::cells::Cells,
    store::{Heartbeat, WorkerRecord},
};

/// Writes a sign of life of the worker `$1`.
pub(crate) const BEAT: &str = "UPDATE {s}workers SET endpoints = $2, slots = $3, running = $4, \
     seen_at = {now}, next_at = coalesce({now} + $5, 0) WHERE id = $1";

/// Adds a worker, and returns its number.
pub(crate) const ADD: &str = "INSERT INTO {s}workers (name, pid, program, version, endpoints, \
     slots, running, started_at, seen_at, next_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, {now}, {now}, coalesce({now} + $8, 0)) RETURNING id";

/// Lists the workers. A process that has only looked at its health has a row, but no slots.
pub(crate) const LIST: &str = "SELECT id, name, pid, program, version, endpoints, slots, running, \
     started_at, seen_at, next_at FROM {s}workers WHERE slots <> 0 ORDER BY id";

/// Deletes what has been gone for an hour.
pub(crate) const FORGET: &str = "DELETE FROM {s}workers \
     WHERE seen_at < {now} - 3600000 AND next_at < {now} - 3600000";

/// The numbers of a heartbeat as columns take them: slots, running, and the time until the next.
pub(crate) fn numbers(beat: &Heartbeat) -> (i32, i32, Option<i64>) {
    let int = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    (int(beat.slots), int(beat.running), beat.next_in.map(span))
}

/// The endpoints of a heartbeat as a column takes them.
pub(crate) fn endpoints(beat: &Heartbeat) -> String {
    serde_json::json!(beat.endpoints).to_string().replace('\0', "\u{fffd}")
}

/// Reads a worker. What cannot be read of it is empty.
pub(crate) fn worker(row: &impl Cells) -> WorkerRecord {
    let text = |column| row.text(column).ok().flatten().unwrap_or_default();
    let at = |column| row.int(column).ok().flatten().unwrap_or_default();
    let mut beat = Heartbeat::default();
    (beat.name, beat.program, beat.version) = (text("name"), text("program"), text("version"));
    beat.pid = row.number("pid").unwrap_or_default();
    beat.endpoints = serde_json::from_str(&text("endpoints")).unwrap_or_default();
    beat.slots = row.number("slots").unwrap_or_default();
    beat.running = row.number("running").unwrap_or_default();
    let mut worker = WorkerRecord::new(at("id"), &beat, time(at("started_at")));
    worker.seen_at = time(at("seen_at"));
    worker.next_at = Some(at("next_at")).filter(|at| *at != 0).map(time);
    worker
}
