//! Times in arguments, and how long ago something was.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::values;

/// Reads a time such as `2h` ago, or a date in UTC such as `2026-11-28` or `2026-11-28T09:30:00Z`.
pub(super) fn moment(text: &str) -> Result<SystemTime, String> {
    if text.contains('-') && !text.starts_with('-') {
        return date(text)
            .ok_or_else(|| "write a time as 2h, 2026-11-28 or 2026-11-28T09:30:00Z".to_owned());
    }
    let ago = values::age(text)?;
    let distance = Duration::from_secs(ago.unsigned_abs());
    let now = SystemTime::now();
    let at = if ago < 0 { now.checked_add(distance) } else { now.checked_sub(distance) };
    Ok(at.unwrap_or(UNIX_EPOCH))
}

/// Reads a date, with or without a time of day.
fn date(text: &str) -> Option<SystemTime> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (date, time) = text.split_once(['T', ' ']).unwrap_or((text, "00:00"));
    let mut parts = date.split('-').map(number);
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let (time, millis) = time.split_once('.').unwrap_or((time, "0"));
    let millis: u64 = format!("{millis:0<3}").get(..3)?.parse().ok()?;
    let mut clock = time.split(':').map(number);
    let (hour, minute) = (clock.next()??, clock.next()??);
    let second = clock.next().unwrap_or(Some(0))?;
    let is_whole = parts.next().is_none() && clock.next().is_none();
    let is_date = (1970..=9999).contains(&year) && (1..=12).contains(&month);
    let is_leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let last = match month {
        2 => 28 + u64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if !is_whole
        || !is_date
        || !(1..=last).contains(&day)
        || hour > 23
        || minute > 59
        || second > 60
    {
        return None;
    }
    // Years begin in March, so that leap days come last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    let seconds = (days - 719_468) * 86_400 + hour * 3600 + minute * 60 + second;
    UNIX_EPOCH.checked_add(Duration::from_millis(seconds * 1000 + millis))
}

fn number(digits: &str) -> Option<u64> {
    let is_number = (1..=4).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number)
}

/// A duration in its largest unit.
pub(crate) fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// The distance of a time from now: `5 min ago`, or `in 5 min`.
pub(crate) fn from_now(time: SystemTime) -> String {
    match SystemTime::now().duration_since(time) {
        Ok(passed) => format!("{} ago", span(passed)),
        Err(ahead) => format!("in {}", span(ahead.duration())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn times_are_ago_or_dates() {
        let passed = moment("2h").expect("a time").elapsed().expect("it has passed").as_secs();
        assert!((7200..7210).contains(&passed), "{passed}");
        for (text, date) in [
            ("1970-01-01", "1970-01-01T00:00:00.000Z"),
            ("2000-02-29T23:59", "2000-02-29T23:59:00.000Z"),
            ("2025-10-09 08:53:20", "2025-10-09T08:53:20.000Z"),
            ("2025-10-09T08:53:20.5Z", "2025-10-09T08:53:20.500Z"),
            ("2100-03-01T00:00:00Z", "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(moment(text).map(clock::rfc3339), Ok(date.to_owned()), "{text}");
        }
        for text in [
            "",
            "2x",
            "2025-13-01",
            "yesterday",
            "2025-10-09T9",
            "2025-10",
            "2025-10-09-1",
            "1960-01-01",
        ] {
            assert!(moment(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_have_one_unit() {
        let shown = |seconds| span(Duration::from_secs(seconds));
        assert_eq!([shown(0), shown(59), shown(60)], ["0 s", "59 s", "1 min"]);
        assert_eq!([shown(3600), shown(86_399), shown(86_400)], ["1 h", "23 h", "1 d"]);
    }
}
