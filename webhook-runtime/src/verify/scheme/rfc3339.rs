//! RFC 3339 dates and times, as milliseconds since 1970.

use super::dates::{Date, days_from_civil, days_in_month};

/// `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)` as milliseconds since 1970.
pub(super) fn parse(text: &str) -> Option<u64> {
    let (millis, zone) = parse_local(text)?;
    u64::try_from(millis - offset_seconds(zone)? * 1000).ok()
}

/// `YYYY-MM-DDTHH:MM:SS[.fraction]` in UTC, as milliseconds since 1970.
pub(super) fn parse_without_zone(text: &str) -> Option<u64> {
    match parse_local(text)? {
        (millis, "") => u64::try_from(millis).ok(),
        _ => None,
    }
}

/// The milliseconds from 1970 to a date and time as if it were in UTC, and the text behind it.
fn parse_local(text: &str) -> Option<(i64, &str)> {
    let (whole, rest) = text.split_at_checked(19)?;
    let bytes = whole.as_bytes();
    let number = |from: usize, to: usize| {
        let field = whole.get(from..to)?;
        if !field.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        field.parse::<i64>().ok()
    };
    if [4, 7, 10, 13, 16].iter().zip(*b"--T::").any(|(at, mark)| bytes[*at] != mark) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (fraction, zone) = match rest.strip_prefix('.') {
        Some(rest) => {
            let end = rest.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
            if end == 0 || end > 9 {
                return None;
            }
            rest.split_at(end)
        }
        None => ("", rest),
    };
    let millis = fraction
        .bytes()
        .chain(*b"000")
        .take(3)
        .fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    let seconds = days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    Some((seconds * 1000 + millis, zone))
}

fn offset_seconds(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] = zone.as_bytes() else { return None };
    if ![h1, h2, m1, m2].iter().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let two = |high: &u8, low: &u8| i64::from(high - b'0') * 10 + i64::from(low - b'0');
    let (hours, minutes) = (two(h1, h2), two(m1, m2));
    if hours > 23 || minutes > 59 {
        return None;
    }
    let seconds = hours * 3600 + minutes * 60;
    Some(if *sign == b'-' { -seconds } else { seconds })
}

pub(super) fn format(millis: u64) -> String {
    format!("{}Z", format_without_zone(millis))
}

/// The date and time without a zone, in UTC.
pub(super) fn format_without_zone(millis: u64) -> String {
    let seconds = millis / 1000;
    let (Date { year, month, day }, rest) = (Date::from_days(seconds / 86_400), seconds % 86_400);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}", millis % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parsing_is_strict() {
        for (text, millis) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2025-10-09T08:53:20Z", 1_760_000_000_000),
            ("2025-10-09T08:53:20.123456789Z", 1_760_000_000_123),
            ("2025-10-09T10:53:20.5+02:00", 1_760_000_000_500),
            ("2025-10-09T03:23:20-05:30", 1_760_000_000_000),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000),
            ("2000-03-01T00:00:00+00:00", 951_868_800_000),
        ] {
            assert_eq!(parse(text), Some(millis), "{text}");
        }
        for text in [
            "",
            "2025-10-09",
            "2025-10-09 08:53:20Z",
            "2025-10-09t08:53:20z",
            "2025-10-09T08:53:20",
            "2025-02-29T00:00:00Z",
            "2025-13-01T00:00:00Z",
            "2025-00-01T00:00:00Z",
            "2025-10-00T00:00:00Z",
            "2025-10-32T00:00:00Z",
            "2025-10-09T24:00:00Z",
            "2025-10-09T08:60:20Z",
            "2025-10-09T08:53:61Z",
            "2025-10-09T08:53:20.Z",
            "2025-10-09T08:53:20.1234567890Z",
            "2025-10-09T08:53:20+0200",
            "2025-10-09T08:53:20+24:00",
            "2025-10-09T08:53:20+02:60",
            "2025-10-09T08:53:20Zx",
            "+025-10-09T08:53:20Z",
            "1969-12-31T23:59:59Z",
            "2025-10-09T08:53:2\u{660}Z",
            "2025-10-09T08:53:20.",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_time_without_zone_is_in_utc() {
        for (text, millis) in [
            ("1970-01-01T00:00:00", 0),
            ("2025-10-09T08:53:20", 1_760_000_000_000),
            ("2025-10-09T08:53:20.000000", 1_760_000_000_000),
            ("2025-10-09T08:53:20.123456789", 1_760_000_000_123),
        ] {
            assert_eq!(parse_without_zone(text), Some(millis), "{text}");
        }
        for text in [
            "",
            "2025-10-09",
            "2025-10-09 08:53:20",
            "2025-10-09T08:53:20Z",
            "2025-10-09T08:53:20+00:00",
            "2025-10-09T08:53:20.",
            "2025-10-09T08:53:20.1234567890",
            "2025-10-09T08:53:20 ",
            "1969-12-31T23:59:59",
        ] {
            assert_eq!(parse_without_zone(text), None, "{text:?}");
        }
        let text = format_without_zone(1_760_000_000_123);
        assert_eq!(text, "2025-10-09T08:53:20.123");
        assert_eq!(parse_without_zone(&text), Some(1_760_000_000_123));
    }

    #[test]
    fn formatting_round_trips() {
        for millis in [0, 951_782_400_000, 1_709_164_800_001, 1_760_000_000_123, 4_102_444_799_999]
        {
            assert_eq!(parse(&format(millis)), Some(millis));
        }
    }

    /// Includes the ends of a century that is a leap year and of one that is not.
    #[test]
    fn every_day_until_2105_round_trips() {
        let mut millis = 0;
        for year in 1970_u16..2105 {
            let leap =
                year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
            let february = if leap { 29 } else { 28 };
            let days = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            for (month, days) in (1..).zip(days) {
                for day in 1..=days {
                    let text = format!("{year}-{month:02}-{day:02}T00:00:00.000Z");
                    assert_eq!(format(millis), text);
                    assert_eq!(parse(&text), Some(millis), "{text}");
                    millis += 86_400_000;
                }
                let text = format!("{year}-{month:02}-{:02}T00:00:00.000Z", days + 1);
                assert_eq!(parse(&text), None, "{text}");
            }
        }
    }

    #[test]
    fn every_second_of_a_day_round_trips() {
        for second in 0_u64..86_400 {
            let (hour, minute) = (second / 3600, second / 60 % 60);
            let text = format!("1970-01-01T{hour:02}:{minute:02}:{:02}.007Z", second % 60);
            assert_eq!(format(second * 1000 + 7), text);
            assert_eq!(parse(&text), Some(second * 1000 + 7), "{text}");
        }
    }

    #[test]
    fn zone_offsets_are_applied() {
        let parse = |zone: &str| super::parse(&format!("1970-01-03T00:00:00{zone}"));
        let day = |minutes: u64| Some((2 * 1440 - 1440 + minutes) * 60_000);
        assert_eq!(parse("Z"), day(1440));
        for (zone, minutes) in [
            ("+00:00", 1440),
            ("-00:00", 1440),
            ("+23:59", 1),
            ("-23:59", 2879),
            ("+12:34", 686),
            ("-12:34", 2194),
            ("+00:01", 1439),
            ("-10:00", 2040),
        ] {
            assert_eq!(parse(zone), day(minutes), "{zone}");
        }
        for zone in [
            "", "z", "UTC", "+0000", "+00", "+0:00", "+00:0", "+24:00", "+00:60", "+a0:00",
            "*00:00", "+/0:00", "+00:0:", "+00.00",
        ] {
            assert_eq!(parse(zone), None, "{zone:?}");
        }
    }
}
