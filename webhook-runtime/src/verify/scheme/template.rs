//! Templates of the signed text, such as `{timestamp}.{body}`.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

/// The maximum number of parts (literals and placeholders) of a template.
const MAX_PARTS: usize = 12;

/// A part of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Literal(&'static str),
    Id,
    Timestamp,
    Method,
    Url,
    /// The URL after decoding the percent-escapes that HubSpot decodes.
    DecodedUrl,
    Body,
    /// The SHA-256 of the body, in lower-case hex.
    BodySha256,
    Secret,
    /// A further signed value with this name.
    Value(&'static str),
}

/// A template, parsed when the constant that contains it is evaluated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Template {
    parts: [Part; MAX_PARTS],
    len: usize,
    source: &'static str,
}

/// The values of the placeholders in one request.
#[derive(Clone, Copy, Default)]
pub(crate) struct Values<'a> {
    pub(crate) id: &'a str,
    pub(crate) timestamp: &'a str,
    pub(crate) method: &'a str,
    pub(crate) url: &'a str,
    pub(crate) body: &'a [u8],
    pub(crate) secret: &'a [u8],
    pub(crate) more: &'a [ReadValue<'a>],
}

/// A further signed value, as it was read from a request. It stands between two texts that are left
/// out with it.
#[derive(Clone, Debug)]
pub(crate) struct ReadValue<'a> {
    pub(crate) name: &'static str,
    pub(crate) between: [&'static str; 2],
    /// `None` if the value is optional, and the request does not have it.
    pub(crate) text: Option<Cow<'a, str>>,
}

impl Template {
    /// Only the raw body.
    pub(crate) const BODY: Self = Self::parse("{body}");

    /// Parses `source`.
    ///
    /// # Panics
    /// If the template is malformed. In a constant, this is a compile error.
    pub(crate) const fn parse(source: &'static str) -> Self {
        let bytes = source.as_bytes();
        let mut template = Self { parts: [Part::Literal(""); MAX_PARTS], len: 0, source };
        let mut at = 0;
        while at < bytes.len() {
            assert!(template.len < MAX_PARTS, "a signed template has at most 12 parts");
            let start = at;
            if bytes[at] == b'{' {
                while at < bytes.len() && bytes[at] != b'}' {
                    at += 1;
                }
                assert!(at < bytes.len(), "a `{{` in the signed template is never closed");
                at += 1;
                template.parts[template.len] = Part::placeholder(slice(source, start, at));
            } else {
                while at < bytes.len() && bytes[at] != b'{' {
                    assert!(bytes[at] != b'}', "a `}}` in the signed template was never opened");
                    at += 1;
                }
                template.parts[template.len] = Part::Literal(slice(source, start, at));
            }
            template.len += 1;
        }
        assert!(template.len > 0, "the signed template is empty");
        template
    }

    /// The part at this place.
    pub(crate) const fn part(&self, at: usize) -> Option<Part> {
        if at < self.len { Some(self.parts[at]) } else { None }
    }

