//! What both databases have in common: rows, and the conditions of a filter.

#[cfg(feature = "inbox-postgres")]
pub(crate) mod postgres;
#[cfg(feature = "inbox-sqlite")]
pub(crate) mod sqlite;

use std::fmt::Write as _;

use bytes::Bytes;

use crate::inbox::{
    error::InboxError,
    http::head::StoredRequest,
    record::{ClaimToken, DeliveryState, Digest, Filter, Job, Record, millis, time},
    store::Change,
};

/// The columns of a [`RecordRow`].
pub(crate) const RECORD: &str = "id, endpoint, provider, event, provider_id, state, attempt, \
                                 reason, received_at, due_at, finished_at, size";

/// A record, as the database gives it.
pub(crate) type RecordRow = (
    i64,
    String,
    String,
    Option<String>,
    Option<String>,
    i16,
    i32,
    Option<String>,
    i64,
    i64,
    Option<i64>,
    i64,
);

/// A claimed delivery, as the database gives it: number, attempt, claim, endpoint, provider,
/// received, line, head and body.
pub(crate) type JobRow = (i64, i32, i64, String, String, i64, Option<Vec<u8>>, Vec<u8>, Vec<u8>);

pub(crate) fn record(row: RecordRow) -> Result<Record, InboxError> {
    let (id, endpoint, provider, event, provider_id, state, attempt, ..) = row;
    let (.., reason, received_at, due_at, finished_at, size) = row;
    let state = DeliveryState::from_code(state)
        .ok_or_else(|| InboxError::Store(format!("record {id} has the unknown state {state}")))?;
    let is_due = matches!(state, DeliveryState::Pending | DeliveryState::Running) && due_at != 0;
    Ok(Record {
        id,
        endpoint,
        provider,
        event,
        provider_id,
        state,
        attempt: attempt.try_into().unwrap_or_default(),
        last_error: reason,
        received_at: time(received_at),
        due_at: is_due.then(|| time(due_at)),
        finished_at: finished_at.map(time),
        body_len: size.try_into().unwrap_or_default(),
    })
}

/// The job, or the number of what cannot be read.
pub(crate) fn job(row: JobRow) -> Result<Job, i64> {
    let (id, attempt, claim, endpoint, provider, received_at, line, head, body) = row;
    let head = StoredRequest::decode(&head).ok_or(id)?;
    Ok(Job {
        id,
        attempt: attempt.try_into().unwrap_or(1),
        endpoint,
        provider,
        received_at: time(received_at),
        head,
        body: Bytes::from(body),
        claim_token: ClaimToken { id, claim, ordering_key: line.as_deref().and_then(digest) },
    })
}

pub(crate) fn digest(bytes: &[u8]) -> Option<Digest> {
    bytes.try_into().ok()
}

/// Why a delivery is given up that this version cannot read.
pub(crate) const UNREADABLE: &str = "its stored form is not one that this version reads";

/// A value to bind.
pub(crate) enum Arg {
    Int(i64),
    Text(String),
}

/// The conditions of a filter, each after an `AND`, with placeholders from `$first`.
pub(crate) fn conditions(filter: &Filter, first: usize) -> (String, Vec<Arg>) {
    let (mut sql, mut args) = (String::new(), Vec::new());
    let mut condition = |left: &str, arg: Arg| {
        let _ = write!(sql, " AND {left} ${}", first + args.len());
        args.push(arg);
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
    (sql, args)
}

/// Numbers with commas between them: for lists whose length varies, and that nobody else wrote.
pub(crate) fn numbers(numbers: impl Iterator<Item = i64>) -> String {
    let numbers: Vec<_> = numbers.map(|number| number.to_string()).collect();
    if numbers.is_empty() { "NULL".to_owned() } else { numbers.join(", ") }
}

pub(crate) fn codes(states: &[DeliveryState]) -> String {
    numbers(states.iter().map(|state| state.code().into()))
}

impl Change {
    /// What it sets, where `now` is SQL for the present time. What has an order key is held, until
    /// its line is looked at.
    pub(crate) fn set(self, now: &str) -> String {
        match self {
            Self::Retry | Self::Replay => "state = CASE WHEN line IS NULL THEN 0 ELSE 2 END, \
                                           due_at = 0, attempt = 0, finished_at = NULL"
                .to_owned(),
            Self::Cancel => format!("state = 5, finished_at = {now}"),
        }
    }
}

/// Each line once, in one order for all processes.
pub(crate) fn distinct(lines: impl Iterator<Item = Digest>) -> Vec<Digest> {
    let mut lines: Vec<_> = lines.collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}
