//! Cases of malformed and altered signatures.

use std::time::SystemTime;

use http::HeaderName;
use serde_json::Value;

use super::{
    CaseResult, NO_PLACE, NOT_DATA, NOT_STRICT, Target, Verdict::Passed, not_applicable, passed,
};
use crate::{
    testing::{
        conformance::{exchange::trim_values, failure::Failure, sample::SampleDelivery},
        request::RawRequest,
    },
    verify::scheme::Scheme,
};

/// The place of the signature in a genuine delivery, if it is a separate value.
pub(super) struct Place {
    name: Name,
    /// The whole value.
    value: String,
    /// The start of the signature in the value, behind prefixes and times.
    start: usize,
}

enum Name {
    Header(HeaderName),
    Parameter(&'static str),
    /// A place in the JSON of the body.
    Pointer(String),
    /// A field of the form that is the body.
    Field(String),
}

impl Place {
    fn find(sample: &SampleDelivery<'_>, genuine: &RawRequest, at: SystemTime) -> Option<Self> {
        if let Some(name) = sample.target.provider().signature_parameter() {
            let query = genuine.path_and_query.split_once('?')?.1;
            let value = query.split('&').find_map(|it| it.strip_prefix(name)?.strip_prefix('='))?;
            return Some(Self { name: Name::Parameter(name), value: value.to_owned(), start: 0 });
        }
        let label = sample.target.provider().scheme_info().signature_header;
        if label.is_empty() {
            let forger = SampleDelivery {
                secret: sample.target.endpoint().other_secret(),
                ..sample.clone()
            };
            return Self::in_body(genuine, &forger.signed_at(at).ok()?);
        }
        // Numbered headers end with a number.
        let header = genuine.headers.keys().find(|name| {
            name.as_str() == label
                || name.as_str().strip_prefix(label).is_some_and(|rest| rest == "1")
        })?;
        let value = genuine.headers.get(header)?.to_str().ok()?.to_owned();
        let start = sample.scheme().map_or(0, |scheme| scheme.signature_start(&value));
        let name = Name::Header(header.clone());
        Some(Self { name, value, start })
    }

    /// In the body, the signature is where a genuine body differs from a forged one.
    fn in_body(genuine: &RawRequest, forged: &RawRequest) -> Option<Self> {
        let parse = |request: &RawRequest| serde_json::from_slice::<Value>(&request.body);
        let (name, value) = if let (Ok(genuine), Ok(forged)) = (parse(genuine), parse(forged)) {
            let pointer = difference(&genuine, &forged)?;
            let value = genuine.pointer(&pointer)?.as_str()?.to_owned();
            (Name::Pointer(pointer), value)
        } else {
            let mut fields = form_urlencoded::parse(&genuine.body);
            let forged: Vec<_> = form_urlencoded::parse(&forged.body).collect();
            let (name, value) = fields.find(|field| !forged.contains(field))?;
            (Name::Field(name.into_owned()), value.into_owned())
        };
        Some(Self { name, value, start: 0 })
    }

    pub(super) fn signature(&self) -> &str {
        &self.value[self.start..]
    }

    /// The request with another value in this place; `None` if the value is not possible there.
    fn with(&self, genuine: &RawRequest, value: &[u8]) -> Option<RawRequest> {
        let mut request = genuine.clone();
        match &self.name {
            Name::Header(name) => request.set(name.as_str(), value).then_some(request),
            Name::Parameter(name) => {
                let value = std::str::from_utf8(value).ok()?;
                let (path, query) = request.path_and_query.split_once('?')?;
                let old = format!("{name}={}", self.value);
                let query = query.replace(&old, &format!("{name}={value}"));
                let path_and_query = format!("{path}?{query}");
                path_and_query.parse::<http::Uri>().ok()?;
                request.path_and_query = path_and_query;
                Some(request)
            }
            Name::Pointer(pointer) => {
                let mut json: Value = serde_json::from_slice(&request.body).ok()?;
                *json.pointer_mut(pointer)? = std::str::from_utf8(value).ok()?.into();
                request.body = json.to_string().into();
                Some(request)
            }
            Name::Field(field) => {
                let value = std::str::from_utf8(value).ok()?;
                let mut form = form_urlencoded::Serializer::new(String::new());
                for (name, old) in form_urlencoded::parse(&request.body) {
                    form.append_pair(&name, if name == *field { value } else { &old });
                }
                request.body = form.finish().into();
                Some(request)
            }
        }
    }

