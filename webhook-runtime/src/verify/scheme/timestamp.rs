//! Signed timestamps: their location, their format, and the window of accepted times.
//!
//! Timestamps are untrusted input. They are parsed strictly, and compared without overflow.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{VerifyError, http_date, rfc3339, verify::unix_millis};

/// The location and format of a signed timestamp, and how far from now it may be.
///
/// By default it is in seconds since 1970, and may differ from now by five minutes either way.
#[derive(Clone, Copy, Debug)]
pub struct Timestamp {
    pub(crate) location: TimestampLocation,
    pub(crate) unit: TimestampUnit,
    /// The header to read if a request lacks the header of the location.
    pub(crate) other_header: Option<&'static str>,
    /// The maximum age of a delivery, in milliseconds.
    max_age: Option<u64>,
    /// The maximum time by which a delivery may be ahead of this machine's clock, in milliseconds.
    max_ahead: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum TimestampLocation {
    Header(&'static str),
    /// A field of the signature header, such as `t` in `t=1760000000,v1=…`.
    Field(&'static str),
    /// The first entry of the list in the signature header.
    First,
    /// A JSON pointer into the signed body.
    Pointer(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimestampUnit {
    Seconds,
    Millis,
    SecondsOrMillis,
    Rfc3339,
    Rfc3339WithoutZone,
    HttpDate,
    HttpDateOrSeconds,
}

impl TimestampUnit {
    /// True if the timestamp can be a number.
    pub(crate) const fn is_number(self) -> bool {
        matches!(
            self,
            Self::Seconds | Self::Millis | Self::SecondsOrMillis | Self::HttpDateOrSeconds
        )
    }

    /// True if a text of this format can begin with another one, so that something else has to mark
    /// its end.
    pub(crate) const fn can_be_longer(self) -> bool {
        matches!(self, Self::SecondsOrMillis | Self::Rfc3339WithoutZone)
    }

    /// True if such a longer text can go on with this character.
    pub(crate) const fn goes_on_with(self, mark: u8) -> bool {
        // Only a time of RFC 3339 has a fraction.
        mark.is_ascii_digit() || mark == b'.' && matches!(self, Self::Rfc3339WithoutZone)
    }
}

/// The reason why a timestamp is outside of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OutOfWindow {
    TooOld,
    TooNew,
}

impl Timestamp {
    const FIVE_MINUTES: Option<u64> = Some(300_000);

    const fn at(location: TimestampLocation) -> Self {
        Self {
            location,
            unit: TimestampUnit::Seconds,
            other_header: None,
            max_age: Self::FIVE_MINUTES,
            max_ahead: Self::FIVE_MINUTES,
        }
    }

    /// The timestamp is the value of the header `name` (lower case).
    #[must_use]
    pub const fn header(name: &'static str) -> Self {
        Self::at(TimestampLocation::Header(super::checked_name(name)))
    }

    /// Sets the header (lower case) that contains the timestamp of a request without the first
    /// header.
    ///
    /// # Panics
    /// If the timestamp is not in a header. In a constant, this is a compile error.
    #[must_use]
    pub const fn or_header(mut self, name: &'static str) -> Self {
        assert!(
            matches!(self.location, TimestampLocation::Header(_)),
            "another header needs a timestamp in a header"
        );
        self.other_header = Some(super::checked_name(name));
        self
    }

    /// The timestamp is the field `name` of the signature header, as in `t=1760000000,v1=…`.
    #[must_use]
    pub const fn field(name: &'static str) -> Self {
        Self::at(TimestampLocation::Field(name))
    }

    /// The timestamp is the first entry of the signature header, whose other entries are the
    /// signatures: see [`Scheme::list`](super::Scheme::list).
    #[must_use]
    pub const fn first_in_list() -> Self {
        Self::at(TimestampLocation::First)
    }

    /// The timestamp is in the signed JSON body, at this JSON pointer (RFC 6901).
    #[must_use]
    pub const fn pointer(pointer: &'static str) -> Self {
        Self::at(TimestampLocation::Pointer(super::checked_pointer(pointer)))
    }

    /// Whole seconds since 1970, exactly ten digits (the years 2001 to 2286).
    ///
    /// The fixed width rejects milliseconds. It also keeps the border between timestamp and body
    /// unambiguous in schemes that sign them without a separator.
    #[must_use]
    pub const fn unix_seconds(mut self) -> Self {
        self.unit = TimestampUnit::Seconds;
        self
    }

    /// Whole milliseconds since 1970, exactly thirteen digits (the years 2001 to 2286).
    #[must_use]
    pub const fn unix_millis(mut self) -> Self {
        self.unit = TimestampUnit::Millis;
        self
    }

    /// An RFC 3339 date and time, such as `2025-10-09T08:53:20.123Z`. The text is signed as sent.
    #[must_use]
    pub const fn rfc3339(mut self) -> Self {
        self.unit = TimestampUnit::Rfc3339;
        self
    }

    /// Whole seconds or milliseconds since 1970, for providers that send both: ten or thirteen
    /// digits.
    #[must_use]
    pub const fn unix_seconds_or_millis(mut self) -> Self {
        self.unit = TimestampUnit::SecondsOrMillis;
        self
    }

    /// A date and time of RFC 3339 without the zone, which is UTC: `2025-10-09T08:53:20.123`.
    #[must_use]
    pub const fn rfc3339_without_zone(mut self) -> Self {
        self.unit = TimestampUnit::Rfc3339WithoutZone;
        self
    }

    /// The date format of HTTP (RFC 9110), such as `Thu, 09 Oct 2025 08:53:20 GMT`.
    #[must_use]
    pub const fn http_date(mut self) -> Self {
        self.unit = TimestampUnit::HttpDate;
        self
    }

    /// The date format of HTTP, or whole seconds since 1970, for providers of which both are known.
    /// Only the seconds end with a digit, so that a text has one reading.
    #[must_use]
    pub const fn http_date_or_unix_seconds(mut self) -> Self {
        self.unit = TimestampUnit::HttpDateOrSeconds;
        self
    }

    /// Sets how far from now the timestamp may be, into the past and into the future, in whole
    /// milliseconds. A delivery of exactly this age is still accepted.
    #[must_use]
    pub const fn with_tolerance(self, window: Duration) -> Self {
        self.with_max_age(window).with_max_ahead(window)
    }

    /// Sets the maximum age of a delivery.
    #[must_use]
    pub const fn with_max_age(mut self, window: Duration) -> Self {
        self.max_age = Some(as_millis(window));
        self
    }

    /// Sets the maximum time by which a delivery may be ahead of this machine's clock.
    #[must_use]
    pub const fn with_max_ahead(mut self, window: Duration) -> Self {
        self.max_ahead = Some(as_millis(window));
        self
    }

    /// Checks the format of the timestamp, but not its age. Some providers' own code does the same.
    ///
    /// A recorded delivery can then be replayed at any time, unless it is detected as a duplicate
    /// by its id.
    #[must_use]
    pub const fn without_window(mut self) -> Self {
        self.max_age = None;
        self.max_ahead = None;
        self
    }

    /// Parses a text that is exactly in this unit's format, as milliseconds since 1970.
    pub(crate) fn parse(&self, text: &str) -> Option<u64> {
        match self.unit {
            TimestampUnit::Millis => parse_digits(text, 13),
            TimestampUnit::SecondsOrMillis if text.len() > 10 => parse_digits(text, 13),
            TimestampUnit::HttpDateOrSeconds if text.len() > 10 => http_date::parse(text),
            TimestampUnit::Seconds
            | TimestampUnit::SecondsOrMillis
            | TimestampUnit::HttpDateOrSeconds => parse_digits(text, 10)?.checked_mul(1000),
            TimestampUnit::Rfc3339 => rfc3339::parse(text),
            TimestampUnit::Rfc3339WithoutZone => rfc3339::parse_without_zone(text),
            TimestampUnit::HttpDate => http_date::parse(text),
        }
    }

    /// The same timestamp with the endpoint's tolerance, if it sets one.
    pub(crate) const fn with_optional_tolerance(self, window: Option<Duration>) -> Self {
        match window {
            Some(window) => self.with_tolerance(window),
            None => self,
        }
    }

    /// Checks that a text is in this unit's format.
    pub(crate) fn check_format(&self, text: &str) -> Result<(), VerifyError> {
        self.parse(text).map(drop).ok_or(VerifyError::MalformedTimestamp)
    }

    /// Parses a text, and checks that its time is within the window.
    pub(crate) fn accept(&self, text: &str, now: SystemTime) -> Result<SystemTime, VerifyError> {
        let signed = self.parse(text).ok_or(VerifyError::MalformedTimestamp)?;
        self.accept_millis(signed, now)
    }

    /// Checks that a time in milliseconds since 1970 is within the window.
    pub(crate) fn accept_millis(
        &self,
        signed: u64,
        now: SystemTime,
    ) -> Result<SystemTime, VerifyError> {
        match self.check_window(signed, unix_millis(now)) {
            Ok(()) => UNIX_EPOCH
                .checked_add(Duration::from_millis(signed))
                .ok_or(VerifyError::MalformedTimestamp),
            Err(OutOfWindow::TooOld) => Err(VerifyError::TimestampTooOld),
            Err(OutOfWindow::TooNew) => Err(VerifyError::TimestampTooNew),
        }
    }

    /// Writes a time, given in milliseconds since 1970, in this unit's format.
    #[must_use]
    pub fn format(&self, millis: u64) -> String {
        match self.unit {
            TimestampUnit::Seconds | TimestampUnit::SecondsOrMillis => (millis / 1000).to_string(),
            TimestampUnit::Millis => millis.to_string(),
            TimestampUnit::Rfc3339 => rfc3339::format(millis),
            TimestampUnit::Rfc3339WithoutZone => rfc3339::format_without_zone(millis),
            TimestampUnit::HttpDate | TimestampUnit::HttpDateOrSeconds => http_date::format(millis),
        }
    }

    /// Checks that a delivery signed at `signed` is acceptable at `now` (both milliseconds since
    /// 1970).
    fn check_window(&self, signed: u64, now: u64) -> Result<(), OutOfWindow> {
        // A timestamp in whole seconds is compared with whole seconds.
        let now = match self.unit {
            TimestampUnit::Millis | TimestampUnit::Rfc3339 | TimestampUnit::Rfc3339WithoutZone => {
                now
            }
            TimestampUnit::SecondsOrMillis if !signed.is_multiple_of(1000) => now,
            TimestampUnit::Seconds
            | TimestampUnit::SecondsOrMillis
            | TimestampUnit::HttpDate
            | TimestampUnit::HttpDateOrSeconds => now / 1000 * 1000,
        };
        if self.max_age.is_some_and(|window| now.saturating_sub(signed) > window) {
            return Err(OutOfWindow::TooOld);
        }
        if self.max_ahead.is_some_and(|window| signed.saturating_sub(now) > window) {
            return Err(OutOfWindow::TooNew);
        }
        Ok(())
    }

    /// The maximum age of a delivery, if there is one.
    #[must_use]
    pub fn max_age(&self) -> Option<Duration> {
        self.max_age.map(Duration::from_millis)
    }

    /// The maximum time ahead of this machine's clock, if there is one.
    #[must_use]
    pub fn max_ahead(&self) -> Option<Duration> {
        self.max_ahead.map(Duration::from_millis)
    }
}

const fn as_millis(window: Duration) -> u64 {
    window.as_secs().saturating_mul(1000).saturating_add(window.subsec_millis() as u64)
}

/// A number of exactly `width` ASCII digits that does not begin with a zero.
fn parse_digits(text: &str, width: usize) -> Option<u64> {
    let bytes = text.as_bytes();
    if bytes.len() != width || bytes[0] == b'0' || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECONDS: Timestamp = Timestamp::header("x-time");

    #[test]
    fn seconds_are_ten_ascii_digits() {
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
    fn seconds_or_milliseconds_are_told_by_their_width() {
        let either = SECONDS.unix_seconds_or_millis();
        assert_eq!(either.parse("1760000000"), Some(1_760_000_000_000));
        assert_eq!(either.parse("1760000000123"), Some(1_760_000_000_123));
        for text in
            ["", "176000000", "17600000001", "176000000012", "17600000001234", "1760000000.1"]
        {
            assert_eq!(either.parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_date_or_seconds_are_told_by_their_width() {
        let either = SECONDS.http_date_or_unix_seconds();
        assert_eq!(either.parse("1760000000"), Some(1_760_000_000_000));
        assert_eq!(either.parse("Thu, 09 Oct 2025 08:53:20 GMT"), Some(1_760_000_000_000));
        for text in ["", "176000000", "1760000000000", "Fri, 09 Oct 2025 08:53:20 GMT"] {
            assert_eq!(either.parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_window_includes_its_edges() {
        let at = 1_760_000_000_000;
        for now in [at - 300_000, at, at + 300_000, at + 300_999] {
            assert_eq!(SECONDS.check_window(at, now), Ok(()), "{now}");
        }
        assert_eq!(SECONDS.check_window(at, at + 301_000), Err(OutOfWindow::TooOld));
        assert_eq!(SECONDS.check_window(at, at - 300_001), Err(OutOfWindow::TooNew));
        assert_eq!(SECONDS.check_window(u64::MAX, at), Err(OutOfWindow::TooNew));
        assert_eq!(SECONDS.check_window(0, u64::MAX), Err(OutOfWindow::TooOld));
    }

    #[test]
    fn max_age_and_max_ahead_are_independent() {
        let none_ahead =
            SECONDS.with_max_age(Duration::from_secs(600)).with_max_ahead(Duration::ZERO);
        assert_eq!(none_ahead.check_window(1_000_000, 1_600_000), Ok(()));
        assert_eq!(none_ahead.check_window(1_001_000, 1_000_000), Err(OutOfWindow::TooNew));
        assert_eq!(SECONDS.without_window().check_window(0, u64::MAX), Ok(()));
    }

    #[test]
    fn each_unit_has_its_own_format() {
        let at = 1_760_000_000_123;
        for (stamp, text) in [
            (SECONDS, "1760000000"),
            (SECONDS.unix_millis(), "1760000000123"),
            (SECONDS.unix_millis().unix_seconds(), "1760000000"),
            (SECONDS.unix_seconds_or_millis(), "1760000000"),
            (SECONDS.rfc3339(), "2025-10-09T08:53:20.123Z"),
            (SECONDS.rfc3339_without_zone(), "2025-10-09T08:53:20.123"),
            (SECONDS.http_date(), "Thu, 09 Oct 2025 08:53:20 GMT"),
            (SECONDS.http_date_or_unix_seconds(), "Thu, 09 Oct 2025 08:53:20 GMT"),
        ] {
            assert_eq!(stamp.format(at), text);
            assert_eq!(stamp.check_format(text), Ok(()));
            assert_eq!(stamp.check_format(&text[1..]), Err(VerifyError::MalformedTimestamp));
        }
    }

    #[test]
    fn the_window_is_readable() {
        let window = |stamp: Timestamp| (stamp.max_age(), stamp.max_ahead());
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(window(SECONDS), (seconds(300), seconds(300)));
        assert_eq!(window(SECONDS.without_window()), (None, None));
        let max_age = SECONDS.with_max_age(Duration::from_millis(1500));
        assert_eq!(window(max_age), (Some(Duration::from_millis(1500)), seconds(300)));
        assert_eq!(
            window(SECONDS.with_max_ahead(Duration::from_secs(60))),
            (seconds(300), seconds(60))
        );
        assert_eq!(window(SECONDS.with_optional_tolerance(seconds(1))), (seconds(1), seconds(1)));
        assert_eq!(window(SECONDS.with_optional_tolerance(None)), (seconds(300), seconds(300)));
        let longest = SECONDS.with_tolerance(Duration::MAX);
        assert_eq!(longest.check_window(0, u64::MAX), Ok(()));
        assert_eq!(longest.check_window(u64::MAX, 0), Ok(()));
    }

    #[test]
    fn accept_checks_format_and_age() {
        let now = UNIX_EPOCH + Duration::from_secs(1_760_000_000);
        let judge = |text| SECONDS.accept(text, now);
        assert_eq!(judge("1760000001"), Ok(now + Duration::from_secs(1)));
        assert_eq!(judge("176000000"), Err(VerifyError::MalformedTimestamp));
        assert_eq!(judge("1759999699"), Err(VerifyError::TimestampTooOld));
        assert_eq!(judge("1760000301"), Err(VerifyError::TimestampTooNew));
    }
}
