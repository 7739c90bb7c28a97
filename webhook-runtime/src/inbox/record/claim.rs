//! A claimed delivery, its token, and the result of an attempt.

use std::time::{Duration, SystemTime};

use bytes::Bytes;

use crate::inbox::{
    cancel::Cancellation,
    http::{head::StoredRequest, idempotency_key::IdempotencyKey},
    record::{Digest, NewDelivery, StoredDelivery, millis, stored_text, time},
    traces::RunTrace,
};

/// A claimed delivery to run now.
#[derive(Clone)]
#[non_exhaustive]
pub struct Job {
    /// The number of the record.
    pub id: i64,
    /// The number of this attempt, from 1.
    pub attempt: u32,
    /// The number of times that an operator has [replayed](crate::Inbox::replay) the delivery.
    pub replays: u32,
    /// The name of the endpoint.
    pub endpoint: String,
    /// The name of the provider.
    pub provider: String,
    /// The provider's id of the delivery, if it has one.
    pub provider_id: Option<String>,
    /// The time at which the request was verified.
    pub received_at: SystemTime,
    /// The request without its body.
    pub head: StoredRequest,
    /// The body.
    pub body: Bytes,
    pub(crate) claim_token: ClaimToken,
    pub(crate) counting: Counting,
    /// The tenant that it is started for, where tenants take turns.
    pub(crate) tenant: Option<Digest>,
    pub(crate) cancellation: Cancellation,
    pub(crate) trace: RunTrace,
}

/// When the attempt of a job is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counting {
    /// The claim has counted it.
    ByClaim,
    /// It is counted once it has run for a moment, or ends.
    AtStart,
    /// It is counted before it begins: an earlier claim ended without anyone knowing whether its
    /// attempt had begun, so the delivery may be what ended the process.
    BeforeStart,
}

impl Job {
    /// Creates a job of a delivery as it is stored after the claim.
    #[must_use]
    pub fn new(claim_token: ClaimToken, delivery: StoredDelivery) -> Self {
        let StoredDelivery { record, head, body, .. } = delivery;
        Self {
            id: record.id,
            attempt: record.attempt,
            replays: record.replays,
            endpoint: record.endpoint,
            provider: record.provider,
            provider_id: record.provider_id,
            received_at: record.received_at,
            head,
            body,
            claim_token,
            counting: Counting::ByClaim,
            tenant: None,
            cancellation: Cancellation::default(),
            trace: RunTrace::default(),
        }
    }

    /// Creates a job whose attempt is not counted yet. It is `unsure` if an earlier claim ended
    /// before its attempt was counted: then the attempt counts before it begins.
    #[must_use]
    pub fn prefetched(claim_token: ClaimToken, delivery: StoredDelivery, unsure: bool) -> Self {
        let mut job = Self::new(claim_token, delivery);
        job.attempt = job.attempt.saturating_add(1);
        job.counting = if unsure { Counting::BeforeStart } else { Counting::AtStart };
        job
    }

    /// The job of a delivery that was claimed as it was stored, as a store would read it.
    pub(crate) fn of_new(delivery: NewDelivery, claim_token: ClaimToken) -> Self {
        let mut head = delivery.head;
        head.signed_at = head.signed_at.map(|at| time(millis(at)));
        Self {
            id: claim_token.id,
            attempt: 1,
            replays: 0,
            endpoint: delivery.endpoint,
            provider: delivery.provider,
            provider_id: delivery.provider_id.as_deref().map(stored_text),
            received_at: time(millis(delivery.received_at)),
            head,
            body: delivery.body,
            claim_token,
            counting: Counting::AtStart,
            tenant: delivery.tenant_digest,
            cancellation: Cancellation::default(),
            trace: RunTrace::default(),
        }
    }

    /// Tells the function that runs it to end.
    #[must_use]
    pub fn cancellation(&self) -> Cancellation {
        self.cancellation.clone()
    }

    /// The text by which another system can tell a retry of this delivery from something new.
    #[must_use]
    pub fn idempotency_key(&self) -> IdempotencyKey {
        IdempotencyKey::of(self)
    }

    /// The token that the claim is settled by.
    #[must_use]
    pub fn claim_token(&self) -> ClaimToken {
        self.claim_token
    }
}

/// A fencing token: settles one claim, and is stale once the delivery has been claimed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimToken {
    pub(crate) id: i64,
    pub(crate) number: i64,
    pub(crate) ordering_digest: Option<Digest>,
}

impl ClaimToken {
    /// The token of a claim of the record `id`. The number tells its claims apart, and must never
    /// be given twice to one record: a counter that only goes up will do.
    #[must_use]
    pub const fn new(id: i64, number: i64) -> Self {
        Self { id, number, ordering_digest: None }
    }

    /// Carries the [digest of the ordering key](crate::inbox::NewDelivery::ordering_digest), so
    /// that a store need not look it up to let the next delivery go on.
    #[must_use]
    pub const fn with_ordering_digest(mut self, digest: Option<[u8; 16]>) -> Self {
        self.ordering_digest = digest;
        self
    }

    /// The number of the record.
    #[must_use]
    pub const fn id(&self) -> i64 {
        self.id
    }

    /// The number of the claim.
    #[must_use]
    pub const fn number(&self) -> i64 {
        self.number
    }

    /// The digest of the ordering key, where the token carries it.
    #[must_use]
    pub const fn ordering_digest(&self) -> Option<[u8; 16]> {
        self.ordering_digest
    }
}

/// The result of an attempt at a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttemptResult {
    /// The delivery is completed.
    Completed,
    /// The delivery is to run again.
    Retry {
        /// The pause that was asked for, such as by `Retry-After`. Before a store sees it, the
        /// inbox replaces it with the pause of its [`Backoff`](crate::inbox::Backoff). A store
        /// takes `None` as no pause.
        after: Option<Duration>,
        /// The reason, for operators.
        reason: String,
    },
    /// The delivery is not to run again: it becomes a dead letter.
    Dead {
        /// The reason, for operators.
        reason: String,
    },
    /// The delivery is to run later, because its handler asked for it: the attempt does not count.
    Snoozed {
        /// The pause.
        after: Duration,
    },
    /// The delivery was not started, because it is too old: it becomes a dead letter, and the attempt
    /// does not count.
    Expired {
        /// The reason, for operators.
        reason: String,
    },
    /// The delivery is given back: it is due at once, and the attempt does not count.
    Released,
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::inbox::record::{DeliveryState, Record};

    #[test]
    fn a_job_is_settled_by_its_token() {
        let claim = ClaimToken::new(7, 3).with_ordering_digest(Some([1; 16]));
        assert_eq!((claim.id(), claim.number()), (7, 3));
        assert_eq!(claim.ordering_digest(), Some([1; 16]));
        let mut record = Record::new(7, "orders", "acme", DeliveryState::Running, UNIX_EPOCH);
        record.attempt = 2;
        record.provider_id = Some("d-1".to_owned());
        let delivery =
            StoredDelivery::new(record, StoredRequest::default(), Bytes::from_static(b"body"));
        let job = Job::new(claim, delivery);
        assert_eq!((job.id, job.attempt, job.claim_token()), (7, 2, claim));
        assert_eq!((job.endpoint.as_str(), job.provider.as_str()), ("orders", "acme"));
        assert_eq!(job.provider_id.as_deref(), Some("d-1"));
        assert_eq!((job.received_at, &job.body[..]), (UNIX_EPOCH, &b"body"[..]));
    }
}
