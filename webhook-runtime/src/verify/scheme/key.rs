//! Algorithms, and keys that are prepared once, when the endpoint is built.

use base64ct::{Base64, Encoding as _};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{
    KeyEncoding,
    published::{PublicKey, SignatureAlgorithm},
    template::{Template, Values},
};
use crate::verify::{Secret, SecretError};

/// The algorithm of a scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    HmacSha1,
    HmacSha256,
    HmacSha512,
    /// SHA-1 of a text that contains the secret. It is not a MAC, but some providers use it.
    Sha1,
    /// SHA-256 of such a text.
    Sha256,
    /// The secret itself is sent.
    Token,
    /// `user:password` is sent as HTTP basic authentication.
    Basic,
    /// A private key signs, and its public key verifies.
    #[allow(dead_code, reason = "made by features only")]
    Asymmetric(SignatureAlgorithm),
}

impl Algorithm {
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::HmacSha1 => "HMAC-SHA1",
            Self::HmacSha256 => "HMAC-SHA256",
            Self::HmacSha512 => "HMAC-SHA512",
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Token => "token",
            Self::Basic => "basic auth",
            Self::Asymmetric(algorithm) => algorithm.label(),
        }
    }

    /// The parts of a secret that are joined by colons; empty for a secret that is one text.
    pub(crate) const fn secret_parts(self) -> &'static [&'static str] {
        match self {
            Self::Basic => &["user", "password"],
            _ => &[],
        }
    }

    /// The length of a signature in bytes, if it is fixed.
    pub(crate) const fn signature_len(self) -> Option<usize> {
        match self {
            Self::HmacSha1 | Self::Sha1 => Some(20),
            Self::HmacSha256 | Self::Sha256 => Some(32),
            Self::HmacSha512 => Some(64),
            Self::Token | Self::Basic => None,
            Self::Asymmetric(algorithm) => algorithm.signature_len(),
        }
    }

    /// True if the secret itself is sent, so that nothing of the request is signed.
    pub(crate) const fn is_credential(self) -> bool {
        matches!(self, Self::Token | Self::Basic)
    }

    /// True if the signature is a plain hash of a text that contains the secret.
    pub(crate) const fn is_plain_hash(self) -> bool {
        matches!(self, Self::Sha1 | Self::Sha256)
    }
}

/// A prepared key.
#[derive(Clone)]
pub(crate) enum Key {
    HmacSha1(Hmac<Sha1>),
    HmacSha256(Hmac<Sha256>),
    HmacSha512(Hmac<Sha512>),
    Sha1(Zeroizing<Vec<u8>>),
    Sha256(Zeroizing<Vec<u8>>),
    /// The exact text that is sent.
    Token(Zeroizing<String>),
    Public(SignatureAlgorithm, PublicKey),
}

/// A computed MAC or hash.
pub(crate) struct Tag {
    bytes: [u8; 64],
    len: usize,
}

impl Tag {
    pub(crate) fn new(digest: &[u8]) -> Self {
        let mut bytes = [0; 64];
        bytes[..digest.len()].copy_from_slice(digest);
        Self { bytes, len: digest.len() }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Compares in constant time.
    pub(crate) fn matches(&self, signature: &[u8]) -> bool {
        constant_time_eq(self.as_bytes(), signature)
    }
}

/// Compares in constant time, word by word. Byte by byte, it would take as long as hashing a block.
pub(crate) fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let (left, left_rest) = left.as_chunks();
    let (right, right_rest) = right.as_chunks();
    let mut same = left_rest.ct_eq(right_rest);
    for (left, right) in left.iter().zip(right) {
        same &= u64::from_ne_bytes(*left).ct_eq(&u64::from_ne_bytes(*right));
    }
    same.into()
}

