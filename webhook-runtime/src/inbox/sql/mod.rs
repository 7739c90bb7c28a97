//! The code that both databases share: rows, and the statements that are the same.

mod cells;
pub(crate) mod copy;
pub(crate) mod endpoints;
pub(crate) mod insight;
pub(crate) mod listing;
pub(crate) mod pack;
#[cfg(feature = "inbox-postgres")]
pub(crate) mod postgres;
pub(crate) mod prune;
mod rows;
#[cfg(feature = "inbox-sqlite")]
pub(crate) mod sqlite;
pub(crate) mod statements;
pub(crate) mod tables;
pub(crate) mod tenants;
pub(crate) mod workers;

use std::{collections::HashSet, time::Duration};

pub(crate) use self::{
    rows::{
        Due, Unreadable, attempt, cause_group, counts_of, due, duplicates, id_and_line, job,
        minute_sum, of_endpoint, recent_dead_letters, record, stored,
    },
    statements::{Arg, Statement, bind},
};
use crate::{
    inbox::{
        error::InboxError,
        record::{
            AttemptDetails, AttemptEnd, AttemptResult, ClaimToken, DeliveryState, Digest, cause_of,
            millis, span,
        },
        store::FinishedAttempt,
    },
    support::redact::shown_url,
};

/// The error of an inbox that cannot be opened.
pub(crate) fn cannot_open(url: &str, error: InboxError) -> InboxError {
    let problem = match error {
        InboxError::Store(problem) => problem,
        error => error.to_string(),
    };
    InboxError::Open { url: shown_url(url), problem }
}

/// The columns that the end of a claim sets.
pub(crate) struct Settled<'a> {
    pub(crate) id: i64,
    /// The number of the claim.
    pub(crate) claim: i64,
    pub(crate) state: DeliveryState,
    /// The milliseconds until it is due; `None` is at once.
    pub(crate) after: Option<i64>,
    pub(crate) reason: Option<&'a str>,
    pub(crate) cause: Option<i64>,
    /// The number of attempts that do not count. If there is one, the last reason stays unless there
    /// is another.
    pub(crate) back: i32,
    /// 1 if it stays unknown whether an earlier attempt had begun.
    pub(crate) unsure: i32,
    /// The end of the attempt, if it is recorded.
    pub(crate) end: Option<AttemptEnd>,
    pub(crate) measured: Measured,
}

/// The measurements of an attempt, as columns take them.
#[derive(Clone, Copy, Default)]
pub(crate) struct Measured {
    pub(crate) started_at: Option<i64>,
    pub(crate) took: Option<i64>,
    pub(crate) status: Option<i16>,
    pub(crate) worker: Option<i64>,
}

impl Measured {
    pub(crate) fn of(details: &AttemptDetails) -> Self {
        let micros = |took: Duration| i64::try_from(took.as_micros()).unwrap_or(i64::MAX);
        Self {
            started_at: details.started_at.map(millis),
            took: details.duration.map(micros),
            status: details.status.and_then(|status| status.try_into().ok()),
            worker: details.worker,
        }
    }
}

impl<'a> Settled<'a> {
    pub(crate) fn of(finish: &'a FinishedAttempt) -> Self {
        let ClaimToken { id, number: claim, .. } = finish.claim_token;
        let row = Self {
            id,
            claim,
            state: DeliveryState::Pending,
            after: None,
            reason: None,
            cause: None,
            back: 0,
            unsure: 0,
            end: None,
            measured: Measured::of(&finish.details),
        };
        let failed = |reason: &'a str, end| Self {
            reason: Some(reason),
            cause: Some(cause_of(reason)),
            end: Some(end),
            ..row
        };
        match &finish.result {
            AttemptResult::Completed => Self { state: DeliveryState::Completed, ..row },
            AttemptResult::Dead { reason } => {
                Self { state: DeliveryState::Dead, ..failed(reason, AttemptEnd::Dead) }
            }
            AttemptResult::Retry { after, reason } => {
                let after = Some(span(after.unwrap_or_default()));
                Self { after, ..failed(reason, AttemptEnd::Retried) }
            }
            AttemptResult::Snoozed { after } => {
                Self { after: Some(span(*after)), back: 1, end: Some(AttemptEnd::Snoozed), ..row }
            }
            AttemptResult::Expired { reason } => Self {
                state: DeliveryState::Dead,
                reason: Some(reason),
                cause: Some(cause_of(reason)),
                back: 1,
                ..row
            },
            AttemptResult::Released => Self { back: 1, unsure: 1, ..row },
        }
    }
}

/// The claims that are not among those that are still good.
pub(crate) fn lost(claims: &[ClaimToken], good: &[i64]) -> Vec<i64> {
    let good: HashSet<&i64> = good.iter().collect();
    claims.iter().map(|claim| claim.id).filter(|id| !good.contains(id)).collect()
}

pub(crate) fn digest(bytes: &[u8]) -> Option<Digest> {
    bytes.try_into().ok()
}

/// Each line once, in the same order in all processes.
pub(crate) fn distinct(lines: impl Iterator<Item = Digest>) -> Vec<Digest> {
    let mut lines: Vec<_> = lines.collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}
