//! The values of arguments: `/pointer=value`, `Name: value`, `10m`, URLs.

use std::time::Duration;

use serde_json::Value;

/// The longest time between signing and now, in seconds.
const MAX_AGE: i64 = 100 * 366 * 86_400;

/// Reads `/pointer=value`; a value that is no JSON is text.
pub(crate) fn assignment(text: &str) -> Result<(String, Value), String> {
    let (pointer, value) = text.split_once('=').ok_or("write it as /pointer=value")?;
    if !pointer.starts_with('/') {
        return Err("a pointer begins with `/`, as in /data/amount=5".to_owned());
    }
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
    Ok((pointer.to_owned(), value))
}

pub(crate) fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("write it as `Name: value`")?;
    let (name, value) = (name.trim(), value.trim());
    http::HeaderName::try_from(name).map_err(|error| error.to_string())?;
    http::HeaderValue::try_from(value).map_err(|error| error.to_string())?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Checks a URL that can be called. Its fragment is left out, for it is never sent.
pub(crate) fn url(text: &str) -> Result<String, String> {
    let uri: http::Uri = text.parse().map_err(|error: http::uri::InvalidUri| error.to_string())?;
    match uri.scheme_str() {
        Some("http" | "https") if uri.host().is_some() => {
            Ok(text.split_once('#').map_or(text, |(url, _)| url).to_owned())
        }
        _ => Err("a URL begins with http:// or https://".to_owned()),
    }
}

/// Reads a time such as `10m`, in seconds.
pub(crate) fn age(text: &str) -> Result<i64, String> {
    let at = text.find(|mark: char| mark.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let unit = match unit {
        "" | "s" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err("a time has a unit: 30s, 10m, 2h, 1d".to_owned()),
    };
    let number: i64 = number.parse().map_err(|_| "write it as 30s, 10m, 2h or 1d".to_owned())?;
    let age = number.checked_mul(unit).filter(|age| age.abs() <= MAX_AGE);
    age.ok_or_else(|| "that is longer than a century".to_owned())
}

/// Reads a duration such as `10m`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    if let Some(millis) = text.strip_suffix("ms") {
        let millis = millis.parse().map_err(|_| "write it as 500ms, 30s or 10m".to_owned())?;
        return Ok(Duration::from_millis(millis));
    }
    u64::try_from(age(text)?)
        .map(Duration::from_secs)
        .map_err(|_| "a duration is not negative".to_owned())
}

/// Reads a size such as `64KiB`, in bytes.
pub(crate) fn size(text: &str) -> Result<usize, String> {
    let at = text.find(|mark: char| !mark.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let unit = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1024,
        "m" | "mb" | "mib" => 1024 * 1024,
        "g" | "gb" | "gib" => 1024 * 1024 * 1024,
        _ => return Err("write it as 65536, 64KiB or 1MiB".to_owned()),
    };
    let number = number.parse::<usize>().ok().and_then(|number| number.checked_mul(unit));
    number.ok_or_else(|| "write it as 65536, 64KiB or 1MiB".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!([age("30"), age("10m"), age("-2h")], [Ok(30), Ok(600), Ok(-7200)]);
        for text in ["", "m", "10x", "1.5h", "99999999999999999d", "-99999d"] {
            assert!(age(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_and_sizes_have_units() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert!(duration("-1s").is_err() && duration("soon").is_err());
        assert_eq!([size("7"), size("64KiB"), size("1 MB")], [Ok(7), Ok(65_536), Ok(1_048_576)]);
        for text in ["", "KiB", "1x", "99999999999999999999", "99999999999999g"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn urls_can_be_called() {
        assert_eq!(url("http://localhost:3000"), Ok("http://localhost:3000".to_owned()));
        assert_eq!(url("http://a/b?c#d?e"), Ok("http://a/b?c".to_owned()));
        for text in ["localhost:3000", "ftp://a/", "/a", "", "http://"] {
            assert!(url(text).is_err(), "{text}");
        }
    }

    #[test]
    fn assignments_are_json_or_text() {
        assert_eq!(assignment("/a/b=5"), Ok(("/a/b".into(), Value::from(5))));
        assert_eq!(assignment("/a=b=c"), Ok(("/a".into(), Value::from("b=c"))));
        assert!(assignment("a=1").is_err() && assignment("/a").is_err());
    }
}
