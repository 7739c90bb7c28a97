//! The code that both databases share: rows, and the statements that are the same.

mod cells;
pub(crate) mod endpoints;
pub(crate) mod pack;
#[cfg(feature = "inbox-postgres")]
pub(crate) mod postgres;
mod rows;
#[cfg(feature = "inbox-sqlite")]
pub(crate) mod sqlite;
pub(crate) mod statements;
pub(crate) mod tenants;
pub(crate) mod workers;

use std::collections::HashSet;

pub(crate) use self::{
    rows::{Due, Unreadable, due, id_and_line, job, of_endpoint, record, stored},
    statements::{Arg, Statement, bind},
};
use crate::inbox::{
    record::{AttemptResult, ClaimToken, DeliveryState, Digest, span},
    store::FinishedAttempt,
};

/// The columns that the end of a claim sets.
pub(crate) struct Settled<'a> {
    pub(crate) id: i64,
    /// The number of the claim.
    pub(crate) claim: i64,
    pub(crate) state: DeliveryState,
    /// The milliseconds until it is due; `None` is at once.
    pub(crate) after: Option<i64>,
    pub(crate) reason: Option<&'a str>,
    /// The number of attempts that do not count. If there is one, the last reason stays.
    pub(crate) back: i32,
}

impl<'a> Settled<'a> {
    pub(crate) fn of(finish: &'a FinishedAttempt) -> Self {
        let ClaimToken { id, number: claim, .. } = finish.claim_token;
        let row =
            Self { id, claim, state: DeliveryState::Pending, after: None, reason: None, back: 0 };
        match &finish.result {
            AttemptResult::Completed => Self { state: DeliveryState::Completed, ..row },
            AttemptResult::Dead { reason } => {
                Self { state: DeliveryState::Dead, reason: Some(reason), ..row }
            }
            AttemptResult::Retry { after, reason } => {
                let after = Some(span(after.unwrap_or_default()));
                Self { after, reason: Some(reason), ..row }
            }
            AttemptResult::Released => Self { back: 1, ..row },
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
