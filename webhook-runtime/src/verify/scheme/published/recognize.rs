//! Telling keys of a pair from shared secrets.

use serde_json::Value;

use crate::verify::scheme::key_encoding::der;

/// The beginnings of the object identifiers of the keys in an SPKI (DER): RSA, also for PSS alone,
/// elliptic curves, and Ed25519.
const KINDS: [&[u8]; 3] = [
    &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1],
    &[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1],
    &[6, 3, 0x2b, 0x65, 0x70],
];

/// The number of bytes in which an SPKI has said its kind.
const HEAD: usize = 24;

/// True if a text is a key or a certificate in PEM, an SPKI in base64 or DER, or a JSON web key or a
/// set of them. A private key in PEM counts as well: it is no shared secret either.
pub(crate) fn is_key_of_pair(text: &[u8]) -> bool {
    if is_spki(text) {
        return true;
    }
    let Ok(text) = std::str::from_utf8(text) else { return false };
    if text.contains("-----BEGIN ") || der(text).is_some_and(|der| is_spki(&der)) {
        return true;
    }
    let json = serde_json::from_str::<Value>(text).unwrap_or_default();
    json.get("kty").is_some() || json.get("keys").is_some()
}

/// True if the bytes begin like an SPKI.
fn is_spki(der: &[u8]) -> bool {
    let head = &der[..der.len().min(HEAD)];
    head.first() == Some(&0x30)
        && KINDS.iter().any(|kind| head.windows(kind.len()).any(|window| window == *kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_pairs_are_told_from_secrets() {
        let rsa = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAokEm5ZZgeqb30ANoKVRb";
        let pss = "MIIBIjALBgkqhkiG9w0BAQoDggEPADCCAQoCggEBAK+L";
        let p256 = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9zQgPrTI7YxUExyvKi87GqHwQkZJ";
        let ed25519 = "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=";
        let der = der(ed25519).expect("DER");
        for public in [
            rsa.as_bytes(),
            pss.as_bytes(),
            p256.as_bytes(),
            ed25519.as_bytes(),
            &der,
            format!("-----BEGIN PUBLIC KEY-----\n{ed25519}\n-----END PUBLIC KEY-----").as_bytes(),
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
            br#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#,
            br#" {"keys":[]} "#,
        ] {
            assert!(is_key_of_pair(public), "{}", String::from_utf8_lossy(public));
        }
        for secret in [
            "s3cret",
            "",
            "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
            r#"{"key":"s3cret"}"#,
            r#"["kty"]"#,
        ] {
            assert!(!is_key_of_pair(secret.as_bytes()), "{secret}");
        }
        assert!(!is_key_of_pair(&[0x30; 32]) && !is_key_of_pair(b"\xff\xfe"));
    }
}
