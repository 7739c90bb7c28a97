//! Details of a scheme for the test kit and the conformance suite: the location of its signature,
//! and signatures that no provider makes.

use super::{
    RequestToSign, Scheme, SignError, SignedParts, Timestamp,
    grammar::{Grammar, Placement},
    key::{Algorithm, Key},
    published::SignatureAlgorithm,
    timestamp::{TimestampLocation, TimestampUnit},
};
use crate::verify::Secret;

impl Scheme {
    /// The separator of the fields in the signature header, and the name of the field with the
    /// time.
    pub(crate) fn timestamp_field(&self) -> Option<(&'static str, &'static str)> {
        let Placement::Header {
            grammar: Grammar::Fields { separator, .. } | Grammar::Groups { separator, .. },
            ..
        } = self.placement
        else {
            return None;
        };
        match self.timestamp?.location {
            TimestampLocation::Field(name) => Some((separator, name)),
            TimestampLocation::Header(_)
            | TimestampLocation::First
            | TimestampLocation::Pointer(_) => None,
        }
    }

    /// The form field that is signed instead of the body.
    pub(crate) fn signed_form_field(&self) -> Option<&'static str> {
        self.form_field
    }

    pub(crate) fn is_basic_auth(&self) -> bool {
        self.algorithm == Algorithm::Basic
    }

    pub(crate) fn uses_milliseconds(&self) -> bool {
        self.timestamp.is_some_and(|timestamp| timestamp.unit == TimestampUnit::Millis)
    }

    /// True if the time may be in seconds or in milliseconds.
    pub(crate) fn takes_both_units(&self) -> bool {
        self.timestamp.is_some_and(|timestamp| timestamp.unit == TimestampUnit::SecondsOrMillis)
    }

    /// The algorithm, if it is asymmetric.
    pub(crate) fn asymmetric_algorithm(&self) -> Option<SignatureAlgorithm> {
        match self.algorithm {
            Algorithm::Asymmetric(algorithm) => Some(algorithm),
            _ => None,
        }
    }

    /// The offset of the signature in the value of its header.
    pub(crate) fn signature_start(&self, value: &str) -> usize {
        match self.placement {
            Placement::Header { grammar: Grammar::Bare { prefix }, .. } => prefix.len(),
            Placement::Header { grammar: Grammar::Versions { version }, .. } => version.len() + 1,
            Placement::Header { grammar: Grammar::List { separator }, .. } => {
                match self.timestamp.map(|timestamp| timestamp.location) {
                    Some(TimestampLocation::First) => {
                        value.find(separator).map_or(0, |at| at + separator.len())
                    }
                    _ => 0,
                }
            }
            Placement::Header { grammar: Grammar::Fields { separator, signature: "" }, .. } => {
                let entries = value.split(separator).scan(0, |start, entry| {
                    let at = *start;
                    *start += entry.len() + separator.len();
                    Some((at, entry))
                });
                let mut unnamed = entries.filter(|(_, entry)| !entry.contains('='));
                unnamed.next().map_or(0, |(at, _)| at)
            }
            Placement::Header {
                grammar:
                    Grammar::Fields { separator, signature }
                    | Grammar::Groups { separator, signature, .. },
                ..
            } => {
                let field = format!("{signature}=");
                let inner = format!("{separator}{field}");
                value.find(&inner).map_or(field.len(), |at| at + inner.len())
            }
            Placement::Numbered { .. }
            | Placement::Paired { .. }
            | Placement::Any { .. }
            | Placement::Query { .. }
            | Placement::Pointer { .. } => 0,
        }
    }

    /// The header's value with more signatures before or after the given one, if the header can
    /// have many. What stands before the signatures, such as a time, stays there.
    pub(crate) fn signature_list(
        &self,
        others: usize,
        value: &str,
        is_last: bool,
    ) -> Option<String> {
        let Placement::Header { grammar, .. } = self.placement else { return None };
        let start = self.signature_start(value);
        let (label, separator) = match grammar {
            Grammar::Bare { .. } => return None,
            Grammar::Versions { version } => (format!("{version},"), " "),
            Grammar::Fields { separator, signature: "" } | Grammar::List { separator } => {
                (String::new(), separator)
            }
            Grammar::Fields { separator, signature }
            | Grammar::Groups { separator, signature, .. } => (format!("{signature}="), separator),
        };
        let (head, own) = value.split_at(start.checked_sub(label.len())?);
        let length = value[start..].split(separator).next().map_or(0, str::len);
        let other = format!("{label}{}", "0".repeat(length));
        let mut list = vec![&*other; others];
        list.insert(if is_last { others } else { 0 }, own);
        Some(format!("{head}{}", list.join(separator)))
    }

    /// Returns whether the header of the signature is a list: two lines of it are one list.
    pub(crate) fn has_signature_list(&self) -> bool {
        let Placement::Header { grammar, .. } = self.placement else { return false };
        !matches!(grammar, Grammar::Bare { .. })
    }

    /// Signs with any text as the time.
    pub(crate) fn sign_at<'r>(
        &self,
        secret: &Secret,
        request: &RequestToSign<'r>,
        time: &str,
    ) -> Result<SignedParts<'r>, SignError> {
        self.write(request, time, |values| self.signature(secret, values))
    }

    /// Signs with an empty key.
    pub(crate) fn sign_unkeyed<'r>(&self, request: &RequestToSign<'r>) -> Option<SignedParts<'r>> {
        let time = self.timestamp.map(|time| time.format(request.unix_millis()));
        let signed = self.write(request, &time.unwrap_or_default(), |values| {
            Ok(match self.algorithm {
                Algorithm::Token | Algorithm::Asymmetric(_) => String::new(),
                // The base64 of a colon.
                Algorithm::Basic => "Basic Og==".to_owned(),
                algorithm => {
                    let tag =
                        Key::unkeyed(algorithm).and_then(|key| key.tag(&self.template, values));
                    tag.map(|tag| self.encoding.encode(tag.as_bytes())).unwrap_or_default()
                }
            })
        });
        signed.ok()
    }

    /// The same scheme with a digest that has no key, in place of a MAC; `None` for other algorithms.
    pub(crate) fn keyless_digest(&self) -> Option<Self> {
        let is_mac = self.algorithm == Algorithm::HmacSha256;
        is_mac.then_some(Self { algorithm: Algorithm::Sha256, ..*self })
    }

    /// The same scheme with each other algorithm of the family, with and without the prefix that
    /// names it.
    pub(crate) fn other_algorithms(&self) -> Vec<Self> {
        let families = [
            (Algorithm::HmacSha1, "sha1"),
            (Algorithm::HmacSha256, "sha256"),
            (Algorithm::HmacSha512, "sha512"),
        ];
        if !families.iter().any(|(algorithm, _)| *algorithm == self.algorithm) {
            return Vec::new();
        }
        let mut others = Vec::new();
        for (algorithm, name) in families.into_iter().filter(|(it, _)| *it != self.algorithm) {
            let other = Self { algorithm, ..*self };
            others.push(other);
            if let Placement::Header { name: header, grammar: Grammar::Bare { prefix } } =
                self.placement
                && let Some(prefix) = prefix_named(prefix, name)
            {
                let grammar = Grammar::Bare { prefix };
                others
                    .push(Self { placement: Placement::Header { name: header, grammar }, ..other });
                // The header of the older algorithm.
                if let Some(header) = header.strip_suffix("-256") {
                    let placement = Placement::Header { name: header, grammar };
                    others.push(Self { placement, ..other });
                }
            }
        }
        others
    }

    /// The same scheme with each other version that a list of signatures could have.
    pub(crate) fn other_versions(&self) -> Vec<Self> {
        let Placement::Header { name, grammar } = self.placement else { return Vec::new() };
        let versions = ["v0", "v2", "v1a"];
        let grammars = versions.into_iter().filter_map(|version| match grammar {
            Grammar::Versions { version: ours } if ours != version => {
                Some(Grammar::Versions { version })
            }
            Grammar::Fields { separator, signature }
                if !signature.is_empty() && signature != version =>
            {
                Some(Grammar::Fields { separator, signature: version })
            }
            Grammar::Groups { between, separator, signature } if signature != version => {
                Some(Grammar::Groups { between, separator, signature: version })
            }
            _ => None,
        });
        grammars
            .map(|grammar| Self { placement: Placement::Header { name, grammar }, ..*self })
            .collect()
    }

    /// The same scheme without a prefix; `None` if it has none.
    pub(crate) fn without_prefix(&self) -> Option<Self> {
        let Placement::Header { name, grammar } = self.placement else { return None };
        if matches!(grammar, Grammar::Bare { prefix: "" } | Grammar::List { .. }) {
            return None;
        }
        let grammar = Grammar::Bare { prefix: "" };
        Some(Self { placement: Placement::Header { name, grammar }, ..*self })
    }

    /// The text of a time in the scheme's format.
    pub(crate) fn format_time(&self, at: std::time::SystemTime) -> Option<String> {
        let time: Timestamp = self.timestamp?;
        Some(time.format(RequestToSign::new(b"").at(at).unix_millis()))
    }
}