    /// The request with another signature behind the same prefix.
    pub(super) fn with_signature(
        &self,
        genuine: &RawRequest,
        signature: &[u8],
    ) -> Option<RawRequest> {
        self.with(genuine, &[&self.value.as_bytes()[..self.start], signature].concat())
    }
}

impl Place {
    /// The request with the signature changed from a character on, in its own alphabet.
    pub(super) fn with_altered(&self, genuine: &RawRequest, at: usize) -> Option<RawRequest> {
        let signature = self.signature().as_bytes();
        let is_hex = signature.iter().all(u8::is_ascii_hexdigit);
        let changed = signature.get(at..)?.iter().position(|byte| altered(*byte, is_hex).is_some());
        let at = at + changed?;
        let mut other = signature.to_vec();
        other[at] = altered(other[at], is_hex)?;
        self.with_signature(genuine, &other)
    }
}

/// The pointer of the first difference of two values.
fn difference(left: &Value, right: &Value) -> Option<String> {
    let inner = |name: &str, left: &Value, right: Option<&Value>| {
        Some(format!("/{name}{}", difference(left, right?)?))
    };
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            left.iter().find_map(|(name, value)| inner(name, value, right.get(name)))
        }
        (Value::Array(left), Value::Array(right)) => {
            let mut left = left.iter().enumerate();
            left.find_map(|(at, value)| inner(&at.to_string(), value, right.get(at)))
        }
        _ => (left != right).then(String::new),
    }
}

/// A genuine delivery that was signed at a time, and the place of its signature.
pub(super) fn placed(
    sample: &SampleDelivery<'_>,
    at: SystemTime,
) -> Result<Option<(RawRequest, Place)>, Failure> {
    let genuine = sample.signed_at(at)?;
    Ok(Place::find(sample, &genuine, at).map(|place| (genuine, place)))
}

/// Sends short and long nonsense as a signature.
pub(crate) async fn malformed_signatures_are_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let Some((genuine, place)) = placed(&sample, sample.now())? else {
        return not_applicable(NO_PLACE);
    };
    let length = place.signature().len();
    let long = "a".repeat(64 * 1024);
    let zeros = "0".repeat(length);
    let letters = "A".repeat(length);
    let odd = "z".repeat(length);
    let texts: [&[u8]; 20] = [
        b"x",
        b"0",
        b"=",
        b"==",
        b",",
        b";",
        b"null",
        b"undefined",
        b"none",
        b"none=",
        b"true",
        b"*",
        b"\"\"",
        b"{}",
        b"\xff\xfe",
        "\u{661}\u{662}".as_bytes(),
        long.as_bytes(),
        zeros.as_bytes(),
        letters.as_bytes(),
        odd.as_bytes(),
    ];
    for text in texts.into_iter().filter(|text| *text != place.signature().as_bytes()) {
        let shown = text[..text.len().min(24)].escape_ascii().to_string();
        // With the usual prefix, and without it.
        for request in [place.with_signature(&genuine, text), place.with(&genuine, text)] {
            let Some(request) = request.filter(|request| sample.fits(request)) else { continue };
            target
                .refuses(&format!("{shown} ({} bytes) for a signature", text.len()), &request)
                .await?;
        }
    }
    Ok(Passed)
}

/// Sends empty signatures.
pub(crate) async fn empty_signature_is_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let Some((genuine, place)) = placed(&sample, sample.now())? else {
        return not_applicable(NO_PLACE);
    };
    for empty in ["", " ", "\t", "\"\""] {
        for request in [
            place.with_signature(&genuine, empty.as_bytes()),
            place.with(&genuine, empty.as_bytes()),
        ] {
            let Some(request) = request else { continue };
            target.refuses(&format!("{empty:?} for a signature"), &request).await?;
        }
    }
    // A list without a signature: all of them are right.
    if let Some((separator, _)) = sample.scheme().and_then(Scheme::timestamp_field)
        && let Some((head, _)) = place.value[..place.start].rsplit_once(separator)
        && let Some(request) = place.with(&genuine, head.as_bytes())
    {
        target.refuses("the present time, and no signature beside it", &request).await?;
    }
    Ok(Passed)
}

/// Changes each character of the signature in turn: a receiver that compares only a part of it, or
/// the result of a broken decoder, accepts some of them.
pub(crate) async fn altered_signatures_are_refused(target: &Target) -> CaseResult {
    /// The number of changes that are tested if verification is slow.
    const FEW: usize = 48;
    let sample = target.sample_delivery().await?;
    let Some((genuine, place)) = placed(&sample, sample.now())? else {
        return not_applicable(NO_PLACE);
    };
    let signature = place.signature();
    let is_hex = signature.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_slow = target.provider().has_key_pair();
    let step = if is_slow { signature.len().div_ceil(FEW) } else { 1 };
    for at in (0..signature.len()).step_by(step) {
        let Some(other) = altered(signature.as_bytes()[at], is_hex) else { continue };
        let mut altered = signature.as_bytes().to_vec();
        altered[at] = other;
        let Some(request) = place.with_signature(&genuine, &altered) else { continue };
        let what = format!("the signature with its character {at} changed");
        target.refuses(&what, &request).await?;
    }
    // In base64, other letters are other bytes.
    if !is_hex {
        let swapped: Vec<u8> = signature.bytes().map(swapped_case).collect();
        if let Some(request) = place.with_signature(&genuine, &swapped)
            && swapped != signature.as_bytes()
        {
            target.refuses("the signature with the case of its letters changed", &request).await?;
        }
    }
    Ok(Passed)
}

