//! What the inbox holds, as data.

use std::{
    ops::Range,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;

use crate::{
    inbox::http::head::StoredRequest,
    support::{hash::PartsHash, text::truncate},
};

/// A verified delivery that is to be stored.
#[derive(Clone)]
#[non_exhaustive]
pub struct NewDelivery {
    /// The name of the endpoint whose function will run.
    pub endpoint: String,
    /// The name of the provider.
    pub provider: String,
    /// What makes a delivery the same as another one: the signed id, or a digest of what was
    /// signed. It counts within the endpoint and the tenant ([`StoredRequest::tenant`]).
    pub dedup_key: Bytes,
    /// For how long at least a copy of this delivery has to be recognised: as long as the provider
    /// may send it again. The inbox's own time is kept where it is longer.
    pub dedup_retention: Duration,
    /// Deliveries of one endpoint and tenant that have the same key here run one after another.
    pub ordering_key: Option<Bytes>,
    /// The name of the event, where the provider says one.
    pub event: Option<String>,
    /// The provider's id of the delivery, where it says one.
    pub provider_id: Option<String>,
    /// When the request was verified.
    pub received_at: SystemTime,
    /// What else is needed to run the function as if the request had just come.
    pub head: StoredRequest,
    /// The bytes that the provider signed.
    pub body: Bytes,
}

impl NewDelivery {
    /// A delivery of which nothing more is known.
    #[must_use]
    pub fn new(
        endpoint: impl Into<String>,
        provider: impl Into<String>,
        dedup_key: impl Into<Bytes>,
        body: impl Into<Bytes>,
        received_at: SystemTime,
    ) -> Self {
        Self {
            endpoint: endpoint.into(),
            provider: provider.into(),
            dedup_key: dedup_key.into(),
            dedup_retention: Duration::ZERO,
            ordering_key: None,
            event: None,
            provider_id: None,
            received_at,
            head: StoredRequest::default(),
            body: body.into(),
        }
    }

    /// What it takes in a queue, about: for the limit of what may wait.
    pub(crate) fn weight(&self) -> usize {
        self.body.len() + self.head.weight() + 512
    }

    /// What tells it from every other delivery of every endpoint and tenant.
    pub(crate) fn digest(&self) -> Digest {
        digest(&self.endpoint, &self.head.tenant, &self.dedup_key)
    }

    /// What the deliveries that run one after another have in common.
    pub(crate) fn line(&self) -> Option<Digest> {
        let key = self.ordering_key.as_ref()?;
        Some(digest(&self.endpoint, &self.head.tenant, key))
    }
}

/// Of fixed size whatever a sender writes; half of SHA-256 is as hard to hit as a UUID, and keeps the
/// index of keys small.
pub(crate) type Digest = [u8; 16];

fn digest(endpoint: &str, scope: &[(String, String)], key: &[u8]) -> Digest {
    let mut hash = PartsHash::new();
    hash.part(endpoint.as_bytes());
    hash.part(&(scope.len() as u64).to_be_bytes());
    for (name, value) in scope {
        hash.part(name.as_bytes());
        hash.part(value.as_bytes());
    }
    hash.part(key);
    let mut digest = Digest::default();
    digest.copy_from_slice(&hash.finish()[..16]);
    digest
}

/// What became of a delivery that was to be stored. Either way it is safe, and can be acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EnqueueResult {
    /// It is stored, under this number.
    Stored(i64),
    /// It had been stored before, under this number; the record may have been pruned since.
    Duplicate(i64),
}

impl EnqueueResult {
    /// The number of the record.
    #[must_use]
    pub fn id(self) -> i64 {
        match self {
            Self::Stored(id) | Self::Duplicate(id) => id,
        }
    }
}

/// Where a stored delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeliveryState {
    /// To be run, now or at a later time.
    Pending,
    /// Claimed by a worker whose lease has not run out, or has not been noticed to have.
    Running,
    /// Behind another delivery of the same order key.
    Blocked,
    /// Completed.
    Completed,
    /// Given up; [`Record::last_error`] says why. It can be retried.
    Dead,
    /// Put aside by an operator.
    Cancelled,
}

