//! Dates and times in UTC.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The parts of a time in UTC.
pub(crate) struct Civil {
    pub(crate) year: i64,
    /// From 0 for January.
    pub(crate) month: usize,
    pub(crate) day: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
    pub(crate) millis: u32,
}

/// The date and the time of day.
pub(crate) fn civil(time: SystemTime) -> Civil {
    let (seconds, millis) = match time.duration_since(UNIX_EPOCH) {
        Ok(since) => (i64::try_from(since.as_secs()).unwrap_or(0), since.subsec_millis()),
        Err(before) => (-i64::try_from(before.duration().as_secs()).unwrap_or(0), 0),
    };
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Years that begin in March, so that the leap day is the last one.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 2 } else { shifted_month - 10 };
    let year = year_of_era + era * 400 + i64::from(month < 2);
    Civil {
        year,
        month: usize::try_from(month).unwrap_or(0),
        day,
        hour: of_day / 3600,
        minute: of_day % 3600 / 60,
        second: of_day % 60,
        millis,
    }
}

/// Reads `2026-11-27T14:00`, with seconds or without, with or without a `Z`.
pub(crate) fn parse(text: &str) -> Option<SystemTime> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (date, time) = text.split_once('T')?;
    let date: Vec<i64> = numbers(date, '-', &[4, 2, 2])?;
    let time = match time.len() {
        5 => numbers(time, ':', &[2, 2])?,
        _ => numbers(time, ':', &[2, 2, 2])?,
    };
    let (year, month, day) = (date[0], date[1], date[2]);
    let second = time.get(2).copied().unwrap_or(0);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let is_time = (1..=12).contains(&month)
        && (1..=last).contains(&day)
        && time[0] < 24
        && time[1] < 60
        && second < 60;
    if !is_time || year < 1970 {
        return None;
    }
    let shifted = if month > 2 { year } else { year - 1 };
    let of_era = shifted.rem_euclid(400);
    let month = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * month + 2) / 5 + day - 1;
    let days = shifted.div_euclid(400) * 146_097 + of_era * 365 + of_era / 4 - of_era / 100
        + of_year
        - 719_468;
    let seconds = days * 86_400 + time[0] * 3600 + time[1] * 60 + second;
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds.try_into().ok()?))
}

fn numbers(text: &str, separator: char, lengths: &[usize]) -> Option<Vec<i64>> {
    let parts: Vec<&str> = text.split(separator).collect();
    if parts.len() != lengths.len() {
        return None;
    }
    let number = |(part, length): (&&str, &usize)| {
        let is_one = part.len() == *length && part.bytes().all(|byte| byte.is_ascii_digit());
        is_one.then(|| part.parse().ok()).flatten()
    };
    parts.iter().zip(lengths).map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{day, field, iso};

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn times_are_read_as_they_are_written() {
        assert_eq!(iso(at(0)), "1970-01-01T00:00:00Z");
        assert_eq!(iso(at(1_764_253_388)), "2025-11-27T14:23:08Z");
        assert_eq!(iso(at(1_709_164_800)), "2024-02-29T00:00:00Z");
        assert_eq!(day(at(1_764_253_388)), "27 November, 14:23");
        assert_eq!(field(at(1_764_253_380)), "2025-11-27T14:23");
        let mut seconds = 0;
        while seconds < 9_000_000_000 {
            assert_eq!(parse(&iso(at(seconds))), Some(at(seconds)));
            seconds += 86_399 * 17;
        }
        for wrong in [
            "",
            "yesterdayish",
            "2025-02-29T00:00",
            "2025-13-01T00:00",
            "2025-01-01T24:00",
            "2025-01-01",
            "2025-01-01T00:60",
            "+025-01-01T00:00",
            "2025-1-1T0:0",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
