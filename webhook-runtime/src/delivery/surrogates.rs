//! Escapes of JSON that are no characters. Senders that cut a text in the middle of an emoji write
//! one half of a surrogate pair (RFC 8259, section 8.2).

use std::ops::Range;

use memchr::memchr;

/// The text with U+FFFD for each unpaired surrogate, or `None` if there is none. Both escapes have
/// six characters, so that everything keeps its place.
pub(super) fn replaced(json: &str) -> Option<Box<str>> {
    let mut places = unpaired(json.as_bytes()).peekable();
    places.peek()?;
    let mut repaired = String::with_capacity(json.len());
    let mut rest = 0;
    for place in places {
        repaired.push_str(json.get(rest..place.start)?);
        repaired.push_str("\\ufffd");
        rest = place.end;
    }
    repaired.push_str(json.get(rest..)?);
    Some(repaired.into())
}

/// The places of the escapes that are unpaired surrogates.
fn unpaired(json: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(found) = memchr(b'\\', json.get(at..)?) {
            let start = at + found;
            let unit = escaped_unit(json, start);
            at = start + if unit.is_some() { 6 } else { 2 };
            match unit {
                Some(0xd800..=0xdbff)
                    if matches!(escaped_unit(json, at), Some(0xdc00..=0xdfff)) =>
                {
                    at += 6;
                }
                Some(0xd800..=0xdfff) => return Some(start..at),
                _ => {}
            }
        }
        None
    })
}

/// The number of the escape `\u0000` that begins here.
fn escaped_unit(json: &[u8], at: usize) -> Option<u16> {
    let digits = json.get(at..at + 6)?.strip_prefix(b"\\u")?;
    let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
    let digits = std::str::from_utf8(digits).ok().filter(|_| is_hex)?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpaired_surrogates_are_replaced() {
        for (json, expected) in [
            (r#"["cut \ud83d"]"#, r#"["cut \ufffd"]"#),
            (r#"["\uDE00"]"#, r#"["\ufffd"]"#),
            (r#"["\ud83d\ud83d\ude00\ude00"]"#, r#"["\ufffd\ud83d\ude00\ufffd"]"#),
            (r#"["\ud83d\n","\\\ud83d"]"#, r#"["\ufffd\n","\\\ufffd"]"#),
            (r#"{"\udfff":1}"#, r#"{"\ufffd":1}"#),
        ] {
            assert_eq!(replaced(json).as_deref(), Some(expected));
            assert!(serde_json::from_str::<serde_json::Value>(expected).is_ok(), "{expected}");
        }
    }

    #[test]
    fn everything_else_stays() {
        for json in [
            "",
            "{}",
            r#"["\ud83d\ude00","\u00e4"]"#,
            r#"["\\ud83d"]"#,
            r#"["\ud83"]"#,
            r#"["\u+d83"]"#,
            r"\",
            r"\ud8",
            "\u{1f600}\\",
        ] {
            assert_eq!(replaced(json), None, "{json}");
        }
    }
}
