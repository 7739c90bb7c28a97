//! Signature schemes, as data.
//!
//! A [`Scheme`] is a constant that describes how a provider signs: the algorithm, the key, the
//! signed text, the header, the encoding and the timestamp. The same constant verifies and signs.
//! Verification does not depend on a server: it is a pure function of a request, secrets and a
//! time.
//!
//! All schemes are equally strict. Every relevant header is sent exactly once. Hex is lower case.
//! Base64 has the scheme's alphabet and padding, and no stray bits. Separators and prefixes are
//! exactly the provider's. Timestamps have a fixed width. Anything that a provider never sends is
//! rejected, even if accepting it would allow no forgery.

mod alternatives;
mod borders;
#[cfg(feature = "certificates")]
mod certificate;
mod check;
mod custom;
mod dates;
mod describe;
mod encoding;
mod error;
#[cfg(test)]
mod fixtures;
mod grammar;
mod head;
mod hmac;
mod http_date;
#[cfg(feature = "jwt")]
mod jose;
#[cfg(feature = "jwt")]
mod jws;
#[cfg(feature = "jwt")]
mod jwt;
mod key;
mod key_encoding;
#[cfg(any(feature = "ecdsa", feature = "ed25519", feature = "rsa"))]
mod key_set;
mod key_type;
#[cfg(feature = "message-signatures")]
mod message_signature;
#[cfg(feature = "openapi")]
mod parameters;
#[allow(dead_code, unused_imports, reason = "a feature alone needs only a part of it")]
#[cfg_attr(
    not(any(
        feature = "ecdsa",
        feature = "ecdsa-p384",
        feature = "ecdsa-p521",
        feature = "ed25519",
        feature = "rsa"
    )),
    allow(unreachable_code, unused_variables, reason = "there is no key without a feature")
)]
pub(crate) mod published;
mod request;
mod rfc3339;
mod sensitive_headers;
mod shell;
mod shell_word;
mod sign;
mod signed;
mod signed_value;
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
pub use jws::Jws;
#[cfg(feature = "jwt")]
pub use jwt::{BodyHash, Jwt};
pub use key_encoding::KeyEncoding;
#[cfg(any(feature = "ecdsa", feature = "ed25519", feature = "rsa"))]
pub use key_set::KeySetScheme;
pub use key_type::KeyType;
#[cfg(feature = "message-signatures")]
pub use message_signature::{Component, MessageSignature};
pub use request::SignedRequest;
pub use shell::{ShellBody, ShellRequest};
pub use sign::{RequestToSign, SignError, SignedParts};
pub use signed::{Identity, Signed};
pub use signed_value::SignedValue;
pub use timestamp::Timestamp;
pub use verify::Verified;

pub(crate) use check::{checked_name, checked_pointer};
pub(crate) use grammar::{header_text, single_value};
pub(crate) use hmac::Hash;
pub(crate) use key::Tag;
pub(crate) use request::is_opaque_token;
pub(crate) use shell_word::{text_word, variable};
pub(crate) use sign::insert_header;
#[cfg(feature = "axum")]
pub(crate) use verifier::Claims;
pub(crate) use verifier::{Keys, Mechanism, Verifier};

#[cfg(feature = "openapi")]
pub(crate) use parameters::ParameterRole;

#[cfg(feature = "certificates")]
pub(crate) use certificate::Certificate;

#[cfg(any(feature = "ed25519", feature = "ecdsa", feature = "rsa"))]
pub(crate) use published::SignatureAlgorithm;

use grammar::{Grammar, Placement};
use key::Algorithm;
use template::Template;

