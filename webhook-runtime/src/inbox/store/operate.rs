//! Changes by operators and maintenance to records.

use std::time::{Duration, SystemTime};

use crate::inbox::record::{DeliveryState, Filter, Record};

/// A change that an operator makes to records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Runs dead letters again.
    Retry,
    /// Runs finished deliveries again, completed or not.
    Replay,
    /// Cancels deliveries that have not ended.
    Cancel,
    /// Puts dead letters aside.
    Discard,
}

impl Change {
    /// The states that the change applies to.
    #[must_use]
    pub const fn applies_to(self) -> &'static [DeliveryState] {
        match self {
            Self::Retry | Self::Discard => &[DeliveryState::Dead],
            Self::Replay => {
                &[DeliveryState::Completed, DeliveryState::Dead, DeliveryState::Cancelled]
            }
            Self::Cancel => {
                &[DeliveryState::Pending, DeliveryState::Running, DeliveryState::Blocked]
            }
        }
    }
}

/// The result of a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChangeResult {
    /// The number of changed records.
    pub count: u64,
    /// The number up to which was looked, if there may be more
    /// [beyond](crate::inbox::store::Window::beyond) it; `None` at the end.
    pub last: Option<i64>,
}

/// The time that the sums of minutes are kept.
#[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres", feature = "testing"))]
pub(crate) const SUMS_KEPT: Duration = Duration::from_secs(24 * 3600);

/// The number of attempts of one delivery that are kept.
#[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres", feature = "testing"))]
pub(crate) const KEPT_ATTEMPTS: u8 = 100;

/// The time that finished deliveries are kept.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Completed and cancelled deliveries.
    pub completed: Duration,
    /// Dead letters.
    pub dead_letters: Duration,
}

impl Retention {
    /// The states of finished deliveries, and how long each is kept.
    #[must_use]
    pub const fn by_state(&self) -> [(DeliveryState, Duration); 3] {
        [
            (DeliveryState::Completed, self.completed),
            (DeliveryState::Cancelled, self.completed),
            (DeliveryState::Dead, self.dead_letters),
        ]
    }

    /// The same for an endpoint that may have times of its own.
    #[must_use]
    pub fn with(mut self, own: Option<&EndpointRetention>) -> Self {
        if let Some(own) = own {
            self.completed = own.completed.unwrap_or(self.completed);
            self.dead_letters = own.dead_letters.unwrap_or(self.dead_letters);
        }
        self
    }

    /// True if a record is old enough to be deleted.
    #[must_use]
    pub fn is_over(&self, record: &Record, now: SystemTime) -> bool {
        let kept = self.by_state().into_iter().find(|(state, _)| *state == record.state);
        kept.zip(record.finished_at).is_some_and(|((_, kept), finished_at)| {
            now.duration_since(finished_at).unwrap_or_default() >= kept
        })
    }
}

/// The time that finished deliveries of one endpoint are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndpointRetention {
    /// The name of the endpoint.
    pub endpoint: String,
    /// Completed and cancelled deliveries; `None` is as the inbox has it.
    pub completed: Option<Duration>,
    /// Dead letters; `None` is as the inbox has it.
    pub dead_letters: Option<Duration>,
}

impl EndpointRetention {
    /// The times of an endpoint.
    #[must_use]
    pub fn new(
        endpoint: impl Into<String>,
        completed: Option<Duration>,
        dead_letters: Option<Duration>,
    ) -> Self {
        Self { endpoint: endpoint.into(), completed, dead_letters }
    }

    /// True if it has no times of its own.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.completed.is_none() && self.dead_letters.is_none()
    }
}

/// The numbers of what was pruned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PruneResult {
    /// Records, with what was sent.
    pub records: u64,
    /// Keys by which copies were recognised.
    pub dedup_keys: u64,
    /// True if the store has not looked at everything yet: prune again.
    pub more: bool,
}

impl PruneResult {
    /// Creates the numbers. If anything was deleted, there may be more.
    #[must_use]
    pub const fn new(records: u64, dedup_keys: u64) -> Self {
        Self { records, dedup_keys, more: records > 0 || dedup_keys > 0 }
    }
}

/// By how much the clocks of two processes may differ.
pub(crate) const CLOCKS_DIFFER: Duration = Duration::from_secs(60);

/// The limits of due times: a time far beyond them was written by a wrong clock.
#[derive(Clone, Copy, Debug)]
pub struct DueTimeLimits {
    /// The longest pause before a retry.
    pub max_delay: Duration,
    /// The longest lease.
    pub max_lease: Duration,
}

