//! How signatures work, as data.
//!
//! A [`Scheme`] is a constant that says how a provider signs: with what algorithm and key, over
//! what text, in which header and encoding, and when. The same constant verifies and signs.
//! Nothing here knows of servers: verification is a pure function of a request, secrets and a time.
//!
//! One policy of strictness holds for all schemes: every header that matters is sent exactly once;
//! hex is lower case; base64 has the scheme's alphabet and padding and no stray bits; separators
//! and prefixes are exactly the provider's; timestamps are of fixed width. What a provider would
//! never send is refused, even where a lenient reading would be no forgery.

mod asymmetric;
mod custom;
mod encoding;
mod error;
mod grammar;
mod hmac;
#[cfg(feature = "inbox")]
mod identity;
#[cfg(feature = "jwt")]
mod jwt;
mod key;
mod proofs;
mod sign;
mod template;
#[cfg(feature = "testing")]
mod testing;
mod timestamp;
mod verifier;
mod verify;

pub use custom::{KeyRequest, ReplayWindow, SchemeInfo, Verify, VerifyContext};
pub use encoding::Encoding;
pub use error::VerifyError;
#[cfg(feature = "jwt")]
pub use jwt::{BodyHash, Jwt};
pub use key::KeyEncoding;
pub use sign::{RequestToSign, SignError, SignedParts};
pub use timestamp::Timestamp;
pub use verify::{SignedRequest, Verified};

pub(crate) use grammar::{single, text as header_text};
pub(crate) use hmac::Hash;
pub(crate) use sign::insert_header;
#[cfg(feature = "axum")]
pub(crate) use verifier::Claims;
pub(crate) use verifier::{Keys, Mechanism, Verifier};
pub(crate) use verify::{is_form, is_token};

#[cfg(feature = "certificates")]
pub(crate) use asymmetric::certificate::Certificate;

#[cfg(feature = "testing")]
pub(crate) use asymmetric::Asymmetric as KeyPairOf;

#[cfg(any(feature = "ed25519", feature = "ecdsa", feature = "rsa"))]
use asymmetric::Asymmetric;
use grammar::{Grammar, Placement};
use key::Algorithm;
use template::{Part, Template};
use timestamp::Place;

/// How a provider signs its deliveries, as a constant.
///
/// ```
/// use std::time::Duration;
/// use webhook_runtime::scheme::{Scheme, Timestamp};
///
/// const ACME: Scheme = Scheme::hmac_sha256()
///     .header("x-acme-signature")
///     .prefix("sha256=")
///     .hex()
///     .timestamp(Timestamp::header("x-acme-time").with_tolerance(Duration::from_secs(300)))
///     .signed("{timestamp}.{body}");
/// ```
///
/// A scheme that contradicts itself does not compile when it is a constant:
///
/// ```compile_fail
/// use webhook_runtime::{Provider, scheme::Scheme};
///
/// // There is no timestamp to sign.
/// const ACME: Provider = Provider::new(
///     "acme",
///     Scheme::hmac_sha256().header("x-acme-signature").signed("{timestamp}.{body}"),
/// );
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Scheme {
    algorithm: Algorithm,
    key: KeyEncoding,
    placement: Placement,
    encoding: Encoding,
    template: Template,
    timestamp: Option<Timestamp>,
    id: Option<&'static str>,
    requires: &'static [(&'static str, &'static str)],
    form_field: Option<&'static str>,
}