    pub(crate) const fn source(&self) -> &'static str {
        self.source
    }

    /// The parts in their order.
    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts[..self.len]
    }

    /// True if the template contains `part`.
    pub(crate) const fn has(&self, part: Part) -> bool {
        let mut at = 0;
        while at < self.len {
            if self.parts[at].same_kind(part) {
                return true;
            }
            at += 1;
        }
        false
    }

    /// The literal after the id, if there is one. An id that contains it would be ambiguous.
    pub(crate) fn id_separator(&self) -> Option<&'static str> {
        let parts = self.parts();
        let id = parts.iter().position(|part| *part == Part::Id)?;
        match parts.get(id + 1) {
            Some(Part::Literal(separator)) => Some(separator),
            _ => None,
        }
    }

    /// True if the border between id and body is ambiguous: everything between them consists of
    /// characters that an id may contain. `digits` says that the timestamp is a number.
    pub(crate) const fn id_could_overlap_body(&self, digits: bool) -> bool {
        let mut at = 0;
        while at < self.len && !self.parts[at].same_kind(Part::Id) {
            at += 1;
        }
        at += 1;
        if at < self.len && matches!(self.parts[at], Part::Literal(_)) {
            return false;
        }
        while at < self.len {
            match self.parts[at] {
                Part::Body => return true,
                Part::Timestamp if digits => {}
                Part::Literal(text) if is_token_text(text.as_bytes()) => {}
                Part::Method => {}
                _ => return false,
            }
            at += 1;
        }
        false
    }

    /// True if the body follows the URL without anything between them.
    pub(crate) fn joins_url_and_body(&self) -> bool {
        self.parts()
            .windows(2)
            .any(|pair| matches!(pair, [Part::Url | Part::DecodedUrl, Part::Body]))
    }

    /// True if the template contains both parts, the first before the second.
    pub(crate) const fn precedes(&self, first: Part, second: Part) -> bool {
        let (mut at, mut seen) = (0, false);
        while at < self.len {
            seen = seen || self.parts[at].same_kind(first);
            if self.parts[at].same_kind(second) {
                return seen;
            }
            at += 1;
        }
        false
    }

    /// Passes the signed bytes to `sink`, piece by piece, without joining them.
    pub(crate) fn feed(&self, values: &Values<'_>, mut sink: impl FnMut(&[u8])) {
        for part in self.parts() {
            sink(match part {
                Part::Literal(text) => text.as_bytes(),
                Part::Id => values.id.as_bytes(),
                Part::Timestamp => values.timestamp.as_bytes(),
                Part::Method => values.method.as_bytes(),
                Part::Url => values.url.as_bytes(),
                Part::DecodedUrl => {
                    sink(decoded_url(values.url).as_bytes());
                    continue;
                }
                Part::Body => values.body,
                Part::BodySha256 => {
                    let mut hex = [0; 64];
                    let digest = Sha256::digest(values.body);
                    sink(base16ct::lower::encode(&digest, &mut hex).unwrap_or_default());
                    continue;
                }
                Part::Secret => values.secret,
                Part::Value(name) => {
                    let value = values.more.iter().find(|value| value.name == *name);
                    if let Some(ReadValue { text: Some(text), between: [before, after], .. }) =
                        value
                    {
                        for piece in [before, &**text, after] {
                            sink(piece.as_bytes());
                        }
                    }
                    continue;
                }
            });
        }
    }
}

impl Part {
    const fn placeholder(text: &'static str) -> Self {
        match text.as_bytes() {
            b"{id}" => Self::Id,
            b"{timestamp}" => Self::Timestamp,
            b"{method}" => Self::Method,
            b"{url}" => Self::Url,
            b"{decoded_url}" => Self::DecodedUrl,
            b"{body}" => Self::Body,
            b"{body_sha256}" => Self::BodySha256,
            b"{secret}" => Self::Secret,
            // `checked` makes sure that the scheme has a value of this name.
            _ => Self::Value(slice(text, 1, text.len() - 1)),
        }
    }

    pub(crate) const fn same_kind(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Id, Self::Id)
                | (Self::Timestamp, Self::Timestamp)
                | (Self::Method, Self::Method)
                | (Self::Url, Self::Url)
                | (Self::DecodedUrl, Self::DecodedUrl)
                | (Self::Body, Self::Body)
                | (Self::BodySha256, Self::BodySha256)
                | (Self::Secret, Self::Secret)
        )
    }
}