impl DueTimeLimits {
    /// Of each state that has a due time: how far ahead it can plausibly lie, and what it is reset
    /// to otherwise, counted from now; `None` is at once.
    #[must_use]
    pub fn by_state(&self) -> [(DeliveryState, Duration, Option<Duration>); 2] {
        // Other processes write due times too, and may be configured differently.
        let plausible = |bound: Duration| bound.saturating_mul(2).saturating_add(CLOCKS_DIFFER);
        [
            (DeliveryState::Pending, plausible(self.max_delay), None),
            (DeliveryState::Running, plausible(self.max_lease), Some(self.max_lease)),
        ]
    }

    /// Resets the due time of a record if it lies implausibly far ahead, and returns whether it
    /// did.
    pub fn clamp(&self, record: &mut Record, now: SystemTime) -> bool {
        for (state, plausible, reset) in self.by_state() {
            // A sender may ask for a longer pause.
            let plausible = plausible.max(record.pause.saturating_add(CLOCKS_DIFFER));
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
pub struct QueueDepth {
    /// Waiting to run, now or later.
    pub pending: u64,
    /// Claimed by workers.
    pub running: u64,
    /// Waiting for others with the same ordering key.
    pub blocked: u64,
    /// Dead letters.
    pub dead: u64,
    /// The time for which the oldest due delivery has been waiting, of endpoints that are not paused.
    pub lag: Duration,
}

impl QueueDepth {
    /// Counts records that a store has at hand.
    #[must_use]
    pub fn of<'r>(records: impl IntoIterator<Item = &'r Record>, now: SystemTime) -> Self {
        Self::of_unpaused(records, now, |_| false)
    }

    /// The same where endpoints can be paused: theirs do not wait.
    #[must_use]
    pub fn of_unpaused<'r>(
        records: impl IntoIterator<Item = &'r Record>,
        now: SystemTime,
        is_paused: impl Fn(&str) -> bool,
    ) -> Self {
        let (mut queue_depth, mut oldest) = (Self::default(), now);
        for record in records {
            match record.state {
                DeliveryState::Pending => {
                    queue_depth.pending += 1;
                    if !is_paused(&record.endpoint) {
                        oldest = oldest.min(record.due_at.unwrap_or(record.received_at));
                    }
                }
                DeliveryState::Running => queue_depth.running += 1,
                DeliveryState::Blocked => queue_depth.blocked += 1,
                DeliveryState::Dead => queue_depth.dead += 1,
                DeliveryState::Completed | DeliveryState::Cancelled => {}
            }
        }
        queue_depth.lag = now.duration_since(oldest).unwrap_or_default();
        queue_depth
    }
}

/// The unfinished deliveries of one endpoint: pending, running or blocked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndpointBacklog {
    /// The name of the endpoint.
    pub endpoint: String,
    /// The number of deliveries.
    pub count: u64,
    /// The time at which the oldest of them was received.
    pub oldest: SystemTime,
}

impl EndpointBacklog {
    /// Creates the numbers of an endpoint.
    #[must_use]
    pub fn new(endpoint: impl Into<String>, count: u64, oldest: SystemTime) -> Self {
        Self { endpoint: endpoint.into(), count, oldest }
    }

    /// Counts the unfinished among records that a store has at hand. Others can be among them.
    #[must_use]
    pub fn of<'r>(records: impl IntoIterator<Item = &'r Record>) -> Vec<Self> {
        let mut backlog = Vec::new();
        Self::add(&mut backlog, records);
        backlog
    }

    /// The age of the oldest delivery.
    #[must_use]
    pub fn age(&self, now: SystemTime) -> Duration {
        now.duration_since(self.oldest).unwrap_or_default()
    }

    /// The records that count.
    pub(super) fn filter() -> Filter {
        let unfinished = DeliveryState::ALL.into_iter().filter(|state| !state.is_finished());
        unfinished.fold(Filter::all(), Filter::state)
    }

    /// Adds records to a backlog that is ordered by name.
    pub(super) fn add<'r>(backlog: &mut Vec<Self>, records: impl IntoIterator<Item = &'r Record>) {
        for record in records.into_iter().filter(|record| !record.state.is_finished()) {
            match backlog.binary_search_by(|of| of.endpoint.cmp(&record.endpoint)) {
                Ok(at) => {
                    backlog[at].count += 1;
                    backlog[at].oldest = backlog[at].oldest.min(record.received_at);
                }
                Err(at) => backlog.insert(at, Self::new(&record.endpoint, 1, record.received_at)),
            }
        }
    }
}
