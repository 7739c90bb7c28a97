//! Start-up checks of a scheme: in a constant, they run when it is compiled.

use super::{
    Encoding, Scheme, Timestamp,
    grammar::{Grammar, Placement},
    template::Part,
    timestamp::TimestampLocation,
};

impl Scheme {
    /// Checks that the scheme does not contradict itself.
    ///
    /// # Panics
    /// With a message about the contradiction. In a constant, this is a compile error.
    pub(crate) const fn checked(self) -> Self {
        assert!(
            !self.placement.name().is_empty()
                || matches!(self.placement, Placement::Pointer { .. }),
            "the scheme names no signature header"
        );
        let template = &self.template;
        let signs_body = template.has(Part::Body) || template.has(Part::BodySha256);
        assert!(
            self.algorithm.is_credential() || self.bodyless || signs_body,
            "the scheme does not sign the body: add {{body}} to the signed template"
        );
        assert!(
            !(self.bodyless && signs_body),
            "the body is signed, so that `without_body` is wrong"
        );
        assert!(
            !(template.has(Part::Body) && template.has(Part::BodySha256)),
            "the body is signed twice: remove {{body}} or {{body_sha256}}"
        );
        assert!(
            template.has(Part::Id) == self.id.is_some(),
            "{{id}} in the signed template and `id_header` go together"
        );
        assert!(
            !template.precedes(Part::Body, Part::Id),
            "the end of the {{body}} could be taken for the {{id}} behind it: sign the id first"
        );
        assert!(
            !template.id_could_overlap_body(false),
            "the {{body}} could be taken for the end of the {{id}}: put a text or the time between them"
        );
        assert!(
            template.has(Part::Secret) == self.algorithm.is_plain_hash(),
            "{{secret}} in the signed template and the algorithms `sha256` and `sha1` go together"
        );
        match self.timestamp {
            None => assert!(
                !template.has(Part::Timestamp),
                "{{timestamp}} is signed, but the scheme does not say where the timestamp is"
            ),
            Some(timestamp) => match timestamp.location {
                TimestampLocation::Pointer(_) => assert!(
                    !template.has(Part::Timestamp),
                    "a timestamp in the body is signed with the body: remove {{timestamp}}"
                ),
                TimestampLocation::Header(_) => assert!(
                    template.has(Part::Timestamp),
                    "the timestamp is not signed: add {{timestamp}} to the signed template"
                ),
                TimestampLocation::Field(_) => {
                    assert!(
                        template.has(Part::Timestamp),
                        "the timestamp is not signed: add {{timestamp}} to the signed template"
                    );
                    assert!(
                        matches!(
                            self.placement,
                            Placement::Header {
                                grammar: Grammar::Fields { .. } | Grammar::Groups { .. },
                                ..
                            }
                        ),
                        "a timestamp field needs a signature header made of fields"
                    );
                }
                TimestampLocation::First => {
                    assert!(
                        template.has(Part::Timestamp),
                        "the timestamp is not signed: add {{timestamp}} to the signed template"
                    );
                    assert!(
                        matches!(
                            self.placement,
                            Placement::Header { grammar: Grammar::List { .. }, .. }
                        ),
                        "a timestamp that is the first entry needs a signature header that is a list"
                    );
                }
            },
        }
        self.check_query();
        self.check_grammar();
        self.check_borders();
        self.check_alternatives();
        self
    }

    /// Checks that a signature in the query needs no escapes there, and does not sign itself.
    const fn check_query(&self) {
        if !matches!(self.placement, Placement::Query { .. }) || self.algorithm.is_credential() {
            return;
        }
        assert!(
            matches!(self.encoding, Encoding::Hex | Encoding::Base64Url),
            "a signature in the query needs no escapes there: it is in hex or base64url"
        );
        assert!(
            !self.template.has(Part::Url) && !self.template.has(Part::DecodedUrl),
            "a signature in the query is part of the {{url}}, and cannot sign it"
        );
    }

    /// Checks what a grammar needs beside the header.
    const fn check_grammar(&self) {
        let Placement::Header { grammar, .. } = self.placement else { return };
        match grammar {
            Grammar::Groups { .. } => assert!(
                matches!(
                    self.timestamp,
                    Some(Timestamp { location: TimestampLocation::Field(_), .. })
                ),
                "each group of fields needs its timestamp: add `Timestamp::field`"
            ),
            Grammar::Fields { signature, .. } => assert!(
                !signature.is_empty()
                    || matches!(self.encoding, Encoding::Hex | Encoding::Base64Url),
                "a signature without a name has no `=`: it is in hex or base64url"
            ),
            _ => {}
        }
    }
}

