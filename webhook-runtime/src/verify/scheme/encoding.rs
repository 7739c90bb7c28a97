//! Encodings of signatures as text.
//!
//! Decoding is strict and runs in constant time. Upper-case hex, missing or superfluous padding,
//! the wrong alphabet and non-zero trailing bits are rejected.

use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};

/// The maximum length of a decoded signature, in bytes: RSA with a 4096-bit key.
pub(crate) const MAX_SIGNATURE: usize = 512;

/// The maximum length of an encoded MAC: HMAC with SHA-512, in hex.
pub(crate) const MAX_TEXT: usize = 128;

/// The encoding of a signature in its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// Lower-case hexadecimal.
    Hex,
    /// Base64, standard alphabet, padded.
    Base64,
    /// Base64, URL-safe alphabet, not padded.
    Base64Url,
}

impl Encoding {
    /// Decodes `text` into `buffer`; `None` if it is not exactly in this encoding, or too long.
    pub(crate) fn decode<'b>(self, text: &str, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
        if text.is_empty() {
            return None;
        }
        match self {
            Self::Hex => base16ct::lower::decode(text, buffer).ok(),
            Self::Base64 => Base64::decode(text, buffer).ok(),
            Self::Base64Url => Base64UrlUnpadded::decode(text, buffer).ok(),
        }
    }

    /// The length of `text` after decoding, in bytes, if it is valid. Hex may fail at its first
    /// wrong digit, because the sent text is no secret to its sender.
    pub(crate) fn decoded_len(self, text: &str) -> Option<usize> {
        match self {
            Self::Hex => {
                let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
                let length = text.len() / 2;
                let is_hex = length > 0 && length <= MAX_SIGNATURE && text.len().is_multiple_of(2);
                (is_hex && text.bytes().all(is_digit)).then_some(length)
            }
            Self::Base64 | Self::Base64Url => {
                self.decode(text, &mut [0; MAX_SIGNATURE]).map(<[u8]>::len)
            }
        }
    }

    /// Encodes into `buffer` in constant time; `None` if the buffer is too short.
    pub(crate) fn encode_into<'b>(self, bytes: &[u8], buffer: &'b mut [u8]) -> Option<&'b [u8]> {
        match self {
            Self::Hex => base16ct::lower::encode(bytes, buffer).ok(),
            Self::Base64 => Base64::encode(bytes, buffer).ok().map(str::as_bytes),
            Self::Base64Url => Base64UrlUnpadded::encode(bytes, buffer).ok().map(str::as_bytes),
        }
    }

    pub(crate) fn encode(self, bytes: &[u8]) -> String {
        match self {
            Self::Hex => base16ct::lower::encode_string(bytes),
            Self::Base64 => Base64::encode_string(bytes),
            Self::Base64Url => Base64UrlUnpadded::encode_string(bytes),
        }
    }

    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Base64 => "base64",
            Self::Base64Url => "base64url",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Encoding; 3] = [Encoding::Hex, Encoding::Base64, Encoding::Base64Url];

    fn decoded(encoding: Encoding, text: &str) -> Option<Vec<u8>> {
        encoding.decode(text, &mut [0; 8]).map(<[u8]>::to_vec)
    }

    #[test]
    fn each_encoding_round_trips() {
        let bytes = [0xfb, 0xff, 0x0a, 0x00];
        for (encoding, text) in ALL.into_iter().zip(["fbff0a00", "+/8KAA==", "-_8KAA"]) {
            assert_eq!(encoding.encode(&bytes), text);
            assert_eq!(encoding.encode_into(&bytes, &mut [0; 8]), Some(text.as_bytes()));
            assert_eq!(encoding.encode_into(&bytes, &mut [0; 4]), None, "no room for {text}");
            assert_eq!(decoded(encoding, text), Some(bytes.to_vec()));
        }
        assert_eq!(ALL.map(Encoding::label), ["hex", "base64", "base64url"]);
    }

    #[test]
    fn decoding_is_strict() {
        for encoding in ALL {
            for text in ["", " ", "fbf", "fbff0a00fbff0a00fb", "+/8KAA==\n"] {
                assert_eq!(decoded(encoding, text), None, "{encoding:?} {text:?}");
            }
        }
        for (encoding, text) in [
            (Encoding::Hex, "FBFF"),
            (Encoding::Base64, "+/8KAA"),
            (Encoding::Base64, "+/8KAB=="),
            (Encoding::Base64, "-_8KAA=="),
            (Encoding::Base64Url, "-_8KAA=="),
            (Encoding::Base64Url, "+/8KAA"),
        ] {
            assert_eq!(decoded(encoding, text), None, "{encoding:?} {text:?}");
        }
    }

    #[test]
    fn decoded_len_matches_decode() {
        let long = "0".repeat(2 * MAX_SIGNATURE);
        let texts =
            ["", "0", "0a", "0A", "0g", "/0", ":0", "`0", "é", "0a0", "YQ==", "YQ", "YR", "_-"];
        for text in texts.into_iter().chain([&*long, &format!("{long}00")]) {
            for encoding in ALL {
                let mut buffer = [0; MAX_SIGNATURE];
                let decoded = encoding.decode(text, &mut buffer).map(<[u8]>::len);
                assert_eq!(encoding.decoded_len(text), decoded, "{encoding:?} {text}");
            }
        }
    }
}