/// Returns whether a text is a signature in hex, and something behind it that is no byte.
fn is_behind_bytes(text: &str, signature: &str) -> bool {
    let rest = text.strip_prefix(signature).unwrap_or_default().as_bytes();
    let first = rest.chunks(2).next();
    first.is_some_and(|byte| byte.len() < 2 || !byte.iter().all(u8::is_ascii_hexdigit))
}

fn swapped_case(letter: u8) -> u8 {
    if letter.is_ascii_alphabetic() { letter ^ 0x20 } else { letter }
}

/// Another character of the same alphabet, with other bits even at the end of base64; `None` for a
/// character without bits.
fn altered(byte: u8, is_hex: bool) -> Option<u8> {
    const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if is_hex {
        return Some(match byte {
            b'9' => b'8',
            b'f' | b'F' => byte - 1,
            _ => byte + 1,
        });
    }
    let byte = match byte {
        b'-' => b'+',
        b'_' => b'/',
        byte => byte,
    };
    let value = BASE64.iter().position(|it| *it == byte)?;
    Some(BASE64[value ^ 0b10_0000])
}

/// Truncates the signature to every length: a receiver that compares up to the shorter length
/// accepts it.
pub(crate) async fn truncated_signatures_are_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let Some((genuine, place)) = placed(&sample, sample.now())? else {
        return not_applicable(NO_PLACE);
    };
    let signature = place.signature();
    for length in 1..signature.len() {
        for (end, cut) in
            [("first", &signature[..length]), ("last", &signature[signature.len() - length..])]
        {
            let Some(request) = place.with_signature(&genuine, cut.as_bytes()) else { continue };
            target
                .refuses(&format!("only the {end} {length} characters of the signature"), &request)
                .await?;
        }
    }
    Ok(Passed)
}

/// Extends the signature at either end.
pub(crate) async fn extended_signatures_are_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let Some((genuine, place)) = placed(&sample, sample.now())? else {
        return not_applicable(NO_PLACE);
    };
    let signature = place.signature();
    let is_hex = signature.bytes().all(|byte| byte.is_ascii_hexdigit());
    for more in ["0", "00", "a", "A", "AAAA", "=", "==", "x", ".", signature] {
        // Padding is no part of a signature, and `=` ends a field for some.
        if target.is_lenient() && more.starts_with('=') {
            continue;
        }
        for text in [format!("{signature}{more}"), format!("{more}{signature}")] {
            // Some decoders of hex drop what is no whole byte at the end.
            if target.is_lenient() && is_hex && is_behind_bytes(&text, signature) {
                continue;
            }
            // Some decoders of base64 end at the padding.
            if target.is_lenient() && signature.ends_with('=') && text.starts_with(signature) {
                continue;
            }
            let Some(request) = place.with_signature(&genuine, text.as_bytes()) else { continue };
            let shown: String = more.chars().take(8).collect();
            target.refuses(&format!("the signature with {shown:?} at one end"), &request).await?;
        }
    }
    Ok(Passed)
}

/// Removes the prefix of the signature: a receiver that ignores the prefix cannot distinguish
/// algorithms.
pub(crate) async fn signature_without_its_prefix_is_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let Some(scheme) = sample.scheme().and_then(Scheme::without_prefix) else {
        return not_applicable("nothing stands before the signature");
    };
    if scheme.format_time(sample.now()).is_some() && scheme.timestamp_header().is_none() {
        // The time is one of the fields.
        return not_applicable("the time stands with the signature");
    }
    if let Some(request) = signed_by(&sample, &scheme) {
        target.refuses("the signature without its prefix", &request).await?;
    }
    Ok(Passed)
}

/// Signs with the same secret and another algorithm, with that algorithm's name, in its own header
/// and in the scheme's.
pub(crate) async fn other_algorithms_are_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let Some(scheme) = sample.scheme() else { return not_applicable(NOT_DATA) };
    if scheme.other_algorithms().is_empty() {
        return not_applicable("the secret is good for one algorithm only");
    }
    for other in scheme.other_algorithms() {
        let Some(request) = signed_by(&sample, &other) else { continue };
        let what = format!("a signature by {} in {}", other.algorithm(), other.signature_header());
        target.refuses(&what, &request).await?;
    }
    // Anybody can compute a digest.
    if let Some(digest) = scheme.keyless_digest() {
        let signed =
            sample.unsigned.sign_by(sample.now(), |to_sign| digest.sign_unkeyed(to_sign).ok_or(()));
        if let Ok(request) = signed {
            target.refuses("a digest without a secret for a signature", &request).await?;
        }
    }
    Ok(Passed)
}

