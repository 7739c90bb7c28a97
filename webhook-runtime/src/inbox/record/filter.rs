//! A filter of records.

use std::{ops::Range, time::SystemTime};

use crate::inbox::{
    record::{DeliveryState, Record, stored_reason, stored_text},
    store::Change,
};

/// A filter of records. All conditions must hold; without conditions it matches every record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub struct Filter {
    /// The numbers of the records.
    pub ids: Option<Vec<i64>>,
    /// The name of the endpoint.
    pub endpoint: Option<String>,
    /// The name of the event, as it is stored.
    pub event: Option<String>,
    /// The provider's id of the delivery, as it is stored.
    pub provider_id: Option<String>,
    /// The states.
    pub states: Option<Vec<DeliveryState>>,
    /// The span of time in which the request was verified; the end is not included.
    pub received: Option<Range<SystemTime>>,
    /// The tenant, as it is [stored](Record::tenant).
    pub tenant: Option<String>,
    /// A part of the last error; ASCII letters match in either case.
    pub error: Option<String>,
    /// The [cause](Record::cause) of the last error.
    pub cause: Option<i64>,
    /// True for records with an attempt, false for those without.
    pub attempted: Option<bool>,
    /// True for pending records that have failed before, false for those that have not. Records in
    /// other states match.
    pub retrying: Option<bool>,
    /// An upper bound: records with a higher number, or received or ended later, do not match.
    pub seen: Option<Seen>,
}

/// The upper bound of a change: what an operator has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// The highest number.
    pub id: i64,
    /// The time, by the clock of the store.
    pub at: SystemTime,
}

impl Seen {
    /// Up to this number and this time, both included.
    #[must_use]
    pub const fn new(id: i64, at: SystemTime) -> Self {
        Self { id, at }
    }
}

impl Filter {
    /// Matches all records.
    pub fn all() -> Self {
        Self::default()
    }

    /// Matches the records with these numbers.
    pub fn ids(mut self, ids: impl IntoIterator<Item = i64>) -> Self {
        self.ids = Some(ids.into_iter().collect());
        self
    }

    /// Matches the records of one endpoint, by its name.
    pub fn endpoint(mut self, name: impl Into<String>) -> Self {
        self.endpoint = Some(name.into());
        self
    }

    /// Matches the records of one event, by the provider's name of it.
    pub fn event(mut self, name: impl Into<String>) -> Self {
        self.event = Some(stored_text(&name.into()));
        self
    }

    /// Matches the records of one delivery, by the provider's id of it.
    pub fn provider_id(mut self, id: impl Into<String>) -> Self {
        self.provider_id = Some(stored_text(&id.into()));
        self
    }

    /// Matches the records in this state. Call it again for further states.
    pub fn state(mut self, state: DeliveryState) -> Self {
        self.states.get_or_insert_default().push(state);
        self
    }

    /// Matches the records that were received in a span of time; the end is not included.
    pub fn received(mut self, span: Range<SystemTime>) -> Self {
        self.received = Some(span);
        self
    }

    /// Matches the records of one tenant, as it is [stored](Record::tenant): `shop=acme`.
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = Some(stored_text(&tenant.into()));
        self
    }

    /// Matches the records whose last error contains this text; ASCII letters match in either case.
    pub fn error(mut self, part: impl Into<String>) -> Self {
        self.error = Some(stored_reason(&part.into()));
        self
    }

    /// Matches the records whose last error has this [cause](Record::cause).
    pub fn cause(mut self, cause: i64) -> Self {
        self.cause = Some(cause);
        self
    }

    /// Matches pending records that have failed before. Call [`state`](Self::state) for further states.
    pub fn retrying(mut self) -> Self {
        self.retrying = Some(true);
        self.state(DeliveryState::Pending)
    }

    /// Matches the records with an attempt, or those without.
    pub fn attempted(mut self, attempted: bool) -> Self {
        self.attempted = Some(attempted);
        self
    }

    /// Leaves out what came after a number, or came or ended after a time: what an operator has not
    /// seen. A change under this bound changes nothing that was not there when they looked.
    pub fn seen(mut self, seen: Seen) -> Self {
        self.seen = Some(seen);
        self
    }

    /// Matches only records that a change applies to.
    pub fn changeable_by(mut self, change: Change) -> Self {
        let applies = change.applies_to();
        self.states = Some(match self.states {
            None => applies.to_vec(),
            Some(states) => states.into_iter().filter(|state| applies.contains(state)).collect(),
        });
        self
    }

    /// True if the filter matches this record.
    #[must_use]
    pub fn matches(&self, record: &Record) -> bool {
        let is = |wanted: &Option<String>, text: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| text == Some(wanted))
        };
        self.ids.as_ref().is_none_or(|ids| ids.contains(&record.id))
            && is(&self.endpoint, Some(&record.endpoint))
            && is(&self.event, record.event.as_deref())
            && is(&self.provider_id, record.provider_id.as_deref())
            && self.states.as_ref().is_none_or(|states| states.contains(&record.state))
            && self.received.as_ref().is_none_or(|span| span.contains(&record.received_at))
            && is(&self.tenant, record.tenant.as_deref())
            && self.error.as_deref().is_none_or(|part| {
                let error = record.last_error.as_deref().map(str::to_ascii_lowercase);
                error.is_some_and(|error| error.contains(&part.to_ascii_lowercase()))
            })
            && self.cause.is_none_or(|cause| record.cause == Some(cause))
            && self.attempted.is_none_or(|attempted| attempted == (record.attempt > 0))
            && self.retrying.is_none_or(|retrying| {
                record.state != DeliveryState::Pending || retrying == (record.attempt > 0)
            })
            && self.seen.is_none_or(|Seen { id, at }| {
                let later = |time: Option<SystemTime>| time.is_some_and(|time| time > at);
                record.id <= id && !later(Some(record.received_at)) && !later(record.finished_at)
            })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

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
            ..Filter::default()
        };
        assert_eq!(filter, expected);
    }
}
