//! The operator's view of all records at once.

use std::{cmp::Reverse, time::SystemTime};

use crate::inbox::record::{Record, cause_text};

/// A count that stops at a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// The number, at most the limit.
    pub number: u64,
    /// True if there are more.
    pub more: bool,
}

impl Count {
    /// The count of a number that was counted up to one more than the limit.
    #[must_use]
    pub const fn up_to(limit: u64, counted: u64) -> Self {
        if counted > limit {
            Self { number: limit, more: true }
        } else {
            Self { number: counted, more: false }
        }
    }
}

/// The sums of one minute at one endpoint, in all processes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MinuteSum {
    /// The begin of the minute.
    pub minute: SystemTime,
    /// The name of the endpoint.
    pub endpoint: String,
    /// Deliveries that were stored; duplicates are none.
    pub received: u64,
    /// Attempts that completed their delivery.
    pub completed: u64,
    /// Attempts that failed, also where the delivery was to run again.
    pub failed: u64,
}

impl MinuteSum {
    /// A minute in which nothing has happened yet.
    #[must_use]
    pub fn new(minute: SystemTime, endpoint: impl Into<String>) -> Self {
        Self { minute, endpoint: endpoint.into(), received: 0, completed: 0, failed: 0 }
    }
}

/// Dead letters of one endpoint that have their cause in common.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CauseGroup {
    /// The name of the endpoint.
    pub endpoint: String,
    /// The [cause](crate::inbox::Record::cause); `None` for dead letters of an earlier version.
    pub cause: Option<i64>,
    /// The number of dead letters.
    pub count: u64,
    /// The time at which the first of them died.
    pub first: SystemTime,
    /// The time at which the last of them died.
    pub last: SystemTime,
    /// The number of the newest record.
    pub newest: i64,
    /// Its error.
    pub error: String,
    /// Its error without numbers and ids, which are `#`.
    pub text: String,
}

impl CauseGroup {
    /// Creates the group of dead letters whose newest one is this.
    #[must_use]
    pub fn new(newest: &Record, count: u64, first: SystemTime, last: SystemTime) -> Self {
        let error = newest.last_error.clone().unwrap_or_default();
        Self {
            endpoint: newest.endpoint.clone(),
            cause: newest.cause.filter(|cause| *cause != 0),
            count,
            first,
            last,
            newest: newest.id,
            text: cause_text(&error),
            error,
        }
    }

    /// Adds dead letters, the newest first.
    pub(super) fn add(groups: &mut Vec<Self>, dead: &[Record]) {
        for record in dead {
            let died = record.finished_at.unwrap_or(record.received_at);
            let cause = record.cause.filter(|cause| *cause != 0);
            let same =
                |group: &&mut Self| group.endpoint == record.endpoint && group.cause == cause;
            match groups.iter_mut().find(same) {
                Some(group) => {
                    group.count += 1;
                    group.first = group.first.min(died);
                    group.last = group.last.max(died);
                }
                None => groups.push(Self::new(record, 1, died, died)),
            }
        }
    }

    /// The largest group first.
    pub(crate) fn sort(groups: &mut [Self]) {
        groups.sort_by_key(|group| (Reverse(group.count), Reverse(group.newest)));
    }
}

/// Dead letters of one endpoint that died after a time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecentDeadLetters {
    /// The name of the endpoint.
    pub endpoint: String,
    /// The number of dead letters.
    pub count: u64,
    /// The time at which the last of them died.
    pub last: SystemTime,
}

impl RecentDeadLetters {
    /// Dead letters of an endpoint, the last of which died at this time.
    #[must_use]
    pub fn new(endpoint: impl Into<String>, count: u64, last: SystemTime) -> Self {
        Self { endpoint: endpoint.into(), count, last }
    }

    /// Counts the records that died after a time, by the name of their endpoint.
    pub(super) fn of(records: &[Record], since: SystemTime) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for record in records {
            let Some(died) = record.finished_at.filter(|died| *died >= since) else { continue };
            match all.binary_search_by(|of| of.endpoint.cmp(&record.endpoint)) {
                Ok(at) => {
                    all[at].count += 1;
                    all[at].last = all[at].last.max(died);
                }
                Err(at) => all.insert(at, Self::new(&record.endpoint, 1, died)),
            }
        }
        all
    }
}

/// The deliveries of one endpoint that have not ended, and its dead letters. Each count stops at a
/// limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndpointCounts {
    /// The name of the endpoint.
    pub endpoint: String,
    /// Deliveries that are due at once, and wait for a slot.
    pub pending: Count,
    /// Deliveries that wait for a time: after an attempt that failed, or a snooze.
    pub retrying: Count,
    /// Deliveries that wait for another one with the same ordering key.
    pub blocked: Count,
    /// Deliveries that are claimed by workers.
    pub running: Count,
    /// Dead letters.
    pub dead: Count,
    /// The time at which the oldest delivery was received that waits to run.
    pub oldest: Option<SystemTime>,
    /// The time at which the next retry is due, which may be past.
    pub next_due: Option<SystemTime>,
    /// The earliest time at which a waiting delivery is due, which may be past.
    pub first_due: Option<SystemTime>,
}

impl EndpointCounts {
    /// An endpoint with nothing.
    #[must_use]
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self { endpoint: endpoint.into(), ..Self::default() }
    }
}