/// Sends the signature with the name of another version.
pub(crate) async fn other_versions_are_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let Some(scheme) = sample.scheme() else { return not_applicable(NOT_DATA) };
    if scheme.other_versions().is_empty() {
        return not_applicable("the signatures have no versions");
    }
    for other in scheme.other_versions() {
        let Some(request) = signed_by(&sample, &other) else { continue };
        let pattern = other.signature_pattern();
        target.refuses(&format!("the signature as {pattern}"), &request).await?;
    }
    Ok(Passed)
}

/// During a rotation, a delivery has a signature of each secret. One valid signature is enough, at
/// any position.
pub(crate) async fn good_signature_among_others_is_accepted(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let Some(scheme) = sample.scheme() else { return not_applicable(NOT_DATA) };
    for last in [true, false] {
        // A new delivery each time, because a receiver may deduplicate.
        let sample = target.sample_delivery().await?;
        let Some((genuine, place)) = placed(&sample, sample.now())? else {
            return not_applicable(NO_PLACE);
        };
        let list = scheme.signature_list(1, &place.value, last);
        let Some(list) = list else { return not_applicable("there is one signature, and no list") };
        let Some(request) = place.with(&genuine, list.as_bytes()) else {
            return not_applicable(NO_PLACE);
        };
        let order = if last { "bad and a good" } else { "good and a bad" };
        target.accepts(&format!("a delivery with a {order} signature"), &request).await?;
    }
    Ok(Passed)
}

/// Sends a thousand signatures, the last one valid: that is no rotation, but an attempt to waste
/// work. Only strict targets must refuse it.
pub(crate) async fn signature_list_is_bounded(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let Some((genuine, place)) = placed(&sample, sample.now())? else {
        return not_applicable(NO_PLACE);
    };
    let Some(scheme) = sample.scheme() else { return not_applicable(NOT_DATA) };
    let Some(list) = scheme.signature_list(999, &place.value, true) else {
        return not_applicable("there is one signature, and no list");
    };
    let Some(request) = place.with(&genuine, list.as_bytes()) else {
        return not_applicable(NO_PLACE);
    };
    let what = "a thousand signatures, the last one right";
    if target.is_strict {
        target.refuses(what, &request).await.map(passed)
    } else {
        target.tries(what, &request).await.map(passed)
    }
}

/// Sends other spellings of the signature, which are no forgeries. Only for strict targets.
pub(crate) async fn lenient_encodings_are_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let Some((genuine, place)) = placed(&sample, sample.now())? else {
        return not_applicable(NO_PLACE);
    };
    if !target.is_strict {
        return not_applicable(NOT_STRICT);
    }
    let signature = place.signature();
    let prefix = &place.value[..place.start];
    let others = [
        ("in upper case", format!("{prefix}{}", signature.to_uppercase())),
        ("in lower case", format!("{prefix}{}", signature.to_lowercase())),
        ("with its prefix in upper case", format!("{}{signature}", prefix.to_uppercase())),
        (
            "in the URL-safe alphabet",
            format!("{prefix}{}", signature.replace('+', "-").replace('/', "_")),
        ),
        ("without padding", format!("{prefix}{}", signature.trim_end_matches('='))),
        ("behind a space", format!("{prefix} {signature}")),
        ("before a space", format!("{prefix}{signature} ")),
        ("behind a tab", format!("{prefix}\t{signature}")),
        ("in quotes", format!("{prefix}\"{signature}\"")),
        ("after 0x", format!("{prefix}0x{signature}")),
    ];
    for (how, value) in others.into_iter().filter(|(_, value)| *value != place.value) {
        let Some(mut request) = place.with(&genuine, value.as_bytes()) else { continue };
        if !target.is_ours() {
            trim_values(&mut request.headers);
        }
        // They differ in white space, which the receiver never sees.
        if request.headers == genuine.headers
            && request.body == genuine.body
            && request.path_and_query == genuine.path_and_query
        {
            continue;
        }
        target.refuses(&format!("the signature {how}"), &request).await?;
    }
    Ok(Passed)
}

/// The delivery, signed by another scheme.
fn signed_by(sample: &SampleDelivery<'_>, scheme: &Scheme) -> Option<RawRequest> {
    let time = scheme.format_time(sample.now()).unwrap_or_default();
    sample
        .unsigned
        .sign_by(sample.now(), |to_sign| scheme.sign_at(&sample.secret, to_sign, &time))
        .ok()
}
