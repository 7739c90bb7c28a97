//! A scheme made at random, twice: as a constant of the runtime would describe it, and as a second
//! opinion that renders, signs and judges by itself.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::{Duration, UNIX_EPOCH},
};

use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use webhook_runtime::{
    Provider, Secret,
    scheme::{Incoming, Outgoing, Proof, Scheme, Timestamp, VerifyError},
};

use crate::input::Input;

/// The most signatures of one request that are looked at, as documented.
const MOST: usize = 8;

pub(crate) const NAMES: [&str; 6] =
    ["x-signature", "x-other", "authorization", "x-sig-1", "stripe-signature", "a"];
const PREFIXES: [&str; 5] = ["", "sha256=", "v0=", "Basic ", "="];
const SEPARATORS: [&str; 6] = [",", ";", ", ", "&", " ", ",,"];
const KEYS: [&str; 4] = ["v1", "s", "h1", "t1"];
const PAIR: [&str; 2] = ["x-primary", "x-secondary"];
const NUMBERED: &str = "x-sig-";
pub(crate) const TIME: &str = "x-time";
pub(crate) const ID: &str = "x-id";
const FIELD: &str = "t";
const QUERY: &str = "code";
const REQUIRED: [&[(&str, &str)]; 3] =
    [&[], &[("x-version", "1")], &[("x-version", "1"), ("x-algorithm", "HmacSHA256")]];
const LITERALS: [&str; 8] = [".", ":", "\n", "v0:", "é", "|", "-", "a="];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    HmacSha1,
    HmacSha256,
    HmacSha512,
    Sha256,
    Token,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grammar {
    Bare { name: &'static str, prefix: &'static str },
    Fields { name: &'static str, separator: &'static str, key: &'static str },
    Versions { name: &'static str, version: &'static str },
    Numbered,
    Paired,
    Query,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Encoding {
    Hex,
    Base64,
    Base64Url,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Literal(&'static str),
    Id,
    Time,
    Method,
    Url,
    Body,
    Secret,
}

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

/// How a made-up provider signs.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) algorithm: Algorithm,
    pub(crate) grammar: Grammar,
    encoding: Encoding,
    pub(crate) parts: Vec<Part>,
    pub(crate) time: Option<Time>,
    pub(crate) has_id: bool,
    pub(crate) required: &'static [(&'static str, &'static str)],
}

/// A request as it stands before the verifier.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) query: String,
    pub(crate) body: Vec<u8>,
}

/// What the parts of a signed text stand for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Values<'a> {
    pub(crate) id: &'a str,
    pub(crate) time: &'a str,
    pub(crate) method: &'a str,
    pub(crate) url: &'a str,
    pub(crate) body: &'a [u8],
}

impl Plan {
    /// Any scheme that does not contradict itself.
    pub(crate) fn any(input: &mut Input<'_>) -> Self {
        let algorithm = input.one_of(&[
            Algorithm::HmacSha256,
            Algorithm::HmacSha1,
            Algorithm::HmacSha512,
            Algorithm::Sha256,
            Algorithm::Token,
        ]);
        let name = input.one_of(&NAMES);
        let grammar = match input.below(6) {
            0 => Grammar::Bare { name, prefix: input.one_of(&PREFIXES) },
            1 => Grammar::Fields {
                name,
                separator: input.one_of(&SEPARATORS),
                key: input.one_of(&KEYS),
            },
            2 => Grammar::Versions { name, version: input.one_of(&["v1", "v1a", ""]) },
            3 => Grammar::Numbered,
            4 => Grammar::Paired,
            _ if algorithm == Algorithm::Token => Grammar::Query,
            _ => Grammar::Bare { name, prefix: "" },
        };
        let encoding = input.one_of(&[Encoding::Hex, Encoding::Base64, Encoding::Base64Url]);
        let time = input.is().then(|| Time::any(input, matches!(grammar, Grammar::Fields { .. })));
        let has_id = input.is();
        let mut parts = vec![Part::Body];
        if time.is_some() {
            parts.insert(0, Part::Time);
        }
        if has_id {
            // Behind the body, an id could be cut in two ways: see `templates`.
            parts.insert(input.below(parts.len()), Part::Id);
        }
        if algorithm == Algorithm::Sha256 {
            parts.insert(input.below(parts.len() + 1), Part::Secret);
        }
        for _ in 0..input.below(3) {
            let extra = input.one_of(&[Part::Method, Part::Url]);
            parts.insert(input.below(parts.len() + 1), extra);
        }
        for _ in 0..input.below(4) {
            let at = input.below(parts.len() + 1);
            parts.insert(at, Part::Literal(input.one_of(&LITERALS)));
        }
        let mut plan = Self { algorithm, grammar, encoding, parts, time, has_id, required: &[] };
        if has_id && !plan.is_parted(|part| part == Part::Time) {
            // Such a scheme is refused by the compiler.
            let id = plan.parts.iter().position(|part| *part == Part::Id).expect("an id");
            plan.parts.insert(id + 1, Part::Literal(input.one_of(&LITERALS)));
        }
        if input.is_rarely() {
            plan.required = input.one_of(&REQUIRED);
        }
        plan
    }

