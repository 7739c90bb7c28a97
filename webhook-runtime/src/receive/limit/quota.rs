//! How many in which time.

use std::{num::NonZeroU32, time::Duration};

/// How many requests in which time, such as sixty a minute.
///
/// It is a bucket of `burst` requests that is full at first and is filled again evenly: of
/// `Quota::per_minute(60)`, sixty may be spent at once, and then one a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    requests: u32,
    period: Duration,
    burst: u32,
}

impl Quota {
    /// So many requests a second.
    #[must_use]
    pub const fn per_second(requests: u32) -> Self {
        Self { requests, period: Duration::from_secs(1), burst: requests }
    }

    /// So many requests a minute.
    #[must_use]
    pub const fn per_minute(requests: u32) -> Self {
        Self { requests, period: Duration::from_secs(60), burst: requests }
    }

    /// So many requests an hour.
    #[must_use]
    pub const fn per_hour(requests: u32) -> Self {
        Self { requests, period: Duration::from_secs(60 * 60), burst: requests }
    }

    /// How many requests may come at once, where it is not as many as in the whole second, minute or
    /// hour.
    #[must_use]
    pub const fn burst(mut self, requests: u32) -> Self {
        self.burst = requests;
        self
    }

    /// Whether nothing at all is allowed, which is no quota but a mistake.
    pub(crate) fn is_empty(self) -> bool {
        self.requests == 0 || self.burst == 0
    }

    /// As the limiter takes it; nothing, if it is empty.
    pub(super) fn of_governor(self) -> Option<governor::Quota> {
        let each =
            (self.period / NonZeroU32::new(self.requests)?.get()).max(Duration::from_nanos(1));
        // A bucket that takes longer to fill than nanoseconds can be counted is never full anyway.
        let most = u64::MAX / 4 / u64::try_from(each.as_nanos()).unwrap_or(u64::MAX);
        let burst = self.burst.min(u32::try_from(most).unwrap_or(u32::MAX));
        Some(governor::Quota::with_period(each)?.allow_burst(NonZeroU32::new(burst)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_it_says() {
        let quota = |quota: Quota| {
            let quota = quota.of_governor().expect("not empty");
            (quota.burst_size().get(), quota.replenish_interval())
        };
        assert_eq!(quota(Quota::per_second(4)), (4, Duration::from_millis(250)));
        assert_eq!(quota(Quota::per_minute(60)), (60, Duration::from_secs(1)));
        assert_eq!(quota(Quota::per_hour(60).burst(5)), (5, Duration::from_secs(60)));
    }

    #[test]
    fn no_number_is_too_large() {
        for quota in [Quota::per_hour(1).burst(u32::MAX), Quota::per_second(u32::MAX)] {
            let quota = quota.of_governor().expect("not empty");
            let limiter =
                governor::RateLimiter::direct_with_clock(quota, super::super::Ticks::new());
            assert!(limiter.check().is_ok());
        }
    }

    #[test]
    fn an_empty_one_is_known() {
        for quota in [Quota::per_second(0), Quota::per_minute(1).burst(0)] {
            assert!(quota.is_empty() && quota.of_governor().is_none());
        }
        assert!(!Quota::per_second(1).is_empty());
    }
}
