//! Signatures that are not quite one.

use std::time::SystemTime;

use http::HeaderName;
use serde_json::Value;

use super::{
    Found, NO_PLACE, NOT_DATA, NOT_STRICT, Target, Verdict::Passed, not_applicable, passed,
};
use crate::{
    testing::{
        conformance::{draft::Draft, failure::Failure},
        letter::Wire,
    },
    verify::scheme::Scheme,
};

/// Where the signature stands in a genuine delivery, if it does so by itself.
pub(super) struct Place {
    name: Name,
    /// What stands there.
    value: String,
    /// Where in it the signature begins, behind prefixes and times.
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
    fn find(draft: &Draft<'_>, genuine: &Wire, at: SystemTime) -> Option<Self> {
        if let Some(name) = draft.scheme().and_then(Scheme::parameter) {
            let query = genuine.target.split_once('?')?.1;
            let value = query.split('&').find_map(|it| it.strip_prefix(name)?.strip_prefix('='))?;
            return Some(Self { name: Name::Parameter(name), value: value.to_owned(), start: 0 });
        }
        let label = draft.subject.provider().scheme_info().signature_header;
        if label.is_empty() {
            let forger = Draft { secret: draft.subject.target().other_secret(), ..draft.clone() };
            return Self::in_body(genuine, &forger.signed_at(at).ok()?);
        }
        // Numbered headers have a number behind it.
        let header = genuine.headers.keys().find(|name| {
            name.as_str() == label
                || name.as_str().strip_prefix(label).is_some_and(|rest| rest == "1")
        })?;
        let value = genuine.headers.get(header)?.to_str().ok()?.to_owned();
        let start = draft.scheme().map_or(0, |scheme| scheme.signature_start(&value));
        let name = Name::Header(header.clone());
        Some(Self { name, value, start })
    }

    /// In a body that carries its signature, that is where it differs from a forged one.
    fn in_body(genuine: &Wire, forged: &Wire) -> Option<Self> {
        let parse = |wire: &Wire| serde_json::from_slice::<Value>(&wire.body);
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

    /// The request with something else in this place; `None` where nothing else can stand there.
    fn with(&self, genuine: &Wire, value: &[u8]) -> Option<Wire> {
        let mut wire = genuine.clone();
        match &self.name {
            Name::Header(name) => wire.set(name.as_str(), value).then_some(wire),
            Name::Parameter(name) => {
                let value = std::str::from_utf8(value).ok()?;
                let (path, query) = wire.target.split_once('?')?;
                let old = format!("{name}={}", self.value);
                let query = query.replace(&old, &format!("{name}={value}"));
                let target = format!("{path}?{query}");
                target.parse::<http::Uri>().ok()?;
                wire.target = target;
                Some(wire)
            }
            Name::Pointer(pointer) => {
                let mut json: Value = serde_json::from_slice(&wire.body).ok()?;
                *json.pointer_mut(pointer)? = std::str::from_utf8(value).ok()?.into();
                wire.body = json.to_string().into();
                Some(wire)
            }
            Name::Field(field) => {
                let value = std::str::from_utf8(value).ok()?;
                let mut form = form_urlencoded::Serializer::new(String::new());
                for (name, old) in form_urlencoded::parse(&wire.body) {
                    form.append_pair(&name, if name == *field { value } else { &old });
                }
                wire.body = form.finish().into();
                Some(wire)
            }
        }
    }

    /// The same with another signature behind the same prefix.
    pub(super) fn with_signature(&self, genuine: &Wire, signature: &[u8]) -> Option<Wire> {
        self.with(genuine, &[&self.value.as_bytes()[..self.start], signature].concat())
    }
}

/// The first place where two texts differ, as a pointer.
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

/// A genuine delivery that was signed at a time, and where its signature is.
pub(super) fn placed(draft: &Draft<'_>, at: SystemTime) -> Result<Option<(Wire, Place)>, Failure> {
    let genuine = draft.signed_at(at)?;
    Ok(Place::find(draft, &genuine, at).map(|place| (genuine, place)))
}

/// Nonsense, long and short.
pub(crate) async fn malformed_signatures_are_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    let Some((genuine, place)) = placed(&draft, draft.now())? else {
        return not_applicable(NO_PLACE);
    };
    let length = place.signature().len();
    let long = "a".repeat(64 * 1024);
    let zeros = "0".repeat(length);
    let letters = "A".repeat(length);
    let odd = "z".repeat(length);
    let texts: [&[u8]; 18] = [
        b"x",
        b"0",
        b"=",
        b"==",
        b",",
        b";",
        b"null",
        b"undefined",
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
        // Behind what comes before every signature, and without.
        for wire in [place.with_signature(&genuine, text), place.with(&genuine, text)] {
            let Some(wire) = wire.filter(|wire| draft.fits(wire)) else { continue };
            subject
                .refuses(&format!("{shown} ({} bytes) for a signature", text.len()), &wire)
                .await?;
        }
    }
    Ok(Passed)
}

