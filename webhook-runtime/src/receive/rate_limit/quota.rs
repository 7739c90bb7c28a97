//! A number of requests in a time.

use std::{num::NonZeroU32, time::Duration};

/// A number of requests in a time, such as sixty a minute.
///
/// It works as a token bucket of `burst` requests: it is full at first, and is refilled evenly.
/// `Quota::per_minute(60)` allows sixty requests at once, and then one a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    pub(crate) requests: u32,
    pub(crate) period: Duration,
    pub(crate) burst: u32,
}

impl Quota {
    /// Allows this many requests a second.
    #[must_use]
    pub const fn per_second(requests: u32) -> Self {
        Self { requests, period: Duration::from_secs(1), burst: requests }
    }

    /// Allows this many requests a minute.
    #[must_use]
    pub const fn per_minute(requests: u32) -> Self {
        Self { requests, period: Duration::from_secs(60), burst: requests }
    }

    /// Allows this many requests an hour.
    #[must_use]
    pub const fn per_hour(requests: u32) -> Self {
        Self { requests, period: Duration::from_secs(60 * 60), burst: requests }
    }

    /// Allows this many requests at once. The default is the number for the whole second, minute or
    /// hour.
    #[must_use]
    pub const fn burst(mut self, requests: u32) -> Self {
        self.burst = requests;
        self
    }

    /// Returns whether it allows no request, which is a mistake.
    pub(crate) fn is_empty(self) -> bool {
        self.requests == 0 || self.burst == 0
    }

    /// The quota in the form that `governor` takes; `None` if it is empty.
    pub(super) fn to_governor(self) -> Option<governor::Quota> {
        let each =
            (self.period / NonZeroU32::new(self.requests)?.get()).max(Duration::from_nanos(1));
        // Nanoseconds in `u64` must not overflow. A larger bucket would never be full anyway.
        let max_burst = u64::MAX / 4 / u64::try_from(each.as_nanos()).unwrap_or(u64::MAX);
        let burst = self.burst.min(u32::try_from(max_burst).unwrap_or(u32::MAX));
        Some(governor::Quota::with_period(each)?.allow_burst(NonZeroU32::new(burst)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quota_becomes_a_token_bucket() {
        let quota = |quota: Quota| {
            let quota = quota.to_governor().expect("not empty");
            (quota.burst_size().get(), quota.replenish_interval())
        };
        assert_eq!(quota(Quota::per_second(4)), (4, Duration::from_millis(250)));
        assert_eq!(quota(Quota::per_minute(60)), (60, Duration::from_secs(1)));
        assert_eq!(quota(Quota::per_hour(60).burst(5)), (5, Duration::from_secs(60)));
    }

    #[test]
    fn large_numbers_do_not_overflow() {
        for quota in [Quota::per_hour(1).burst(u32::MAX), Quota::per_second(u32::MAX)] {
            let quota = quota.to_governor().expect("not empty");
            let limiter = governor::RateLimiter::direct_with_clock(
                quota,
                super::super::MonotonicClock::new(),
            );
            assert!(limiter.check().is_ok());
        }
    }

    #[test]
    fn empty_quota_is_detected() {
        for quota in [Quota::per_second(0), Quota::per_minute(1).burst(0)] {
            assert!(quota.is_empty() && quota.to_governor().is_none());
        }
        assert!(!Quota::per_second(1).is_empty());
    }
}
