//! A document with public keys: a set of JSON web keys, one such key, PEM, or SPKI in base64.

use std::time::SystemTime;

use serde_json::Value;

use super::{
    PublicKey, SignatureAlgorithm,
    jwk::{self, Jwk},
};
use crate::verify::{
    Secret, SecretError,
    scheme::{VerifyError, key_encoding::der},
};

/// The key that a signature names, and the algorithm that the scheme pins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'w> {
    /// `None` if the provider names no key: all keys that fit are tried.
    pub(crate) id: Option<&'w str>,
    pub(crate) algorithm: SignatureAlgorithm,
    /// True if the signature chose the algorithm among several of the scheme. The key has to say the
    /// same one.
    pub(crate) is_chosen: bool,
    pub(crate) now: SystemTime,
}

/// The number of keys that are tried if the provider names none.
const MAX_TRIED: usize = 8;

/// True if a key of the document made this signature.
///
/// # Errors
/// [`VerifyError::UntrustedKey`] if the document has no such key, or only one that is meant for
/// something else or has expired. [`VerifyError::KeyUnavailable`] if the document is malformed.
pub(crate) fn verify(
    document: &[u8],
    wanted: Wanted<'_>,
    message: &[u8],
    signature: &[u8],
) -> Result<bool, VerifyError> {
    let keys = keys(document, wanted)?;
    Ok(keys.iter().any(|key| key.verifies(wanted.algorithm, message, signature)))
}

/// Checks that a text has at least one key that fits the algorithm: for keys that are configured.
pub(crate) fn check(secret: &Secret, algorithm: SignatureAlgorithm) -> Result<(), SecretError> {
    // The expiry is judged with each request.
    let wanted = Wanted { id: None, algorithm, is_chosen: false, now: SystemTime::UNIX_EPOCH };
    match keys(secret.expose(), wanted) {
        Ok(_) => Ok(()),
        Err(_) => Err(SecretError::Malformed(algorithm.key_type().document_kind())),
    }
}

/// The keys in a document that the signature may be made with.
pub(crate) fn keys(document: &[u8], wanted: Wanted<'_>) -> Result<Vec<PublicKey>, VerifyError> {
    let text = std::str::from_utf8(document).map_err(|_| VerifyError::KeyUnavailable)?;
    if !text.trim_start().starts_with('{') {
        return Ok(vec![spki(text, wanted)?]);
    }
    let mut object: Jwk = serde_json::from_str(text).map_err(|_| VerifyError::KeyUnavailable)?;
    match object.remove("keys") {
        Some(Value::Array(keys)) => of_set(&keys, wanted),
        Some(_) => Err(VerifyError::KeyUnavailable),
        None => match object.get("key") {
            // The answers of eBay and MailChannels.
            Some(Value::String(text)) => Ok(vec![spki(text, wanted)?]),
            _ => Ok(vec![of_jwk(&object, wanted)?]),
        },
    }
}

fn spki(text: &str, wanted: Wanted<'_>) -> Result<PublicKey, VerifyError> {
    if wanted.is_chosen {
        return Err(VerifyError::UntrustedKey);
    }
    der(text)
        .and_then(|der| PublicKey::from_spki(&der, wanted.algorithm.key_type()))
        .ok_or(VerifyError::KeyUnavailable)
}

/// A single key may lack an id: whoever fetched it asked for it by its id. A key that says that it is
/// for something else is none that is missing, whatever its kind is.
fn of_jwk(jwk: &Jwk, wanted: Wanted<'_>) -> Result<PublicKey, VerifyError> {
    if !jwk.contains_key("kty") {
        return Err(VerifyError::KeyUnavailable);
    }
    let is_named = wanted.id.is_none_or(|id| jwk::has_id(jwk, id) || jwk::has_no_id(jwk));
    let is_of_algorithm = !wanted.is_chosen || jwk::names(jwk, wanted.algorithm);
    if !is_named
        || !is_of_algorithm
        || !jwk::is_meant(jwk, wanted.algorithm)
        || jwk::has_expired(jwk, wanted.now)
    {
        return Err(VerifyError::UntrustedKey);
    }
    jwk::public_key(jwk, wanted.algorithm.key_type()).ok_or(VerifyError::KeyUnavailable)
}

/// Keys of other kinds and uses are skipped: a set has them as well.
fn of_set(keys: &[Value], wanted: Wanted<'_>) -> Result<Vec<PublicKey>, VerifyError> {
    let keys: Vec<_> = keys
        .iter()
        .filter_map(Value::as_object)
        .filter(|jwk| wanted.id.is_none_or(|id| jwk::has_id(jwk, id)))
        .filter_map(|jwk| of_jwk(jwk, wanted).ok())
        .take(MAX_TRIED)
        .collect();
    // With two keys of one id, nobody knows which is meant.
    match (keys.len(), wanted.id) {
        (0, _) | (2.., Some(_)) => Err(VerifyError::UntrustedKey),
        _ => Ok(keys),
    }
}

