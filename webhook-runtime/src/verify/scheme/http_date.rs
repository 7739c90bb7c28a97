//! Dates of HTTP (RFC 9110, section 5.6.7), as milliseconds since 1970.

use super::dates::{Date, days_from_civil, days_in_month};

const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `Thu, 09 Oct 2025 08:53:20 GMT`, the one format that senders may write, as milliseconds since
/// 1970.
pub(super) fn parse(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    let marks = [(3, ','), (4, ' '), (7, ' '), (11, ' '), (16, ' '), (19, ':'), (22, ':')];
    if bytes.len() != 29
        || !text.ends_with(" GMT")
        || marks.iter().any(|(at, mark)| bytes[*at] != *mark as u8)
    {
        return None;
    }
    let number = |from: usize, to: usize| {
        let field = text.get(from..to)?;
        let is_number = field.bytes().all(|byte| byte.is_ascii_digit());
        field.parse::<i64>().ok().filter(|_| is_number)
    };
    let (day, year) = (number(5, 7)?, number(12, 16)?);
    let (hour, minute, second) = (number(17, 19)?, number(20, 22)?, number(23, 25)?);
    let month = MONTHS.iter().zip(1..).find(|(name, _)| text.get(8..11) == Some(name))?.1;
    if day < 1 || day > days_in_month(year, month) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = u64::try_from(days_from_civil(year, month, day)).ok()?;
    let since_midnight = u64::try_from(hour * 3600 + minute * 60 + second).ok()?;
    (text.get(..3) == Some(weekday(days))).then(|| (days * 86_400 + since_midnight) * 1000)
}

pub(super) fn format(millis: u64) -> String {
    let seconds = millis / 1000;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let Date { year, month, day } = Date::from_days(days);
    let month = MONTHS.iter().zip(1..).find(|(_, number)| *number == month).map_or("", |it| it.0);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    let weekday = weekday(days);
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// The weekday of a day since 1970-01-01, which was a Thursday.
fn weekday(days: u64) -> &'static str {
    usize::try_from(days % 7).map_or("", |at| WEEKDAYS[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parsing_is_strict() {
        for (text, millis) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Thu, 09 Oct 2025 08:53:20 GMT", 1_760_000_000_000),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777_000),
            ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199_000),
        ] {
            assert_eq!(parse(text), Some(millis), "{text}");
        }
        for text in [
            "",
            "Thu, 9 Oct 2025 08:53:20 GMT",
            "Fri, 09 Oct 2025 08:53:20 GMT",
            "thu, 09 Oct 2025 08:53:20 GMT",
            "Thu, 09 OCT 2025 08:53:20 GMT",
            "Thu, 09 Foo 2025 08:53:20 GMT",
            "Thu, 09 Oct 2025 08:53:20 UTC",
            "Thu, 09 Oct 2025 24:53:20 GMT",
            "Thu, 09 Oct 2025 08:60:20 GMT",
            "Thu, 09 Oct 2025 08:53:60 GMT",
            "Sat, 29 Feb 2025 08:53:20 GMT",
            "Tue, 00 Oct 2025 08:53:20 GMT",
            "Thu, 09-Oct-2025 08:53:20 GMT",
            "Thu, 09 Oct 2025 08:53:20 GMT ",
            "Thu, +9 Oct 2025 08:53:20 GMT",
            "Wed, 31 Dec 1969 23:59:59 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Thu, 09 O\u{e9} 2025 08:53:20 GMT",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn every_week_until_2105_round_trips() {
        for week in 0..7_000_u64 {
            let millis = week * 604_800_000 + week % 86_400 * 1000;
            let text = format(millis);
            assert!(text.starts_with("Thu, "), "{text}");
            assert_eq!(parse(&text), Some(millis), "{text}");
        }
        assert_eq!(format(1_760_054_400_999), "Fri, 10 Oct 2025 00:00:00 GMT");
    }
}
