//! A filter of records.

use std::{ops::Range, time::SystemTime};

use crate::inbox::record::{DeliveryState, Record, stored_text};

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
        };
        assert_eq!(filter, expected);
    }
}
