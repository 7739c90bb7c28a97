//! The properties of a scheme: what it needs, what it covers, and where its signature is.

use std::ops::Range;

use super::{
    KeyEncoding, ReplayWindow, Scheme, SchemeInfo, Timestamp, grammar::Placement, key::Algorithm,
    template::Part, timestamp::TimestampLocation,
};
#[cfg(feature = "axum")]
use crate::verify::Field;
use crate::verify::{json, texts::equal};

impl Scheme {
    /// The maximum number of secrets, if each has its own header.
    pub(crate) fn max_secrets(&self) -> Option<usize> {
        match self.placement {
            Placement::Paired { names } => Some(names.len()),
            _ => None,
        }
    }

    /// The needs of the scheme, and what its signature covers.
    #[allow(unreachable_code, reason = "without the features of public keys, there are none")]
    pub(crate) fn scheme_info(&self) -> SchemeInfo {
        SchemeInfo {
            key_pair: match self.algorithm {
                Algorithm::Asymmetric(algorithm) => Some(algorithm.key_type()),
                _ => None,
            },
            signs_url: self.template.has(Part::Url) || self.template.has(Part::DecodedUrl),
            signs_body: self.signs_body(),
            signed_form_field: self.form_field,
            signs_time: self.timestamp.is_some(),
            signs_method: self.template.has(Part::Method),
            secret_parts: self.algorithm.secret_parts(),
            replay_window: self
                .timestamp
                .and_then(|timestamp| timestamp.max_age())
                .map_or(ReplayWindow::Unlimited, ReplayWindow::Limited),
            ..SchemeInfo::new(self.algorithm.label(), self.placement.name())
        }
    }

    /// The place of the token in a body that contains it, without the quotation marks.
    pub(crate) fn credentials(&self, body: &[u8]) -> Vec<Range<usize>> {
        let Placement::Pointer { pointer } = self.placement else { return Vec::new() };
        json::text_range(body, pointer).into_iter().collect()
    }

    const fn signs_body(&self) -> bool {
        !self.algorithm.is_credential()
            && (self.template.has(Part::Body) || self.template.has(Part::BodySha256))
    }

    /// True if the signature covers the value of the header `name`.
    pub(crate) const fn signs_header(&self, name: &str) -> bool {
        let mut at = 0;
        while at < self.values.len() {
            if is_header(self.values[at].header_name(), name) {
                return true;
            }
            at += 1;
        }
        is_header(self.id, name) || is_header(self.timestamp_header(), name)
    }

    /// True if the value at `source` can be the ordering key. The signature has to cover it, unless
    /// there is no signature but a token: then no value is safer than another.
    #[cfg(feature = "axum")]
    pub(crate) const fn can_order_by(&self, source: Field) -> bool {
        self.algorithm.is_credential()
            || match source {
                Field::Header(name) => self.signs_header(name),
                Field::Pointer(_) => self.signs_body(),
            }
    }

    /// True if the header of this (lower-case) name contains a signature.
    pub(crate) fn is_signature_header(&self, name: &str) -> bool {
        let is_alternative =
            |(first, other): &(&str, &str)| *first == self.placement.name() && *other == name;
        match self.placement {
            Placement::Header { name: known, .. } => {
                known == name || self.alternatives.iter().any(is_alternative)
            }
            Placement::Numbered { prefix } => name.starts_with(prefix),
            Placement::Paired { names } | Placement::Any { names } => names.contains(&name),
            Placement::Query { .. } | Placement::Pointer { .. } => false,
        }
    }

    /// True if signing writes the header of this (lower-case) name.
    pub(crate) fn writes_header(&self, name: &str) -> bool {
        self.is_signature_header(name)
            || self.signs_header(name)
            || self.requires.iter().any(|(known, _)| *known == name)
    }

