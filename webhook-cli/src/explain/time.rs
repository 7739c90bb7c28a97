//! The time of signing: out of the window, in another unit, or written anew.

use std::time::{Duration, SystemTime};

use http::HeaderValue;
use webhook_runtime::{
    Provider, Secret,
    scheme::{Scheme, Timestamp, VerifyError},
};

use super::{
    Cause,
    search::{Fit, Search, Trial},
};

/// The cause of a signature that fits, but not now.
pub(super) fn out_of_window(search: &Search<'_>, reason: VerifyError) -> Cause {
    let distance = distance(search).map(|distance| format!("{} s", distance.as_secs()));
    let distance = distance.unwrap_or_else(|| "long".to_owned());
    if reason == VerifyError::TimestampTooNew {
        return Cause::new(
            "timestamp-in-future",
            format!("The signature fits, but its time is {distance} ahead of this clock."),
            "Set the clock of the receiver: those of WSL and of containers drift after sleep.",
        );
    }
    Cause::new(
        "timestamp-too-old",
        format!("The signature fits, but it was made {distance} ago: late, queued, or sent again."),
        "Verify a request when it arrives, and let the provider send it anew.",
    )
}

/// The distance of the signed time from now.
fn distance(search: &Search<'_>) -> Option<Duration> {
    let scheme = search.provider().scheme()?;
    let timestamp = (*scheme.signed_timestamp()?).without_window();
    let provider = Provider::new("without-window", (*scheme).timestamp(timestamp));
    let base = search.base();
    let secrets: &[Secret] = std::slice::from_ref(base.secret);
    let now: SystemTime = search.question.now;
    let signed = provider.verify(secrets, &search.request(&base), None, now).ok()?.signed_at?;
    now.duration_since(signed).or_else(|error| Ok::<_, ()>(error.duration())).ok()
}

pub(super) fn find(search: &Search<'_>) -> Option<Cause> {
    unit(search).or_else(|| spelling(search))
}

/// Another unit.
fn unit(search: &Search<'_>) -> Option<Cause> {
    type Unit = fn(Timestamp) -> Timestamp;
    const UNITS: [(&str, Unit); 3] = [
        ("milliseconds", Timestamp::unix_millis),
        ("seconds", Timestamp::unix_seconds),
        ("the form of RFC 3339", Timestamp::rfc3339),
    ];
    let scheme = search.provider().scheme()?;
    let timestamp = scheme.signed_timestamp()?;
    for (label, unit) in UNITS {
        let changed = (*scheme).timestamp(unit(*timestamp).without_window());
        let provider = Provider::new("other-unit", changed);
        if search.fit(&Trial { provider: &provider, ..search.base() }) == Ok(Fit::Now) {
            return Some(Cause::new(
                "timestamp-wrong-unit",
                format!(
                    "The signature fits, but its time is in {label}, which this provider does not send."
                ),
                "Sign with the time in the unit of the provider.",
            ));
        }
    }
    None
}

/// Another spelling of the same time, in a header of its own.
fn spelling(search: &Search<'_>) -> Option<Cause> {
    let provider = search.provider();
    let of_scheme = provider.scheme().and_then(Scheme::timestamp_header);
    let names = provider.scheme_info().signed_headers.iter().copied().chain(of_scheme);
    for name in names {
        let Some(sent) = search.headers.get(name).and_then(|value| value.to_str().ok()) else {
            continue;
        };
        for usual in spellings(sent) {
            let Ok(value) = HeaderValue::try_from(&usual) else { continue };
            if usual == sent {
                continue;
            }
            let mut headers = search.headers.clone();
            headers.insert(name, value);
            if search.fits_headers(&headers) {
                let name = search.question.capture.spelling(name);
                return Some(Cause::new(
                    "timestamp-reformatted",
                    format!(
                        "The time in {name} was written anew ({sent} for {usual}); its text is signed."
                    ),
                    "Keep the text of the header, and parse a copy of it.",
                ));
            }
        }
    }
    None
}

/// Other spellings of a time.
fn spellings(sent: &str) -> Vec<String> {
    let mut all = Vec::new();
    let sent = sent.trim_matches(['"', '\'', ' ']);
    // A number that went through a float: 1.76e+09.
    if sent.contains(['e', 'E'])
        && let Ok(number) = sent.parse::<f64>()
    {
        return vec![format!("{number:.0}")];
    }
    let (whole, fraction) = sent.split_once('.').unwrap_or((sent, ""));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    if is_number(whole) {
        if is_number(fraction) {
            all.push(whole.to_owned());
        }
        match whole.len() {
            13 => all.push(whole[..10].to_owned()),
            10 => all.push(format!("{whole}000")),
            _ => {}
        }
        if whole == sent {
            all.insert(0, whole.to_owned());
        }
        return all;
    }
    // A date, with a `T` or a blank, in any zone of Greenwich, with a fraction or without.
    let joined = sent.trim().replacen(' ', "T", 1);
    let bare = ["Z", "z", "+00:00", "-00:00", "+0000", " UTC", "TUTC"];
    let bare = bare.iter().find_map(|zone| joined.strip_suffix(zone)).unwrap_or(&joined);
    let without = bare.split_once('.').map_or(bare, |(seconds, _)| seconds);
    for text in [bare.to_owned(), without.to_owned(), format!("{without}.000")] {
        for zone in ["Z", "+00:00"] {
            let spelling = format!("{text}{zone}");
            if spelling != sent && !all.contains(&spelling) {
                all.push(spelling);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_spellings() {
        assert_eq!(spellings("1760000000.0"), ["1760000000", "1760000000000"]);
        assert_eq!(spellings("1760000000123"), ["1760000000123", "1760000000"]);
        assert_eq!(spellings("\"1760000000\"")[0], "1760000000");
        assert_eq!(spellings("1.760000001e+09"), ["1760000001"]);
        let all = spellings("2025-10-09 08:53:20.123Z");
        assert_eq!(all[..2], ["2025-10-09T08:53:20.123Z", "2025-10-09T08:53:20.123+00:00"]);
        assert_eq!(spellings("2025-10-09T08:53:20Z")[0], "2025-10-09T08:53:20+00:00");
    }
}