/// Decodes the percent-escapes that HubSpot's documentation lists, and no others.
pub(crate) fn decoded_url(url: &str) -> Cow<'_, str> {
    const ESCAPES: [(&str, &str); 12] = [
        ("%3A", ":"),
        ("%2F", "/"),
        ("%3F", "?"),
        ("%40", "@"),
        ("%21", "!"),
        ("%24", "$"),
        ("%27", "'"),
        ("%28", "("),
        ("%29", ")"),
        ("%2A", "*"),
        ("%2C", ","),
        ("%3B", ";"),
    ];
    let mut rest = url;
    let mut decoded = String::new();
    while let Some(at) = rest.find('%') {
        let (before, escaped) = rest.split_at(at);
        decoded.push_str(before);
        let known = escaped.get(..3).and_then(|escape| {
            ESCAPES.iter().find(|(known, _)| known.eq_ignore_ascii_case(escape))
        });
        let (text, length) = known.map_or(("%", 1), |(_, mark)| (*mark, 3));
        decoded.push_str(text);
        rest = &escaped[length..];
    }
    if decoded.is_empty() {
        return Cow::Borrowed(url);
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

/// True if a text contains only letters, digits and `-_+/=`.
pub(crate) const fn is_token_text(text: &[u8]) -> bool {
    let mut at = 0;
    while at < text.len() {
        let is_mark = text[at].is_ascii_alphanumeric()
            || matches!(text[at], b'-' | b'_' | b'+' | b'/' | b'=');
        if !is_mark {
            return false;
        }
        at += 1;
    }
    true
}

const fn slice(text: &'static str, start: usize, end: usize) -> &'static str {
    text.split_at(end).0.split_at(start).1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(source: &'static str) -> String {
        let values = Values {
            id: "i",
            timestamp: "7",
            method: "POST",
            url: "u",
            body: b"b",
            secret: b"s",
            more: &[
                ReadValue { name: "nonce", between: ["n:", ";"], text: Some("x".into()) },
                ReadValue { name: "gone", between: ["g:", ";"], text: None },
            ],
        };
        let mut out = Vec::new();
        Template::parse(source).feed(&values, |piece| out.extend_from_slice(piece));
        String::from_utf8(out).expect("ascii")
    }

    #[test]
    fn placeholders_are_filled_in() {
        assert_eq!(rendered("v0:{timestamp}:{body}"), "v0:7:b");
        assert_eq!(rendered("{secret}{method}{url}{id}"), "sPOSTui");
        assert_eq!(rendered("{gone}{nonce}{timestamp}"), "n:x;7");
        let digest = "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d";
        assert_eq!(rendered("{timestamp}\n{body_sha256}"), format!("7\n{digest}"));
    }

    #[test]
    fn only_the_listed_escapes_are_undone() {
        assert_eq!(decoded_url("https://a/b?c=d"), "https://a/b?c=d");
        assert_eq!(decoded_url("/x?u=https%3A%2f%2Fb%20c%26%2"), "/x?u=https://b%20c%26%2");
        assert_eq!(decoded_url("%é%3A"), "%é:");
    }

    #[test]
    #[should_panic(expected = "never closed")]
    fn an_open_brace_is_refused() {
        let _ = Template::parse("{body");
    }

    #[test]
    #[should_panic(expected = "never opened")]
    fn a_stray_closing_brace_is_refused() {
        let _ = Template::parse("body}");
    }

    #[test]
    fn the_id_separator_follows_the_id() {
        assert_eq!(Template::parse("{id}.{timestamp}.{body}").id_separator(), Some("."));
        assert_eq!(Template::parse("{id}{timestamp}{body}").id_separator(), None);
        assert_eq!(Template::BODY.id_separator(), None);
    }

    #[test]
    fn literals_can_be_anywhere() {
        assert_eq!(rendered("a{id}b{method}c"), "aibPOSTc");
        assert_eq!(rendered("plain"), "plain");
        assert_eq!(Template::parse("a{id}b").source(), "a{id}b");
    }

    #[test]
    fn has_finds_every_part() {
        let parts = [Part::Id, Part::Timestamp, Part::Method, Part::Url, Part::Body, Part::Secret];
        // The maximum number of parts.
        let all = Template::parse("{id}.{timestamp}.{method}.{url}.{body}.{secret}.");
        for part in parts {
            assert!(all.has(part), "{part:?}");
            assert_eq!(Template::BODY.has(part), part == Part::Body, "{part:?}");
        }
        assert!(!all.has(Part::DecodedUrl));
        assert!(Template::parse("{decoded_url}").has(Part::DecodedUrl));
    }

    #[test]
    #[should_panic(expected = "at most 12 parts")]
    fn a_thirteenth_part_is_refused() {
        let _ = Template::parse("{id}.{id}.{id}.{id}.{id}.{id}.{id}");
    }

    #[test]
    #[should_panic(expected = "is empty")]
    fn an_empty_template_is_refused() {
        let _ = Template::parse("");
    }

    #[test]
    fn an_id_can_overlap_the_body() {
        for (source, of_digits, of_dates) in [
            ("{id}{body}", true, true),
            ("{id}{timestamp}{body}", true, false),
            ("{id}{timestamp}.{body}", false, false),
            ("{id}{method}-{body}", true, true),
            ("{id}{url}{body}", false, false),
            ("{id}.{body}", false, false),
            ("{timestamp}{body}", false, false),
        ] {
            let template = Template::parse(source);
            assert_eq!(template.id_could_overlap_body(true), of_digits, "{source}");
            assert_eq!(template.id_could_overlap_body(false), of_dates, "{source}");
        }
    }

    #[test]
    fn the_body_may_follow_the_url() {
        for (source, joins) in [
            ("{url}{body}", true),
            ("{method}{decoded_url}{body}{timestamp}", true),
            ("{url}.{body}", false),
            ("{body}{url}", false),
            ("{body}", false),
        ] {
            assert_eq!(Template::parse(source).joins_url_and_body(), joins, "{source}");
        }
    }

    #[test]
    fn precedes_compares_positions() {
        let template = Template::parse("{timestamp}.{body}.{url}");
        assert!(template.precedes(Part::Timestamp, Part::Body));
        assert!(!template.precedes(Part::Body, Part::Timestamp));
        assert!(
            !template.precedes(Part::Id, Part::Body) && !template.precedes(Part::Body, Part::Id)
        );
    }
}
