//! The record of an attempt.

use std::time::{Duration, SystemTime};

/// One attempt at a delivery, as [`Inbox::attempts`](crate::Inbox::attempts) tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// Its number since the delivery came, or since an operator had it run again, from 1. After a
    /// snooze, the number comes again.
    pub number: u32,
    /// The result; `None` while it runs.
    pub end: Option<AttemptEnd>,
    /// The measurements.
    pub details: AttemptDetails,
    /// The reason why it did not complete the delivery: the error with its chain, outermost first, at
    /// most 2,000 characters.
    pub error: Option<String>,
}

/// The result of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttemptEnd {
    /// The delivery was completed.
    Completed,
    /// It failed, and the delivery was to run again.
    Retried,
    /// It failed, and the delivery became a dead letter.
    Dead,
    /// The handler asked for a later time. The attempt does not count.
    Snoozed,
    /// It ended without an answer: the process ended or lost its lease.
    Lost,
}

impl AttemptEnd {
    const ALL: [Self; 5] = [Self::Completed, Self::Retried, Self::Dead, Self::Snoozed, Self::Lost];

    /// The number in a database.
    #[must_use]
    pub const fn code(self) -> i16 {
        match self {
            Self::Completed => 0,
            Self::Retried => 1,
            Self::Dead => 2,
            Self::Snoozed => 3,
            Self::Lost => 4,
        }
    }

    /// The end of a number out of a database.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|end| end.code() == code)
    }
}

/// The measurements of an attempt. An unknown one is `None`: of attempts by earlier versions, and
/// of those whose process ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttemptDetails {
    /// The time at which the function began, by the clock of its process; while it runs, by that of the
    /// store.
    pub started_at: Option<SystemTime>,
    /// The time that it took, to the microsecond.
    pub duration: Option<Duration>,
    /// The status of its response.
    pub status: Option<u16>,
    /// The number of its process among the [workers](crate::Inbox::workers).
    pub worker: Option<i64>,
}

/// Copies of a delivery that came within one minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Duplicates {
    /// The begin of the minute.
    pub minute: SystemTime,
    /// The number of copies.
    pub count: u64,
    /// The time at which the last of them came.
    pub last: SystemTime,
}

impl Duplicates {
    /// Creates the numbers of a minute.
    #[must_use]
    pub const fn new(minute: SystemTime, count: u64, last: SystemTime) -> Self {
        Self { minute, count, last }
    }
}
