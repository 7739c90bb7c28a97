//! Secrets: key material with a name, wiped when dropped and never shown.

use std::{borrow::Cow, fmt};

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What stands before the secrets of Stripe, Svix, Standard Webhooks and others. By itself it is known
/// to everybody.
const WHSEC_PREFIX: &str = "whsec_";

/// A secret shared with a provider, or the provider's public key.
///
/// The text is taken as the provider shows it; the provider's scheme knows whether it is used
/// literally or decoded first. The memory is wiped on drop, and `Debug` shows the name only.
#[derive(Clone)]
pub struct Secret {
    name: Cow<'static, str>,
    material: Material,
}

#[derive(Clone)]
enum Material {
    /// As shown by the provider.
    Text(Zeroizing<String>),
    /// The key itself, not encoded.
    Key(Zeroizing<Vec<u8>>),
    None,
}

impl Secret {
    /// A secret as the provider shows it, for example `whsec_…` or the text typed into its form.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            name: Cow::Borrowed("secret"),
            material: Material::Text(Zeroizing::new(text.into())),
        }
    }

    /// The bytes of a key that is not text; the scheme's key encoding is not applied to them.
    #[must_use]
    pub fn from_key(key: impl Into<Vec<u8>>) -> Self {
        Self { name: Cow::Borrowed("secret"), material: Material::Key(Zeroizing::new(key.into())) }
    }

    /// Stands for the secret of providers that have none.
    pub(crate) const fn none() -> Self {
        Self { name: Cow::Borrowed("fetched key"), material: Material::None }
    }

    /// Names the secret. The name of the secret that matched is in the trace and on the
    /// [`Delivery`](crate::Delivery); secrets from the environment carry their variable's name.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = name.into();
        self
    }

    /// The name of the secret, which is not secret.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn name_cow(&self) -> Cow<'static, str> {
        self.name.clone()
    }

    /// Compares with a sent credential, in constant time whatever its length.
    pub(crate) fn matches(&self, sent: &[u8]) -> bool {
        Sha256::digest(self.expose()).ct_eq(&Sha256::digest(sent)).into()
    }

    /// Whether there is nothing in it but white space or a prefix: anybody can compute an HMAC with
    /// that key.
    pub(crate) fn is_blank(&self) -> bool {
        match &self.material {
            Material::Text(text) => matches!(text.trim(), "" | WHSEC_PREFIX),
            Material::Key(key) => key.is_empty(),
            Material::None => true,
        }
    }

    /// Whether a line end surrounds it, as it does when it was read from a file. PEM ends with one.
    pub(crate) fn has_surrounding_newline(&self) -> bool {
        let line_end = ['\n', '\r'];
        self.text().is_some_and(|text| {
            !text.starts_with("-----BEGIN")
                && (text.starts_with(line_end) || text.ends_with(line_end))
        })
    }

    /// The text as the provider shows it; `None` for a key given as bytes.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.material {
            Material::Text(text) => Some(text),
            Material::Key(_) | Material::None => None,
        }
    }

    /// The secret itself, as it was given, for code that verifies with it. Keep it out of logs.
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

/// Why a secret cannot be used. Says what is wrong with it, never what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretError {
    /// It is empty, white space, or no more than the prefix `whsec_`.
    Blank,
    /// It begins or ends with white space, as a value read from a file often does.
    SurroundingWhitespace,
    /// The scheme's key is not of the form that the provider hands out; says which form that is.
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