/// Checks a header name.
///
/// # Panics
/// If the name is empty, or not a lower-case header name. In a constant, this is a compile error.
pub(crate) const fn checked_name(name: &'static str) -> &'static str {
    let bytes = name.as_bytes();
    assert!(!bytes.is_empty(), "a header name is empty");
    let mut at = 0;
    while at < bytes.len() {
        assert!(
            matches!(bytes[at], b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'),
            "header names are written in lower case, of letters, digits, `-` and `_`"
        );
        at += 1;
    }
    name
}

/// Checks a JSON pointer (RFC 6901) to a value inside a document.
///
/// # Panics
/// If the pointer does not begin with `/`. In a constant, this is a compile error.
pub(crate) const fn checked_pointer(pointer: &'static str) -> &'static str {
    assert!(
        !pointer.is_empty() && pointer.as_bytes()[0] == b'/',
        "a JSON pointer begins with `/`, as in `/data/id`"
    );
    pointer
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;
    use crate::verify::scheme::SignedValue;

    const HMAC_SHA256_HEX: Scheme = Scheme::hmac_sha256().header("x-signature");
    const TIMED: Scheme =
        HMAC_SHA256_HEX.timestamp(Timestamp::header("x-time")).signed("{timestamp}.{body}");

    const TIME: Timestamp = Timestamp::header("x-time");

    fn with_nonce(template: &'static str) -> Scheme {
        const NONCE: &[SignedValue] = &[SignedValue::header("nonce", "x-nonce")];
        HMAC_SHA256_HEX.values(NONCE).signed(template)
    }

    fn with_optional(before: &'static str, after: &'static str, template: &'static str) -> Scheme {
        let value = SignedValue::header("nonce", "x-nonce").optional(before, after);
        HMAC_SHA256_HEX.values(Box::leak(Box::new([value]))).signed(template)
    }

    type Build = fn() -> Scheme;

    /// The message of the panic for a contradictory scheme.
    fn panic_message(build: Build) -> String {
        let panic = catch_unwind(|| build().checked()).expect_err("it contradicts itself");
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
    }

    #[test]
    #[allow(clippy::too_many_lines, reason = "a table")]
    fn contradictory_schemes_are_rejected() {
        let cases: [(Build, &str); 51] = [
            (|| Scheme::hmac_sha256(), "names no signature header"),
            (|| HMAC_SHA256_HEX.signed("{url}"), "does not sign the body"),
            (|| HMAC_SHA256_HEX.signed("{id}{body}"), "`id_header` go together"),
            (|| HMAC_SHA256_HEX.id_header("x-id"), "`id_header` go together"),
            (|| HMAC_SHA256_HEX.signed("{secret}{body}"), "`sha256` and `sha1` go together"),
            (|| Scheme::sha256().header("x-a"), "`sha256` and `sha1` go together"),
            (|| HMAC_SHA256_HEX.signed("{timestamp}{body}"), "does not say where the timestamp is"),
            (
                || HMAC_SHA256_HEX.timestamp(Timestamp::header("x-time")),
                "the timestamp is not signed",
            ),
            (|| TIMED.timestamp(Timestamp::pointer("/t")), "remove {timestamp}"),
            (|| TIMED.timestamp(Timestamp::field("t")), "needs a signature header made of fields"),
            (|| HMAC_SHA256_HEX.query("signature").base64(), "it is in hex or base64url"),
            (
                || HMAC_SHA256_HEX.query("signature").signed("{url}{body}"),
                "part of the {url}, and cannot sign it",
            ),
            (
                || HMAC_SHA256_HEX.header("x-a").numbered_headers("x-").prefix("a"),
                "need a single header",
            ),
            (|| Scheme::hmac_sha1().prefix("a"), "name the header before its grammar"),
            (|| HMAC_SHA256_HEX.paired_headers(&[]), "at least one name"),
            (|| HMAC_SHA256_HEX.paired_headers(&["x-a", "X-B"]), "in lower case"),
            (|| HMAC_SHA256_HEX.require_headers(&[("x-a", "1"), ("X-B", "1")]), "in lower case"),
            (|| HMAC_SHA256_HEX.timestamp(Timestamp::pointer("t")), "begins with `/`"),
            (
                || HMAC_SHA256_HEX.alternative_headers(&[("x-a", "y-a")]),
                "lack the signature header",
            ),
            (
                || TIMED.alternative_headers(&[("x-signature", "y-signature")]),
                "lack the header of the time",
            ),
            (
                || {
                    HMAC_SHA256_HEX
                        .id_header("x-id")
                        .signed("{id}.{body}")
                        .alternative_headers(&[("x-signature", "y-signature")])
                },
                "lack the header of the id",
            ),
            (|| HMAC_SHA256_HEX.signed("{time}.{body}"), "unknown placeholder"),
            (|| HMAC_SHA256_HEX.without_body(), "`without_body` is wrong"),
            (|| HMAC_SHA256_HEX.signed("{body}{body_sha256}"), "signed twice"),
            (|| Scheme::sha1().header("x-a"), "`sha256` and `sha1` go together"),
            (|| HMAC_SHA256_HEX.pointer("/token"), "only a token"),
            (|| HMAC_SHA256_HEX.any_header(&[]), "at least one header"),
            (|| HMAC_SHA256_HEX.any_header(&["x-a", "X-B"]), "in lower case"),
            (|| HMAC_SHA256_HEX.list(""), "needs a separator"),
            (|| HMAC_SHA256_HEX.field_groups(" ", ",", "v1"), "needs its timestamp"),
            (|| HMAC_SHA256_HEX.unnamed_field(";").base64(), "has no `=`"),
            (|| TIMED.timestamp(Timestamp::first_in_list()), "a signature header that is a list"),
            (
                || HMAC_SHA256_HEX.list(",").timestamp(Timestamp::first_in_list()),
                "the timestamp is not signed",
            ),
            (
                || {
                    TIMED
                        .timestamp(Timestamp::header("x-time").rfc3339_without_zone())
                        .signed("{timestamp}{body}")
                },
                "put a text between them",
            ),
            (
                || {
                    TIMED
                        .timestamp(Timestamp::header("x-time").rfc3339_without_zone())
                        .signed("{timestamp}.{body}")
                },
                "put a text between them",
            ),
            (
                || {
                    TIMED
                        .timestamp(Timestamp::header("x-time").unix_seconds_or_millis())
                        .signed("{timestamp}0{body}")
                },
                "put a text between them",
            ),
            (
                || {
                    TIMED
                        .timestamp(Timestamp::header("x-time").unix_seconds_or_millis())
                        .signed("{body}.{timestamp}")
                },
                "the start of the {timestamp}",
            ),
            (|| with_nonce("{body}"), "exactly one placeholder"),
            (|| with_nonce("{nonce}.{nonce}.{body}"), "exactly one placeholder"),
            (|| with_nonce("{nonce}{body}"), "nothing marks the end"),
            (|| with_nonce("{body}{nonce}"), "nothing marks the start"),
            (|| with_nonce("{url}.{nonce}.{body}"), "cannot sign the {url}"),
            (|| with_nonce("{method}.{nonce}.{body}"), "cannot sign the {url}"),
            (
                || with_nonce("{nonce}.{body}").alternative_headers(&[("x-signature", "y-a")]),
                "has no alternative headers",
            ),
            (
                || with_nonce("{id}{timestamp}.{nonce}.{body}").id_header("x-id").timestamp(TIME),
                "nothing marks the end of the {id}",
            ),
            (|| with_optional("n:", ";", "{body}{nonce}"), "before the body"),
            (|| with_optional("", ";", "{nonce}{body}"), "between two texts"),
            (|| with_optional("n:", "", "{nonce}{body}"), "between two texts"),
            (|| with_optional("n:", ";", "{nonce}{body}"), "could be taken for it"),
            (|| with_optional("n:", ";", "{nonce}n:x{body}"), "could be taken for it"),
            (|| with_optional("n:", ";", "{nonce}n{body}"), "could be taken for it"),
        ];
        for (build, expected) in cases {
            let message = panic_message(build);
            assert!(message.contains(expected), "{message:?} instead of {expected:?}");
        }
        for name in ["", "X-a", "x-A", "x a", "x-a:", "\u{e4}"] {
            assert!(catch_unwind(|| checked_name(name)).is_err(), "{name:?}");
        }
        assert_eq!(checked_name("x-a_0"), "x-a_0");
        assert!(catch_unwind(|| checked_pointer("")).is_err());
        assert_eq!(checked_pointer("/a"), "/a");
    }
}
