//! Texts and times as a store keeps them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::support::text::truncate;

/// The longest text of a sender that is stored in a column of its own.
const MOST_TEXT: usize = 255;

/// A sender's text as a column takes it: bounded, and without the NUL that PostgreSQL refuses.
pub(crate) fn stored_text(text: &str) -> String {
    storable(text, MOST_TEXT)
}

/// The longest reason that is stored.
const MOST_REASON: usize = 2000;

/// A reason as a column takes it.
pub(crate) fn stored_reason(reason: &str) -> String {
    storable(reason, MOST_REASON)
}

/// The longest name or note of an operator that is stored.
const MOST_NOTE: usize = 200;

/// An operator's text as a column takes it.
pub(crate) fn stored_note(note: &str) -> String {
    storable(note, MOST_NOTE)
}

fn storable(text: &str, max: usize) -> String {
    truncate(text, max).replace('\0', "\u{fffd}")
}

/// Milliseconds since 1970. Times beyond all bounds are clamped.
pub(crate) fn millis(time: SystemTime) -> i64 {
    // Far from the limits of `i64`, so that a duration can be added.
    const MOST: i64 = i64::MAX / 4;
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(MOST).min(MOST),
        Err(before) => -i64::try_from(before.duration().as_millis()).unwrap_or(MOST).min(MOST),
    }
}

/// The begin of the minute of a time in milliseconds.
pub(crate) fn minute(millis: i64) -> i64 {
    millis - millis.rem_euclid(60_000)
}

/// A duration in milliseconds, at most about 300 years.
#[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres", test))]
pub(crate) fn span(duration: Duration) -> i64 {
    const MOST: i64 = 10_000_000_000_000;
    i64::try_from(duration.as_millis()).unwrap_or(MOST).min(MOST)
}

/// The time of a number in the store.
pub(crate) fn time(millis: i64) -> SystemTime {
    let distance = Duration::from_millis(millis.unsigned_abs());
    let time = if millis < 0 {
        UNIX_EPOCH.checked_sub(distance)
    } else {
        UNIX_EPOCH.checked_add(distance)
    };
    time.unwrap_or(UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_time_can_be_stored() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(1_760_000_000_123);
        assert_eq!(time(millis(now)), now);
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(5);
        assert_eq!(time(millis(before)), before);
        for odd in [i64::MAX, i64::MIN, 0, -1] {
            let _ = time(odd);
        }
        assert!(span(Duration::MAX) > span(Duration::from_secs(86_400 * 365 * 300)));
        assert!(millis(now).checked_add(span(Duration::MAX)).is_some());
    }

    #[test]
    fn a_senders_text_is_bounded() {
        assert_eq!(stored_text("a\0b"), "a\u{fffd}b");
        assert_eq!(stored_text(&"ü".repeat(400)).chars().count(), 255);
    }

    #[test]
    fn times_are_milliseconds_and_within_bounds() {
        let distance = Duration::from_millis(1_760_000_000_123);
        assert_eq!(millis(UNIX_EPOCH + distance), 1_760_000_000_123);
        assert_eq!(millis(UNIX_EPOCH - distance), -1_760_000_000_123);
        assert_eq!((time(0), time(-5)), (UNIX_EPOCH, UNIX_EPOCH - Duration::from_millis(5)));
        assert_eq!(time(5), UNIX_EPOCH + Duration::from_millis(5));
        // As far as a clock can be; a lease can be added all the same.
        let far = Duration::from_secs(i64::MAX as u64);
        for (at, millis) in [
            (UNIX_EPOCH.checked_add(far), i64::MAX / 4),
            (UNIX_EPOCH.checked_sub(far), -(i64::MAX / 4)),
        ] {
            assert!(at.is_none_or(|at| super::millis(at) == millis), "{at:?}");
        }
        assert_eq!(span(Duration::from_millis(1500)), 1500);
        assert_eq!(span(Duration::MAX), 10_000_000_000_000);
    }
}
