//! Where a delivery says when it was signed, in what unit, and how old it may be.
//!
//! What arrives here was written by an attacker until the signature proves otherwise: it is parsed
//! strictly, and compared without overflow.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{VerifyError, verify::unix_millis};

/// Where a delivery says when it was signed, in what unit, and how far from now that may be.
///
/// The default is seconds since 1970 and a window of five minutes into the past and the future.
#[derive(Clone, Copy, Debug)]
pub struct Timestamp {
    pub(crate) place: Place,
    pub(crate) unit: Unit,
    /// How old a delivery may be, in milliseconds.
    past: Option<u64>,
    /// How far ahead of our clock a delivery may be, in milliseconds.
    future: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Header(&'static str),
    /// A field of the signature header, such as `t` in `t=1760000000,v1=…`.
    Field(&'static str),
    /// A JSON pointer into the signed body.
    Pointer(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Seconds,
    Millis,
    Rfc3339,
}

/// Why a timestamp was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OutOfWindow {
    Stale,
    Ahead,
}

impl Timestamp {
    const FIVE_MINUTES: Option<u64> = Some(300_000);

    const fn at(place: Place) -> Self {
        Self { place, unit: Unit::Seconds, past: Self::FIVE_MINUTES, future: Self::FIVE_MINUTES }
    }

    /// The timestamp is the value of the header `name` (lower case).
    #[must_use]
    pub const fn header(name: &'static str) -> Self {
        Self::at(Place::Header(super::checked_name(name)))
    }

    /// The timestamp is the field `name` of the signature header, as in `t=1760000000,v1=…`.
    #[must_use]
    pub const fn field(name: &'static str) -> Self {
        Self::at(Place::Field(name))
    }

    /// The timestamp is found in the signed JSON body by this JSON pointer (RFC 6901).
    #[must_use]
    pub const fn pointer(pointer: &'static str) -> Self {
        Self::at(Place::Pointer(super::checked_pointer(pointer)))
    }

    /// Whole seconds since 1970, exactly ten digits (the years 2001 to 2286).
    ///
    /// The fixed width keeps the border between timestamp and body unambiguous in schemes that
    /// sign them without a separator, and refuses milliseconds.
    #[must_use]
    pub const fn unix_seconds(mut self) -> Self {
        self.unit = Unit::Seconds;
        self
    }

    /// Whole milliseconds since 1970, exactly thirteen digits (the years 2001 to 2286).
    #[must_use]
    pub const fn unix_millis(mut self) -> Self {
        self.unit = Unit::Millis;
        self
    }

    /// An RFC 3339 date and time, such as `2025-10-09T08:53:20.123Z`. The text is signed as sent.
    #[must_use]
    pub const fn rfc3339(mut self) -> Self {
        self.unit = Unit::Rfc3339;
        self
    }

    /// How far from now the timestamp may be, into the past and into the future (milliseconds are
    /// the finest step). A delivery exactly this old is still accepted.
    #[must_use]
    pub const fn with_tolerance(self, window: Duration) -> Self {
        self.with_max_age(window).with_max_ahead(window)
    }

    /// How old a delivery may be.
    #[must_use]
    pub const fn with_max_age(mut self, window: Duration) -> Self {
        self.past = Some(millis(window));
        self
    }

    /// How far ahead of this machine's clock a delivery may be.
    #[must_use]
    pub const fn with_max_ahead(mut self, window: Duration) -> Self {
        self.future = Some(millis(window));
        self
    }

    /// Checks the form of the timestamp but not its age, as some providers' own code does.
    ///
    /// A recorded delivery can then be sent again for ever, unless it is recognised by its id.
    #[must_use]
    pub const fn without_window(mut self) -> Self {
        self.past = None;
        self.future = None;
        self
    }

    /// Milliseconds since 1970, if `text` is exactly of this unit's form.
    pub(crate) fn parse(&self, text: &str) -> Option<u64> {
        match self.unit {
            Unit::Seconds => digits(text, 10)?.checked_mul(1000),
            Unit::Millis => digits(text, 13),
            Unit::Rfc3339 => rfc3339(text),
        }
    }

    /// The same with a window that an endpoint sets, if it sets one.
    pub(crate) const fn with_window(self, window: Option<Duration>) -> Self {
        match window {
            Some(window) => self.with_tolerance(window),
            None => self,
        }
    }

    /// Whether a text has this unit's form.
    pub(crate) fn well_formed(&self, text: &str) -> Result<(), VerifyError> {
        self.parse(text).map(drop).ok_or(VerifyError::MalformedTimestamp)
    }

    /// The time that a text says, if it is of this unit's form and within the window.
    pub(crate) fn judge(&self, text: &str, now: SystemTime) -> Result<SystemTime, VerifyError> {
        let signed = self.parse(text).ok_or(VerifyError::MalformedTimestamp)?;
        self.judge_millis(signed, now)
    }

    /// The same for a time in milliseconds since 1970.
    pub(crate) fn judge_millis(
        &self,
        signed: u64,
        now: SystemTime,
    ) -> Result<SystemTime, VerifyError> {
        match self.check(signed, unix_millis(now)) {
            Ok(()) => UNIX_EPOCH
                .checked_add(Duration::from_millis(signed))
                .ok_or(VerifyError::MalformedTimestamp),
            Err(OutOfWindow::Stale) => Err(VerifyError::TimestampTooOld),
            Err(OutOfWindow::Ahead) => Err(VerifyError::TimestampTooNew),
        }
    }

    /// Writes a time as this unit's text.
    pub(crate) fn format(&self, millis: u64) -> String {
        match self.unit {
            Unit::Seconds => (millis / 1000).to_string(),
            Unit::Millis => millis.to_string(),
            Unit::Rfc3339 => format_rfc3339(millis),
        }
    }

    /// Whether a delivery signed at `signed` may be taken at `now` (both milliseconds since 1970).
    fn check(&self, signed: u64, now: u64) -> Result<(), OutOfWindow> {
        // A provider that sends whole seconds compares whole seconds.
        let now = match self.unit {
            Unit::Millis | Unit::Rfc3339 => now,
            Unit::Seconds => now / 1000 * 1000,
        };
        if self.past.is_some_and(|window| now.saturating_sub(signed) > window) {
            return Err(OutOfWindow::Stale);
        }
        if self.future.is_some_and(|window| signed.saturating_sub(now) > window) {
            return Err(OutOfWindow::Ahead);
        }
        Ok(())
    }

    /// The window into the past, if there is one.
    #[must_use]
    pub fn max_age(&self) -> Option<Duration> {
        self.past.map(Duration::from_millis)
    }

    /// The window into the future, if there is one.
    #[must_use]
    pub fn max_ahead(&self) -> Option<Duration> {
        self.future.map(Duration::from_millis)
    }
}

const fn millis(window: Duration) -> u64 {
    window.as_secs().saturating_mul(1000).saturating_add(window.subsec_millis() as u64)
}

/// A number of exactly `width` ASCII digits that does not begin with a zero.
fn digits(text: &str, width: usize) -> Option<u64> {
    let bytes = text.as_bytes();
    if bytes.len() != width || bytes[0] == b'0' || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    text.parse().ok()
}

/// `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)` as milliseconds since 1970.
fn rfc3339(text: &str) -> Option<u64> {
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
            let end = rest.bytes().position(|byte| !byte.is_ascii_digit())?;
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
    u64::try_from((seconds - offset_seconds(zone)?) * 1000 + millis).ok()
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

const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar: a year that starts in March makes
/// the leap day the last day of its year.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn format_rfc3339(millis: u64) -> String {
    let seconds = millis / 1000;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", millis % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECONDS: Timestamp = Timestamp::header("x-time");

    #[test]
    fn only_ten_plain_digits_are_seconds() {
        assert_eq!(SECONDS.parse("1760000000"), Some(1_760_000_000_000));
        for text in [
            "",
            "0",
            "-1",
            "+1760000000",
            " 1760000000",
            "1760000000 ",
            "01760000000",
            "1760000000.5",
            "1e9",
            "NaN",
            "Infinity",
            "1760000000000",
            "9223372036854775807",
            "18446744073709551615",
            "-9223372036854775808",
            "１７６００００００００",
            "٠١٢٣٤٥٦٧٨٩",
            "0760000000",
            "176000000a",
        ] {
            assert_eq!(SECONDS.parse(text), None, "{text:?}");
        }
        assert_eq!(SECONDS.parse(&"1".repeat(400)), None);
    }

    #[test]
    fn milliseconds_are_thirteen_digits() {
        let millis = SECONDS.unix_millis();
        assert_eq!(millis.parse("1760000000123"), Some(1_760_000_000_123));
        assert_eq!(millis.parse("1760000000"), None);
    }

    #[test]
    fn the_window_includes_its_edges_in_whole_seconds() {
        let at = 1_760_000_000_000;
        for now in [at - 300_000, at, at + 300_000, at + 300_999] {
            assert_eq!(SECONDS.check(at, now), Ok(()), "{now}");
        }
        assert_eq!(SECONDS.check(at, at + 301_000), Err(OutOfWindow::Stale));
        assert_eq!(SECONDS.check(at, at - 300_001), Err(OutOfWindow::Ahead));
        assert_eq!(SECONDS.check(u64::MAX, at), Err(OutOfWindow::Ahead));
        assert_eq!(SECONDS.check(0, u64::MAX), Err(OutOfWindow::Stale));
    }

    #[test]
    fn past_and_future_are_apart() {
        let none_ahead =
            SECONDS.with_max_age(Duration::from_secs(600)).with_max_ahead(Duration::ZERO);
        assert_eq!(none_ahead.check(1_000_000, 1_600_000), Ok(()));
        assert_eq!(none_ahead.check(1_001_000, 1_000_000), Err(OutOfWindow::Ahead));
        assert_eq!(SECONDS.without_window().check(0, u64::MAX), Ok(()));
    }

    #[test]
    fn rfc3339_is_read_strictly() {
        let stamp = SECONDS.rfc3339();
        for (text, millis) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2025-10-09T08:53:20Z", 1_760_000_000_000),
            ("2025-10-09T08:53:20.123456789Z", 1_760_000_000_123),
            ("2025-10-09T10:53:20.5+02:00", 1_760_000_000_500),
            ("2025-10-09T03:23:20-05:30", 1_760_000_000_000),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000),
            ("2000-03-01T00:00:00+00:00", 951_868_800_000),
        ] {
            assert_eq!(stamp.parse(text), Some(millis), "{text}");
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
            assert_eq!(stamp.parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn what_is_formatted_is_parsed_back() {
        for millis in [0, 951_782_400_000, 1_709_164_800_001, 1_760_000_000_123, 4_102_444_799_999]
        {
            let stamp = SECONDS.rfc3339();
            assert_eq!(stamp.parse(&stamp.format(millis)), Some(millis));
        }
    }

    #[test]
    fn each_unit_has_its_own_text() {
        let at = 1_760_000_000_123;
        for (stamp, text) in [
            (SECONDS, "1760000000"),
            (SECONDS.unix_millis(), "1760000000123"),
            (SECONDS.unix_millis().unix_seconds(), "1760000000"),
            (SECONDS.rfc3339(), "2025-10-09T08:53:20.123Z"),
        ] {
            assert_eq!(stamp.format(at), text);
            assert_eq!(stamp.well_formed(text), Ok(()));
            assert_eq!(stamp.well_formed(&text[1..]), Err(VerifyError::MalformedTimestamp));
        }
    }

    #[test]
    fn the_window_is_told() {
        let told = |stamp: Timestamp| (stamp.max_age(), stamp.max_ahead());
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(told(SECONDS), (seconds(300), seconds(300)));
        assert_eq!(told(SECONDS.without_window()), (None, None));
        let past = SECONDS.with_max_age(Duration::from_millis(1500));
        assert_eq!(told(past), (Some(Duration::from_millis(1500)), seconds(300)));
        assert_eq!(
            told(SECONDS.with_max_ahead(Duration::from_secs(60))),
            (seconds(300), seconds(60))
        );
        assert_eq!(told(SECONDS.with_window(seconds(1))), (seconds(1), seconds(1)));
        assert_eq!(told(SECONDS.with_window(None)), (seconds(300), seconds(300)));
        let longest = SECONDS.with_tolerance(Duration::MAX);
        assert_eq!(longest.check(0, u64::MAX), Ok(()));
        assert_eq!(longest.check(u64::MAX, 0), Ok(()));
    }

    #[test]
    fn a_text_is_judged_by_form_and_age() {
        let now = UNIX_EPOCH + Duration::from_secs(1_760_000_000);
        let judge = |text| SECONDS.judge(text, now);
        assert_eq!(judge("1760000001"), Ok(now + Duration::from_secs(1)));
        assert_eq!(judge("176000000"), Err(VerifyError::MalformedTimestamp));
        assert_eq!(judge("1759999699"), Err(VerifyError::TimestampTooOld));
        assert_eq!(judge("1760000301"), Err(VerifyError::TimestampTooNew));
    }

    /// Every day, past the ends of a century that is a leap year and of one that is not.
    #[test]
    fn every_day_is_the_day_after_the_one_before() {
        let stamp = SECONDS.rfc3339();
        let mut millis = 0;
        for year in 1970_u16..2105 {
            let leap =
                year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
            let february = if leap { 29 } else { 28 };
            let days = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            for (month, days) in (1..).zip(days) {
                for day in 1..=days {
                    let text = format!("{year}-{month:02}-{day:02}T00:00:00.000Z");
                    assert_eq!(stamp.format(millis), text);
                    assert_eq!(stamp.parse(&text), Some(millis), "{text}");
                    millis += 86_400_000;
                }
                let text = format!("{year}-{month:02}-{:02}T00:00:00.000Z", days + 1);
                assert_eq!(stamp.parse(&text), None, "{text}");
            }
        }
    }

    #[test]
    fn every_second_of_a_day_has_its_text() {
        let stamp = SECONDS.rfc3339();
        for second in 0_u64..86_400 {
            let (hour, minute) = (second / 3600, second / 60 % 60);
            let text = format!("1970-01-01T{hour:02}:{minute:02}:{:02}.007Z", second % 60);
            assert_eq!(stamp.format(second * 1000 + 7), text);
            assert_eq!(stamp.parse(&text), Some(second * 1000 + 7), "{text}");
        }
    }

    #[test]
    fn zones_are_hours_and_minutes() {
        let parse = |zone: &str| SECONDS.rfc3339().parse(&format!("1970-01-03T00:00:00{zone}"));
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
