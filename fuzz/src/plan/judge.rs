//! The second opinion on a request.

use http::HeaderMap;
use serde::de::IgnoredAny;

use super::{
    Algorithm, FIELD, Grammar, ID, NUMBERED, PAIR, Part, Plan, QUERY, Request, TIME, Time, Unit,
    Values,
};

/// The most signatures of one request that are looked at, as documented.
const MOST: usize = 8;

impl Plan {
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
        if !(self.may_be_hashed(&request.body) && self.may_be_behind_url(request)) {
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

    /// False if the hash of a shorter body could have been continued with this one: the padding
    /// between them is not UTF-8 behind a body that is.
    pub(crate) fn may_be_hashed(&self, body: &[u8]) -> bool {
        let at = |wanted| self.parts.iter().position(|part| *part == wanted);
        let is_open = self.algorithm == Algorithm::Sha256 && at(Part::Secret) < at(Part::Body);
        !is_open || std::str::from_utf8(body).is_ok()
    }

    /// False if nothing parts the URL from the body, and the body is no JSON although one of them has
    /// what begins JSON: then the border could have been moved.
    pub(crate) fn may_be_behind_url(&self, request: &Request) -> bool {
        let Request { method, url, body, .. } = request;
        let is_joined = self.parts.windows(2).any(|pair| pair == [Part::Url, Part::Body]);
        let is_json = |text: &[u8]| serde_json::from_slice::<IgnoredAny>(text).is_ok();
        if !is_joined || (method == "GET" && body.is_empty()) || is_json(body) {
            return true;
        }
        let start = body.iter().position(|mark| b"{[".contains(mark));
        let (before, json) = body.split_at(start.unwrap_or(body.len()));
        let is_moved = before.iter().all(u8::is_ascii_graphic) && is_json(json);
        !is_moved && !url.contains(['{', '['])
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
    pub(super) fn is_parted(&self, is_parting: impl Fn(Part) -> bool) -> bool {
        let mut between = self.behind_id().take_while(|part| **part != Part::Body);
        !self.end_of_id().is_empty()
            || between.any(|part| match part {
                Part::Literal(text) => !text.chars().all(is_token_mark),
                Part::Url | Part::Secret => true,
                part => is_parting(*part),
            })
    }
}

/// The only value of a header, if it is ASCII.
fn only<'r>(headers: &'r HeaderMap, name: &str) -> Option<&'r str> {
    let values: Vec<_> = headers.get_all(name).iter().collect();
    match values[..] {
        [value] if value.as_bytes().is_ascii() => std::str::from_utf8(value.as_bytes()).ok(),
        _ => None,
    }
}

fn is_token_mark(mark: char) -> bool {
    mark.is_ascii_alphanumeric() || "-_+/=".contains(mark)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Encoding;

    /// A token signs nothing, and the rule about the border holds all the same.
    #[test]
    fn both_opinions_know_a_border_that_was_moved() {
        for algorithm in [Algorithm::Token, Algorithm::HmacSha256] {
            let plan = Plan {
                algorithm,
                grammar: Grammar::Bare { name: "x-sig", prefix: "" },
                encoding: Encoding::Hex,
                parts: vec![Part::Url, Part::Body],
                time: None,
                has_id: false,
                required: &[],
            };
            let (provider, keys) = (plan.provider(), vec![b"s3cret".to_vec()]);
            for (method, url, body, is_genuine) in [
                ("POST", "https://a/", &b""[..], true),
                ("POST", "https://a/{", b"", false),
                ("GET", "https://a/{", b"", true),
                ("POST", "https://a/{", b"}", false),
                ("POST", "https://a/", b"x{}", false),
                ("POST", "https://a/", b"x {}", true),
                ("POST", "https://a/", b"x{", true),
                ("POST", "https://a/{", b"{}", true),
            ] {
                let (method, url, body) = (method.to_owned(), url.to_owned(), body.to_vec());
                let (headers, query) = (HeaderMap::new(), String::new());
                let mut request = Request { method, url, headers, query, body };
                plan.send(&mut request, &keys[0], 0, "", "");
                let accepted = plan.compare(&provider, &keys, &request, 0);
                assert_eq!(accepted, is_genuine, "{request:?}");
            }
        }
    }
}
