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
mod check;
mod custom;
mod describe;
mod encoding;
mod error;
mod grammar;
mod hmac;
#[cfg(feature = "inbox")]
mod identity;
#[cfg(feature = "jwt")]
mod jwt;
mod key;
mod key_encoding;
mod rfc3339;
mod sensitive_headers;
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
pub use key_encoding::KeyEncoding;
pub use sign::{RequestToSign, SignError, SignedParts};
pub use timestamp::Timestamp;
pub use verify::{SignedRequest, Verified};

pub(crate) use check::{checked_name, checked_pointer};
pub(crate) use grammar::{header_text, single_value};
pub(crate) use hmac::Hash;
pub(crate) use sign::insert_header;
#[cfg(feature = "axum")]
pub(crate) use verifier::Claims;
pub(crate) use verifier::{Keys, Mechanism, Verifier};
pub(crate) use verify::{is_form, is_opaque_token};

#[cfg(feature = "certificates")]
pub(crate) use asymmetric::certificate::Certificate;

#[cfg(any(feature = "ed25519", feature = "ecdsa", feature = "rsa", feature = "testing"))]
pub(crate) use asymmetric::AsymmetricAlgorithm;

use grammar::{Grammar, Placement};
use key::Algorithm;
use template::Template;

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
        Self::new(Algorithm::Asymmetric(AsymmetricAlgorithm::Ed25519))
    }

    /// ECDSA over P-256 with SHA-256, signatures in DER; the secret is the provider's public key
    /// (SPKI in base64).
    #[cfg(feature = "ecdsa")]
    #[must_use]
    pub const fn ecdsa_p256() -> Self {
        Self::new(Algorithm::Asymmetric(AsymmetricAlgorithm::EcdsaP256)).key(KeyEncoding::Base64)
    }

    /// RSA PKCS#1 v1.5 with SHA-256; the secret is the provider's public key (PEM, or SPKI in
    /// base64).
    #[cfg(feature = "rsa")]
    #[must_use]
    pub const fn rsa_sha256() -> Self {
        Self::new(Algorithm::Asymmetric(AsymmetricAlgorithm::RsaSha256)).key(KeyEncoding::Pem)
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

    /// The same scheme with another window for its timestamp; `None` when it has no timestamp.
    pub(crate) fn with_tolerance(mut self, window: std::time::Duration) -> Option<Self> {
        self.timestamp = Some(self.timestamp?.with_tolerance(window));
        Some(self)
    }
}