impl Scheme {
    const fn new(algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            key: KeyEncoding::Text,
            placement: Placement::Header { name: "", grammar: Grammar::Bare { prefix: "" } },
            encoding: Encoding::Hex,
            template: Template::BODY,
            timestamp: None,
            id: None,
            requires: &[],
            form_field: None,
        }
    }

    /// HMAC with SHA-256 (RFC 2104), over the raw body unless [`signed`](Self::signed) says more.
    #[must_use]
    pub const fn hmac_sha256() -> Self {
        Self::new(Algorithm::HmacSha256)
    }

    /// HMAC with SHA-1. Old, but as a MAC not broken; for providers that offer nothing better.
    #[must_use]
    pub const fn hmac_sha1() -> Self {
        Self::new(Algorithm::HmacSha1)
    }

    /// HMAC with SHA-512.
    #[must_use]
    pub const fn hmac_sha512() -> Self {
        Self::new(Algorithm::HmacSha512)
    }

    /// SHA-256 over a text that begins with `{secret}`.
    #[must_use]
    pub const fn sha256() -> Self {
        Self::new(Algorithm::Sha256)
    }

    /// The secret itself is sent in a header. It proves nothing about the body.
    #[must_use]
    pub const fn token() -> Self {
        Self::new(Algorithm::Token)
    }

    /// HTTP basic authentication; the secret is `user:password`. It proves nothing about the body.
    #[must_use]
    pub const fn basic_auth() -> Self {
        Self::new(Algorithm::Basic).header("authorization")
    }

    /// [Standard Webhooks](https://www.standardwebhooks.com), version 1: the secret is base64 behind
    /// `whsec_`; id, time and body are signed; five minutes either way.
    #[must_use]
    pub const fn standard_webhooks() -> Self {
        Self::hmac_sha256().key(KeyEncoding::PrefixedBase64("whsec_")).standard(
            "webhook-id",
            "webhook-timestamp",
            "webhook-signature",
            "v1",
        )
    }

    /// Standard Webhooks with Ed25519: the secret is the public key, base64 behind `whpk_`.
    #[cfg(feature = "ed25519")]
    #[must_use]
    pub const fn standard_webhooks_v1a() -> Self {
        Self::ed25519().key(KeyEncoding::PrefixedBase64("whpk_")).standard(
            "webhook-id",
            "webhook-timestamp",
            "webhook-signature",
            "v1a",
        )
    }

    /// Standard Webhooks under the header names of Svix, which came first.
    #[must_use]
    pub const fn svix() -> Self {
        Self::hmac_sha256().key(KeyEncoding::PrefixedBase64("whsec_")).standard(
            "svix-id",
            "svix-timestamp",
            "svix-signature",
            "v1",
        )
    }

    const fn standard(
        self,
        id: &'static str,
        timestamp: &'static str,
        signature: &'static str,
        version: &'static str,
    ) -> Self {
        self.header(signature)
            .versions(version)
            .base64()
            .id_header(id)
            .timestamp(Timestamp::header(timestamp))
            .signed("{id}.{timestamp}.{body}")
    }

    /// Ed25519 (RFC 8032); the secret is the provider's public key.
    #[cfg(feature = "ed25519")]
    #[must_use]
    pub const fn ed25519() -> Self {
        Self::new(Algorithm::Asymmetric(Asymmetric::Ed25519))
    }

    /// ECDSA over P-256 with SHA-256, signatures in DER; the secret is the provider's public key
    /// (SPKI in base64).
    #[cfg(feature = "ecdsa")]
    #[must_use]
    pub const fn ecdsa_p256() -> Self {
        Self::new(Algorithm::Asymmetric(Asymmetric::EcdsaP256)).key(KeyEncoding::Base64)
    }

    /// RSA PKCS#1 v1.5 with SHA-256; the secret is the provider's public key (PEM, or SPKI in
    /// base64).
    #[cfg(feature = "rsa")]
    #[must_use]
    pub const fn rsa_sha256() -> Self {
        Self::new(Algorithm::Asymmetric(Asymmetric::RsaSha256)).key(KeyEncoding::Pem)
    }

    /// The query parameter that carries the credential, for providers that can only be given a URL
    /// with a token in it.
    ///
    /// # Panics
    /// When the scheme is no token; in a constant that is a compile error.
    #[must_use]
    pub const fn query(mut self, name: &'static str) -> Self {
        assert!(self.algorithm.is_credential(), "only a token can stand in the query");
        self.placement = Placement::Query { name };
        self
    }

    /// The header (lower case) that carries the signature.
    #[must_use]
    pub const fn header(mut self, name: &'static str) -> Self {
        self.placement =
            Placement::Header { name: checked_name(name), grammar: Grammar::Bare { prefix: "" } };
        self
    }

    /// What stands before the signature, such as `sha256=`. Required of every request.
    #[must_use]
    pub const fn prefix(self, prefix: &'static str) -> Self {
        self.grammar(Grammar::Bare { prefix })
    }

    /// The header is a list of `key=value` fields, parted by exactly `separator`; the signatures
    /// are the fields called `signature`. Fields of other names are passed over.
    ///
    /// # Panics
    /// When a text is empty or no header was named; in a constant that is a compile error.
    #[must_use]
    pub const fn fields(self, separator: &'static str, signature: &'static str) -> Self {
        assert!(!separator.is_empty(), "fields need a separator");
        assert!(!signature.is_empty(), "fields need the name of the signature's field");
        self.grammar(Grammar::Fields { separator, signature })
    }

    /// The header is a list, separated by spaces, of `version,signature`. Entries of other
    /// versions are passed over.
    #[must_use]
    pub const fn versions(self, version: &'static str) -> Self {
        self.grammar(Grammar::Versions { version })
    }

    /// One header for each live key, numbered from 1: `prefix` precedes the number.
    #[must_use]
    pub const fn numbered_headers(mut self, prefix: &'static str) -> Self {
        self.placement = Placement::Numbered { prefix: checked_name(prefix) };
        self
    }

    /// One header for each key: the first secret signs the first header, and no other.
    ///
    /// # Panics
    /// Without a name; in a constant that is a compile error.
    #[must_use]
    pub const fn paired_headers(mut self, names: &'static [&'static str]) -> Self {
        assert!(!names.is_empty(), "paired headers need at least one name");
        let mut at = 0;
        while at < names.len() {
            checked_name(names[at]);
            at += 1;
        }
        self.placement = Placement::Paired { names };
        self
    }

    const fn grammar(mut self, grammar: Grammar) -> Self {
        match self.placement {
            Placement::Header { name, .. } => {
                assert!(!name.is_empty(), "name the header before its grammar");
                self.placement = Placement::Header { name, grammar };
            }
            _ => panic!("a prefix, fields or versions need a single header"),
        }
        self
    }

    /// The signature is lower-case hex (the default).
    #[must_use]
    pub const fn hex(self) -> Self {
        self.encoded(Encoding::Hex)
    }

    /// The signature is padded base64.
    #[must_use]
    pub const fn base64(self) -> Self {
        self.encoded(Encoding::Base64)
    }

    /// The signature is URL-safe base64 without padding.
    #[must_use]
    pub const fn base64url(self) -> Self {
        self.encoded(Encoding::Base64Url)
    }

    const fn encoded(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// How the text of the secret becomes the key; as it is, unless said otherwise.
    #[must_use]
    pub const fn key(mut self, encoding: KeyEncoding) -> Self {
        self.key = encoding;
        self
    }

    /// Where the time of the signature is, and how far from now it may be.
    #[must_use]
    pub const fn timestamp(mut self, timestamp: Timestamp) -> Self {
        self.timestamp = Some(timestamp);
        self
    }

    /// The header (lower case) that carries the signed id of the delivery.
    ///
    /// No request may be read in two ways: an id that contains the text which ends it in the signed
    /// template is refused. Where no text ends it, but the time does, it is made of letters, digits and
    /// `-_+/=`; and if the time is a number and the body follows, one of these must not begin the body.
    #[must_use]
    pub const fn id_header(mut self, name: &'static str) -> Self {
        self.id = Some(checked_name(name));
        self
    }

    /// What is signed: literal text and the placeholders `{id}`, `{timestamp}`, `{method}`,
    /// `{url}`, `{body}` and `{secret}`; `{decoded_url}` is the URL with the percent-escapes undone
    /// that HubSpot undoes.
    #[must_use]
    pub const fn signed(mut self, template: &'static str) -> Self {
        self.template = Template::parse(template);
        self
    }

    /// Where the body is a form, what is signed as `{body}` is the decoded value of this field.
    #[must_use]
    pub const fn signs_form_field(mut self, field: &'static str) -> Self {
        self.form_field = Some(field);
        self
    }

    /// Headers (lower-case names) that must be sent with exactly these values, such as the version
    /// of the scheme.
    #[must_use]
    pub const fn require_headers(
        mut self,
        headers: &'static [(&'static str, &'static str)],
    ) -> Self {
        let mut at = 0;
        while at < headers.len() {
            checked_name(headers[at].0);
            at += 1;
        }
        self.requires = headers;
        self
    }

    /// Refuses a scheme that contradicts itself.
    ///
    /// # Panics
    /// With what is wrong; in a constant that is a compile error.
    pub(crate) const fn checked(self) -> Self {
        assert!(!self.placement.name().is_empty(), "the scheme names no signature header");
        let template = &self.template;
        assert!(
            self.algorithm.is_credential() || template.has(Part::Body),
            "the scheme does not sign the body: add {{body}} to the signed template"
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
            !template.id_meets_body(false),
            "the {{body}} could be taken for the end of the {{id}}: put a text or the time between them"
        );
        assert!(
            template.has(Part::Secret) == matches!(self.algorithm, Algorithm::Sha256),
            "{{secret}} in the signed template and the algorithm `sha256` go together"
        );
        match self.timestamp {
            None => assert!(
                !template.has(Part::Timestamp),
                "{{timestamp}} is signed, but the scheme does not say where the timestamp is"
            ),
            Some(timestamp) => match timestamp.place {
                Place::Pointer(_) => assert!(
                    !template.has(Part::Timestamp),
                    "a timestamp in the body is signed with the body: remove {{timestamp}}"
                ),
                Place::Header(_) => assert!(
                    template.has(Part::Timestamp),
                    "the timestamp is not signed: add {{timestamp}} to the signed template"
                ),
                Place::Field(_) => {
                    assert!(
                        template.has(Part::Timestamp),
                        "the timestamp is not signed: add {{timestamp}} to the signed template"
                    );
                    assert!(
                        matches!(
                            self.placement,
                            Placement::Header { grammar: Grammar::Fields { .. }, .. }
                        ),
                        "a timestamp field needs a signature header made of fields"
                    );
                }
            },
        }
        self
    }

    /// The same scheme with another window for its timestamp; `None` when it has no timestamp.
    pub(crate) fn with_tolerance(mut self, window: std::time::Duration) -> Option<Self> {
        self.timestamp = Some(self.timestamp?.with_tolerance(window));
        Some(self)
    }

    /// How many secrets have a header, where each has its own.
    pub(crate) fn most_secrets(&self) -> Option<usize> {
        match self.placement {
            Placement::Paired { names } => Some(names.len()),
            _ => None,
        }
    }

    /// What the scheme needs and covers.
    pub(crate) fn scheme_info(&self) -> SchemeInfo {
        SchemeInfo {
            signs_url: self.template.has(Part::Url) || self.template.has(Part::DecodedUrl),
            signs_body: !self.algorithm.is_credential() && self.template.has(Part::Body),
            signs_time: self.timestamp.is_some(),
            signs_method: self.template.has(Part::Method),
            replay_window: self
                .timestamp
                .and_then(|timestamp| timestamp.max_age())
                .map_or(ReplayWindow::Unlimited, ReplayWindow::Limited),
            ..SchemeInfo::new(self.algorithm.label(), self.placement.name())
        }
    }

    /// Whether the value of the header `name` is covered by the signature.
    pub(crate) fn signs_header(&self, name: &str) -> bool {
        self.id == Some(name)
            || matches!(self.timestamp, Some(Timestamp { place: Place::Header(header), .. })
                if header == name)
    }

    /// The header that carries the signature, or the first of them.
    #[must_use]
    pub const fn signature_header(&self) -> &'static str {
        self.placement.name()
    }

    /// The algorithm, in words.
    #[must_use]
    pub const fn algorithm(&self) -> &'static str {
        self.algorithm.label()
    }

    /// What is signed, as given to [`signed`](Self::signed).
    #[must_use]
    pub const fn signed_template(&self) -> &'static str {
        self.template.source()
    }

    /// How the signature is written, in words.
    #[must_use]
    pub const fn encoding(&self) -> &'static str {
        self.encoding.label()
    }

    /// How the text of the secret becomes the key.
    #[must_use]
    pub const fn key_encoding(&self) -> KeyEncoding {
        self.key
    }

    /// Where the time of the signature is, and how far from now it may be.
    #[must_use]
    pub const fn signed_timestamp(&self) -> Option<&Timestamp> {
        self.timestamp.as_ref()
    }

    /// Where the signature stands, with `…` in its place: `x-hub-signature-256: sha256=…`, or
    /// `?code=…` in the query.
    #[must_use]
    pub fn signature_pattern(&self) -> String {
        match self.placement {
            Placement::Header { name, grammar: Grammar::Bare { prefix } } => {
                format!("{name}: {prefix}…")
            }
            Placement::Header { name, grammar: Grammar::Fields { separator, signature } } => {
                match self.timestamp.map(|timestamp| timestamp.place) {
                    Some(Place::Field(time)) => format!("{name}: {time}=…{separator}{signature}=…"),
                    _ => format!("{name}: {signature}=…"),
                }
            }
            Placement::Header { name, grammar: Grammar::Versions { version } } => {
                format!("{name}: {version},…")
            }
            Placement::Numbered { prefix } => format!("{prefix}1: …"),
            Placement::Paired { names } => {
                names.iter().map(|name| format!("{name}: …")).collect::<Vec<_>>().join(", ")
            }
            Placement::Query { name } => format!("?{name}=…"),
        }
    }
}