impl DeliveryState {
    /// All states.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Running, Self::Blocked, Self::Completed, Self::Dead, Self::Cancelled];

    /// Its number in the database. The order matters: what is below 2 can become due, and what is
    /// above 2 is finished.
    pub(crate) const fn code(self) -> i16 {
        match self {
            Self::Pending => 0,
            Self::Running => 1,
            Self::Blocked => 2,
            Self::Completed => 3,
            Self::Dead => 4,
            Self::Cancelled => 5,
        }
    }

    pub(crate) fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Whether nothing more will happen to it by itself.
    #[must_use]
    pub const fn is_finished(self) -> bool {
        self.code() > 2
    }
}

/// One record of the inbox, without what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// Its number: a later delivery has a higher one.
    pub id: i64,
    /// The name of the endpoint.
    pub endpoint: String,
    /// The name of the provider.
    pub provider: String,
    /// The name of the event, where the provider says one.
    pub event: Option<String>,
    /// The provider's id of the delivery, where it says one.
    pub provider_id: Option<String>,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it has been started since it came, or since an operator had it run again.
    pub attempt: u32,
    /// Why the last attempt did not complete it.
    pub last_error: Option<String>,
    /// When the request was verified.
    pub received_at: SystemTime,
    /// When it is to run (waiting), or when its lease runs out (running); `None` for at once.
    pub due_at: Option<SystemTime>,
    /// When it was completed or given up.
    pub finished_at: Option<SystemTime>,
    /// The length of the body.
    pub body_len: u64,
}

/// One record of the inbox with what was sent.
#[derive(Clone)]
#[non_exhaustive]
pub struct StoredDelivery {
    /// The record.
    pub record: Record,
    /// The request, but for its body.
    pub head: StoredRequest,
    /// The body.
    pub body: Bytes,
}

/// A claimed delivery, to be run now.
#[derive(Clone)]
#[non_exhaustive]
pub struct Job {
    /// The number of the record.
    pub id: i64,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// The name of the endpoint.
    pub endpoint: String,
    /// The name of the provider.
    pub provider: String,
    /// When the request was verified.
    pub received_at: SystemTime,
    /// The request, but for its body.
    pub head: StoredRequest,
    /// The body.
    pub body: Bytes,
    pub(crate) claim_token: ClaimToken,
}

impl Job {
    /// What the claim can be settled by.
    #[must_use]
    pub fn claim_token(&self) -> ClaimToken {
        self.claim_token
    }
}

/// What a worker settles its claim by: of no use once the delivery has been claimed anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimToken {
    /// The number of the record.
    pub id: i64,
    /// How often it has been claimed, ever. Only goes up.
    pub(crate) claim: i64,
    /// What has to follow when it is finished.
    pub(crate) ordering_key: Option<Digest>,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttemptResult {
    /// The delivery is completed.
    Completed,
    /// To be tried again.
    Retry {
        /// Not before this time has passed, where something said so (`Retry-After`).
        after: Option<Duration>,
        /// Why, for operators.
        reason: String,
    },
    /// Not to be tried again: a dead letter.
    Dead {
        /// Why, for operators.
        reason: String,
    },
}

/// Which records are meant. Everything that is said has to apply; nothing said means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Filter {
    pub(crate) ids: Option<Vec<i64>>,
    pub(crate) endpoint: Option<String>,
    pub(crate) event: Option<String>,
    pub(crate) provider_id: Option<String>,
    pub(crate) states: Option<Vec<DeliveryState>>,
    pub(crate) received: Option<Range<SystemTime>>,
}

impl Filter {
    /// All records.
    pub fn all() -> Self {
        Self::default()
    }

    /// The records of these numbers.
    pub fn ids(mut self, ids: impl IntoIterator<Item = i64>) -> Self {
        self.ids = Some(ids.into_iter().collect());
        self
    }

