//! HMAC for schemes that are code: keyed for each request, compared in constant time.

use base64ct::{Base64, Encoding as _};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use super::key::Tag;

/// The hash functions that schemes use in an HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha1,
    Sha256,
    #[cfg_attr(not(feature = "jwt"), allow(dead_code, reason = "JSON web tokens only"))]
    Sha384,
    #[cfg_attr(not(feature = "jwt"), allow(dead_code, reason = "JSON web tokens only"))]
    Sha512,
}

impl Hash {
    /// The HMAC of the joined `pieces`.
    pub(crate) fn hmac(self, key: &[u8], pieces: &[&[u8]]) -> Tag {
        match self {
            Self::Sha1 => hmac::<Hmac<Sha1>>(key, pieces),
            Self::Sha256 => hmac::<Hmac<Sha256>>(key, pieces),
            Self::Sha384 => hmac::<Hmac<Sha384>>(key, pieces),
            Self::Sha512 => hmac::<Hmac<Sha512>>(key, pieces),
        }
    }
}

fn hmac<M: Mac + KeyInit>(key: &[u8], pieces: &[&[u8]]) -> Tag {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
    for piece in pieces {
        mac.update(piece);
    }
    Tag::new(&mac.finalize().into_bytes())
}

impl Tag {
    /// Whether `text` is this tag in padded base64.
    pub(crate) fn is_base64(&self, text: &str) -> bool {
        let mut buffer = [0; 64];
        Base64::decode(text, &mut buffer).is_ok_and(|sent| self.matches(sent))
    }

    /// Whether `text` is this tag in lower-case hex.
    pub(crate) fn is_hex(&self, text: &str) -> bool {
        let mut buffer = [0; 64];
        base16ct::lower::decode(text, &mut buffer).is_ok_and(|sent| self.matches(sent))
    }

    pub(crate) fn to_base64(&self) -> String {
        Base64::encode_string(self.as_bytes())
    }

    pub(crate) fn to_hex(&self) -> String {
        base16ct::lower::encode_string(self.as_bytes())
    }
}