/// Nothing where the signature should be.
pub(crate) async fn empty_signature_is_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    let Some((genuine, place)) = placed(&draft, draft.now())? else {
        return not_applicable(NO_PLACE);
    };
    for empty in ["", " ", "\t", "\"\""] {
        for wire in [
            place.with_signature(&genuine, empty.as_bytes()),
            place.with(&genuine, empty.as_bytes()),
        ] {
            let Some(wire) = wire else { continue };
            subject.refuses(&format!("{empty:?} for a signature"), &wire).await?;
        }
    }
    Ok(Passed)
}

/// The right signature with one character changed, each in turn: whoever compares only a part of it,
/// or what a broken decoder left of it, takes some of them.
pub(crate) async fn altered_signatures_are_refused(subject: &Target) -> Found {
    /// How many are tried where each takes long.
    const FEW: usize = 48;
    let draft = subject.draft().await?;
    let Some((genuine, place)) = placed(&draft, draft.now())? else {
        return not_applicable(NO_PLACE);
    };
    let signature = place.signature();
    let is_hex = signature.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_slow = draft.scheme().is_some_and(|scheme| scheme.asymmetric_algorithm().is_some());
    let step = if is_slow { signature.len().div_ceil(FEW) } else { 1 };
    for at in (0..signature.len()).step_by(step) {
        let Some(other) = altered(signature.as_bytes()[at], is_hex) else { continue };
        let mut altered = signature.as_bytes().to_vec();
        altered[at] = other;
        let Some(wire) = place.with_signature(&genuine, &altered) else { continue };
        let what = format!("the signature with its character {at} changed");
        subject.refuses(&what, &wire).await?;
    }
    Ok(Passed)
}

/// Another character of the same alphabet, which stands for other bits even at the end of a text in
/// base64; `None` for what holds no bits.
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

/// The right signature, cut off at every length: whoever compares up to the end of the shorter one
/// takes it.
pub(crate) async fn truncated_signatures_are_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    let Some((genuine, place)) = placed(&draft, draft.now())? else {
        return not_applicable(NO_PLACE);
    };
    let signature = place.signature();
    for length in 1..signature.len() {
        for (end, cut) in
            [("first", &signature[..length]), ("last", &signature[signature.len() - length..])]
        {
            let Some(wire) = place.with_signature(&genuine, cut.as_bytes()) else { continue };
            subject
                .refuses(&format!("only the {end} {length} characters of the signature"), &wire)
                .await?;
        }
    }
    Ok(Passed)
}

/// The right signature, and more.
pub(crate) async fn extended_signatures_are_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    let Some((genuine, place)) = placed(&draft, draft.now())? else {
        return not_applicable(NO_PLACE);
    };
    let signature = place.signature();
    for more in ["0", "00", "a", "A", "AAAA", "=", "==", "x", ".", signature] {
        for text in [format!("{signature}{more}"), format!("{more}{signature}")] {
            let Some(wire) = place.with_signature(&genuine, text.as_bytes()) else { continue };
            let shown: String = more.chars().take(8).collect();
            subject.refuses(&format!("the signature with {shown:?} at one end"), &wire).await?;
        }
    }
    Ok(Passed)
}

/// The right signature without what stands before it: whoever takes that for granted cannot tell
/// one algorithm from another.
pub(crate) async fn signature_without_its_prefix_is_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    let Some(scheme) = draft.scheme().and_then(Scheme::without_prefix) else {
        return not_applicable("nothing stands before the signature");
    };
    if scheme.format_time(draft.now()).is_some() && scheme.timestamp_header().is_none() {
        // The time goes with the fields.
        return not_applicable("the time stands with the signature");
    }
    if let Some(wire) = signed_by(&draft, &scheme) {
        subject.refuses("the signature without its prefix", &wire).await?;
    }
    Ok(Passed)
}