    /// The records of one endpoint, by the name of its function.
    pub fn endpoint(mut self, name: impl Into<String>) -> Self {
        self.endpoint = Some(name.into());
        self
    }

    /// The records of one event, by the provider's name for it.
    pub fn event(mut self, name: impl Into<String>) -> Self {
        self.event = Some(stored_text(&name.into()));
        self
    }

    /// The records of one delivery, by the provider's id for it.
    pub fn provider_id(mut self, id: impl Into<String>) -> Self {
        self.provider_id = Some(stored_text(&id.into()));
        self
    }

    /// The records that stand so.
    pub fn state(mut self, state: DeliveryState) -> Self {
        self.states.get_or_insert_default().push(state);
        self
    }

    /// The records that were received in a span of time, its end not included.
    pub fn received(mut self, span: Range<SystemTime>) -> Self {
        self.received = Some(span);
        self
    }
}

/// The longest text of a sender that is stored in a column of its own.
const MOST_TEXT: usize = 255;

/// A sender's text as a column takes it: bounded, and without the NUL that PostgreSQL refuses.
pub(crate) fn stored_text(text: &str) -> String {
    truncate(text, MOST_TEXT).replace('\0', "\u{fffd}")
}

/// Milliseconds since 1970; what is out of all bounds is brought into them.
pub(crate) fn millis(time: SystemTime) -> i64 {
    // Far from the ends of `i64`, so that a duration can be added.
    const MOST: i64 = i64::MAX / 4;
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(MOST).min(MOST),
        Err(before) => -i64::try_from(before.duration().as_millis()).unwrap_or(MOST).min(MOST),
    }
}

/// A duration in milliseconds, at most about 300 years.
pub(crate) fn span(duration: Duration) -> i64 {
    const MOST: i64 = 10_000_000_000_000;
    i64::try_from(duration.as_millis()).unwrap_or(MOST).min(MOST)
}