/// A signature scheme, as a constant: how a provider signs its deliveries.
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
/// A constant scheme that contradicts itself does not compile:
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
    /// The names of a second family of headers: a name, and the other name.
    alternatives: &'static [(&'static str, &'static str)],
    /// Further signed values of the head.
    values: &'static [SignedValue],
    /// True if the body is not signed, on purpose.
    bodyless: bool,
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
            alternatives: &[],
            values: &[],
            bodyless: false,
        }
    }

    /// HMAC with SHA-256 (RFC 2104). The raw body is signed, unless [`signed`](Self::signed) sets
    /// another text.
    #[must_use]
    pub const fn hmac_sha256() -> Self {
        Self::new(Algorithm::HmacSha256)
    }

    /// HMAC with SHA-1, for providers that offer nothing better. SHA-1 is old, but not broken as a
    /// MAC.
    #[must_use]
    pub const fn hmac_sha1() -> Self {
        Self::new(Algorithm::HmacSha1)
    }

    /// HMAC with SHA-512.
    #[must_use]
    pub const fn hmac_sha512() -> Self {
        Self::new(Algorithm::HmacSha512)
    }

    /// A plain SHA-1 hash of a text that contains `{secret}`, for providers that offer nothing
    /// better. See [`sha256`](Self::sha256).
    #[must_use]
    pub const fn sha1() -> Self {
        Self::new(Algorithm::Sha1)
    }

    /// A plain SHA-256 hash of a text that contains `{secret}`. If the secret comes before the
    /// body, the body must be UTF-8, so that nobody can continue the hash of another body.
    #[must_use]
    pub const fn sha256() -> Self {
        Self::new(Algorithm::Sha256)
    }

    /// A token: the secret itself is sent in a header. The body is not signed.
    #[must_use]
    pub const fn token() -> Self {
        Self::new(Algorithm::Token)
    }

    /// HTTP basic authentication. The secret is `user:password`. The body is not signed.
    #[must_use]
    pub const fn basic_auth() -> Self {
        Self::new(Algorithm::Basic).header("authorization")
    }

    /// [Standard Webhooks](https://www.standardwebhooks.com), version 1. The secret is `whsec_` and
    /// base64. Id, time and body are signed. The time may differ by five minutes either way.
    #[must_use]
    pub const fn standard_webhooks() -> Self {
        Self::hmac_sha256().key(KeyEncoding::PrefixedBase64("whsec_")).standard(
            "webhook-id",
            "webhook-timestamp",
            "webhook-signature",
            "v1",
        )
    }

    /// Standard Webhooks with Ed25519. The secret is the public key: `whpk_` and base64.
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

    /// Standard Webhooks with the older header names of Svix.
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

    /// Ed25519 (RFC 8032). The secret is the provider's public key.
    #[cfg(feature = "ed25519")]
    #[must_use]
    pub const fn ed25519() -> Self {
        Self::new(Algorithm::Asymmetric(SignatureAlgorithm::Ed25519))
    }

    /// ECDSA over P-256 with SHA-256, with signatures in DER. The secret is the provider's public
    /// key (SPKI in base64).
    #[cfg(feature = "ecdsa")]
    #[must_use]
    pub const fn ecdsa_p256() -> Self {
        Self::new(Algorithm::Asymmetric(SignatureAlgorithm::EcdsaP256Der)).key(KeyEncoding::Base64)
    }

    /// RSA PKCS#1 v1.5 with SHA-1, for providers that offer nothing better. The secret is the
    /// provider's public key (PEM, or SPKI in base64).
    ///
    /// SHA-1 is broken for signatures: an attacker who gets a text of their choice signed can have
    /// prepared a second text with the same hash.
    #[cfg(feature = "rsa")]
    #[must_use]
    pub const fn rsa_sha1() -> Self {
        Self::new(Algorithm::Asymmetric(SignatureAlgorithm::RsaSha1)).key(KeyEncoding::Pem)
    }

    /// RSA PKCS#1 v1.5 with SHA-512. The secret is the provider's public key (PEM, or SPKI in
    /// base64).
    #[cfg(feature = "rsa")]
    #[must_use]
    pub const fn rsa_sha512() -> Self {
        Self::new(Algorithm::Asymmetric(SignatureAlgorithm::RsaSha512)).key(KeyEncoding::Pem)
    }

    /// RSA PKCS#1 v1.5 with SHA-256. The secret is the provider's public key (PEM, or SPKI in
    /// base64).
    #[cfg(feature = "rsa")]
    #[must_use]
    pub const fn rsa_sha256() -> Self {
        Self::new(Algorithm::Asymmetric(SignatureAlgorithm::RsaSha256)).key(KeyEncoding::Pem)
    }

    /// Sets the query parameter that contains the signature or the token. It must be in the query
    /// once. The value is compared as sent, without decoding, so that a signature is in hex or
    /// base64url.
    #[must_use]
    pub const fn query(mut self, name: &'static str) -> Self {
        self.placement = Placement::Query { name };
        self
    }

    /// Sets the JSON pointer to the token in the body, for providers that send it there.
    ///
    /// # Panics
    /// If the scheme is not a token. In a constant, this is a compile error.
    #[must_use]
    pub const fn pointer(mut self, pointer: &'static str) -> Self {
        assert!(
            matches!(self.algorithm, Algorithm::Token),
            "only a token can stand in the body at a pointer"
        );
        self.placement = Placement::Pointer { pointer: checked_pointer(pointer) };
        self
    }

    /// Sets the header (lower case) that contains the signature.
    #[must_use]
    pub const fn header(mut self, name: &'static str) -> Self {
        self.placement =
            Placement::Header { name: checked_name(name), grammar: Grammar::Bare { prefix: "" } };
        self
    }

    /// Sets the prefix of the signature, such as `sha256=`. Every request must have it.
    #[must_use]
    pub const fn prefix(self, prefix: &'static str) -> Self {
        self.grammar(Grammar::Bare { prefix })
    }

    /// The header is a list of `key=value` fields, separated by exactly `separator`. The signatures
    /// are the fields named `signature`. Fields with other names are ignored.
    ///
    /// # Panics
    /// If an argument is empty, or no header was set before. In a constant, this is a compile
    /// error.
    #[must_use]
    pub const fn fields(self, separator: &'static str, signature: &'static str) -> Self {
        assert!(!separator.is_empty(), "fields need a separator");
        assert!(!signature.is_empty(), "fields need the name of the signature's field");
        self.grammar(Grammar::Fields { separator, signature })
    }

    /// The header is a list of `key=value` fields, and of signatures that have no key. `separator`
    /// is between them. Fields with a key are ignored, except that of the timestamp.
    ///
    /// # Panics
    /// If the separator is empty, or no header was set before. In a constant, this is a compile
    /// error.
    #[must_use]
    pub const fn unnamed_field(self, separator: &'static str) -> Self {
        assert!(!separator.is_empty(), "fields need a separator");
        self.grammar(Grammar::Fields { separator, signature: "" })
    }

    /// The header is a list of groups with `between` between them. Each group has
    /// [`fields`](Self::fields): a timestamp, and the signatures made with it. Senders have a group
    /// for each secret while they rotate one.
    ///
    /// # Panics
    /// If an argument is empty, or no header was set before. In a constant, this is a compile
    /// error.
    #[must_use]
    pub const fn field_groups(
        self,
        between: &'static str,
        separator: &'static str,
        signature: &'static str,
    ) -> Self {
        assert!(!between.is_empty() && !separator.is_empty(), "groups need separators");
        assert!(!signature.is_empty(), "fields need the name of the signature's field");
        self.grammar(Grammar::Groups { between, separator, signature })
    }

    /// The header is a list of signatures, separated by exactly `separator`. With
    /// [`Timestamp::first_in_list`], its first entry is the timestamp.
    ///
    /// # Panics
    /// If the separator is empty, or no header was set before. In a constant, this is a compile
    /// error.
    #[must_use]
    pub const fn list(self, separator: &'static str) -> Self {
        assert!(!separator.is_empty(), "a list needs a separator");
        self.grammar(Grammar::List { separator })
    }

    /// The header is a list of `version,signature`, separated by spaces. Entries of other versions
    /// are ignored.
    #[must_use]
    pub const fn versions(self, version: &'static str) -> Self {
        self.grammar(Grammar::Versions { version })
    }

    /// Each live key signs a header of its own. The name is `prefix` and a number, counted from 1.
    #[must_use]
    pub const fn numbered_headers(mut self, prefix: &'static str) -> Self {
        self.placement = Placement::Numbered { prefix: checked_name(prefix) };
        self
    }

    /// Each key has its own header. The first secret is valid for the first header only, and so on.
    ///
    /// # Panics
    /// If there are no names. In a constant, this is a compile error.
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

    /// The signature is in one of these headers, or in several while a secret is rotated. Every
    /// secret is valid for every header.
    ///
    /// # Panics
    /// If there are no names. In a constant, this is a compile error.
    #[must_use]
    pub const fn any_header(mut self, names: &'static [&'static str]) -> Self {
        assert!(!names.is_empty(), "a signature needs at least one header");
        let mut at = 0;
        while at < names.len() {
            checked_name(names[at]);
            at += 1;
        }
        self.placement = Placement::Any { names };
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

    /// The signature is lower-case hex. This is the default.
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

    /// Sets how the text of the secret becomes the key. By default the text is the key.
    #[must_use]
    pub const fn key(mut self, encoding: KeyEncoding) -> Self {
        self.key = encoding;
        self
    }

    /// Sets the location of the signed time, and how far from now it may be.
    #[must_use]
    pub const fn timestamp(mut self, timestamp: Timestamp) -> Self {
        self.timestamp = Some(timestamp);
        self
    }

    /// Sets the header (lower case) that contains the signed id of the delivery.
    ///
    /// The signed text must have only one reading. So an id that contains the text after `{id}` in
    /// the template is rejected. If the time directly follows the id, the id may only consist of
    /// letters, digits and `-_+/=`. If that time is a number and the body follows it, the body must
    /// not begin with one of these characters.
    #[must_use]
    pub const fn id_header(mut self, name: &'static str) -> Self {
        self.id = Some(checked_name(name));
        self
    }

    /// Sets the signed text: literal text and the placeholders `{id}`, `{timestamp}`, `{method}`,
    /// `{url}`, `{body}`, `{secret}` and the names of the [`values`](Self::values). `{body_sha256}`
    /// is the SHA-256 of the body in lower-case hex. `{decoded_url}` is the URL after decoding the
    /// percent-escapes that HubSpot decodes.
    #[must_use]
    pub const fn signed(mut self, template: &'static str) -> Self {
        self.template = Template::parse(template);
        self
    }

    /// Says that the body is not signed. Whoever has seen one request can send it with another body,
    /// so this is for providers that leave no choice.
    #[must_use]
    pub const fn without_body(mut self) -> Self {
        self.bodyless = true;
        self
    }

    /// If the body is a form, `{body}` is the decoded value of this field.
    #[must_use]
    pub const fn signs_form_field(mut self, field: &'static str) -> Self {
        self.form_field = Some(field);
        self
    }

    /// Sets headers (lower-case names) that must have exactly these values, such as the version of
    /// the scheme.
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

    /// Sets the names of a second family of headers, for providers that send the same headers under
    /// two sets of names. Each pair is a (lower-case) name and its alternative. The list contains
    /// the signature header, and may contain headers that are not signed, such as the event's.
    ///
    /// A request with the alternative signature header is verified with the alternative family
    /// only. Once it is verified, the delivery has the values of the alternatives under the first
    /// names too.
    ///
    /// # Panics
    /// If the signature is not in a single header, or the list does not contain it, or lacks the
    /// header of the id or time. In a constant, this is a compile error.
    #[must_use]
    pub const fn alternative_headers(
        mut self,
        pairs: &'static [(&'static str, &'static str)],
    ) -> Self {
        let mut at = 0;
        while at < pairs.len() {
            checked_name(pairs[at].0);
            checked_name(pairs[at].1);
            at += 1;
        }
        self.alternatives = pairs;
        self
    }

    /// The same scheme with another window for its timestamp; `None` without a timestamp.
    pub(crate) fn with_tolerance(mut self, window: std::time::Duration) -> Option<Self> {
        self.timestamp = Some(self.timestamp?.with_tolerance(window));
        Some(self)
    }
}