/// A signature by the same secret, but another algorithm, under the name of that algorithm, in its
/// own header, and in this one.
pub(crate) async fn other_algorithms_are_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    let Some(scheme) = draft.scheme() else { return not_applicable(NOT_DATA) };
    if scheme.other_algorithms().is_empty() {
        return not_applicable("the secret is good for one algorithm only");
    }
    for other in scheme.other_algorithms() {
        let Some(wire) = signed_by(&draft, &other) else { continue };
        let what = format!("a signature by {} in {}", other.algorithm(), other.signature_header());
        subject.refuses(&what, &wire).await?;
    }
    Ok(Passed)
}

/// The right signature under the name of another version.
pub(crate) async fn other_versions_are_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    let Some(scheme) = draft.scheme() else { return not_applicable(NOT_DATA) };
    if scheme.other_versions().is_empty() {
        return not_applicable("the signatures have no versions");
    }
    for other in scheme.other_versions() {
        let Some(wire) = signed_by(&draft, &other) else { continue };
        let pattern = other.signature_pattern();
        subject.refuses(&format!("the signature as {pattern}"), &wire).await?;
    }
    Ok(Passed)
}

/// While a secret is rotated, a delivery has a signature for each: whichever is right, and wherever
/// it stands, the delivery is genuine.
pub(crate) async fn good_signature_among_others_is_accepted(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    let Some(scheme) = draft.scheme() else { return not_applicable(NOT_DATA) };
    for last in [true, false] {
        // Each is another delivery: nobody has to take one twice.
        let draft = subject.draft().await?;
        let Some((genuine, place)) = placed(&draft, draft.now())? else {
            return not_applicable(NO_PLACE);
        };
        let list = scheme.signature_list(1, &place.value, last);
        let Some(list) = list else { return not_applicable("there is one signature, and no list") };
        let Some(wire) = place.with(&genuine, list.as_bytes()) else {
            return not_applicable(NO_PLACE);
        };
        let order = if last { "bad and a good" } else { "good and a bad" };
        subject.accepts(&format!("a delivery with a {order} signature"), &wire).await?;
    }
    Ok(Passed)
}

/// A thousand signatures, the last one right: that is no rotation, but an attempt to make us work.
/// (That it is refused is asked only of those who are strict.)
pub(crate) async fn signature_list_is_bounded(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    let Some((genuine, place)) = placed(&draft, draft.now())? else {
        return not_applicable(NO_PLACE);
    };
    let Some(scheme) = draft.scheme() else { return not_applicable(NOT_DATA) };
    let Some(list) = scheme.signature_list(999, &place.value, true) else {
        return not_applicable("there is one signature, and no list");
    };
    let Some(wire) = place.with(&genuine, list.as_bytes()) else { return not_applicable(NO_PLACE) };
    let what = "a thousand signatures, the last one right";
    if subject.is_strict {
        subject.refuses(what, &wire).await.map(passed)
    } else {
        subject.tries(what, &wire).await.map(passed)
    }
}

/// The right signature in other letters. (Only of those who are strict: it is no forgery.)
pub(crate) async fn lenient_encodings_are_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    let Some((genuine, place)) = placed(&draft, draft.now())? else {
        return not_applicable(NO_PLACE);
    };
    if !subject.is_strict {
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
        let Some(wire) = place.with(&genuine, value.as_bytes()) else { continue };
        subject.refuses(&format!("the signature {how}"), &wire).await?;
    }
    Ok(Passed)
}

/// The delivery as a scheme signs it that is not the provider's.
fn signed_by(draft: &Draft<'_>, scheme: &Scheme) -> Option<Wire> {
    let letter = draft.letter.clone();
    let time = scheme.format_time(draft.now()).unwrap_or_default();
    let secret = &draft.secret;
    let signed = letter.outgoing(draft.now(), |outgoing| {
        Some(scheme.sign_at(secret, outgoing, &time).ok()?.headers)
    })?;
    Some(letter.with(signed))
}
