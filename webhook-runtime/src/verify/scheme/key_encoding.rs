//! The text of a secret, decoded into key bytes.

use base64ct::{Base64, Base64Unpadded, Encoding as _};
use zeroize::Zeroizing;

use crate::verify::{Secret, SecretError};

/// The encoding of the key in the text that the provider shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyEncoding {
    /// The text is the key, even when it looks like base64 or hex.
    Text,
    /// Text of ASCII characters, for providers that change others before the text becomes the key.
    AsciiText,
    /// Hexadecimal, either case.
    Hex,
    /// Base64 with the standard alphabet. Padding may be missing.
    Base64,
    /// Base64 after an optional prefix such as `whsec_`.
    PrefixedBase64(&'static str),
    /// Base64 after the prefix. Without the prefix, the text is the key.
    PrefixedBase64OrText(&'static str),
    /// Text with the entities `&amp;`, `&lt;`, `&gt;`, `&quot;` and `&#039;`, as WordPress stores
    /// it.
    HtmlEscaped,
    /// PEM, or the base64 of the same DER.
    Pem,
}

impl KeyEncoding {
    /// Decodes a secret into the bytes of its key.
    pub(crate) fn decode(self, secret: &Secret) -> Result<Zeroizing<Vec<u8>>, SecretError> {
        if secret.is_blank() {
            return Err(SecretError::Blank);
        }
        let Some(text) = secret.text() else {
            return Ok(Zeroizing::new(secret.expose().to_vec()));
        };
        let key = match self {
            Self::Text => text.as_bytes().to_vec(),
            Self::AsciiText if text.is_ascii() => text.as_bytes().to_vec(),
            Self::AsciiText => return Err(SecretError::Malformed("ASCII text")),
            Self::Hex => base16ct::mixed::decode_vec(text)
                .map_err(|_| SecretError::Malformed("hexadecimal"))?,
            Self::PrefixedBase64(prefix) => base64(text.strip_prefix(prefix).unwrap_or(text))?,
            Self::PrefixedBase64OrText(prefix) => match text.strip_prefix(prefix) {
                Some(encoded) => base64(encoded)?,
                None => text.as_bytes().to_vec(),
            },
            Self::HtmlEscaped => unescaped(text).into_bytes(),
            Self::Pem if text.starts_with("-----BEGIN") => {
                der(text).ok_or(SecretError::Malformed("PEM"))?
            }
            Self::Base64 | Self::Pem => base64(text)?,
        };
        let key = Zeroizing::new(key);
        if key.is_empty() { Err(SecretError::Blank) } else { Ok(key) }
    }
}

/// Decodes a text like `wp_specialchars_decode` with `ENT_QUOTES`.
fn unescaped(text: &str) -> String {
    const ENTITIES: [(&str, &str); 6] = [
        ("&quot;", "\""),
        ("&#039;", "'"),
        ("&#x27;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ];
    ENTITIES.iter().fold(text.to_owned(), |text, (entity, mark)| text.replace(entity, mark))
}

fn base64(text: &str) -> Result<Vec<u8>, SecretError> {
    if text.trim().is_empty() {
        return Err(SecretError::Blank);
    }
    let decoded = if text.ends_with('=') {
        Base64::decode_vec(text)
    } else {
        Base64Unpadded::decode_vec(text)
    };
    decoded.map_err(|_| SecretError::Malformed("base64"))
}

/// The bytes of a key in PEM or base64. Line breaks may be missing: eBay sends PEM in one line.
pub(super) fn der(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let body = match text.strip_prefix("-----BEGIN ") {
        Some(rest) => {
            let (label, rest) = rest.split_once("-----")?;
            rest.strip_suffix("-----")?.strip_suffix(label)?.strip_suffix("-----END ")?
        }
        None => text,
    };
    let body: String = body.split_ascii_whitespace().collect();
    Base64::decode_vec(&body).ok().filter(|der| !der.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(encoding: KeyEncoding, text: &str) -> Result<Vec<u8>, SecretError> {
        encoding.decode(&Secret::new(text)).map(|key| key.to_vec())
    }

    #[test]
    fn blank_secrets_are_rejected() {
        const WHSEC: KeyEncoding = KeyEncoding::PrefixedBase64("whsec_");
        const OPEN: KeyEncoding = KeyEncoding::PrefixedBase64OrText("whsec_");
        for encoding in [KeyEncoding::Text, KeyEncoding::Hex, KeyEncoding::Base64, WHSEC, OPEN] {
            for text in ["", " ", "   ", "\n"] {
                assert_eq!(
                    decoded(encoding, text),
                    Err(SecretError::Blank),
                    "{encoding:?} {text:?}"
                );
            }
        }
        for text in ["whsec_", "whsec_ "] {
            assert_eq!(decoded(WHSEC, text), Err(SecretError::Blank), "{text:?}");
            assert_eq!(decoded(OPEN, text), Err(SecretError::Blank), "{text:?}");
        }
    }

    #[test]
    fn each_encoding_decodes_its_keys() {
        const WHSEC: KeyEncoding = KeyEncoding::PrefixedBase64("whsec_");
        assert_eq!(decoded(KeyEncoding::Text, "YWI="), Ok(b"YWI=".to_vec()));
        assert_eq!(decoded(KeyEncoding::AsciiText, "a~b"), Ok(b"a~b".to_vec()));
        for text in ["caf\u{e9}", "cafe\u{301}"] {
            let error = Err(SecretError::Malformed("ASCII text"));
            assert_eq!(decoded(KeyEncoding::AsciiText, text), error, "{text}");
        }
        assert_eq!(decoded(KeyEncoding::Base64, "YWI="), Ok(b"ab".to_vec()));
        assert_eq!(decoded(KeyEncoding::Base64, "YWI"), Ok(b"ab".to_vec()));
        assert_eq!(decoded(KeyEncoding::Hex, "6162"), Ok(b"ab".to_vec()));
        assert_eq!(decoded(KeyEncoding::Hex, "4A4b"), Ok(b"JK".to_vec()));
        assert_eq!(decoded(WHSEC, "whsec_YWI="), Ok(b"ab".to_vec()));
        assert_eq!(decoded(WHSEC, "YWI="), Ok(b"ab".to_vec()));
        assert_eq!(
            decoded(KeyEncoding::PrefixedBase64OrText("whsec_"), "YWI="),
            Ok(b"YWI=".to_vec())
        );
        assert_eq!(decoded(KeyEncoding::Hex, "xyz"), Err(SecretError::Malformed("hexadecimal")));
        assert_eq!(decoded(WHSEC, "whsec_!"), Err(SecretError::Malformed("base64")));
    }

    #[test]
    fn pem_is_decoded_with_and_without_its_lines() {
        let pem = "-----BEGIN PUBLIC KEY-----\nYWI=\n-----END PUBLIC KEY-----\n";
        assert_eq!(decoded(KeyEncoding::Pem, pem), Ok(b"ab".to_vec()));
        let cut = &pem[..pem.len() - 10];
        assert_eq!(decoded(KeyEncoding::Pem, cut), Err(SecretError::Malformed("PEM")));
        assert_eq!(decoded(KeyEncoding::Pem, "YWI="), Ok(b"ab".to_vec()));
        assert_eq!(decoded(KeyEncoding::Pem, "no PEM"), Err(SecretError::Malformed("base64")));
    }

    #[test]
    fn html_entities_are_decoded_once() {
        let text = "&lt;a&gt; &amp;amp; &quot;b&quot; &#039;c&#x27; &eacute;";
        let key = "<a> &amp; \"b\" 'c' &eacute;";
        assert_eq!(decoded(KeyEncoding::HtmlEscaped, text), Ok(key.as_bytes().to_vec()));
    }

    #[test]
    fn binary_keys_are_not_decoded() {
        for encoding in [KeyEncoding::Text, KeyEncoding::Hex, KeyEncoding::Base64] {
            let key = encoding.decode(&Secret::from_key(*b"\xff6")).map(|key| key.to_vec());
            assert_eq!(key, Ok(b"\xff6".to_vec()), "{encoding:?}");
        }
    }
}