    /// The header that contains the signature, or the first such header; the name of the parameter if
    /// the signature is in the query.
    #[must_use]
    pub const fn signature_header(&self) -> &'static str {
        self.placement.name()
    }

    /// The query parameter that contains the signature or the token, if it is in the query.
    #[must_use]
    pub const fn signature_parameter(&self) -> Option<&'static str> {
        match self.placement {
            Placement::Query { name } => Some(name),
            _ => None,
        }
    }

    /// The name of the algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> &'static str {
        self.algorithm.label()
    }

    /// The signed text, as given to [`signed`](Self::signed).
    #[must_use]
    pub const fn signed_template(&self) -> &'static str {
        self.template.source()
    }

    /// The name of the signature's encoding.
    #[must_use]
    pub const fn encoding(&self) -> &'static str {
        self.encoding.label()
    }

    /// The encoding of the key in the text of the secret.
    #[must_use]
    pub const fn key_encoding(&self) -> KeyEncoding {
        self.key
    }

    /// The header that contains the signed id of the delivery.
    #[must_use]
    pub const fn signed_id_header(&self) -> Option<&'static str> {
        self.id
    }

    /// The header that contains the signed time, if it has a header of its own.
    #[must_use]
    pub const fn timestamp_header(&self) -> Option<&'static str> {
        match self.timestamp {
            Some(Timestamp { location: TimestampLocation::Header(name), .. }) => Some(name),
            _ => None,
        }
    }

    /// The location of the signed time, and how far from now it may be.
    #[must_use]
    pub const fn signed_timestamp(&self) -> Option<&Timestamp> {
        self.timestamp.as_ref()
    }

    /// The location of the signature, with `…` in its place: `x-hub-signature-256: sha256=…`,
    /// `?code=…` in the query, or `/token: …` in the body.
    #[must_use]
    pub fn signature_pattern(&self) -> String {
        match self.placement {
            Placement::Header { name, grammar } => {
                let time = match self.timestamp.map(|timestamp| timestamp.location) {
                    Some(TimestampLocation::Field(field)) => Some((field, "…")),
                    Some(TimestampLocation::First) => Some(("", "…")),
                    _ => None,
                };
                format!("{name}: {}", grammar.write("…", time))
            }
            Placement::Numbered { prefix } => format!("{prefix}1: …"),
            Placement::Paired { names } | Placement::Any { names } => {
                names.iter().map(|name| format!("{name}: …")).collect::<Vec<_>>().join(", ")
            }
            Placement::Query { name } => format!("?{name}=…"),
            Placement::Pointer { pointer } => format!("{pointer}: …"),
        }
    }
}

