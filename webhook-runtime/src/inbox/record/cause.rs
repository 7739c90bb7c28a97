//! The cause of an error: its text without what differs each time.

use crate::support::hash::PartsHash;

/// The sign for a number or an id.
const ANY: char = '#';

/// The cause of a reason: numbers, ids and hashes are replaced by `#`, so that the same error of many
/// deliveries has one cause. A status at the beginning stays.
pub(crate) fn cause_text(reason: &str) -> String {
    let reason = without_attempt(reason);
    let mut text = String::with_capacity(reason.len());
    let mut rest = reason;
    if let Some((status, after)) = reason.split_at_checked(3)
        && status.bytes().all(|byte| byte.is_ascii_digit())
        && after.starts_with(':')
    {
        text.push_str(status);
        rest = after;
    }
    let mut word = String::new();
    for c in rest.chars().chain(['\0']) {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        if word.chars().any(char::is_numeric) {
            // The parts of one id, such as `a1-b2` or `10.0.0.1:5432`, are one.
            let joined =
                text.strip_suffix(['-', '.', ':', '/']).is_some_and(|text| text.ends_with(ANY));
            if joined {
                text.pop();
            } else {
                text.push(ANY);
            }
            word.clear();
        } else {
            text.push_str(&word);
            word.clear();
        }
        if c != '\0' {
            text.push(c);
        }
    }
    text
}

/// The same as a number that a store keeps. It is never 0, which stands for a reason of an earlier
/// version.
pub(crate) fn cause_of(reason: &str) -> i64 {
    let mut hash = PartsHash::new();
    hash.part(cause_text(reason).as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hash.finish()[..8]);
    (i64::from_be_bytes(first) & i64::MAX).max(1)
}

/// A reason without the attempt that a dead letter names before it.
fn without_attempt(reason: &str) -> &str {
    reason
        .strip_prefix("attempt ")
        .and_then(|rest| rest.split_once(" failed: "))
        .filter(|(attempt, _)| {
            attempt.split(" of ").all(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
        })
        .map_or(reason, |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_each_time_is_replaced() {
        for (reason, cause) in [
            ("500: no stock left for order 17", "500: no stock left for order #"),
            ("attempt 15 of 15 failed: 500: order evt_1Nab is gone", "500: order # is gone"),
            ("attempt 3 ended without an answer", "attempt # ended without an answer"),
            ("connect to 10.0.0.1:5432: refused", "connect to #: refused"),
            ("id 72d3162e-cc78-11e3-81ab-4c9367dc0958!", "id #!"),
            ("404: not found", "404: not found"),
            ("4040: x", "#: x"),
            ("", ""),
            ("größe ½ und ٣", "größe # und #"),
            ("a-b-c", "a-b-c"),
        ] {
            assert_eq!(cause_text(reason), cause, "{reason}");
        }
        assert_eq!(cause_of("500: order 1"), cause_of("attempt 2 of 3 failed: 500: order 22"));
        assert_ne!(cause_of("500: order 1"), cause_of("502: order 1"));
        let words = |number: u32| {
            let letter = |at: u32| char::from_u32(97 + (number >> (4 * at)) % 16).unwrap_or('a');
            (0..3).map(letter).collect::<String>()
        };
        let causes: std::collections::HashSet<i64> =
            (0..1000).map(|number| cause_of(&words(number))).collect();
        assert_eq!(causes.len(), 1000, "each text has a cause of its own");
        assert!(causes.iter().all(|cause| *cause > 0));
    }
}