#[cfg(test)]
#[cfg(all(feature = "ecdsa", feature = "ed25519", feature = "rsa"))]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
    use serde_json::json;

    use super::*;

    const NOW: u64 = 1_760_000_000;
    const MESSAGE: &[u8] = b"message";

    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(NOW)
    }

    fn private() -> p256::ecdsa::SigningKey {
        p256::ecdsa::SigningKey::from_slice(&[7; 32]).expect("a private key")
    }

    /// A P-256 key with these members changed.
    fn jwk(changed: &[(&str, Value)]) -> Value {
        let point = private().verifying_key().to_sec1_point(false);
        let part = |at: usize| Base64UrlUnpadded::encode_string(&point.as_bytes()[at..at + 32]);
        let mut jwk = json!({
            "alg": "ES256", "created_at": 1_560_466_143, "crv": "P-256", "expired_at": null,
            "kid": "k-1", "kty": "EC", "use": "sig", "x": part(1), "y": part(33),
        });
        for (name, value) in changed {
            jwk[name] = value.clone();
        }
        jwk
    }

    fn judge_with(
        document: &str,
        id: Option<&str>,
        algorithm: SignatureAlgorithm,
    ) -> Result<bool, VerifyError> {
        use p256::ecdsa::{Signature, signature::Signer as _};
        let signature: Signature = private().sign(MESSAGE);
        let wanted = Wanted { id, algorithm, is_chosen: false, now: now() };
        verify(document.as_bytes(), wanted, MESSAGE, &signature.to_bytes())
    }

    fn judge(document: &str) -> Result<bool, VerifyError> {
        judge_with(document, Some("k-1"), SignatureAlgorithm::EcdsaP256)
    }

    fn changed(name: &str, value: Value) -> Result<bool, VerifyError> {
        judge(&jwk(&[(name, value)]).to_string())
    }

    #[test]
    fn an_expired_key_is_untrusted() {
        assert_eq!(judge(&jwk(&[]).to_string()), Ok(true));
        assert_eq!(changed("expired_at", json!(NOW + 1)), Ok(true));
        for over in [json!(NOW), json!(NOW - 1), json!(0), json!(-1), json!(1.5), json!("soon")] {
            assert_eq!(changed("expired_at", over), Err(VerifyError::UntrustedKey));
        }
    }

    #[test]
    fn a_key_for_something_else_is_untrusted() {
        for (name, value) in [
            ("kid", json!("k-2")),
            ("kid", json!(1)),
            ("alg", json!("ES384")),
            ("alg", json!("none")),
            ("alg", json!("HS256")),
            ("use", json!("enc")),
            ("key_ops", json!(["sign", "encrypt"])),
            ("key_ops", json!("verify")),
        ] {
            assert_eq!(changed(name, value), Err(VerifyError::UntrustedKey), "{name}");
            assert_eq!(changed(name, Value::Null), Ok(true), "{name} is optional");
        }
        assert_eq!(changed("key_ops", json!(["verify"])), Ok(true));
    }

    #[test]
    fn what_is_no_key_of_the_kind_is_unavailable() {
        for (name, value) in [
            ("kty", json!("RSA")),
            ("crv", json!("P-384")),
            ("x", json!("AA")),
            ("x", json!("")),
            ("y", json!("not base64!")),
            ("y", Value::Null),
        ] {
            assert_eq!(changed(name, value), Err(VerifyError::KeyUnavailable), "{name}");
        }
        for document in
            ["", "{}", "[]", "{", r#"{"keys":{}}"#, "-----BEGIN PUBLIC KEY-----", "AAAA"]
        {
            assert_eq!(judge(document), Err(VerifyError::KeyUnavailable), "{document}");
        }
    }

    /// The key of a set is picked by its id, and keys of other kinds are skipped.
    #[test]
    fn a_set_has_other_keys_as_well() {
        let symmetric = json!({"kty": "oct", "kid": "k-1", "k": "AAAA", "alg": "HS256"});
        let encrypting = jwk(&[("kid", json!("k-1")), ("use", json!("enc"))]);
        let set = |keys: &[&Value]| json!({ "keys": keys }).to_string();
        let good = jwk(&[]);
        assert_eq!(judge(&set(&[&json!(1), &symmetric, &encrypting, &good])), Ok(true));
        let untrusted = Err(VerifyError::UntrustedKey);
        let (other, unnamed) = (jwk(&[("kid", json!("k-2"))]), jwk(&[("kid", Value::Null)]));
        for keys in [&[][..], &[&symmetric], &[&other], &[&unnamed], &[&good, &good]] {
            assert_eq!(judge(&set(keys)), untrusted, "{keys:?}");
        }
        let any = |keys: &[&Value]| judge_with(&set(keys), None, SignatureAlgorithm::EcdsaP256);
        assert_eq!(any(&[&other, &unnamed]), Ok(true));
        assert_eq!(any(&[&symmetric, &encrypting]), untrusted);
    }

    #[test]
    fn pem_and_base64_are_keys() {
        use p256::pkcs8::EncodePublicKey as _;
        let der = private().verifying_key().to_public_key_der().expect("DER");
        let base64 = Base64::encode_string(der.as_bytes());
        let (first, second) = base64.split_at(64);
        for document in [
            base64.clone(),
            format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n"),
            format!("-----BEGIN PUBLIC KEY-----{base64}-----END PUBLIC KEY-----"),
            json!({"key": base64, "algorithm": "ECDSA"}).to_string(),
        ] {
            assert_eq!(judge(&document), Ok(true), "{document}");
            let of_another_kind = judge_with(&document, None, SignatureAlgorithm::RsaSha256);
            assert_eq!(of_another_kind, Err(VerifyError::KeyUnavailable));
            let of_another_kind = judge_with(&document, None, SignatureAlgorithm::Ed25519);
            assert_eq!(of_another_kind, Err(VerifyError::KeyUnavailable));
        }
        let other_end = format!("-----BEGIN PUBLIC KEY-----{base64}-----END PRIVATE KEY-----");
        assert_eq!(judge(&other_end), Err(VerifyError::KeyUnavailable));
    }

    /// The algorithm is the scheme's. A signature of another one, or in another notation, is none.
    #[test]
    fn the_algorithm_is_pinned() {
        let document = jwk(&[("alg", Value::Null)]).to_string();
        let sha1 = judge_with(&document, None, SignatureAlgorithm::EcdsaP256Sha1);
        assert_eq!(sha1, Ok(false));
        let key = keys(
            document.as_bytes(),
            Wanted {
                id: None,
                algorithm: SignatureAlgorithm::EcdsaP256,
                is_chosen: false,
                now: now(),
            },
        );
        let key = key.expect("a key").remove(0);
        for algorithm in [
            SignatureAlgorithm::Ed25519,
            SignatureAlgorithm::RsaSha256,
            SignatureAlgorithm::RsaSha512,
            SignatureAlgorithm::RsaPssSha512,
        ] {
            assert!(!key.verifies(algorithm, MESSAGE, &[0; 64]), "{algorithm:?}");
        }
    }

    /// `TrueLayer` and others leave out the zeros that a coordinate begins with.
    #[cfg(feature = "ecdsa-p521")]
    #[test]
    fn coordinates_may_be_short() {
        use p521::ecdsa::{Signature, SigningKey, signature::Signer as _};
        // Every second coordinate begins with a zero.
        let keys = (1..).map(|seed| {
            let mut bytes = [seed; 66];
            bytes[0] = 0;
            SigningKey::from_slice(&bytes).expect("a private key")
        });
        let begins_with_zero =
            |key: &SigningKey| key.verifying_key().to_sec1_point(false).as_bytes()[1] == 0;
        let key = { keys }.find(begins_with_zero).expect("there are many");
        let point = key.verifying_key().to_sec1_point(false);
        let (x, y) = point.as_bytes()[1..].split_at(66);
        let short = |part: &[u8]| {
            let zeros = part.iter().take_while(|byte| **byte == 0).count();
            Base64UrlUnpadded::encode_string(&part[zeros..])
        };
        let jwk = json!({"kty": "EC", "crv": "P-521", "x": short(x), "y": short(y)}).to_string();
        let signature: Signature = key.sign(MESSAGE);
        let wanted = Wanted {
            id: None,
            algorithm: SignatureAlgorithm::EcdsaP521,
            is_chosen: false,
            now: now(),
        };
        let verified = verify(jwk.as_bytes(), wanted, MESSAGE, &signature.to_bytes());
        assert_eq!(verified, Ok(true));
    }

    #[test]
    fn configured_keys_are_checked() {
        let check = |text: String, algorithm| check(&Secret::new(text), algorithm);
        assert_eq!(check(jwk(&[]).to_string(), SignatureAlgorithm::EcdsaP256), Ok(()));
        let set = json!({"keys": [jwk(&[])]}).to_string();
        assert_eq!(check(set.clone(), SignatureAlgorithm::EcdsaP256), Ok(()));
        let malformed =
            SecretError::Malformed("an RSA public key (JWK, JWKS, PEM or SPKI in base64)");
        assert_eq!(check(set, SignatureAlgorithm::RsaSha256), Err(malformed));
    }
}