    /// Time and body, as most sign them.
    pub(crate) fn timed(time: Time) -> Self {
        let name = NAMES[0];
        Self {
            algorithm: Algorithm::HmacSha256,
            grammar: if time.in_field {
                Grammar::Fields { name, separator: ",", key: "v1" }
            } else {
                Grammar::Bare { name, prefix: "" }
            },
            encoding: Encoding::Hex,
            parts: vec![Part::Time, Part::Literal("."), Part::Body],
            time: Some(time),
            has_id: false,
            required: &[],
        }
    }

    /// The constant that a user would write.
    pub(crate) fn provider(&self) -> Provider {
        let mut scheme = match self.algorithm {
            Algorithm::HmacSha1 => Scheme::hmac_sha1(),
            Algorithm::HmacSha256 => Scheme::hmac_sha256(),
            Algorithm::HmacSha512 => Scheme::hmac_sha512(),
            Algorithm::Sha256 => Scheme::sha256(),
            Algorithm::Token => Scheme::token(),
        };
        scheme = match self.grammar {
            Grammar::Bare { name, prefix } => scheme.header(name).prefix(prefix),
            Grammar::Fields { name, separator, key } => scheme.header(name).fields(separator, key),
            Grammar::Versions { name, version } => scheme.header(name).versions(version),
            Grammar::Numbered => scheme.numbered_headers(NUMBERED),
            Grammar::Paired => scheme.paired_headers(&PAIR),
            Grammar::Query => scheme.query(QUERY),
        };
        scheme = match self.encoding {
            Encoding::Hex => scheme.hex(),
            Encoding::Base64 => scheme.base64(),
            Encoding::Base64Url => scheme.base64url(),
        };
        if let Some(time) = self.time {
            let place =
                if time.in_field { Timestamp::field(FIELD) } else { Timestamp::header(TIME) };
            let stamp = match time.unit {
                Unit::Seconds => place.unix_seconds(),
                Unit::Millis => place.unix_millis(),
                Unit::Rfc3339 => place.rfc3339(),
            };
            scheme = scheme.timestamp(match time.window {
                Some((past, future)) => {
                    stamp.past(Duration::from_millis(past)).future(Duration::from_millis(future))
                }
                None => stamp.without_window(),
            });
        }
        if self.has_id {
            scheme = scheme.id_header(ID);
        }
        Provider::new("made-up", scheme.signed(kept(self.template())).requires(self.required))
    }

    fn template(&self) -> String {
        let part = |part: &Part| match part {
            Part::Literal(text) => text,
            Part::Id => "{id}",
            Part::Time => "{timestamp}",
            Part::Method => "{method}",
            Part::Url => "{url}",
            Part::Body => "{body}",
            Part::Secret => "{secret}",
        };
        self.parts.iter().map(part).collect()
    }

