//! ES256 with a published key: a JSON web key (RFC 7517).

use std::time::{SystemTime, UNIX_EPOCH};

use base64ct::{Base64UrlUnpadded, Encoding as _};
use jsonwebtoken::Header;
use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier as _};
use serde_json::{Map, Value};

use crate::verify::scheme::VerifyError;

/// Verifies a signature (`r` and `s`, 32 bytes each) with a P-256 key in a JWK. The key must be the
/// one that the token's header names, be meant for this use, and not have expired.
pub(super) fn verify(
    jwk: &[u8],
    header: &Header,
    now: SystemTime,
    message: &[u8],
    signature: &[u8],
) -> Result<bool, VerifyError> {
    let jwk: Map<String, Value> =
        serde_json::from_slice(jwk).map_err(|_| VerifyError::KeyUnavailable)?;
    let key = public_key(&jwk).ok_or(VerifyError::KeyUnavailable)?;
    if !is_meant(&jwk, header) || has_expired(&jwk, now) {
        return Err(VerifyError::UntrustedKey);
    }
    Ok(Signature::from_slice(signature)
        .is_ok_and(|signature| key.verify(message, &signature).is_ok()))
}

fn public_key(jwk: &Map<String, Value>) -> Option<VerifyingKey> {
    let text = |name| jwk.get(name).and_then(Value::as_str);
    if text("kty") != Some("EC") || text("crv") != Some("P-256") {
        return None;
    }
    let mut sec1 = vec![4];
    for name in ["x", "y"] {
        sec1.extend(Base64UrlUnpadded::decode_vec(text(name)?).ok()?);
    }
    VerifyingKey::from_sec1_bytes(&sec1).ok()
}

/// True if id, algorithm and use of a key are those of the token. They are optional in a JWK.
fn is_meant(jwk: &Map<String, Value>, header: &Header) -> bool {
    let is = |name, wanted: Option<&str>| {
        jwk.get(name).is_none_or(|value| value.is_null() || value.as_str() == wanted)
    };
    is("kid", header.kid.as_deref()) && is("alg", Some("ES256")) && is("use", Some("sig"))
}

/// True if the time `expired_at` (seconds since 1970), which Plaid adds to its keys, is over.
fn has_expired(jwk: &Map<String, Value>, now: SystemTime) -> bool {
    match jwk.get("expired_at") {
        None | Some(Value::Null) => false,
        Some(time) => {
            let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
            // What is no time is not taken for a time to come.
            time.as_f64().is_none_or(|expired_at| expired_at <= now)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jsonwebtoken::Algorithm;
    use p256::ecdsa::{SigningKey, signature::Signer as _};
    use serde_json::json;

    use super::*;

    const NOW: u64 = 1_760_000_000;
    const MESSAGE: &[u8] = b"header.claims";

    /// The verdict on a genuine signature with these members in the key.
    fn judge(changed: &[(&str, Value)]) -> Result<bool, VerifyError> {
        let key = SigningKey::from_slice(&[7; 32]).expect("a private key");
        let point = key.verifying_key().to_sec1_point(false);
        let part = |at: usize| Base64UrlUnpadded::encode_string(&point.as_bytes()[at..at + 32]);
        let mut jwk = json!({
            "alg": "ES256", "created_at": 1_560_466_143, "crv": "P-256", "expired_at": null,
            "kid": "k-1", "kty": "EC", "use": "sig", "x": part(1), "y": part(33),
        });
        for (name, value) in changed {
            jwk[name] = value.clone();
        }
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some("k-1".to_owned());
        let signature: Signature = key.sign(MESSAGE);
        let now = UNIX_EPOCH + Duration::from_secs(NOW);
        verify(jwk.to_string().as_bytes(), &header, now, MESSAGE, &signature.to_bytes())
    }

    #[test]
    fn an_expired_key_is_untrusted() {
        assert_eq!(judge(&[]), Ok(true));
        assert_eq!(judge(&[("expired_at", json!(NOW + 1))]), Ok(true));
        for over in [json!(NOW), json!(NOW - 1), json!(0), json!(-1), json!(1.5), json!("soon")] {
            assert_eq!(judge(&[("expired_at", over)]), Err(VerifyError::UntrustedKey));
        }
    }

    #[test]
    fn a_key_for_something_else_is_untrusted() {
        for (name, value) in [
            ("kid", json!("k-2")),
            ("kid", json!(1)),
            ("alg", json!("ES384")),
            ("alg", json!("none")),
            ("use", json!("enc")),
        ] {
            assert_eq!(judge(&[(name, value)]), Err(VerifyError::UntrustedKey), "{name}");
            assert_eq!(judge(&[(name, Value::Null)]), Ok(true), "{name} is optional");
        }
    }

    #[test]
    fn what_is_no_p256_key_is_unavailable() {
        for (name, value) in [
            ("kty", json!("RSA")),
            ("crv", json!("P-384")),
            ("x", json!("AA")),
            ("y", json!("not base64!")),
            ("y", Value::Null),
        ] {
            assert_eq!(judge(&[(name, value)]), Err(VerifyError::KeyUnavailable), "{name}");
        }
    }
}
