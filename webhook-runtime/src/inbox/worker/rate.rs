//! A limit to the deliveries of an endpoint that start in a time.

use std::time::Duration;

use tokio::time::Instant;

use crate::endpoint::Rate;

/// The time before their start at which deliveries are claimed. What may start later stays in the store, where
/// other processes find it.
pub(super) const SOON: Duration = Duration::from_millis(100);

/// The time by which a start may be late, because timers are, before the next one is late as well.
const LATE: Duration = Duration::from_millis(5);

/// The time by which the handler of a start may begin late, without more handlers in a window than
/// there may be.
const SLACK: Duration = Duration::from_millis(10);

/// The longest pause between two starts.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// A token bucket with hardly more room than one. The starts are spread evenly, and no window of the
/// rate's time has more of them than the rate says: what the bucket holds is taken off what fills it.
#[derive(Debug)]
pub(super) struct RateLimit {
    /// The time between two starts.
    every: Duration,
    /// The time that can be caught up with: all tokens but one.
    ahead: Duration,
    /// The time at which the next may start; it may have passed long ago.
    next: Instant,
    /// The number of those that have been started, and whose handlers have not begun yet.
    on_the_way: u32,
}

impl RateLimit {
    pub(super) fn new(rate: Rate, now: Instant) -> Self {
        let starts = u128::from(rate.starts.max(1));
        let period = rate.period.max(Duration::from_nanos(1));
        // Where they are far apart, none need be caught up with.
        let is_quick = starts * LATE.as_nanos() * 8 > period.as_nanos();
        let late = (starts * LATE.as_nanos()).div_ceil(period.as_nanos());
        let extra = if is_quick { late.min(starts / 2) } else { 0 };
        let every = (period + SLACK).as_nanos().div_ceil(starts - extra);
        let nanos = |nanos: u128| Duration::from_nanos(nanos.try_into().unwrap_or(u64::MAX));
        let every = nanos(every).min(LONGEST);
        let ahead = nanos(every.as_nanos() * extra);
        Self { every, ahead, next: now.checked_sub(ahead).unwrap_or(now), on_the_way: 0 }
    }

    /// The time at which the next may start, after this many others; it may have passed long ago.
    pub(super) fn opens_at(&self, others: usize) -> Instant {
        let others = u32::try_from(others).unwrap_or(u32::MAX);
        self.next + self.every.checked_mul(others).unwrap_or(LONGEST).min(LONGEST)
    }

    /// True if one may start now.
    pub(super) fn is_open(&self, now: Instant) -> bool {
        self.next <= now
    }

    /// Counts a start. Its handler [begins](Self::begin) soon, or never does.
    pub(super) fn start(&mut self, now: Instant) {
        self.next = self.floor(now) + self.every;
        self.on_the_way += 1;
    }

    /// A handler begins. If it is late, as on a busy machine, the next ones are as well.
    pub(super) fn begin(&mut self, now: Instant) {
        self.on_the_way = self.on_the_way.saturating_sub(1);
        if let Some(floor) = now.checked_sub(self.ahead) {
            let others = self.every.checked_mul(self.on_the_way).unwrap_or(LONGEST).min(LONGEST);
            self.next = self.next.max(floor + self.every + others);
        }
    }

    /// The number that may start soon.
    pub(super) fn soon(&self, now: Instant) -> usize {
        let Some(left) = (now + SOON).checked_duration_since(self.floor(now)) else { return 0 };
        let more = left.as_nanos() / self.every.as_nanos().max(1);
        usize::try_from(more).unwrap_or(usize::MAX).saturating_add(1)
    }

    /// The time at which the next may start, but no longer ago than can be caught up with.
    fn floor(&self, now: Instant) -> Instant {
        now.checked_sub(self.ahead).map_or(self.next, |floor| self.next.max(floor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The starts of 20 windows, for somebody who looks at each of these times.
    fn starts(rate: Rate, step: Duration) -> Vec<Duration> {
        let begun = Instant::now();
        let mut limit = RateLimit::new(rate, begun);
        let mut starts = Vec::new();
        let mut passed = Duration::ZERO;
        while passed < rate.period * 20 {
            while limit.is_open(begun + passed) {
                limit.start(begun + passed);
                limit.begin(begun + passed);
                starts.push(passed);
            }
            passed += step;
        }
        starts
    }

    #[test]
    fn no_window_has_more_than_the_rate() {
        for number in [1, 2, 7, 24, 25, 26, 60, 100, 999, 5000] {
            // A timer that wakes at once, late, and very late.
            for step in [100, 1_300, 37_000].map(Duration::from_micros) {
                let rate = Rate::per_second(number);
                let starts = starts(rate, step);
                for too_many in starts.windows(number as usize + 1) {
                    let (first, last) = (too_many[0], too_many[number as usize]);
                    assert!(last >= first + rate.period, "{number}, {step:?}: {first:?}");
                }
                let wanted = 20 * number as usize;
                let least = if step < Duration::from_millis(2) { 90 } else { 10 };
                assert!(
                    starts.len() >= wanted * least / 100,
                    "{number}, {step:?}: {}",
                    starts.len()
                );
            }
        }
    }

    #[test]
    fn starts_are_spread_evenly() {
        let starts = starts(Rate::per_second(20), Duration::from_millis(1));
        for pair in starts.windows(2) {
            let millis = |millis| pair[0] + Duration::from_millis(millis);
            assert!((millis(50)..=millis(53)).contains(&pair[1]), "{pair:?}");
        }
        // A rest is no credit.
        let now = Instant::now();
        let mut limit = RateLimit::new(Rate::per_minute(6), now);
        let later = now + Duration::from_secs(3600);
        limit.start(later);
        assert!(!limit.is_open(later + Duration::from_secs(10)));
        assert!(limit.is_open(later + Duration::from_secs(11)));
    }

    #[test]
    fn handlers_that_begin_late_delay_the_next() {
        let begun = Instant::now();
        let at = |millis| begun + Duration::from_millis(millis);
        let mut limit = RateLimit::new(Rate::per_second(20), begun);
        limit.start(at(0));
        limit.begin(at(40));
        assert!(!limit.is_open(at(90)) && limit.is_open(at(91)));
        limit.start(at(91));
        limit.start(at(142));
        limit.begin(at(200));
        assert!(!limit.is_open(at(300)) && limit.is_open(at(301)), "one has yet to begin");
        limit.begin(at(201));
        assert!(limit.is_open(at(301)));
    }

    #[test]
    fn what_starts_later_is_not_claimed_yet() {
        let now = Instant::now();
        let mut slow = RateLimit::new(Rate::per_hour(10), now);
        assert_eq!(slow.soon(now), 1);
        slow.start(now);
        assert_eq!(slow.soon(now), 0);
        let next = slow.opens_at(0);
        assert_eq!(slow.soon(next - SOON), 1);
        assert_eq!(slow.opens_at(3) - next, 3 * slow.every);
        let quick = RateLimit::new(Rate::per_second(1000), now);
        assert!((95..=110).contains(&quick.soon(now)), "{}", quick.soon(now));
        let most = RateLimit::new(Rate::per_second(u32::MAX), now);
        assert!(most.soon(now) > 100_000_000 && most.is_open(now));
    }
}
