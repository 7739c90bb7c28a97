//! The times of a scheme: their form, place and window.

use crate::input::Input;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Seconds,
    Millis,
    Rfc3339,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Time {
    pub(crate) in_field: bool,
    pub(crate) unit: Unit,
    /// Past and future, in milliseconds.
    pub(crate) window: Option<(u64, u64)>,
}

impl Time {
    pub(crate) fn any(input: &mut Input<'_>, may_be_field: bool) -> Self {
        let window = match input.below(4) {
            0 => None,
            1 => Some((300_000, 300_000)),
            2 => Some((u64::from(input.byte()) * 250, u64::from(input.byte()) * 250)),
            _ => Some((input.number(), input.number())),
        };
        Self {
            in_field: may_be_field && input.is(),
            unit: input.one_of(&[Unit::Seconds, Unit::Millis, Unit::Rfc3339]),
            window,
        }
    }
}

impl Unit {
    /// A text as milliseconds since 1970.
    pub(crate) fn read(self, text: &str) -> Option<u64> {
        let digits = |width: usize| {
            let right = text.len() == width
                && !text.starts_with('0')
                && text.bytes().all(|byte| byte.is_ascii_digit());
            right.then(|| text.bytes().fold(0, |sum, byte| sum * 10 + u64::from(byte - b'0')))
        };
        match self {
            Self::Seconds => digits(10).map(|seconds| seconds * 1000),
            Self::Millis => digits(13),
            Self::Rfc3339 => {
                if !is_rfc3339(text) {
                    return None;
                }
                let time = chrono::DateTime::parse_from_rfc3339(text).ok()?;
                u64::try_from(time.timestamp_millis()).ok()
            }
        }
    }

    pub(crate) fn write(self, millis: u64) -> String {
        match self {
            Self::Seconds => format!("{}", millis / 1000),
            Self::Millis => format!("{millis}"),
            Self::Rfc3339 => {
                let millis = i64::try_from(millis).expect("a time that can be written");
                let time = chrono::DateTime::from_timestamp_millis(millis).expect("the same");
                time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
            }
        }
    }
}

/// The form alone: chrono takes spaces, small letters and leap seconds.
fn is_rfc3339(text: &str) -> bool {
    let shape: String =
        text.chars().map(|mark| if mark.is_ascii_digit() { '0' } else { mark }).collect();
    let Some(rest) = shape.strip_prefix("0000-00-00T00:00:00") else { return false };
    let zone = match rest.strip_prefix('.') {
        Some(rest) => {
            let zone = rest.trim_start_matches('0');
            if !matches!(rest.len() - zone.len(), 1..=9) {
                return false;
            }
            zone
        }
        None => rest,
    };
    let has_zone = matches!(zone, "Z" | "+00:00" | "-00:00");
    has_zone && &text[17..19] != "60"
}
