//! The part of a delivery that a payload type is decoded from. It is known at start, so that
//! mistakes are found then.

#[cfg(feature = "openapi")]
use crate::delivery::PayloadSchemas;

/// The part of a delivery that a payload type takes.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct PayloadShape {
    pub(crate) kind: PayloadKind,
    /// The names of the events that have a variant, if the name decides what is decoded.
    pub(crate) events: Option<&'static [&'static str]>,
    /// The names that are compared with the list of the provider, each with similar names of events
    /// that some provider sends.
    pub(crate) listed: &'static [(&'static str, &'static [&'static str])],
    /// The JSON schemas of the type, for a document about the endpoint.
    #[cfg(feature = "openapi")]
    pub(crate) schemas: PayloadSchemas,
}

/// The part of a delivery that is one payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PayloadKind {
    /// One item of a batch, or the body if the provider sends no batches.
    Item,
    /// All items of a batch.
    Batch,
    /// The whole delivery, not decoded.
    Delivery,
}

impl PayloadShape {
    pub(crate) const ITEM: Self = Self {
        kind: PayloadKind::Item,
        events: None,
        listed: &[],
        #[cfg(feature = "openapi")]
        schemas: PayloadSchemas::NONE,
    };
    pub(crate) const DELIVERY: Self = Self { kind: PayloadKind::Delivery, ..Self::ITEM };

    /// An enum of the events with these names. `listed` are those to compare with the list of the
    /// provider, each with similar names.
    #[must_use]
    pub const fn of_events(
        events: &'static [&'static str],
        listed: &'static [(&'static str, &'static [&'static str])],
    ) -> Self {
        Self { events: Some(events), listed, ..Self::ITEM }
    }

    pub(crate) const fn batch_of(item: Self) -> Self {
        Self { kind: PayloadKind::Batch, ..item }
    }

    /// True if the name of the event decides what is decoded.
    pub(crate) const fn is_by_event(self) -> bool {
        self.events.is_some()
    }

    /// The name if it has a variant of its own, or else an empty text: an attacker may make up any
    /// number of other names. `with_action` says that the provider sends an action as well, which a
    /// variant may add to the name.
    #[cfg(feature = "inbox")]
    pub(crate) fn known_event(self, name: &str, with_action: bool) -> &str {
        let is_known = |event: &&str| {
            let rest = event.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || with_action && rest.starts_with('.'))
        };
        if self.events.unwrap_or_default().iter().any(is_known) { name } else { "" }
    }
}
