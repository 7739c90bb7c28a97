//! `Content-Digest` (RFC 9530): the hash of the body, in a header that is signed.

use base64ct::{Base64, Encoding as _};
use http::HeaderMap;
use sha2::{Digest as _, Sha256, Sha512};
use subtle::ConstantTimeEq as _;

use super::structured::byte_sequences;
use crate::verify::scheme::{VerifyError, header_text};

pub(super) const HEADER: &str = "content-digest";

/// Checks that the header has a digest of the body. Each digest with SHA-256 or SHA-512 has to be
/// right. Digests with other algorithms do not count.
pub(super) fn check(headers: &HeaderMap, body: &[u8]) -> Result<(), VerifyError> {
    let digests = byte_sequences(header_text(headers, HEADER)?);
    let digests = digests.ok_or(VerifyError::MalformedHeader(HEADER))?;
    let mut is_known = false;
    for (algorithm, digest) in digests {
        let is_right = match algorithm {
            "sha-256" => Sha256::digest(body).as_slice().ct_eq(&digest),
            "sha-512" => Sha512::digest(body).as_slice().ct_eq(&digest),
            _ => continue,
        };
        if !bool::from(is_right) {
            return Err(VerifyError::InvalidSignature);
        }
        is_known = true;
    }
    if is_known { Ok(()) } else { Err(VerifyError::MalformedHeader(HEADER)) }
}

/// The digest of a body with SHA-256, as the header has it.
pub(super) fn sha256(body: &[u8]) -> String {
    format!("sha-256=:{}:", Base64::encode_string(&Sha256::digest(body)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"hello": "world"}"#;
    /// The digests of this body in RFC 9530, appendix D.
    const SHA256: &str = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:";
    const SHA512: &str = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm\
        +AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:";

    fn judge(values: &[&str], body: &[u8]) -> Result<(), VerifyError> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, value.parse().expect("a value"));
        }
        check(&headers, body)
    }

    #[test]
    fn digests_of_the_body_are_accepted() {
        assert_eq!(sha256(BODY), SHA256);
        let both = format!("{SHA256}, {SHA512}");
        let unknown = format!("md5=:AAAA:, {SHA256}");
        for value in [SHA256, SHA512, &both, &unknown] {
            assert_eq!(judge(&[value], BODY), Ok(()), "{value}");
        }
    }

    #[test]
    fn digests_of_another_body_are_rejected() {
        let wrong = Err(VerifyError::InvalidSignature);
        for value in [SHA256, SHA512] {
            assert_eq!(judge(&[value], b"{}"), wrong, "{value}");
            assert_eq!(judge(&[value], b""), wrong, "{value}");
        }
        // Every digest counts, and a short one is not the beginning of a right one.
        assert_eq!(judge(&[&format!("{SHA256}, sha-512=:AAAA:")], BODY), wrong);
        assert_eq!(judge(&["sha-256=::"], BODY), wrong);
        assert_eq!(judge(&["sha-256=:X48E:"], BODY), wrong);
    }

    #[test]
    fn what_is_no_digest_is_rejected() {
        let malformed = Err(VerifyError::MalformedHeader(HEADER));
        for value in ["", "md5=:AAAA:", "sha-256", "SHA-256=:AAAA:", "sha-256=AAAA", "sha256=::"] {
            assert_eq!(judge(&[value], BODY), malformed, "{value}");
        }
        assert_eq!(judge(&[SHA256, SHA512], BODY), Err(VerifyError::RepeatedHeader(HEADER)));
        assert_eq!(judge(&[], BODY), Err(VerifyError::MissingHeader(HEADER)));
    }
}
