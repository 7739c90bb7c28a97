//! The pauses before retries.

use std::{
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

use crate::endpoint::Backoff;

/// The longest pause that `Retry-After` can ask for.
const MAX_ASKED: Duration = Duration::from_secs(24 * 3600);

impl Backoff {
    /// The pause after attempt number `attempt` (from 1), and at least `asked`.
    #[must_use]
    pub fn delay(&self, attempt: u32, asked: Option<Duration>) -> Duration {
        self.delay_by(attempt, asked, random())
    }

    /// The same, by a uniformly random number.
    fn delay_by(&self, attempt: u32, asked: Option<Duration>, random: u64) -> Duration {
        let doublings = attempt.saturating_sub(1).min(31);
        let full = self.initial.saturating_mul(1 << doublings).min(self.max);
        // Between half and all of it, so that retries spread out and never come at once.
        let half = full / 2;
        let jittered = half + scaled(half, random);
        let most = self.max.max(MAX_ASKED);
        match asked.map(|asked| asked.min(most)) {
            // At least what was asked for, and spread out.
            Some(asked) if asked > jittered => {
                asked.saturating_add(scaled(asked / 8, random)).min(most)
            }
            _ => jittered,
        }
    }
}

/// A random part of a duration.
pub(crate) fn scaled(duration: Duration, random: u64) -> Duration {
    // 16 bits are precise enough and cannot overflow.
    let part = u32::try_from(random >> 48).unwrap_or_default();
    duration.checked_mul(part).map_or(duration, |product| product / 0xffff)
}

/// A random number that is good enough to spread things out.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn it_doubles_up_to_the_most() {
        let backoff = Backoff::default();
        let most_of = |attempt| backoff.delay_by(attempt, None, u64::MAX);
        assert_eq!([1, 2, 3, 4].map(most_of), [SECOND, SECOND * 2, SECOND * 4, SECOND * 8]);
        for attempt in [13, 40, u32::MAX] {
            assert_eq!(most_of(attempt), backoff.max);
            assert_eq!(backoff.delay_by(attempt, None, 0), backoff.max / 2);
        }
        assert_eq!(backoff.delay_by(0, None, u64::MAX), SECOND);
    }

    #[test]
    fn what_is_asked_for_is_the_least() {
        let backoff = Backoff::default();
        for random in [0, u64::MAX / 2, u64::MAX] {
            assert!(backoff.delay_by(1, Some(SECOND * 60), random) >= SECOND * 60);
            assert!(backoff.delay_by(1, Some(SECOND * 60), random) <= SECOND * 68);
            let hours = SECOND * 3600 * 5;
            assert!(backoff.delay_by(1, Some(hours), random) >= hours, "longer than the most");
            assert_eq!(backoff.delay_by(1, Some(Duration::MAX), random), MAX_ASKED);
            let longer = Backoff::new(SECOND, 2 * MAX_ASKED);
            assert_eq!(longer.delay_by(1, Some(Duration::MAX), random), longer.max);
        }
        assert_eq!(backoff.delay_by(9, Some(SECOND), u64::MAX), SECOND * 256);
    }

    #[test]
    fn those_that_fail_together_come_apart() {
        let backoff = Backoff::default();
        let delays: std::collections::BTreeSet<_> =
            (0..100).map(|_| backoff.delay(10, None)).collect();
        assert!(delays.len() > 90, "{}", delays.len());
    }

    #[test]
    fn odd_bounds_do_no_harm() {
        for backoff in [
            Backoff::new(Duration::ZERO, Duration::ZERO),
            Backoff::new(Duration::MAX, Duration::MAX),
            Backoff::new(Duration::MAX, SECOND),
        ] {
            for attempt in [0, 1, 50] {
                let _ = backoff.delay(attempt, Some(Duration::MAX));
            }
        }
    }
}