/// The time of a number out of the store.
pub(crate) fn time(millis: i64) -> SystemTime {
    let distance = Duration::from_millis(millis.unsigned_abs());
    let time = if millis < 0 {
        UNIX_EPOCH.checked_sub(distance)
    } else {
        UNIX_EPOCH.checked_add(distance)
    };
    time.unwrap_or(UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(params: &[(&str, &str)]) -> Vec<(String, String)> {
        params.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn keys_are_told_apart_by_endpoint_and_tenant() {
        let all = [
            digest("a", &[], b"key"),
            digest("b", &[], b"key"),
            digest("ak", &[], b"ey"),
            digest("a", &scope(&[("tenant", "1")]), b"key"),
            digest("a", &scope(&[("tenan", "t1")]), b"key"),
            digest("a", &scope(&[("tenant", "2")]), b"key"),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(one), "{at}");
        }
        assert_eq!(all[0], digest("a", &[], b"key"));
    }

    #[test]
    fn any_time_can_be_stored() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(1_760_000_000_123);
        assert_eq!(time(millis(now)), now);
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(5);
        assert_eq!(time(millis(before)), before);
        for odd in [i64::MAX, i64::MIN, 0, -1] {
            let _ = time(odd);
        }
        assert!(span(Duration::MAX) > span(Duration::from_secs(86_400 * 365 * 300)));
        assert!(millis(now).checked_add(span(Duration::MAX)).is_some());
    }

    #[test]
    fn a_senders_text_is_bounded() {
        assert_eq!(stored_text("a\0b"), "a\u{fffd}b");
        assert_eq!(stored_text(&"ü".repeat(400)).chars().count(), 255);
    }

    #[test]
    fn states_have_codes() {
        for state in DeliveryState::ALL {
            assert_eq!(DeliveryState::from_code(state.code()), Some(state));
        }
        assert_eq!(DeliveryState::from_code(9), None);
    }

    #[test]
    fn a_delivery_weighs_what_it_holds() {
        let mut delivery = NewDelivery::new("e", "p", "key", "0123456789", UNIX_EPOCH);
        assert_eq!(delivery.weight(), 522);
        delivery.head.uri = String::from("/hooks");
        assert_eq!(delivery.weight(), 528);
    }

    #[test]
    fn a_line_is_of_one_endpoint_and_tenant() {
        let mut delivery = NewDelivery::new("e", "p", "key", "", UNIX_EPOCH);
        assert_eq!(delivery.digest(), digest("e", &[], b"key"));
        assert_eq!(delivery.line(), None);
        delivery.ordering_key = Some(Bytes::from_static(b"order"));
        assert_eq!(delivery.line(), Some(digest("e", &[], b"order")));
        delivery.head.tenant = scope(&[("tenant", "1")]);
        assert_eq!(delivery.digest(), digest("e", &delivery.head.tenant, b"key"));
        assert_eq!(delivery.line(), Some(digest("e", &delivery.head.tenant, b"order")));
    }

    #[test]
    fn stored_or_not_there_is_a_number() {
        assert_eq!((EnqueueResult::Stored(7).id(), EnqueueResult::Duplicate(8).id()), (7, 8));
    }

    #[test]
    fn what_is_done_given_up_or_put_aside_is_finished() {
        let finished = DeliveryState::ALL.map(DeliveryState::is_finished);
        assert_eq!(finished, [false, false, false, true, true, true]);
        assert_eq!(
            DeliveryState::ALL.map(DeliveryState::code),
            [0, 1, 2, 3, 4, 5],
            "they are in databases"
        );
    }

    #[test]
    fn everything_that_is_said_is_in_the_filter() {
        assert_eq!(Filter::all(), Filter::default());
        let span = UNIX_EPOCH..UNIX_EPOCH + Duration::from_secs(1);
        let filter = Filter::all()
            .ids([1, 2])
            .endpoint("e")
            .event("v\0")
            .provider_id("i\0")
            .state(DeliveryState::Completed)
            .state(DeliveryState::Dead)
            .received(span.clone());
        let expected = Filter {
            ids: Some(vec![1, 2]),
            endpoint: Some("e".to_owned()),
            event: Some("v\u{fffd}".to_owned()),
            provider_id: Some("i\u{fffd}".to_owned()),
            states: Some(vec![DeliveryState::Completed, DeliveryState::Dead]),
            received: Some(span),
        };
        assert_eq!(filter, expected);
    }

    #[test]
    fn a_claim_is_settled_by_its_fence() {
        let claim_token = ClaimToken { id: 7, claim: 3, ordering_key: Some([1; 16]) };
        let job = Job {
            id: 7,
            attempt: 1,
            endpoint: String::new(),
            provider: String::new(),
            received_at: UNIX_EPOCH,
            head: StoredRequest::default(),
            body: Bytes::new(),
            claim_token,
        };
        assert_eq!(job.claim_token(), claim_token);
    }

    #[test]
    fn times_are_milliseconds_and_within_bounds() {
        let distance = Duration::from_millis(1_760_000_000_123);
        assert_eq!(millis(UNIX_EPOCH + distance), 1_760_000_000_123);
        assert_eq!(millis(UNIX_EPOCH - distance), -1_760_000_000_123);
        assert_eq!((time(0), time(-5)), (UNIX_EPOCH, UNIX_EPOCH - Duration::from_millis(5)));
        assert_eq!(time(5), UNIX_EPOCH + Duration::from_millis(5));
        // As far as a clock can be; a lease can be added all the same.
        let far = Duration::from_secs(i64::MAX as u64);
        for (at, millis) in [
            (UNIX_EPOCH.checked_add(far), i64::MAX / 4),
            (UNIX_EPOCH.checked_sub(far), -(i64::MAX / 4)),
        ] {
            assert!(at.is_none_or(|at| super::millis(at) == millis), "{at:?}");
        }
        assert_eq!(span(Duration::from_millis(1500)), 1500);
        assert_eq!(span(Duration::MAX), 10_000_000_000_000);
    }
}
