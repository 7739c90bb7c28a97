//! Numbers, sizes and times as texts.

use std::time::{Duration, SystemTime};

use webhook_runtime::inbox::Count;

use crate::calendar::{Civil, civil};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A number with commas between its thousands.
pub(crate) fn number(number: impl TryInto<u64>) -> String {
    let digits = number.try_into().unwrap_or(0).to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count that may have stopped at a limit: `10,000+`.
pub(crate) fn count(count: Count) -> String {
    format!("{}{}", number(count.number), if count.more { "+" } else { "" })
}

/// A text whose first letter is a capital.
pub(crate) fn capitalized(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next();
    first.into_iter().flat_map(char::to_uppercase).chain(rest).collect()
}

/// The number of a delivery.
pub(crate) fn id(id: i64) -> String {
    format!("#{}", number(id))
}

/// A noun with its number: `1 delivery`, `2 deliveries`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// A share in percent, with one digit behind the point. Only nothing is 0.0 %, and only all is 100.0 %.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    let tenths = match part.saturating_mul(1000).saturating_add(whole / 2).checked_div(whole) {
        None => 0,
        Some(_) if part == 0 => 0,
        Some(_) if part >= whole => 1000,
        Some(tenths) => tenths.clamp(1, 999),
    };
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// A size in bytes.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 10 * 1024 {
        return counted(bytes, "byte", "bytes");
    }
    let (mut tenths, mut unit) = (bytes.saturating_mul(10) / 1024, 0);
    while tenths >= 10 * 1024 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    if tenths.is_multiple_of(10) {
        format!("{} {}", tenths / 10, UNITS[unit])
    } else {
        format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
    }
}

/// A duration in at most two units.
pub(crate) fn duration(duration: Duration) -> String {
    let (seconds, millis) = (duration.as_secs(), duration.subsec_millis());
    let two = |first: u64, of: &str, second: u64, rest: &str| {
        if second == 0 { format!("{first} {of}") } else { format!("{first} {of} {second} {rest}") }
    };
    match seconds {
        0 if millis == 0 && duration.subsec_micros() > 0 => "under 1 ms".to_owned(),
        0 => format!("{millis} ms"),
        1..60 if millis >= 100 => format!("{seconds}.{} s", millis / 100),
        1..120 => format!("{seconds} s"),
        120..3600 => two(seconds / 60, "min", seconds % 60, "s"),
        3600..86_400 => two(seconds / 3600, "h", seconds % 3600 / 60, "min"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
    }
}

/// An age in one unit.
pub(crate) fn age(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds @ 3600..86_400 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

/// The time since then.
pub(crate) fn since(now: SystemTime, then: SystemTime) -> Duration {
    now.duration_since(then).unwrap_or_default()
}

/// `14:23:08`
pub(crate) fn clock(time: SystemTime) -> String {
    let Civil { hour, minute, second, .. } = civil(time);
    format!("{hour:02}:{minute:02}:{second:02}")
}

/// `14:23`
pub(crate) fn hour(time: SystemTime) -> String {
    let Civil { hour, minute, .. } = civil(time);
    format!("{hour:02}:{minute:02}")
}

/// `14:23:08.482`
pub(crate) fn clock_millis(time: SystemTime) -> String {
    format!("{}.{:03}", clock(time), civil(time).millis)
}

/// `27 December, 14:07`
pub(crate) fn day(time: SystemTime) -> String {
    let Civil { month, day, .. } = civil(time);
    format!("{day} {}, {}", MONTHS[month], hour(time))
}

/// The time of day, or else the date on other days.
pub(crate) fn exact(now: SystemTime, time: SystemTime) -> String {
    let (today, then) = (civil(now), civil(time));
    if (today.year, today.month, today.day) == (then.year, then.month, then.day) {
        clock(time)
    } else if since(now, time) < Duration::from_secs(300 * 86_400) {
        let month = MONTHS[then.month].get(..3).unwrap_or_default();
        format!("{} {month} {}", then.day, hour(time))
    } else {
        format!("{:04}-{:02}-{:02}", then.year, then.month + 1, then.day)
    }
}

/// `2026-11-27T14:23:08Z`
pub(crate) fn iso(time: SystemTime) -> String {
    let Civil { year, month, day, .. } = civil(time);
    format!("{year:04}-{:02}-{day:02}T{}Z", month + 1, clock(time))
}

/// A time in the URL and the field of a filter: `2026-11-27T14:00`.
pub(crate) fn field(time: SystemTime) -> String {
    let text = iso(time);
    let text = text.trim_end_matches('Z');
    text.strip_suffix(":00").unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn numbers_are_grouped() {
        for (value, text) in [(0, "0"), (999, "999"), (1284, "1,284"), (1_000_000, "1,000,000")] {
            assert_eq!(number(value), text);
        }
        assert_eq!((id(918_240), number(-1)), ("#918,240".to_owned(), "0".to_owned()));
        assert_eq!(
            (percent(39, 100), percent(1, 8), percent(1, 0)),
            ("39.0 %".to_owned(), "12.5 %".to_owned(), "0.0 %".to_owned())
        );
        assert_eq!(count(Count { number: 10_000, more: true }), "10,000+");
        assert_eq!((percent(36, 84), percent(0, 7)), ("42.9 %".to_owned(), "0.0 %".to_owned()));
        assert_eq!((percent(1, 9999), percent(7, 7)), ("0.1 %".to_owned(), "100.0 %".to_owned()));
        assert_eq!(percent(9998, 9999), "99.9 %");
        assert_eq!(size(4212), "4,212 bytes");
        assert_eq!(size(1024 * 1024), "1 MiB");
        assert_eq!(size(19_756_849_561), "18.3 GiB");
    }

    #[test]
    fn durations_have_two_units() {
        for (millis, text) in [
            (0, "0 ms"),
            (39, "39 ms"),
            (1_040, "1 s"),
            (1_250, "1.2 s"),
            (10_000, "10 s"),
            (68_000, "68 s"),
            (143_000, "2 min 23 s"),
            (1_440_000, "24 min"),
            (8_040_000, "2 h 14 min"),
            (259_200_000, "3 d"),
        ] {
            assert_eq!(duration(Duration::from_millis(millis)), text);
        }
        assert_eq!(duration(Duration::from_micros(40)), "under 1 ms");
        assert_eq!(age(Duration::from_secs(8040)), "2 h");
    }

    #[test]
    fn another_day_is_named() {
        let now = at(1_764_253_388);
        assert_eq!(exact(now, now), "14:23:08");
        assert_eq!(exact(now, at(1_764_253_388 - 86_400)), "26 Nov 14:23");
        assert_eq!(exact(now, at(0)), "1970-01-01");
    }
}
