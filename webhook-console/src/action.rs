//! The changes that operators make to deliveries.

use webhook_runtime::inbox::{Filter, Inbox, InboxError, store::Change};

use crate::kind::Kind;

/// A change of deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Retry,
    Replay,
    Cancel,
    Discard,
}

impl Action {
    pub(crate) const ALL: [Self; 4] = [Self::Retry, Self::Replay, Self::Cancel, Self::Discard];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Replay => "replay",
            Self::Cancel => "cancel",
            Self::Discard => "discard",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.word() == word)
    }

    /// The label of a button.
    pub(crate) const fn verb(self) -> &'static str {
        match self {
            Self::Retry => "Retry",
            Self::Replay => "Replay",
            Self::Cancel => "Cancel",
            Self::Discard => "Discard",
        }
    }

    /// The word for what has happened.
    pub(crate) const fn done(self) -> &'static str {
        match self {
            Self::Retry => "retried",
            Self::Replay => "replayed",
            Self::Cancel => "cancelled",
            Self::Discard => "discarded",
        }
    }

    /// The word for what is happening.
    pub(crate) const fn doing(self) -> &'static str {
        match self {
            Self::Retry => "Retrying",
            Self::Replay => "Replaying",
            Self::Cancel => "Cancelling",
            Self::Discard => "Discarding",
        }
    }

    /// The states that the console offers it for.
    pub(crate) const fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Retry | Self::Discard => &[Kind::Dead],
            Self::Replay => &[Kind::Completed, Kind::Cancelled],
            Self::Cancel => &[Kind::Pending, Kind::Blocked, Kind::Running, Kind::Retrying],
        }
    }

    /// The actions for a delivery in this state.
    pub(crate) fn of(kind: Kind) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |action| action.kinds().contains(&kind))
    }

    pub(crate) const fn change(self) -> Change {
        match self {
            Self::Retry => Change::Retry,
            Self::Replay => Change::Replay,
            Self::Cancel => Change::Cancel,
            Self::Discard => Change::Discard,
        }
    }

    /// Narrows a filter to what this action is offered for.
    pub(crate) fn narrow(self, filter: Filter) -> Filter {
        let mut filter = filter.changeable_by(self.change());
        if self == Self::Replay {
            // Dead letters are retried.
            let kinds = self.kinds();
            let offered = |state: &_| kinds.iter().any(|kind| kind.state() == *state);
            filter.states.get_or_insert_default().retain(offered);
        }
        filter
    }

    /// A number of what it applies to: `1 dead letter`, `12 completed deliveries`.
    pub(crate) fn subject(self, count: u64, kinds: &[Kind]) -> String {
        let (one, many) = match (self, kinds) {
            (Self::Retry | Self::Discard, _) => ("dead letter", "dead letters"),
            (Self::Replay, [Kind::Completed]) => ("completed delivery", "completed deliveries"),
            (Self::Replay, [Kind::Cancelled]) => ("cancelled delivery", "cancelled deliveries"),
            _ => ("delivery", "deliveries"),
        };
        crate::format::counted(count, one, many)
    }

    /// Its meaning, for a page that asks.
    pub(crate) const fn meaning(self, is_one: bool) -> &'static str {
        match (self, is_one) {
            (Self::Retry, false) => {
                "They run again from their first attempt, as soon as a worker is free. Side effects \
                 outside the database may happen twice."
            }
            (Self::Retry, true) => {
                "It runs again from its first attempt, as soon as a worker is free. Side effects \
                 outside the database may happen twice."
            }
            (Self::Replay, false) => {
                "Their handlers run once more, although they had ended. Everything they do happens \
                 again."
            }
            (Self::Replay, true) => {
                "Its handler runs once more, although it had ended. Everything it does happens again."
            }
            (Self::Cancel, false) => {
                "They will not run. What is running now cannot complete: its writes through Tx are \
                 rolled back, other side effects remain."
            }
            (Self::Cancel, true) => {
                "It will not run. If it is running now, it cannot complete: its writes through Tx are \
                 rolled back, other side effects remain."
            }
            (Self::Discard, _) => "",
        }
    }

    /// Changes what a filter matches, and returns how many were changed.
    pub(crate) async fn run(self, inbox: &Inbox, filter: &Filter) -> Result<u64, InboxError> {
        match self {
            Self::Retry => inbox.retry(filter).await,
            Self::Replay => inbox.replay(filter).await,
            Self::Cancel => inbox.cancel(filter).await,
            Self::Discard => inbox.discard(filter).await,
        }
    }
}