    /// The text that is signed, all of it in one piece.
    pub(crate) fn message(&self, key: &[u8], values: &Values<'_>) -> Vec<u8> {
        let mut message = Vec::new();
        for part in &self.parts {
            message.extend_from_slice(match part {
                Part::Literal(text) => text.as_bytes(),
                Part::Id => values.id.as_bytes(),
                Part::Time => values.time.as_bytes(),
                Part::Method => values.method.as_bytes(),
                Part::Url => values.url.as_bytes(),
                Part::Body => values.body,
                Part::Secret => key,
            });
        }
        message
    }

    /// The signature, as text.
    pub(crate) fn signature(&self, key: &[u8], values: &Values<'_>) -> String {
        let message = self.message(key, values);
        let tag = match self.algorithm {
            Algorithm::HmacSha1 => mac::<Hmac<Sha1>>(key, &message),
            Algorithm::HmacSha256 => mac::<Hmac<Sha256>>(key, &message),
            Algorithm::HmacSha512 => mac::<Hmac<Sha512>>(key, &message),
            Algorithm::Sha256 => Sha256::digest(&message).to_vec(),
            Algorithm::Token => return String::from_utf8(key.to_vec()).expect("tokens are text"),
        };
        match self.encoding {
            Encoding::Hex => base16ct::lower::encode_string(&tag),
            Encoding::Base64 => Base64::encode_string(&tag),
            Encoding::Base64Url => Base64UrlUnpadded::encode_string(&tag),
        }
    }

    /// The headers (and the query) of a genuine request, but for what stands in them by chance.
    pub(crate) fn send(
        &self,
        request: &mut Request,
        key: &[u8],
        which: usize,
        id: &str,
        time: &str,
    ) {
        let values =
            Values { id, time, method: &request.method, url: &request.url, body: &request.body };
        let signature = self.signature(key, &values);
        if self.has_id {
            put(&mut request.headers, ID, id);
        }
        for (name, value) in self.required {
            put(&mut request.headers, name, value);
        }
        let field = self.time.is_some_and(|time| time.in_field);
        if self.time.is_some() && !field {
            put(&mut request.headers, TIME, time);
        }
        match self.grammar {
            Grammar::Bare { name, prefix } => {
                put(&mut request.headers, name, &format!("{prefix}{signature}"));
            }
            Grammar::Fields { name, separator, key } => {
                let time = if field { format!("{FIELD}={time}{separator}") } else { String::new() };
                put(&mut request.headers, name, &format!("{time}{key}={signature}"));
            }
            Grammar::Versions { name, version } => {
                put(&mut request.headers, name, &format!("{version},{signature}"));
            }
            Grammar::Numbered => put(&mut request.headers, "x-sig-1", &signature),
            Grammar::Paired => put(&mut request.headers, PAIR[which % PAIR.len()], &signature),
            Grammar::Query => request.query = format!("{QUERY}={signature}"),
        }
    }

    /// Whether the request is genuine, by the rules that the documentation of `Scheme` states.
    pub(crate) fn judge(&self, keys: &[Vec<u8>], request: &Request, now: u64) -> bool {
        self.judged(keys, request, now).is_some()
    }

    fn judged(&self, keys: &[Vec<u8>], request: &Request, now: u64) -> Option<()> {
        for (name, value) in self.required {
            (only(&request.headers, name)? == *value).then_some(())?;
        }
        let (claims, field) = self.claims(request)?;
        if claims.len() > MOST {
            return None;
        }
        let time = match self.time {
            None => "",
            Some(Time { in_field: true, .. }) => match field[..] {
                [time] => time,
                _ => return None,
            },
            Some(_) => only(&request.headers, TIME)?,
        };
        if let Some(wanted) = self.time {
            let signed = wanted.unit.read(time)?;
            let now = if wanted.unit == Unit::Seconds { now / 1000 * 1000 } else { now };
            if let Some((past, future)) = wanted.window {
                let (signed, now) = (i128::from(signed), i128::from(now));
                if now - signed > i128::from(past) || signed - now > i128::from(future) {
                    return None;
                }
            }
        }
        let id = if self.has_id { only(&request.headers, ID)? } else { "" };
        if self.has_id && !(self.may_be_id(id) && self.may_be_behind_id(&request.body)) {
            return None;
        }
        let values =
            Values { id, time, method: &request.method, url: &request.url, body: &request.body };
        keys.iter().enumerate().find_map(|(at, key)| {
            let expected = self.signature(key, &values);
            claims
                .iter()
                .any(|(text, only)| *text == expected && only.is_none_or(|only| only == at))
                .then_some(())
        })
    }

