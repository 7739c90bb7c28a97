//! What operators and maintenance do to records.

use std::time::{Duration, SystemTime};

use crate::inbox::record::{Record, State};

/// A change that an operator makes to records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Runs dead letters again.
    Retry,
    /// Runs finished deliveries again, completed or not.
    Replay,
    /// Discards deliveries that are not completed.
    Discard,
}

impl Change {
    /// The states that the change applies to.
    #[must_use]
    pub const fn applies_to(self) -> &'static [State] {
        match self {
            Self::Retry => &[State::Dead],
            Self::Replay => &[State::Done, State::Dead, State::Discarded],
            Self::Discard => &[State::Waiting, State::Running, State::Held, State::Dead],
        }
    }
}

/// The result of a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// The number of changed records.
    pub count: u64,
    /// The number of the last record that was looked at; `None` at the end.
    pub last: Option<i64>,
}

/// The time that finished deliveries are kept.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Completed and discarded deliveries.
    pub done: Duration,
    /// Dead letters.
    pub dead: Duration,
}

impl Retention {
    /// The states of finished deliveries, and how long each is kept.
    #[must_use]
    pub const fn by_state(&self) -> [(State, Duration); 3] {
        [(State::Done, self.done), (State::Discarded, self.done), (State::Dead, self.dead)]
    }

    /// Whether a record is old enough to be deleted.
    #[must_use]
    pub fn is_over(&self, record: &Record, now: SystemTime) -> bool {
        let kept = self.by_state().into_iter().find(|(state, _)| *state == record.state);
        kept.zip(record.finished_at).is_some_and(|((_, kept), finished_at)| {
            now.duration_since(finished_at).unwrap_or_default() >= kept
        })
    }
}

/// The numbers of what was pruned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pruned {
    /// Records, with what was sent.
    pub records: u64,
    /// Keys by which copies were recognised.
    pub keys: u64,
}

impl Pruned {
    /// Creates the numbers.
    #[must_use]
    pub const fn new(records: u64, keys: u64) -> Self {
        Self { records, keys }
    }
}

/// The limits of due times: a time far beyond them was written by a wrong clock.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The longest pause before a retry.
    pub delay: Duration,
    /// The longest lease.
    pub lease: Duration,
}

impl Bounds {
    /// Of each state that has a due time: how far ahead it can plausibly lie, and what it is reset
    /// to otherwise, counted from now; `None` is at once.
    #[must_use]
    pub fn by_state(&self) -> [(State, Duration, Option<Duration>); 2] {
        // Other processes write due times too, and may be configured differently.
        let plausible =
            |bound: Duration| bound.saturating_mul(2).saturating_add(Duration::from_secs(60));
        [
            (State::Waiting, plausible(self.delay), None),
            (State::Running, plausible(self.lease), Some(self.lease)),
        ]
    }

    /// Resets the due time of a record if it lies implausibly far ahead, and returns whether it
    /// did.
    pub fn heal(&self, record: &mut Record, now: SystemTime) -> bool {
        for (state, plausible, reset) in self.by_state() {
            let latest = now.checked_add(plausible);
            let is_far = record.due_at.zip(latest).is_some_and(|(due, latest)| due > latest);
            if record.state == state && is_far {
                record.due_at = reset.and_then(|lease| now.checked_add(lease));
                return true;
            }
        }
        false
    }
}

/// The numbers of records in the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Census {
    /// Waiting to run, now or later.
    pub waiting: u64,
    /// Claimed by workers.
    pub running: u64,
    /// Waiting for others with the same ordering key.
    pub held: u64,
    /// Dead letters.
    pub dead: u64,
    /// The time for which the oldest due delivery has been waiting.
    pub lag: Duration,
}

impl Census {
    /// Counts records that a store has at hand.
    #[must_use]
    pub fn of<'r>(records: impl IntoIterator<Item = &'r Record>, now: SystemTime) -> Self {
        let (mut census, mut oldest) = (Self::default(), now);
        for record in records {
            match record.state {
                State::Waiting => {
                    census.waiting += 1;
                    oldest = oldest.min(record.due_at.unwrap_or(record.received_at));
                }
                State::Running => census.running += 1,
                State::Held => census.held += 1,
                State::Dead => census.dead += 1,
                State::Done | State::Discarded => {}
            }
        }
        census.lag = now.duration_since(oldest).unwrap_or_default();
        census
    }
}
