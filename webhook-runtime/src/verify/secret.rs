//! Secrets: key material with a name. Memory is wiped on drop, and `Debug` never shows it.

use std::{borrow::Cow, fmt};

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The prefix of the secrets of Stripe, Svix, Standard Webhooks and others. The prefix alone is no
/// secret.
const WHSEC_PREFIX: &str = "whsec_";

/// A secret shared with a provider, or the provider's public key.
///
/// Give the text as the provider shows it. The provider's scheme decides whether to use it
/// literally or to decode it first. The memory is wiped on drop, and `Debug` shows only the name.
#[derive(Clone)]
pub struct Secret {
    name: Cow<'static, str>,
    material: Material,
}

#[derive(Clone)]
enum Material {
    /// The text that the provider shows.
    Text(Zeroizing<String>),
    /// The bytes of the key, not encoded.
    Key(Zeroizing<Vec<u8>>),
    None,
}

impl Secret {
    /// Creates a secret from the text that the provider shows, for example `whsec_…`, or from the
    /// text that you typed into its form.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            name: Cow::Borrowed("secret"),
            material: Material::Text(Zeroizing::new(text.into())),
        }
    }

    /// Creates a secret from the bytes of a key that is not text. The scheme's key encoding is not
    /// applied.
    #[must_use]
    pub fn from_key(key: impl Into<Vec<u8>>) -> Self {
        Self { name: Cow::Borrowed("secret"), material: Material::Key(Zeroizing::new(key.into())) }
    }

    /// A placeholder for providers without a secret.
    pub(crate) const fn none() -> Self {
        Self { name: Cow::Borrowed("fetched key"), material: Material::None }
    }

    /// Names the secret. The trace and the [`Delivery`](crate::Delivery) show the name of the
    /// secret that matched. A secret from the environment has the name of its variable.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = name.into();
        self
    }

    /// The name of the secret. The name itself is public.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn name_cow(&self) -> Cow<'static, str> {
        self.name.clone()
    }

    /// Compares the secret with a sent credential, in constant time for any length.
    pub(crate) fn matches(&self, sent: &[u8]) -> bool {
        Sha256::digest(self.expose()).ct_eq(&Sha256::digest(sent)).into()
    }

    /// True if the secret is empty, white space, or only a prefix. Anyone can compute an HMAC with
    /// such a key.
    pub(crate) fn is_blank(&self) -> bool {
        match &self.material {
            Material::Text(text) => matches!(text.trim(), "" | WHSEC_PREFIX),
            Material::Key(key) => key.is_empty(),
            Material::None => true,
        }
    }

    /// True if a newline precedes or follows the secret, which is typical of a secret read from a
    /// file. A newline at the end of PEM does not count.
    pub(crate) fn has_surrounding_newline(&self) -> bool {
        let line_end = ['\n', '\r'];
        self.text().is_some_and(|text| {
            !text.starts_with("-----BEGIN")
                && (text.starts_with(line_end) || text.ends_with(line_end))
        })
    }

    /// The text of the secret; `None` for a key given as bytes.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.material {
            Material::Text(text) => Some(text),
            Material::Key(_) | Material::None => None,
        }
    }

    /// The secret as it was given, for code that verifies with it. Keep it out of logs.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        match &self.material {
            Material::Text(text) => text.as_bytes(),
            Material::Key(key) => key,
            Material::None => &[],
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The reason why a secret cannot be used. It never contains any part of the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretError {
    /// The secret is empty, white space, or only the prefix `whsec_`.
    Blank,
    /// The secret begins or ends with white space, which is typical of a value read from a file.
    SurroundingWhitespace,
    /// The secret does not have the format that the provider issues. The text names that format.
    Malformed(&'static str),
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blank => f.write_str("is blank, and a blank secret lets everybody sign"),
            Self::SurroundingWhitespace => {
                f.write_str("begins or ends with white space; remove it")
            }
            Self::Malformed(wanted) => write!(f, "is not {wanted}"),
        }
    }
}

impl std::error::Error for SecretError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_name_only() {
        let secret = Secret::new("canary").with_name("GITHUB_SECRET");
        assert_eq!(format!("{secret:?}"), "Secret { name: \"GITHUB_SECRET\", .. }");
        assert!(!format!("{:?}", Secret::from_key(*b"canary")).contains("99"));
    }

    #[test]
    fn blank_secrets_are_detected() {
        for text in ["", " ", "\n", "\t \r\n", "\u{a0}", "whsec_", "whsec_ \n"] {
            assert!(Secret::new(text).is_blank(), "{text:?}");
        }
        assert!(!Secret::new("whsec_1").is_blank());
        assert!(Secret::from_key([]).is_blank());
        assert!(!Secret::from_key([0x20]).is_blank());
    }

    #[test]
    fn a_secret_is_exposed_unchanged() {
        let text = Secret::new("whsec_a").with_name("A");
        assert_eq!((text.name(), text.name_cow()), ("A", Cow::Borrowed("A")));
        assert_eq!((text.text(), text.expose()), (Some("whsec_a"), &b"whsec_a"[..]));
        let key = Secret::from_key(*b"\xff\0");
        assert_eq!((key.name(), key.name_cow()), ("secret", Cow::Borrowed("secret")));
        assert_eq!((key.text(), key.expose()), (None, &b"\xff\0"[..]));
        let none = Secret::none();
        assert_eq!((none.name(), none.text(), none.expose()), ("fetched key", None, &b""[..]));
        assert!(none.is_blank());
    }

    #[test]
    fn only_the_whole_credential_matches() {
        let secret = Secret::new("s3cret");
        assert!(secret.matches(b"s3cret"));
        for sent in ["", "s3cre", "s3crets", "S3cret", "s3creT"] {
            assert!(!secret.matches(sent.as_bytes()), "{sent:?}");
        }
    }

    #[test]
    fn surrounding_newlines_are_detected() {
        for text in ["a\n", "\na", "a\r\n", "\r\na", "\na\n"] {
            assert!(Secret::new(text).has_surrounding_newline(), "{text:?}");
        }
        for text in ["a", "a\nb", " a ", "-----BEGIN PUBLIC KEY-----\n"] {
            assert!(!Secret::new(text).has_surrounding_newline(), "{text:?}");
        }
        assert!(!Secret::from_key(*b"a\n").has_surrounding_newline());
    }

    #[test]
    fn errors_have_messages() {
        for (error, text) in [
            (SecretError::Blank, "is blank, and a blank secret lets everybody sign"),
            (SecretError::SurroundingWhitespace, "begins or ends with white space; remove it"),
            (SecretError::Malformed("base64"), "is not base64"),
        ] {
            assert_eq!(error.to_string(), text);
        }
    }
}
