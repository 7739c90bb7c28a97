//! How many deliveries an endpoint prefetches.

use std::time::Duration;

use tokio::time::Instant;

/// The time in which starts are counted.
const WINDOW: Duration = Duration::from_millis(50);

/// The most that is prefetched for each slot.
pub(super) const MOST: usize = 15;

/// Counts starts, so that what is prefetched starts soon: slow handlers keep no delivery from
/// another process, and quick ones never wait for a claim.
///
/// Where tenants take turns, it counts ends, and nothing is prefetched before every slot has become
/// free: what is prefetched of one tenant could keep another from the next slot.
#[derive(Debug)]
pub(super) struct Pace {
    since: Instant,
    starts: usize,
    before: usize,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now, starts: 0, before: 0 }
    }

    fn pass(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.since);
        if passed >= WINDOW {
            self.before = if passed < 2 * WINDOW { self.starts } else { 0 };
            (self.since, self.starts) = (now, 0);
        }
    }

    /// Counts a start, or an end.
    pub(super) fn count(&mut self, now: Instant) {
        self.pass(now);
        self.starts += 1;
    }

    /// How many are prefetched beyond the free slots. Fewer counts than `least` are none.
    pub(super) fn ahead(&mut self, now: Instant, slots: usize, least: usize) -> usize {
        self.pass(now);
        let counted = self.starts.max(self.before);
        if counted < least {
            return 0;
        }
        counted.saturating_mul(2).min(slots.saturating_mul(MOST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_handlers_prefetch_nothing_and_quick_ones_a_lot() {
        let begun = Instant::now();
        let at = |millis| begun + Duration::from_millis(millis);
        let mut pace = Pace::new(begun);
        assert_eq!(pace.ahead(at(0), 16, 0), 0);
        for start in 0..200 {
            pace.count(at(start / 4));
        }
        assert_eq!(pace.ahead(at(60), 16, 16), 240, "as many as there may be");
        assert_eq!(pace.ahead(at(60), 2, 0), 30);
        pace.count(at(400));
        assert_eq!(pace.ahead(at(401), 16, 0), 2);
        assert_eq!(pace.ahead(at(401), 16, 16), 0, "too few");
        assert_eq!(pace.ahead(at(700), 16, 0), 0);
    }
}