/// A header name that a request can have.
///
/// # Panics
/// When it is empty or not a lower-case header name; in a constant that is a compile error.
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

/// A JSON pointer (RFC 6901) that names something inside a document.
///
/// # Panics
/// When it does not begin with `/`; in a constant that is a compile error.
pub(crate) const fn checked_pointer(pointer: &'static str) -> &'static str {
    assert!(
        !pointer.is_empty() && pointer.as_bytes()[0] == b'/',
        "a JSON pointer begins with `/`, as in `/data/id`"
    );
    pointer
}

#[cfg(test)]
mod tests {
    use std::{panic::catch_unwind, time::Duration};

    use super::*;

    const HMAC_SHA256_HEX: Scheme = Scheme::hmac_sha256().header("x-signature");
    const TIMED: Scheme =
        HMAC_SHA256_HEX.timestamp(Timestamp::header("x-time")).signed("{timestamp}.{body}");
    const NAMED: Scheme = TIMED.id_header("x-id").signed("{id}.{timestamp}.{body}");

    #[test]
    fn what_was_said_of_a_scheme_is_known() {
        let scheme = NAMED.base64().key(KeyEncoding::Hex).checked();
        assert_eq!(scheme.signature_header(), "x-signature");
        assert_eq!(scheme.algorithm(), "HMAC-SHA256");
        assert_eq!(scheme.signed_template(), "{id}.{timestamp}.{body}");
        assert_eq!(scheme.encoding(), "base64");
        assert_eq!(scheme.key_encoding(), KeyEncoding::Hex);
        let window = scheme.signed_timestamp().and_then(Timestamp::max_age);
        assert_eq!(window, Some(Duration::from_secs(300)));
        assert!(HMAC_SHA256_HEX.signed_timestamp().is_none());
        assert_eq!(
            [HMAC_SHA256_HEX.hex(), HMAC_SHA256_HEX.base64url()].map(|it| it.encoding()),
            ["hex", "base64url"]
        );
    }

    #[test]
    fn what_a_scheme_covers_is_known() {
        let covers = |scheme: Scheme| {
            let traits = scheme.scheme_info();
            (traits.signs_body, traits.signs_url, traits.signs_time)
        };
        assert_eq!(covers(HMAC_SHA256_HEX), (true, false, false));
        assert_eq!(covers(TIMED), (true, false, true));
        assert_eq!(covers(HMAC_SHA256_HEX.signed("{url}{body}")), (true, true, false));
        assert_eq!(covers(HMAC_SHA256_HEX.signed("{decoded_url}{body}")), (true, true, false));
        assert_eq!(covers(HMAC_SHA256_HEX.signed("{url}")), (false, true, false));
        assert_eq!(covers(Scheme::token().header("x-token")), (false, false, false));
        let traits = HMAC_SHA256_HEX.scheme_info();
        assert_eq!((traits.summary, traits.signature_header), ("HMAC-SHA256", "x-signature"));
    }

    #[test]
    fn only_id_and_time_are_signed_headers() {
        let signed = |scheme: Scheme| {
            ["x-id", "x-time", "x-signature", ""].map(|name| scheme.signs_header(name))
        };
        assert_eq!(signed(HMAC_SHA256_HEX), [false, false, false, false]);
        assert_eq!(signed(TIMED), [false, true, false, false]);
        assert_eq!(signed(NAMED), [true, true, false, false]);
        let in_field = HMAC_SHA256_HEX.fields(",", "v1").timestamp(Timestamp::field("x-time"));
        assert_eq!(signed(in_field), [false; 4]);
    }

    #[test]
    fn paired_headers_bound_the_secrets() {
        assert_eq!(HMAC_SHA256_HEX.most_secrets(), None);
        assert_eq!(HMAC_SHA256_HEX.paired_headers(&["x-a"]).most_secrets(), Some(1));
        assert_eq!(HMAC_SHA256_HEX.paired_headers(&["x-a", "x-b"]).most_secrets(), Some(2));
    }

    #[test]
    fn a_window_is_for_a_time() {
        let window = Duration::from_secs(10);
        assert!(HMAC_SHA256_HEX.with_tolerance(window).is_none());
        let narrow = TIMED.with_tolerance(window).expect("there is a time");
        assert_eq!(narrow.signed_timestamp().and_then(Timestamp::max_age), Some(window));
        assert_eq!(narrow.signed_timestamp().and_then(Timestamp::max_ahead), Some(window));
        assert_eq!(narrow.signed_template(), TIMED.signed_template());
    }

    #[test]
    fn a_pattern_shows_where_the_signature_stands() {
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
            (Scheme::token().query("code"), "?code=…"),
        ] {
            assert_eq!(scheme.signature_pattern(), pattern);
        }
    }

    type Build = fn() -> Scheme;

    /// What is said of a scheme that is refused.
    fn refused(build: Build) -> String {
        let panic = catch_unwind(|| build().checked()).expect_err("it contradicts itself");
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let cases: [(Build, &str); 17] = [
            (|| Scheme::hmac_sha256(), "names no signature header"),
            (|| HMAC_SHA256_HEX.signed("{url}"), "does not sign the body"),
            (|| HMAC_SHA256_HEX.signed("{id}{body}"), "`id_header` go together"),
            (|| HMAC_SHA256_HEX.id_header("x-id"), "`id_header` go together"),
            (|| HMAC_SHA256_HEX.signed("{secret}{body}"), "`sha256` go together"),
            (|| Scheme::sha256().header("x-a"), "`sha256` go together"),
            (|| HMAC_SHA256_HEX.signed("{timestamp}{body}"), "does not say where the timestamp is"),
            (
                || HMAC_SHA256_HEX.timestamp(Timestamp::header("x-time")),
                "the timestamp is not signed",
            ),
            (|| TIMED.timestamp(Timestamp::pointer("/t")), "remove {timestamp}"),
            (|| TIMED.timestamp(Timestamp::field("t")), "needs a signature header made of fields"),
            (|| HMAC_SHA256_HEX.query("code"), "only a token can stand in the query"),
            (
                || HMAC_SHA256_HEX.header("x-a").numbered_headers("x-").prefix("a"),
                "need a single header",
            ),
            (|| Scheme::hmac_sha1().prefix("a"), "name the header before its grammar"),
            (|| HMAC_SHA256_HEX.paired_headers(&[]), "at least one name"),
            (|| HMAC_SHA256_HEX.paired_headers(&["x-a", "X-B"]), "in lower case"),
            (|| HMAC_SHA256_HEX.require_headers(&[("x-a", "1"), ("X-B", "1")]), "in lower case"),
            (|| HMAC_SHA256_HEX.timestamp(Timestamp::pointer("t")), "begins with `/`"),
        ];
        for (build, said) in cases {
            let told = refused(build);
            assert!(told.contains(said), "{told:?} instead of {said:?}");
        }
        for name in ["", "X-a", "x-A", "x a", "x-a:", "\u{e4}"] {
            assert!(catch_unwind(|| checked_name(name)).is_err(), "{name:?}");
        }
        assert_eq!(checked_name("x-a_0"), "x-a_0");
        assert!(catch_unwind(|| checked_pointer("")).is_err());
        assert_eq!(checked_pointer("/a"), "/a");
    }
}
