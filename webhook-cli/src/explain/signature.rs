//! Mistakes in the spelling of the signature: prefix, case, encoding.

use base64ct::{Base64, Base64Unpadded, Base64UrlUnpadded, Encoding as _};
use http::{HeaderName, HeaderValue};

use super::{Cause, header::signature_names, search::Search};

/// The shortest run of characters that is a signature: SHA-1 in base64 without padding.
const SHORTEST: usize = 27;

pub(super) fn find(search: &Search<'_>) -> Option<Cause> {
    let names = signature_names(search.provider());
    let sent =
        |name: &String| Some((name.clone(), search.headers.get(name.as_str())?.to_str().ok()?));
    let (name, value) = names.iter().find_map(sent)?;
    prefix(search, &name, value)
        .or_else(|| case(search, &name, value))
        .or_else(|| encoding(search, &name, value))
}

/// Tries another value of the signature's header.
pub(super) fn fits_value(search: &Search<'_>, name: &str, value: &str) -> bool {
    let mut headers = search.headers.clone();
    let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) else {
        return false;
    };
    if headers.insert(name, value.clone()) == Some(value) {
        return false;
    }
    search.fits_headers(&headers)
}

fn prefix(search: &Search<'_>, name: &str, value: &str) -> Option<Cause> {
    let shown = search.question.capture.spelling(name);
    let due = due_prefix(search).unwrap_or_default();
    if !due.is_empty()
        && !value.starts_with(&due)
        && fits_value(search, name, &format!("{due}{value}"))
    {
        return Some(Cause::new(
            "signature-prefix-lost",
            format!("The value of {shown} lacks its prefix `{due}`."),
            "Pass the value of the header on unchanged.",
        ));
    }
    let at = value.find(['=', ',', ':', ' '])?;
    let (added, rest) = value.split_at(at + 1);
    let rest = rest.trim_start();
    (rest.len() >= SHORTEST && fits_value(search, name, rest)).then(|| {
        Cause::new(
            "signature-prefix-added",
            format!(
                "The value of {shown} begins with `{added}`, which this provider does not send."
            ),
            "Send or pass on the bare signature.",
        )
    })
}

/// The prefix of the signature, in a header with one signature.
fn due_prefix(search: &Search<'_>) -> Option<String> {
    let pattern = search.provider().scheme()?.signature_pattern();
    let (before, _) = pattern.split_once('…')?;
    let (_, prefix) = before.split_once(": ")?;
    Some(prefix.to_owned())
}

fn case(search: &Search<'_>, name: &str, value: &str) -> Option<Cause> {
    let is_upper = |byte: u8| byte.is_ascii_uppercase();
    let lower = respelled(value, |token| {
        let is_hex = token.bytes().all(|byte| byte.is_ascii_hexdigit());
        (is_hex && token.bytes().any(is_upper)).then(|| token.to_ascii_lowercase())
    });
    let is_hex = search.provider().scheme().is_some_and(|scheme| scheme.encoding() == "hex");
    let whole = Some(value.to_ascii_lowercase()).filter(|_| is_hex);
    [lower, whole].iter().flatten().any(|value| fits_value(search, name, value)).then(|| {
        Cause::new(
            "signature-uppercase",
            "The signature is right, but in upper-case hexadecimal.",
            "Write its digits in lower case.",
        )
    })
}

fn encoding(search: &Search<'_>, name: &str, value: &str) -> Option<Cause> {
    type Encode = fn(&[u8]) -> String;
    const ENCODINGS: [(&str, &str, Encode); 3] = [
        ("hex", "hexadecimal", |bytes| base16ct::lower::encode_string(bytes)),
        ("base64", "base64", |bytes| Base64::encode_string(bytes)),
        ("base64url", "URL-safe base64", |bytes| Base64UrlUnpadded::encode_string(bytes)),
    ];
    let due = search.provider().scheme().map(webhook_runtime::scheme::Scheme::encoding);
    for (label, shown, encode) in ENCODINGS {
        if due.is_some_and(|due| due != label) {
            continue;
        }
        let Some(value) = respelled(value, |token| Some(encode(&decoded(token)?))) else {
            continue;
        };
        if fits_value(search, name, &value) {
            return Some(Cause::new(
                "signature-wrong-encoding",
                format!(
                    "The signature is right, but in another encoding; this provider sends {shown}."
                ),
                "Encode the signature as the provider does.",
            ));
        }
    }
    None
}

/// Rewrites each run of characters that may be a signature; `None` if there is none to rewrite.
fn respelled(value: &str, rewrite: impl Fn(&str) -> Option<String>) -> Option<String> {
    let (mut out, mut changed, mut rest) = (String::new(), false, value);
    while !rest.is_empty() {
        let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte);
        let run = rest.bytes().take_while(|byte| is_inner(*byte)).count();
        let padding = rest[run..].bytes().take_while(|byte| *byte == b'=').count();
        // The equals sign behind a short run ends the name of a field.
        let len = if run < SHORTEST { run } else { run + padding };
        if len == 0 {
            let mark = rest.chars().next()?;
            out.push(mark);
            rest = &rest[mark.len_utf8()..];
            continue;
        }
        let token = &rest[..len];
        match Some(token).filter(|_| run >= SHORTEST).and_then(&rewrite) {
            Some(other) => {
                changed = changed || other != token;
                out.push_str(&other);
            }
            None => out.push_str(token),
        }
        rest = &rest[len..];
    }
    changed.then_some(out)
}

/// The bytes of a signature in any encoding.
pub(super) fn decoded(token: &str) -> Option<Vec<u8>> {
    let is_digest = matches!(token.len(), 40 | 64 | 96 | 128);
    if is_digest && let Ok(bytes) = base16ct::mixed::decode_vec(token) {
        return Some(bytes);
    }
    let bare = token.trim_end_matches('=');
    let bytes =
        Base64Unpadded::decode_vec(bare).or_else(|_| Base64UrlUnpadded::decode_vec(bare)).ok()?;
    // The base64 of the digits.
    let digits = Some(&bytes).filter(|bytes| matches!(bytes.len(), 40 | 64 | 96 | 128));
    Some(digits.and_then(|digits| base16ct::mixed::decode_vec(digits).ok()).unwrap_or(bytes))
}

/// The signatures in the value of a header, as bytes.
pub(super) fn signatures(value: &str) -> Vec<Vec<u8>> {
    let found = std::cell::RefCell::new(Vec::new());
    respelled(value, |token| {
        found.borrow_mut().extend(decoded(token));
        None
    });
    found.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn only_signatures_are_rewritten() {
        let shout = |token: &str| Some(token.to_ascii_uppercase());
        let upper = HEX.to_ascii_uppercase();
        for (value, expected) in [
            (format!("sha1={HEX}"), format!("sha1={upper}")),
            (format!("t=1760000000,v1={HEX}"), format!("t=1760000000,v1={upper}")),
            (format!("v1,{HEX} v1,{HEX}"), format!("v1,{upper} v1,{upper}")),
        ] {
            assert_eq!(respelled(&value, shout), Some(expected));
        }
        assert_eq!(respelled("t=1,v1=abc", shout), None);
        assert_eq!(respelled("", shout), None);
        assert_eq!(respelled("\u{e9}", shout), None);
    }

    #[test]
    fn signatures_are_decoded() {
        let bytes = base16ct::lower::decode_vec(HEX).expect("hex");
        for text in [HEX.to_owned(), Base64::encode_string(&bytes), HEX.to_ascii_uppercase()] {
            assert_eq!(signatures(&format!("v1={text}")), std::slice::from_ref(&bytes));
        }
    }
}
