//! HMAC for schemes that are code. The key is set up for each request, and comparison takes
//! constant time.

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
        self.hmac_of(key, &mut |sink| pieces.iter().for_each(|piece| sink(piece)))
    }

    /// The HMAC of the pieces that `feed` passes on.
    pub(crate) fn hmac_of(self, key: &[u8], feed: Feed<'_>) -> Tag {
        match self {
            Self::Sha1 => hmac::<Hmac<Sha1>>(key, feed),
            Self::Sha256 => hmac::<Hmac<Sha256>>(key, feed),
            Self::Sha384 => hmac::<Hmac<Sha384>>(key, feed),
            Self::Sha512 => hmac::<Hmac<Sha512>>(key, feed),
        }
    }
}

/// Passes the pieces of a text to a hash.
pub(crate) type Feed<'f> = &'f mut dyn FnMut(&mut dyn FnMut(&[u8]));

fn hmac<M: Mac + KeyInit>(key: &[u8], feed: Feed<'_>) -> Tag {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
    feed(&mut |piece| mac.update(piece));
    Tag::new(&mac.finalize().into_bytes())
}

impl Tag {
    /// True if `text` is this tag in padded base64.
    pub(crate) fn is_base64(&self, text: &str) -> bool {
        let mut buffer = [0; 64];
        Base64::decode(text, &mut buffer).is_ok_and(|sent| self.matches(sent))
    }

    /// True if `text` is this tag in lower-case hex.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2202 and RFC 4231, test case 2, whose key is `Jefe`.
    const TAGS: [(Hash, &str); 4] = [
        (Hash::Sha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        (Hash::Sha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (
            Hash::Sha384,
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ec\
             fab21649",
        ),
        (
            Hash::Sha512,
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65\
             f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        ),
    ];

    #[test]
    fn tags_match_the_test_vectors() {
        for (hash, hex) in TAGS {
            for pieces in [
                &[&b"what do ya want for nothing?"[..]][..],
                &[b"what do ya want ", b"for nothing?"],
            ] {
                assert_eq!(hash.hmac(b"Jefe", pieces).to_hex(), hex, "{hash:?}");
            }
        }
    }

    #[test]
    fn only_the_whole_tag_matches() {
        for (hash, hex) in TAGS {
            let tag = hash.hmac(b"Jefe", &[b"what do ya want for nothing?"]);
            let base64 = tag.to_base64();
            assert!(tag.is_hex(hex) && tag.is_base64(&base64), "{hash:?}");
            assert!(!tag.is_hex(&base64) && !tag.is_base64(hex), "{hash:?}");
            assert!(!tag.is_hex(&hex.to_uppercase()), "{hash:?}");
            assert!(!tag.is_hex(&hex[2..]) && !tag.is_base64(&base64[4..]), "{hash:?}");
            assert!(!tag.is_hex("") && !tag.is_base64(""), "{hash:?}");
            let other = hash.hmac(b"jefe", &[b"what do ya want for nothing?"]);
            assert!(!tag.is_hex(&other.to_hex()) && !tag.is_base64(&other.to_base64()), "{hash:?}");
        }
        let tag = Hash::Sha1.hmac(b"Jefe", &[b"what do ya want for nothing?"]);
        assert_eq!(tag.to_base64(), "7/zfauXrL6LSdBbV8YTfnCWafHk=");
    }
}
