//! JSON web keys (RFC 7517), and what they say about their use.

use std::time::{SystemTime, UNIX_EPOCH};

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde_json::{Map, Value};

use super::{PublicKey, SignatureAlgorithm};
use crate::verify::scheme::KeyType;

/// A JSON web key, as it was published.
pub(super) type Jwk = Map<String, Value>;

/// Reads the public key, if it is of this type.
pub(super) fn public_key(jwk: &Jwk, key_type: KeyType) -> Option<PublicKey> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let is = |kty: &str, crv: Option<&str>| text("kty") == Some(kty) && text("crv") == crv;
    let bytes = |name: &str| Base64UrlUnpadded::decode_vec(text(name)?).ok();
    let _ = (&is, &bytes, sec1);
    match key_type {
        #[cfg(feature = "ed25519")]
        KeyType::Ed25519 => PublicKey::ed25519(&bytes("x").filter(|_| is("OKP", Some("Ed25519")))?),
        #[cfg(feature = "ecdsa")]
        KeyType::P256 => {
            let point = sec1(&bytes("x")?, &bytes("y")?, 32).filter(|_| is("EC", Some("P-256")))?;
            let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).ok()?;
            Some(PublicKey::P256(Box::new(key)))
        }
        #[cfg(feature = "ecdsa-p384")]
        KeyType::P384 => {
            let point = sec1(&bytes("x")?, &bytes("y")?, 48).filter(|_| is("EC", Some("P-384")))?;
            let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(&point).ok()?;
            Some(PublicKey::P384(Box::new(key)))
        }
        #[cfg(feature = "ecdsa-p521")]
        KeyType::P521 => {
            let point = sec1(&bytes("x")?, &bytes("y")?, 66).filter(|_| is("EC", Some("P-521")))?;
            let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(&point).ok()?;
            Some(PublicKey::P521(Box::new(key)))
        }
        #[cfg(feature = "rsa")]
        KeyType::Rsa => {
            let [n, e] = [bytes("n")?, bytes("e")?];
            if !is("RSA", None) {
                return None;
            }
            let [n, e] = [n, e].map(|bytes| rsa::BoxedUint::from_be_slice_vartime(&bytes));
            rsa::PublicKey::new(n, e).ok().map(|key| PublicKey::Rsa(Box::new(key)))
        }
    }
}

/// An uncompressed point. Some publishers leave out the zeros that a coordinate begins with.
fn sec1(x: &[u8], y: &[u8], len: usize) -> Option<Vec<u8>> {
    let mut point = vec![0; 1 + 2 * len];
    point[0] = 4;
    for (end, coordinate) in [(1 + len, x), (1 + 2 * len, y)] {
        let start = end - len.min(coordinate.len());
        if coordinate.len() > len || coordinate.is_empty() {
            return None;
        }
        point[start..end].copy_from_slice(coordinate);
    }
    Some(point)
}

/// True if the key says that it is for this algorithm.
pub(super) fn names(jwk: &Jwk, algorithm: SignatureAlgorithm) -> bool {
    let name = jwk.get("alg").and_then(Value::as_str);
    name.is_some_and(|name| algorithm.jose_names().contains(&name))
}

/// True if the key is meant for verifying signatures of this algorithm. What a key does not say does
/// not exclude anything.
pub(super) fn is_meant(jwk: &Jwk, algorithm: SignatureAlgorithm) -> bool {
    let is = |name: &str, wanted: &str| {
        jwk.get(name).is_none_or(|value| value.is_null() || value.as_str() == Some(wanted))
    };
    let verifies = jwk.get("key_ops").is_none_or(|operations| {
        operations.is_null()
            || operations
                .as_array()
                .is_some_and(|all| all.iter().any(|one| one.as_str() == Some("verify")))
    });
    let is_for_any = jwk.get("alg").is_none_or(Value::is_null);
    (is_for_any || names(jwk, algorithm)) && is("use", "sig") && verifies
}

/// True if the key has this id.
pub(super) fn has_id(jwk: &Jwk, id: &str) -> bool {
    jwk.get("kid").and_then(Value::as_str) == Some(id)
}

/// True if the key has no id.
pub(super) fn has_no_id(jwk: &Jwk) -> bool {
    jwk.get("kid").is_none_or(Value::is_null)
}

/// True if the time `expired_at` (seconds since 1970), which Plaid adds to its keys, is over.
pub(super) fn has_expired(jwk: &Jwk, now: SystemTime) -> bool {
    match jwk.get("expired_at") {
        None | Some(Value::Null) => false,
        Some(time) => {
            let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
            // A text that is no time is not taken for a time to come.
            time.as_f64().is_none_or(|expired_at| expired_at <= now)
        }
    }
}