impl Key {
    /// Decodes a secret, and does all work that does not depend on the request.
    ///
    /// # Errors
    /// If the secret is blank, or malformed for the scheme.
    pub(crate) fn prepare(
        algorithm: Algorithm,
        encoding: KeyEncoding,
        secret: &Secret,
    ) -> Result<Self, SecretError> {
        let key = encoding.decode(secret)?;
        Ok(match algorithm {
            Algorithm::HmacSha1 => Self::HmacSha1(new_mac(&key)),
            Algorithm::HmacSha256 => Self::HmacSha256(new_mac(&key)),
            Algorithm::HmacSha512 => Self::HmacSha512(new_mac(&key)),
            Algorithm::Sha1 => Self::Sha1(key),
            Algorithm::Sha256 => Self::Sha256(key),
            Algorithm::Token => Self::Token(text(&key)?),
            Algorithm::Basic => {
                let Some(colon) = key.iter().position(|byte| *byte == b':') else {
                    return Err(SecretError::Malformed("of the form user:password"));
                };
                if key[colon + 1..].trim_ascii().is_empty() {
                    return Err(SecretError::Blank);
                }
                Self::Token(Zeroizing::new(format!("Basic {}", Base64::encode_string(&key))))
            }
            Algorithm::Asymmetric(algorithm) => {
                Self::Public(algorithm, PublicKey::of_secret(&key, algorithm)?)
            }
        })
    }

    /// The MAC or hash of the signed text; `None` for tokens and public keys.
    pub(crate) fn tag(&self, template: &Template, values: &Values<'_>) -> Option<Tag> {
        Some(match self {
            Self::HmacSha1(keyed) => compute_mac(keyed, template, values),
            Self::HmacSha256(keyed) => compute_mac(keyed, template, values),
            Self::HmacSha512(keyed) => compute_mac(keyed, template, values),
            Self::Sha1(secret) => plain_hash::<Sha1>(secret, template, values),
            Self::Sha256(secret) => plain_hash::<Sha256>(secret, template, values),
            Self::Token(_) | Self::Public(..) => return None,
        })
    }

    /// Verifies a signature with a public key; false for other keys.
    pub(crate) fn verifies(
        &self,
        template: &Template,
        values: &Values<'_>,
        signature: &[u8],
    ) -> bool {
        let Self::Public(algorithm, key) = self else { return false };
        let mut message = Vec::with_capacity(values.body.len() + 64);
        template.feed(values, |piece| message.extend_from_slice(piece));
        key.verifies(*algorithm, &message, signature)
    }

    /// Compares a sent credential with the expected one. Both are hashed first, so that the
    /// duration reveals neither the first difference nor the length of the expected one.
    pub(crate) fn matches_credential(&self, sent: &[u8]) -> bool {
        match self {
            Self::Token(expected) => {
                Sha256::digest(expected.as_bytes()).ct_eq(&Sha256::digest(sent)).into()
            }
            _ => false,
        }
    }

    /// The credential to send, if the secret itself is sent.
    pub(crate) fn credential(&self) -> Option<&str> {
        match self {
            Self::Token(expected) => Some(expected),
            _ => None,
        }
    }
}

fn text(key: &[u8]) -> Result<Zeroizing<String>, SecretError> {
    match std::str::from_utf8(key) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(SecretError::Malformed("text")),
    }
}

fn new_mac<M: KeyInit>(key: &[u8]) -> M {
    // HMAC takes a key of any length. Decoding the key rejected an empty one.
    M::new_from_slice(key).expect("HMAC takes a key of any length")
}

fn plain_hash<D: Digest>(secret: &[u8], template: &Template, values: &Values<'_>) -> Tag {
    let mut hash = D::new();
    let values = Values { secret, ..*values };
    template.feed(&values, |piece| hash.update(piece));
    Tag::new(&hash.finalize())
}

