//! A delivery as it is shown, as JSON and in words.

use std::time::SystemTime;

use serde::Serialize;
use webhook_runtime::inbox::{Attempt, AttemptDetails, AttemptEnd, Record};

use crate::{clock, inbox::name_of};

/// A delivery, without what was sent.
#[derive(Serialize)]
pub(crate) struct Shown {
    id: i64,
    endpoint: String,
    provider: String,
    event: Option<String>,
    provider_id: Option<String>,
    tenant: Option<String>,
    state: &'static str,
    attempt: u32,
    last_error: Option<String>,
    /// A text: as a number, it would lose digits in most readers of JSON.
    cause: Option<String>,
    received_at: String,
    due_at: Option<String>,
    finished_at: Option<String>,
    body_len: u64,
    secret_name: Option<String>,
    last_attempt: DetailsShown,
}

/// The measurements of an attempt.
#[derive(Serialize)]
struct DetailsShown {
    started_at: Option<String>,
    millis: Option<u128>,
    status: Option<u16>,
    worker: Option<i64>,
}

/// An attempt.
#[derive(Serialize)]
pub(crate) struct AttemptShown {
    number: u32,
    pub(crate) end: Option<&'static str>,
    #[serde(flatten)]
    details: DetailsShown,
    error: Option<String>,
}

impl Shown {
    pub(crate) fn of(record: &Record) -> Self {
        Self {
            id: record.id,
            endpoint: record.endpoint.clone(),
            provider: record.provider.clone(),
            event: record.event.clone(),
            provider_id: record.provider_id.clone(),
            tenant: record.tenant.clone(),
            state: name_of(record.state),
            attempt: record.attempt,
            last_error: record.last_error.clone(),
            cause: record.cause.map(|cause| cause.to_string()),
            received_at: clock::rfc3339(record.received_at),
            due_at: date(record.due_at),
            finished_at: date(record.finished_at),
            body_len: record.body_len,
            secret_name: record.secret_name.clone(),
            last_attempt: DetailsShown::of(&record.last_attempt),
        }
    }
}

impl DetailsShown {
    fn of(details: &AttemptDetails) -> Self {
        Self {
            started_at: date(details.started_at),
            millis: details.duration.map(|took| took.as_millis()),
            status: details.status,
            worker: details.worker,
        }
    }
}

impl AttemptShown {
    pub(crate) fn of(attempt: &Attempt) -> Self {
        Self {
            number: attempt.number,
            end: attempt.end.map(end),
            details: DetailsShown::of(&attempt.details),
            error: attempt.error.clone(),
        }
    }
}

/// The end of an attempt, in a word.
fn end(end: AttemptEnd) -> &'static str {
    match end {
        AttemptEnd::Completed => "completed",
        AttemptEnd::Retried => "retried",
        AttemptEnd::Dead => "dead",
        AttemptEnd::Snoozed => "snoozed",
        AttemptEnd::Lost => "lost",
        _ => "unknown",
    }
}

fn date(time: Option<SystemTime>) -> Option<String> {
    time.map(clock::rfc3339)
}
