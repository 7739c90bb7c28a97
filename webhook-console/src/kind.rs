//! The states of deliveries as operators see them: a retry is a state of its own.

use webhook_runtime::inbox::{DeliveryState, Filter, Record};

/// The state of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Pending,
    Blocked,
    Running,
    Retrying,
    Dead,
    Completed,
    Cancelled,
}

impl Kind {
    pub(crate) const ALL: [Self; 7] = [
        Self::Pending,
        Self::Blocked,
        Self::Running,
        Self::Retrying,
        Self::Dead,
        Self::Completed,
        Self::Cancelled,
    ];

    pub(crate) fn of(record: &Record) -> Self {
        match record.state {
            DeliveryState::Pending if record.attempt > 0 => Self::Retrying,
            DeliveryState::Running => Self::Running,
            DeliveryState::Blocked => Self::Blocked,
            DeliveryState::Completed => Self::Completed,
            DeliveryState::Dead => Self::Dead,
            DeliveryState::Cancelled => Self::Cancelled,
            _ => Self::Pending,
        }
    }

    /// The word in URLs and class names.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Blocked => "blocked",
            Self::Running => "running",
            Self::Retrying => "retrying",
            Self::Dead => "dead",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The name of the state of one delivery.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Blocked => "Blocked",
            Self::Running => "Running",
            Self::Retrying => "Retrying",
            Self::Dead => "Dead letter",
            Self::Completed => "Completed",
            Self::Cancelled => "Cancelled",
        }
    }

    /// The name of all in this state.
    pub(crate) const fn names(self) -> &'static str {
        match self {
            Self::Dead => "Dead letters",
            _ => self.name(),
        }
    }

    pub(crate) const fn state(self) -> DeliveryState {
        match self {
            Self::Pending | Self::Retrying => DeliveryState::Pending,
            Self::Blocked => DeliveryState::Blocked,
            Self::Running => DeliveryState::Running,
            Self::Dead => DeliveryState::Dead,
            Self::Completed => DeliveryState::Completed,
            Self::Cancelled => DeliveryState::Cancelled,
        }
    }

    /// True if the delivery has yet to end.
    pub(crate) const fn is_unfinished(self) -> bool {
        !self.state().is_finished()
    }

    /// A filter for the deliveries in one of these states; all of them if there are none.
    pub(crate) fn filter(kinds: &[Self]) -> Filter {
        let mut filter = kinds.iter().fold(Filter::all(), |filter, kind| {
            let known = filter.states.as_ref().is_some_and(|known| known.contains(&kind.state()));
            if known { filter } else { filter.state(kind.state()) }
        });
        filter.retrying = match (kinds.contains(&Self::Pending), kinds.contains(&Self::Retrying)) {
            (true, false) => Some(false),
            (false, true) => Some(true),
            _ => None,
        };
        filter
    }
}