/// The prefix for another algorithm, in the style of this prefix.
fn prefix_named(prefix: &str, algorithm: &str) -> Option<&'static str> {
    if !prefix.starts_with("sha") {
        return None;
    }
    Some(match algorithm {
        "sha1" => "sha1=",
        "sha256" => "sha256=",
        _ => "sha512=",
    })
}

impl Key {
    /// A prepared empty key, if the algorithm allows one.
    fn unkeyed(algorithm: Algorithm) -> Option<Self> {
        use hmac::KeyInit as _;
        Some(match algorithm {
            Algorithm::HmacSha1 => Self::HmacSha1(hmac::Hmac::new_from_slice(&[]).ok()?),
            Algorithm::HmacSha256 => Self::HmacSha256(hmac::Hmac::new_from_slice(&[]).ok()?),
            Algorithm::HmacSha512 => Self::HmacSha512(hmac::Hmac::new_from_slice(&[]).ok()?),
            Algorithm::Sha1 => Self::Sha1(zeroize::Zeroizing::new(Vec::new())),
            Algorithm::Sha256 => Self::Sha256(zeroize::Zeroizing::new(Vec::new())),
            Algorithm::Token | Algorithm::Basic | Algorithm::Asymmetric(_) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    const HMAC_SHA256_HEX: Scheme = Scheme::hmac_sha256().header("x-hub-signature-256");
    const PREFIXED: Scheme = HMAC_SHA256_HEX.prefix("sha256=");
    const VERSIONS: Scheme = HMAC_SHA256_HEX.versions("v1");
    const FIELDS: Scheme = HMAC_SHA256_HEX.fields(",", "v1");
    const LIST: Scheme = HMAC_SHA256_HEX.list(",");
    const TIME: Timestamp = Timestamp::header("x-time");

    fn at() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(1_760_000_000_123)
    }

    /// The location of the signature, and the algorithm.
    fn described(schemes: &[Scheme]) -> Vec<String> {
        let describe = |it: &Scheme| format!("{} {}", it.signature_pattern(), it.algorithm());
        schemes.iter().map(describe).collect()
    }

    #[test]
    fn the_timestamp_location_is_known() {
        for (scheme, header, field) in [
            (FIELDS, None, None),
            (FIELDS.timestamp(TIME), Some("x-time"), None),
            (FIELDS.timestamp(Timestamp::field("t")), None, Some((",", "t"))),
            (FIELDS.timestamp(Timestamp::pointer("/t")), None, None),
            (VERSIONS.timestamp(Timestamp::field("t")), None, None),
        ] {
            assert_eq!(scheme.timestamp_header(), header);
            assert_eq!(scheme.timestamp_field(), field);
        }
    }

    #[test]
    fn properties_are_readable() {
        assert_eq!(HMAC_SHA256_HEX.signed_form_field(), None);
        assert_eq!(
            HMAC_SHA256_HEX.signs_form_field("payload").signed_form_field(),
            Some("payload")
        );
        assert_eq!(HMAC_SHA256_HEX.signed_id_header(), None);
        assert_eq!(HMAC_SHA256_HEX.id_header("x-id").signed_id_header(), Some("x-id"));
        assert!(!HMAC_SHA256_HEX.is_basic_auth() && Scheme::basic_auth().is_basic_auth());
        let counts = |timestamp| HMAC_SHA256_HEX.timestamp(timestamp).uses_milliseconds();
        assert!(counts(TIME.unix_millis()) && !counts(TIME) && !counts(TIME.rfc3339()));
        assert!(!HMAC_SHA256_HEX.uses_milliseconds());
        let either = |timestamp| HMAC_SHA256_HEX.timestamp(timestamp).takes_both_units();
        assert!(
            either(TIME.unix_seconds_or_millis()) && !either(TIME) && !either(TIME.unix_millis())
        );
        assert_eq!(HMAC_SHA256_HEX.asymmetric_algorithm(), None);
    }

    #[cfg(feature = "ed25519")]
    #[test]
    fn asymmetric_algorithms_are_known() {
        assert_eq!(Scheme::ed25519().asymmetric_algorithm(), Some(SignatureAlgorithm::Ed25519));
    }

    #[test]
    fn signature_start_skips_the_prefix() {
        for (scheme, value) in [
            (HMAC_SHA256_HEX, "#"),
            (PREFIXED, "sha256=#"),
            (VERSIONS, "v1,#"),
            (FIELDS, "v1=#"),
            (FIELDS, "t=7,v1=#"),
            (FIELDS, "t=7,xv1=a,v1=#"),
            (HMAC_SHA256_HEX.numbered_headers("x-"), "#"),
            (HMAC_SHA256_HEX.any_header(&["x-a"]), "#"),
            (LIST, "#"),
            (LIST.timestamp(Timestamp::first_in_list()), "7,#"),
            (HMAC_SHA256_HEX.unnamed_field(";"), "t=7;#;x=1"),
            (HMAC_SHA256_HEX.field_groups(" ", ",", "v1"), "t=7,v1=#"),
        ] {
            assert_eq!(Some(scheme.signature_start(value)), value.find('#'), "{value}");
        }
    }

    #[test]
    fn signature_list_puts_others_on_either_side() {
        let list = |scheme: Scheme, value, is_last| scheme.signature_list(2, value, is_last);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(list(VERSIONS, "v1,ab", true), some("v1,00 v1,00 v1,ab"));
        assert_eq!(list(VERSIONS, "v1,ab", false), some("v1,ab v1,00 v1,00"));
        assert_eq!(list(FIELDS, "t=7,v1=ab", true), some("t=7,v1=00,v1=00,v1=ab"));
        assert_eq!(list(FIELDS, "t=7,v1=ab", false), some("t=7,v1=ab,v1=00,v1=00"));
        assert_eq!(list(LIST, "ab", true), some("00,00,ab"));
        let timed = LIST.timestamp(Timestamp::first_in_list());
        assert_eq!(list(timed, "7,ab", false), some("7,ab,00,00"));
        assert_eq!(list(HMAC_SHA256_HEX.unnamed_field(";"), "t=7;ab", true), some("t=7;00;00;ab"));
        assert_eq!(list(PREFIXED, "sha256=ab", true), None);
        assert_eq!(list(HMAC_SHA256_HEX.numbered_headers("x-"), "ab", true), None);
    }

    #[test]
    fn sign_at_takes_any_time_text() {
        let scheme = HMAC_SHA256_HEX.timestamp(TIME).signed("{timestamp}.{body}");
        let secret = Secret::new("s3cret");
        let request = RequestToSign::new(b"{}").at(at());
        let signed = scheme.sign_at(&secret, &request, "soon").expect("signed");
        assert_eq!(signed.headers["x-time"], "soon");
        let same = HMAC_SHA256_HEX.sign(&secret, &RequestToSign::new(b"soon.{}")).expect("signed");
        let of = |signed: &SignedParts<'_>| signed.headers["x-hub-signature-256"].clone();
        assert_eq!(of(&signed), of(&same));
        assert_eq!(scheme.format_time(at()).as_deref(), Some("1760000000"));
        let millis = HMAC_SHA256_HEX.timestamp(TIME.unix_millis());
        assert_eq!(millis.format_time(at()).as_deref(), Some("1760000000123"));
        assert_eq!(HMAC_SHA256_HEX.format_time(at()), None);
    }

    #[test]
    fn sign_unkeyed_uses_an_empty_key() {
        let sent = |scheme: Scheme| {
            let signed = scheme.sign_unkeyed(&RequestToSign::new(b"").at(at())).expect("signed");
            let values = signed.headers.values().map(|value| value.to_str().expect("ASCII"));
            values.last().unwrap_or_default().to_owned()
        };
        let sha1 = "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d";
        let sha256 = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad";
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sent(Scheme::hmac_sha1().header("x-a")), sha1);
        assert_eq!(sent(Scheme::hmac_sha256().header("x-a")), sha256);
        assert!(
            sent(Scheme::hmac_sha512().header("x-a")).starts_with("b936cee86c9f87aa5d3c6f2e84c")
        );
        assert_eq!(sent(Scheme::sha256().header("x-a").signed("{secret}{body}")), empty);
        assert_eq!(sent(Scheme::token().header("x-a")), "");
        assert_eq!(sent(Scheme::basic_auth()), "Basic Og==");
        let timed = Scheme::hmac_sha256().header("x-a").timestamp(TIME).signed("{timestamp}{body}");
        let signed = timed.sign_unkeyed(&RequestToSign::new(b"").at(at())).expect("signed");
        assert_eq!(signed.headers["x-time"], "1760000000");
    }

    #[test]
    fn other_algorithms_cover_the_family() {
        assert_eq!(
            described(&PREFIXED.other_algorithms()),
            [
                "x-hub-signature-256: sha256=… HMAC-SHA1",
                "x-hub-signature-256: sha1=… HMAC-SHA1",
                "x-hub-signature: sha1=… HMAC-SHA1",
                "x-hub-signature-256: sha256=… HMAC-SHA512",
                "x-hub-signature-256: sha512=… HMAC-SHA512",
                "x-hub-signature: sha512=… HMAC-SHA512",
            ]
        );
        let sha1 = Scheme::hmac_sha1().header("x-a").prefix("sha1=");
        assert_eq!(
            described(&sha1.other_algorithms()),
            [
                "x-a: sha1=… HMAC-SHA256",
                "x-a: sha256=… HMAC-SHA256",
                "x-a: sha1=… HMAC-SHA512",
                "x-a: sha512=… HMAC-SHA512",
            ]
        );
        let unnamed = Scheme::hmac_sha512().header("x-a").prefix("v0=");
        assert_eq!(
            described(&unnamed.other_algorithms()),
            ["x-a: v0=… HMAC-SHA1", "x-a: v0=… HMAC-SHA256"]
        );
        assert!(Scheme::token().header("x-a").other_algorithms().is_empty());
    }

    #[test]
    fn other_versions_are_listed() {
        let patterns = |scheme: Scheme| -> Vec<String> {
            scheme.other_versions().iter().map(Scheme::signature_pattern).collect()
        };
        let header = |rest: &str| format!("x-hub-signature-256: {rest}");
        assert_eq!(patterns(VERSIONS), ["v0,…", "v2,…", "v1a,…"].map(header));
        assert_eq!(patterns(HMAC_SHA256_HEX.versions("v1a")), ["v0,…", "v2,…"].map(header));
        assert_eq!(patterns(FIELDS), ["v0=…", "v2=…", "v1a=…"].map(header));
        assert_eq!(patterns(HMAC_SHA256_HEX.fields(",", "v0")), ["v2=…", "v1a=…"].map(header));
        assert!(patterns(PREFIXED).is_empty());
        assert!(patterns(HMAC_SHA256_HEX.numbered_headers("x-")).is_empty());
    }

    #[test]
    fn without_prefix_leaves_the_signature() {
        let alone = |scheme: Scheme| scheme.without_prefix().map(|it| it.signature_pattern());
        for scheme in [PREFIXED, VERSIONS, FIELDS] {
            assert_eq!(alone(scheme).as_deref(), Some("x-hub-signature-256: …"));
        }
        assert_eq!(alone(HMAC_SHA256_HEX), None);
        assert_eq!(alone(HMAC_SHA256_HEX.numbered_headers("x-")), None);
    }
}