    /// The signatures that a request claims, with the only key of each, and the times beside them.
    #[allow(clippy::type_complexity)]
    fn claims<'r>(
        &self,
        request: &'r Request,
    ) -> Option<(Vec<(&'r str, Option<usize>)>, Vec<&'r str>)> {
        let headers = &request.headers;
        let mut times = Vec::new();
        let mut claims = Vec::new();
        match self.grammar {
            Grammar::Bare { name, prefix } => {
                claims.push((only(headers, name)?.strip_prefix(prefix)?, None));
            }
            Grammar::Fields { name, separator, key } => {
                let in_field = self.time.is_some_and(|time| time.in_field);
                for field in only(headers, name)?.split(separator) {
                    let (name, value) = field.split_once('=')?;
                    if name == key {
                        claims.push((value, None));
                    } else if in_field && name == FIELD {
                        times.push(value);
                    }
                }
                if times.len() > 1 {
                    return None;
                }
            }
            Grammar::Versions { name, version } => {
                let entries: Vec<_> = only(headers, name)?.split(' ').collect();
                if entries.len() > MOST {
                    return None;
                }
                for entry in entries {
                    let (its_version, value) = entry.split_once(',')?;
                    if its_version == version {
                        claims.push((value, None));
                    }
                }
            }
            Grammar::Numbered => {
                for name in headers.keys() {
                    let Some(number) = name.as_str().strip_prefix(NUMBERED) else { continue };
                    if matches!(number.len(), 1..=3) && number.bytes().all(|b| b.is_ascii_digit()) {
                        claims.push((only(headers, name.as_str())?, None));
                    }
                }
            }
            Grammar::Paired => {
                for (at, name) in PAIR.iter().enumerate() {
                    if headers.contains_key(*name) {
                        claims.push((only(headers, name)?, Some(at)));
                    }
                }
            }
            Grammar::Query => {
                let start = format!("{QUERY}=");
                let mut values = request.query.split('&').filter_map(|p| p.strip_prefix(&*start));
                claims.push((values.next()?, None));
                if values.next().is_some() {
                    return None;
                }
            }
        }
        Some((claims, times))
    }

    /// What ends the id in the signed text.
    fn behind_id(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().skip_while(|part| **part != Part::Id).skip(1)
    }

    fn end_of_id(&self) -> String {
        let texts = self.behind_id().map_while(|part| match part {
            Part::Literal(text) => Some(*text),
            _ => None,
        });
        texts.collect()
    }

    /// No id may be cut short by what ends it; where only its form ends it, it is a token.
    pub(crate) fn may_be_id(&self, id: &str) -> bool {
        let end = self.end_of_id();
        if end.is_empty() {
            !id.is_empty() && id.chars().all(is_token_mark)
        } else {
            !id.is_empty() && format!("{id}{end}").find(&end) == Some(id.len())
        }
    }

    /// No body may lend its beginning to an id that only its form ends.
    pub(crate) fn may_be_behind_id(&self, body: &[u8]) -> bool {
        let digits = self.time.is_some_and(|time| time.unit != Unit::Rfc3339);
        self.is_parted(|part| part == Part::Time && !digits)
            || body.first().is_none_or(|byte| !is_token_mark(char::from(*byte)))
    }

    /// Whether something between the id and the body cannot be part of an id.
    fn is_parted(&self, is_parting: impl Fn(Part) -> bool) -> bool {
        let mut between = self.behind_id().take_while(|part| **part != Part::Body);
        !self.end_of_id().is_empty()
            || between.any(|part| match part {
                Part::Literal(text) => !text.chars().all(is_token_mark),
                Part::Url | Part::Secret => true,
                part => is_parting(*part),
            })
    }

    /// What the runtime says.
    pub(crate) fn ask(
        &self,
        provider: &Provider,
        keys: &[Vec<u8>],
        request: &Request,
        now: u64,
    ) -> Result<Proof, VerifyError> {
        let secrets: Vec<_> = keys.iter().map(|key| self.secret(key)).collect();
        let incoming = Incoming {
            method: &request.method,
            url: &request.url,
            headers: &request.headers,
            query: &request.query,
            body: &request.body,
        };
        provider.verify(&secrets, &incoming, None, UNIX_EPOCH + Duration::from_millis(now))
    }

    /// Both opinions, which have to be one.
    #[track_caller]
    pub(crate) fn compare(
        &self,
        provider: &Provider,
        keys: &[Vec<u8>],
        request: &Request,
        now: u64,
    ) -> bool {
        let ours = self.ask(provider, keys, request, now);
        let theirs = self.judge(keys, request, now);
        assert_eq!(ours.is_ok(), theirs, "{ours:?} of {request:?} at {now} by {self:?}");
        theirs
    }

    /// What the runtime signs is what the second opinion signs.
    #[track_caller]
    pub(crate) fn compare_signing(
        &self,
        provider: &Provider,
        key: &[u8],
        request: &Request,
        id: &str,
        at: u64,
    ) {
        let outgoing = Outgoing::new(&request.body)
            .method(&request.method)
            .url(&request.url)
            .id(id)
            .at(UNIX_EPOCH + Duration::from_millis(at));
        let signed = provider.sign(&self.secret(key), &outgoing).expect("it can be signed");
        let mut sent = Request { headers: HeaderMap::new(), ..request.clone() };
        let time = self.time.map(|time| time.unit.write(at)).unwrap_or_default();
        self.send(&mut sent, key, 0, id, &time);
        assert_eq!(signed.headers, sent.headers, "{self:?}");
        assert_eq!(signed.body, sent.body, "{self:?}");
    }

    fn secret(&self, key: &[u8]) -> Secret {
        match self.algorithm {
            Algorithm::Token => Secret::new(String::from_utf8(key.to_vec()).expect("text")),
            _ => Secret::from_key(key),
        }
    }

    /// Keys that no two secrets share.
    pub(crate) fn keys(&self, input: &mut Input<'_>) -> Vec<Vec<u8>> {
        let most = if self.grammar == Grammar::Paired { PAIR.len() } else { 3 };
        (0..=input.below(most))
            .map(|at| {
                // One that is longer than the block of its hash is hashed first.
                let long = if input.is_rarely() { 200 } else { 0 };
                format!("k3y-{at}-{}", "x".repeat(long)).into_bytes()
            })
            .collect()
    }
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

fn is_token_mark(mark: char) -> bool {
    mark.is_ascii_alphanumeric() || "-_+/=".contains(mark)
}

fn mac<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// The only value of a header, if it is ASCII.
fn only<'r>(headers: &'r HeaderMap, name: &str) -> Option<&'r str> {
    let values: Vec<_> = headers.get_all(name).iter().collect();
    match values[..] {
        [value] if value.as_bytes().is_ascii() => std::str::from_utf8(value.as_bytes()).ok(),
        _ => None,
    }
}

pub(crate) fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    headers.insert(name, HeaderValue::from_str(value).expect("the value of a header"));
}

static KEPT: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// A text that lives as long as a constant's does. There are only so many templates.
fn kept(text: String) -> &'static str {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(text) = kept.get(&*text) {
        return text;
    }
    let text: &'static str = text.leak();
    kept.insert(text);
    text
}
