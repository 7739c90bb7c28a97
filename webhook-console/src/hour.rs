//! The last hour in figures.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use webhook_runtime::inbox::MinuteSum;

/// The minutes of the charts.
pub(crate) const MINUTES: usize = 60;

/// The figures of each of the last 60 minutes, the oldest first.
#[derive(Clone)]
pub(crate) struct Hour {
    /// The begin of the first minute.
    pub(crate) begin: SystemTime,
    pub(crate) received: [u64; MINUTES],
    pub(crate) completed: [u64; MINUTES],
    pub(crate) failed: [u64; MINUTES],
}

impl Hour {
    /// The hour that ends with this minute.
    pub(crate) fn until(now: SystemTime) -> Self {
        let minute = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() / 60;
        let begin = UNIX_EPOCH + Duration::from_secs(minute.saturating_sub(59) * 60);
        let none = [0; MINUTES];
        Self { begin, received: none, completed: none, failed: none }
    }

    pub(crate) fn add(&mut self, sum: &MinuteSum) {
        let minute = sum.minute.duration_since(self.begin).map(|since| since.as_secs() / 60);
        let Some(at) =
            minute.ok().and_then(|at| usize::try_from(at).ok()).filter(|at| *at < MINUTES)
        else {
            return;
        };
        self.received[at] += sum.received;
        self.completed[at] += sum.completed;
        self.failed[at] += sum.failed;
    }

    pub(crate) fn totals(&self) -> Totals {
        let sum = |of: &[u64]| of.iter().sum();
        let (received, completed) = (sum(&self.received), sum(&self.completed));
        Totals { received, completed, failed: sum(&self.failed) }
    }
}

/// The sums of an hour.
#[derive(Clone, Copy, Default)]
pub(crate) struct Totals {
    pub(crate) received: u64,
    pub(crate) completed: u64,
    pub(crate) failed: u64,
}

impl Totals {
    pub(crate) const fn attempts(self) -> u64 {
        self.completed + self.failed
    }

    pub(crate) const fn is_idle(self) -> bool {
        self.received + self.completed + self.failed == 0
    }
}