const fn is_header(name: Option<&str>, wanted: &str) -> bool {
    match name {
        Some(name) => equal(name, wanted),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const HMAC_SHA256_HEX: Scheme = Scheme::hmac_sha256().header("x-signature");
    const TIMED: Scheme =
        HMAC_SHA256_HEX.timestamp(Timestamp::header("x-time")).signed("{timestamp}.{body}");
    const NAMED: Scheme = TIMED.id_header("x-id").signed("{id}.{timestamp}.{body}");

    #[cfg(feature = "inbox")]
    #[test]
    fn only_a_query_scheme_has_a_parameter() {
        assert_eq!(Scheme::token().query("code").signature_parameter(), Some("code"));
        assert_eq!(Scheme::token().header("code").signature_parameter(), None);
    }

    #[test]
    fn the_token_in_a_body_is_found() {
        let token = Scheme::token().pointer("/passcode");
        assert_eq!(
            token.credentials(br#"{"a":1,"passcode":"abc"}"#)[..],
            [Range { start: 19, end: 22 }]
        );
        for body in [&br#"{"passcode":7}"#[..], b"{}", b"", b"\xff"] {
            assert!(token.credentials(body).is_empty());
        }
        assert!(HMAC_SHA256_HEX.credentials(br#"{"passcode":"abc"}"#).is_empty());
    }

    #[test]
    fn properties_are_readable() {
        let scheme = NAMED.base64().key(KeyEncoding::Hex).checked();
        assert_eq!(scheme.signature_header(), "x-signature");
        assert_eq!(scheme.algorithm(), "HMAC-SHA256");
        assert_eq!(scheme.signed_template(), "{id}.{timestamp}.{body}");
        assert_eq!(scheme.encoding(), "base64");
        assert_eq!(scheme.key_encoding(), KeyEncoding::Hex);
        let window = scheme.signed_timestamp().and_then(Timestamp::max_age);
        assert_eq!(window, Some(Duration::from_secs(300)));
        assert!(HMAC_SHA256_HEX.signed_timestamp().is_none());
        assert_eq!(scheme.timestamp_header(), Some("x-time"));
        assert_eq!(scheme.signed_id_header(), Some("x-id"));
        assert_eq!((TIMED.signed_id_header(), HMAC_SHA256_HEX.timestamp_header()), (None, None));
        assert_eq!(
            [HMAC_SHA256_HEX.hex(), HMAC_SHA256_HEX.base64url()].map(|it| it.encoding()),
            ["hex", "base64url"]
        );
    }

    #[test]
    fn scheme_info_says_what_is_covered() {
        let covers = |scheme: Scheme| {
            let info = scheme.scheme_info();
            (info.signs_body, info.signs_url, info.signs_time)
        };
        assert_eq!(covers(HMAC_SHA256_HEX), (true, false, false));
        assert_eq!(covers(TIMED), (true, false, true));
        assert_eq!(covers(HMAC_SHA256_HEX.signed("{url}{body}")), (true, true, false));
        assert_eq!(covers(HMAC_SHA256_HEX.signed("{decoded_url}{body}")), (true, true, false));
        assert_eq!(covers(HMAC_SHA256_HEX.signed("{url}")), (false, true, false));
        assert_eq!(covers(Scheme::token().header("x-token")), (false, false, false));
        let info = HMAC_SHA256_HEX.scheme_info();
        assert_eq!((info.summary, info.signature_header), ("HMAC-SHA256", "x-signature"));
        assert_eq!(info.key_pair, None);
    }

    #[cfg(feature = "ed25519")]
    #[test]
    fn scheme_info_knows_key_pairs() {
        use crate::verify::scheme::KeyType;
        let key_pair = |scheme: Scheme| scheme.scheme_info().key_pair;
        assert_eq!(key_pair(Scheme::ed25519()), Some(KeyType::Ed25519));
    }

    #[test]
    fn signs_header_is_true_for_id_and_time() {
        let signed = |scheme: Scheme| {
            ["x-id", "x-time", "x-signature", ""].map(|name| scheme.signs_header(name))
        };
        assert_eq!(signed(HMAC_SHA256_HEX), [false, false, false, false]);
        assert_eq!(signed(TIMED), [false, true, false, false]);
        assert_eq!(signed(NAMED), [true, true, false, false]);
        let in_field = HMAC_SHA256_HEX.fields(",", "v1").timestamp(Timestamp::field("x-time"));
        assert_eq!(signed(in_field), [false; 4]);
    }

    #[cfg(feature = "axum")]
    #[test]
    fn an_ordering_key_is_signed_unless_nothing_is() {
        let allowed = |scheme: Scheme| {
            [Field::header("x-id"), Field::header("x-other"), Field::pointer("/a")]
                .map(|source| scheme.can_order_by(source))
        };
        assert_eq!(allowed(HMAC_SHA256_HEX), [false, false, true]);
        assert_eq!(allowed(NAMED), [true, false, true]);
        assert_eq!(allowed(Scheme::token().header("x-token")), [true; 3]);
    }

    #[test]
    fn paired_headers_limit_the_secrets() {
        assert_eq!(HMAC_SHA256_HEX.max_secrets(), None);
        assert_eq!(HMAC_SHA256_HEX.paired_headers(&["x-a"]).max_secrets(), Some(1));
        assert_eq!(HMAC_SHA256_HEX.paired_headers(&["x-a", "x-b"]).max_secrets(), Some(2));
    }

    #[test]
    fn a_tolerance_needs_a_timestamp() {
        let window = Duration::from_secs(10);
        assert!(HMAC_SHA256_HEX.with_tolerance(window).is_none());
        let narrow = TIMED.with_tolerance(window).expect("there is a time");
        assert_eq!(narrow.signed_timestamp().and_then(Timestamp::max_age), Some(window));
        assert_eq!(narrow.signed_timestamp().and_then(Timestamp::max_ahead), Some(window));
        assert_eq!(narrow.signed_template(), TIMED.signed_template());
    }

    #[test]
    fn signature_pattern_shows_the_location() {
        let fields = HMAC_SHA256_HEX.fields(",", "v1");
        for (scheme, pattern) in [
            (HMAC_SHA256_HEX, "x-signature: …"),
            (HMAC_SHA256_HEX.prefix("sha256="), "x-signature: sha256=…"),
            (fields, "x-signature: v1=…"),
            (fields.timestamp(Timestamp::header("t")), "x-signature: v1=…"),
            (fields.timestamp(Timestamp::field("t")), "x-signature: t=…,v1=…"),
            (HMAC_SHA256_HEX.versions("v1"), "x-signature: v1,…"),
            (HMAC_SHA256_HEX.numbered_headers("x-sig-"), "x-sig-1: …"),
            (HMAC_SHA256_HEX.paired_headers(&["x-a", "x-b"]), "x-a: …, x-b: …"),
            (HMAC_SHA256_HEX.any_header(&["x-a", "x-b"]), "x-a: …, x-b: …"),
            (HMAC_SHA256_HEX.list(","), "x-signature: …"),
            (HMAC_SHA256_HEX.list(",").timestamp(Timestamp::first_in_list()), "x-signature: …,…"),
            (HMAC_SHA256_HEX.unnamed_field(";"), "x-signature: …"),
            (
                HMAC_SHA256_HEX.unnamed_field(";").timestamp(Timestamp::field("t")),
                "x-signature: t=…;…",
            ),
            (
                HMAC_SHA256_HEX.field_groups(" ", ",", "v1").timestamp(Timestamp::field("t")),
                "x-signature: t=…,v1=…",
            ),
            (Scheme::token().query("code"), "?code=…"),
            (Scheme::token().pointer("/passcode"), "/passcode: …"),
        ] {
            assert_eq!(scheme.signature_pattern(), pattern);
        }
    }
}
