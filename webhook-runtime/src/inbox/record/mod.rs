//! The data that the inbox holds.

mod attempt;
mod cause;
mod claim;
mod columns;
mod delivery;
mod filter;
mod life;

use std::time::{Duration, SystemTime};

use bytes::Bytes;

#[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
pub(crate) use self::columns::span;
#[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
pub(crate) use self::delivery::PackedBody;
pub use self::{
    attempt::{Attempt, AttemptDetails, AttemptEnd, Duplicates},
    claim::{AttemptResult, ClaimToken, Job},
    delivery::{EnqueueResult, NewDelivery},
    filter::{Filter, Seen},
};
pub(crate) use self::{
    cause::{cause_of, cause_text},
    claim::Counting,
    columns::{millis, minute, stored_note, stored_reason, stored_text, time},
    delivery::Digest,
};
use crate::inbox::http::head::StoredRequest;

/// The state of a stored delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeliveryState {
    /// Waits to run, now or at a later time.
    Pending,
    /// Claimed by a worker. Its lease may have run out without being noticed yet.
    Running,
    /// Waits for another delivery with the same ordering key.
    Blocked,
    /// Completed.
    Completed,
    /// Given up: a dead letter. [`Record::last_error`] says why, and it can be retried.
    Dead,
    /// Cancelled by an operator.
    Cancelled,
}

impl DeliveryState {
    /// All states.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Running, Self::Blocked, Self::Completed, Self::Dead, Self::Cancelled];

    /// The state's number in a database. The order matters: what is below 2 can become due, and
    /// what is above 2 is finished.
    #[must_use]
    pub const fn code(self) -> i16 {
        match self {
            Self::Pending => 0,
            Self::Running => 1,
            Self::Blocked => 2,
            Self::Completed => 3,
            Self::Dead => 4,
            Self::Cancelled => 5,
        }
    }

    /// The state of a number out of a database.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// The state of a delivery that has yet to run: one with an ordering key waits for its turn.
    pub(crate) const fn waiting(has_ordering_key: bool) -> Self {
        if has_ordering_key { Self::Blocked } else { Self::Pending }
    }

    /// True if a delivery stays in this state until an operator changes it.
    #[must_use]
    pub const fn is_finished(self) -> bool {
        self.code() > 2
    }
}

/// A stored delivery, without what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// The number of the record: a later delivery has a higher one.
    pub id: i64,
    /// The name of the endpoint.
    pub endpoint: String,
    /// The name of the provider.
    pub provider: String,
    /// The name of the event, if the provider names it.
    pub event: Option<String>,
    /// The provider's id of the delivery, if it has one.
    pub provider_id: Option<String>,
    /// The state.
    pub state: DeliveryState,
    /// The number of attempts since it arrived, or since an operator had it run again.
    pub attempt: u32,
    /// The number of times that an operator has [replayed](crate::Inbox::replay) it.
    pub replays: u32,
    /// The reason why the last attempt did not complete it, or the column of the row that cannot be
    /// read.
    pub last_error: Option<String>,
    /// The time at which the request was verified.
    pub received_at: SystemTime,
    /// The time at which it is to run (pending), or its lease runs out (running); `None` is now.
    pub due_at: Option<SystemTime>,
    /// The pause before the next attempt, if the last one failed: how far ahead `due_at` was set.
    pub pause: Duration,
    /// The time at which it was completed, given up or cancelled.
    pub finished_at: Option<SystemTime>,
    /// The length of the body.
    pub body_len: u64,
    /// A digest of the tenant, if it was stored where tenants take turns.
    pub tenant_digest: Option<[u8; 16]>,
    /// The tenant, as the parameters of the path by which the secret was found: `shop=acme`. `None`
    /// without such parameters.
    pub tenant: Option<String>,
    /// The name of the secret that matched.
    pub secret_name: Option<String>,
    /// A number that those have in common whose last error differs only in its numbers and ids.
    pub cause: Option<i64>,
    /// The measurements of the last attempt.
    pub last_attempt: AttemptDetails,
}

impl Record {
    /// Creates a record of which nothing more is known. Set the other fields afterwards.
    #[must_use]
    pub fn new(
        id: i64,
        endpoint: impl Into<String>,
        provider: impl Into<String>,
        state: DeliveryState,
        received_at: SystemTime,
    ) -> Self {
        Self {
            id,
            endpoint: endpoint.into(),
            provider: provider.into(),
            event: None,
            provider_id: None,
            state,
            attempt: 0,
            replays: 0,
            last_error: None,
            received_at,
            due_at: None,
            pause: Duration::ZERO,
            finished_at: None,
            body_len: 0,
            tenant_digest: None,
            tenant: None,
            secret_name: None,
            cause: None,
            last_attempt: AttemptDetails::default(),
        }
    }
}

/// A stored delivery, with what was sent.
#[derive(Clone)]
#[non_exhaustive]
pub struct StoredDelivery {
    /// The record.
    pub record: Record,
    /// The request without its body.
    pub head: StoredRequest,
    /// The body.
    pub body: Bytes,
    /// True if the body was deleted when the delivery was completed, as its endpoint asks.
    pub body_dropped: bool,
}

impl StoredDelivery {
    /// Creates a delivery of its record and what was sent.
    #[must_use]
    pub fn new(record: Record, head: StoredRequest, body: Bytes) -> Self {
        Self { record, head, body, body_dropped: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_have_codes() {
        for state in DeliveryState::ALL {
            assert_eq!(DeliveryState::from_code(state.code()), Some(state));
        }
        assert_eq!(DeliveryState::from_code(9), None);
    }

    #[test]
    fn finished_states_are_final() {
        let finished = DeliveryState::ALL.map(DeliveryState::is_finished);
        assert_eq!(finished, [false, false, false, true, true, true]);
        assert_eq!(
            DeliveryState::ALL.map(DeliveryState::code),
            [0, 1, 2, 3, 4, 5],
            "they are in databases"
        );
    }
}