fn compute_mac<M: Mac + Clone>(keyed: &M, template: &Template, values: &Values<'_>) -> Tag {
    let mut mac = keyed.clone();
    template.feed(values, |piece| mac.update(piece));
    Tag::new(&mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn algorithms_have_labels_and_lengths() {
        let properties = |algorithm: Algorithm| {
            (algorithm.label(), algorithm.signature_len(), algorithm.is_credential())
        };
        assert_eq!(properties(Algorithm::HmacSha1), ("HMAC-SHA1", Some(20), false));
        assert_eq!(properties(Algorithm::HmacSha256), ("HMAC-SHA256", Some(32), false));
        assert_eq!(properties(Algorithm::HmacSha512), ("HMAC-SHA512", Some(64), false));
        assert_eq!(properties(Algorithm::Sha1), ("SHA-1", Some(20), false));
        assert_eq!(properties(Algorithm::Sha256), ("SHA-256", Some(32), false));
        assert_eq!(properties(Algorithm::Token), ("token", None, true));
        assert_eq!(properties(Algorithm::Basic), ("basic auth", None, true));
    }

    #[test]
    fn constant_time_eq_compares_every_byte() {
        for length in 0..40 {
            let left = vec![0x5a; length];
            assert!(constant_time_eq(&left, &left.clone()), "{length}");
            assert!(!constant_time_eq(&left, &[&left[..], &[0x5a]].concat()), "{length}");
            for at in 0..length {
                let mut right = left.clone();
                right[at] ^= 1;
                assert!(!constant_time_eq(&left, &right), "{at} of {length}");
            }
        }
        assert!(Tag::new(b"tag").matches(b"tag"));
        assert!(!Tag::new(b"tag").matches(b"tab") && !Tag::new(b"tag").matches(b"ta"));
    }

    fn prepared(algorithm: Algorithm, text: &str) -> Result<Key, SecretError> {
        Key::prepare(algorithm, KeyEncoding::Text, &Secret::new(text))
    }

    fn hex(algorithm: Algorithm, template: &'static str, body: &[u8]) -> Option<String> {
        let values = Values { body, ..Values::default() };
        let key = prepared(algorithm, "Jefe").ok()?;
        Some(base16ct::lower::encode_string(
            key.tag(&Template::parse(template), &values)?.as_bytes(),
        ))
    }

    /// RFC 2202 and RFC 4231, test case 2. The last ones are plain hashes of key and text.
    #[test]
    fn tags_match_the_test_vectors() {
        let text = b"what do ya want for nothing?";
        for (algorithm, template, tag) in [
            (Algorithm::HmacSha1, "{body}", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            (
                Algorithm::HmacSha256,
                "{body}",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                Algorithm::HmacSha512,
                "{body}",
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d03\
                 4f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ),
            (Algorithm::Sha1, "{secret}{body}", "8a2130c38d32a4a788cf7e24c444db3a69287e6d"),
            (Algorithm::Sha1, "{body}{secret}", "15f46cb4566251c575326e7d4358f030865eea57"),
            (
                Algorithm::Sha256,
                "{secret}{body}",
                "689a1a0fa183259e022c4d77a4eb0810a94e9090d132c5f8732ccce2b36e3621",
            ),
        ] {
            assert_eq!(hex(algorithm, template, text).as_deref(), Some(tag), "{algorithm:?}");
        }
        assert_eq!(hex(Algorithm::Token, "{body}", text), None);
    }

    #[test]
    fn a_credential_is_sent_verbatim() {
        let token = prepared(Algorithm::Token, "s3cret").expect("a token");
        assert_eq!(token.credential(), Some("s3cret"));
        assert!(token.matches_credential(b"s3cret"));
        assert!(
            !token.matches_credential(b"s3cre")
                && !token.matches_credential(b"")
                && !token.matches_credential(b"S3cret")
        );
        let basic = prepared(Algorithm::Basic, "user:pass").expect("user and password");
        assert_eq!(basic.credential(), Some("Basic dXNlcjpwYXNz"));
        assert!(
            basic.matches_credential(b"Basic dXNlcjpwYXNz")
                && !basic.matches_credential(b"user:pass")
        );
        let mac = prepared(Algorithm::HmacSha256, "s3cret").expect("a key");
        assert_eq!(mac.credential(), None);
        assert!(!mac.matches_credential(b"s3cret"));
        assert!(!mac.verifies(&Template::BODY, &Values::default(), b""));
    }

    #[test]
    fn incomplete_credentials_are_rejected() {
        let error = |algorithm, text: &str| prepared(algorithm, text).err();
        let malformed = SecretError::Malformed("of the form user:password");
        assert_eq!(error(Algorithm::Basic, "user"), Some(malformed));
        for text in ["user:", "user: ", "u:\t", ":"] {
            assert_eq!(error(Algorithm::Basic, text), Some(SecretError::Blank), "{text:?}");
        }
        assert_eq!(error(Algorithm::Basic, ":pass"), None);
        let binary = Key::prepare(Algorithm::Token, KeyEncoding::Text, &Secret::from_key(*b"\xff"));
        assert_eq!(binary.err(), Some(SecretError::Malformed("text")));
    }
}
