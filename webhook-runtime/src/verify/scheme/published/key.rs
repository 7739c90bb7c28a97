//! One public key, of any kind.

use super::SignatureAlgorithm;
use crate::verify::{
    Secret, SecretError,
    scheme::{KeyType, key_encoding::der},
};

/// A public key. The algorithm that it verifies is the scheme's choice, not the key's.
#[derive(Clone)]
pub(crate) enum PublicKey {
    #[cfg(feature = "ed25519")]
    Ed25519(Box<ed25519_dalek::VerifyingKey>),
    #[cfg(feature = "ecdsa")]
    P256(Box<p256::ecdsa::VerifyingKey>),
    #[cfg(feature = "ecdsa-p384")]
    P384(Box<p384::ecdsa::VerifyingKey>),
    #[cfg(feature = "ecdsa-p521")]
    P521(Box<p521::ecdsa::VerifyingKey>),
    #[cfg(feature = "rsa")]
    Rsa(Box<rsa::PublicKey>),
    /// Keeps the enum non-empty without any of the features.
    #[allow(dead_code, reason = "never made")]
    None(std::convert::Infallible),
}

impl PublicKey {
    /// The key that is the secret of a scheme: SPKI, or the 32 bytes of an Ed25519 key.
    ///
    /// # Errors
    /// If it is no such key.
    pub(crate) fn of_secret(
        key: &[u8],
        algorithm: SignatureAlgorithm,
    ) -> Result<Self, SecretError> {
        let read = match algorithm.key_type() {
            #[cfg(feature = "ed25519")]
            KeyType::Ed25519 => Self::ed25519(key),
            #[allow(unreachable_patterns, reason = "not with every set of features")]
            key_type => Self::from_spki(key, key_type),
        };
        read.ok_or(SecretError::Malformed(algorithm.key_type().public_key_kind()))
    }

    /// Parses a key in SPKI (DER), if it is of this type.
    pub(crate) fn from_spki(der: &[u8], key_type: KeyType) -> Option<Self> {
        let _ = der;
        match key_type {
            #[cfg(feature = "ed25519")]
            KeyType::Ed25519 => {
                Self::ed25519(der.strip_prefix(&ED25519_SPKI).filter(|key| key.len() == 32)?)
            }
            #[cfg(feature = "ecdsa")]
            KeyType::P256 => {
                use p256::pkcs8::DecodePublicKey as _;
                let key = p256::ecdsa::VerifyingKey::from_public_key_der(der).ok()?;
                Some(Self::P256(Box::new(key)))
            }
            #[cfg(feature = "ecdsa-p384")]
            KeyType::P384 => {
                use p384::pkcs8::DecodePublicKey as _;
                let key = p384::ecdsa::VerifyingKey::from_public_key_der(der).ok()?;
                Some(Self::P384(Box::new(key)))
            }
            #[cfg(feature = "ecdsa-p521")]
            KeyType::P521 => {
                use p521::pkcs8::DecodePublicKey as _;
                let key = p521::ecdsa::VerifyingKey::from_public_key_der(der).ok()?;
                Some(Self::P521(Box::new(key)))
            }
            #[cfg(feature = "rsa")]
            KeyType::Rsa => {
                use rsa::pkcs8::DecodePublicKey as _;
                let key = rsa::PublicKey::from_public_key_der(der).ok()?;
                Some(Self::Rsa(Box::new(key)))
            }
        }
    }

    /// An Ed25519 key of 32 bytes.
    #[cfg(feature = "ed25519")]
    pub(crate) fn ed25519(bytes: &[u8]) -> Option<Self> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes.try_into().ok()?).ok()?;
        Some(Self::Ed25519(Box::new(key)))
    }

    /// True if the signature is of this message, by this key and with this algorithm. A key of
    /// another kind verifies nothing.
    pub(crate) fn verifies(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let _ = (message, signature);
        match (self, algorithm) {
            #[cfg(feature = "ed25519")]
            (Self::Ed25519(key), SignatureAlgorithm::Ed25519) => {
                ed25519_dalek::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok())
            }
            #[cfg(feature = "ecdsa")]
            (Self::P256(key), SignatureAlgorithm::EcdsaP256) => {
                use p256::ecdsa::signature::Verifier as _;
                p256::ecdsa::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
            #[cfg(feature = "ecdsa")]
            (Self::P256(key), SignatureAlgorithm::EcdsaP256Der) => {
                use p256::ecdsa::signature::Verifier as _;
                p256::ecdsa::Signature::from_der(signature)
                    .is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
            #[cfg(feature = "ecdsa")]
            (Self::P256(key), SignatureAlgorithm::EcdsaP256Sha1) => {
                use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
                use sha1::Digest as _;
                let digest = sha1::Sha1::digest(message);
                p256::ecdsa::Signature::from_der(signature)
                    .is_ok_and(|signature| key.verify_prehash(&digest, &signature).is_ok())
            }
            #[cfg(feature = "ecdsa-p384")]
            (Self::P384(key), SignatureAlgorithm::EcdsaP384) => {
                use p384::ecdsa::signature::Verifier as _;
                p384::ecdsa::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
            #[cfg(feature = "ecdsa-p521")]
            (Self::P521(key), SignatureAlgorithm::EcdsaP521) => {
                use p521::ecdsa::signature::Verifier as _;
                p521::ecdsa::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
            #[cfg(feature = "rsa")]
            (Self::Rsa(key), SignatureAlgorithm::RsaSha1) => {
                pkcs1v15::<sha1::Sha1>(key, message, signature)
            }
            #[cfg(feature = "rsa")]
            (Self::Rsa(key), SignatureAlgorithm::RsaSha256) => {
                pkcs1v15::<sha2::Sha256>(key, message, signature)
            }
            #[cfg(feature = "rsa")]
            (Self::Rsa(key), SignatureAlgorithm::RsaSha384) => {
                pkcs1v15::<sha2::Sha384>(key, message, signature)
            }
            #[cfg(feature = "rsa")]
            (Self::Rsa(key), SignatureAlgorithm::RsaSha512) => {
                pkcs1v15::<sha2::Sha512>(key, message, signature)
            }
            #[cfg(feature = "rsa")]
            (Self::Rsa(key), SignatureAlgorithm::RsaPssSha512) => {
                use rsa::signature::Verifier as _;
                let key =
                    rsa::pss::VerifyingKey::<sha2::Sha512>::new_with_salt_len((**key).clone(), 64);
                rsa::pss::Signature::try_from(signature)
                    .is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
            #[allow(unreachable_patterns, reason = "with a single feature, all pairs are listed")]
            _ => false,
        }
    }
}

#[cfg(feature = "rsa")]
fn pkcs1v15<D>(key: &rsa::PublicKey, message: &[u8], signature: &[u8]) -> bool
where
    D: sha2::Digest + rsa::pkcs8::AssociatedOid,
{
    key.verify(rsa::Pkcs1v15Sign::new::<D>(), &D::digest(message), signature).is_ok()
}

/// The DER in front of the 32 bytes of an Ed25519 public key (RFC 8410).
#[cfg(feature = "ed25519")]
const ED25519_SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];

/// The DER in front of the 32 bytes of an Ed25519 private key (RFC 8410).
#[cfg(feature = "ed25519")]
const ED25519_PKCS8: [u8; 16] =
    [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// The seed of an Ed25519 private key: in PKCS#8, or as it is, alone or before the public key.
#[cfg(feature = "ed25519")]
pub(super) fn ed25519_seed(der: &[u8]) -> Option<[u8; 32]> {
    let key = der.strip_prefix(&ED25519_PKCS8).unwrap_or(der);
    let seed = if key.len() == 64 { &key[..32] } else { key };
    seed.try_into().ok()
}

#[cfg(feature = "rsa")]
pub(super) fn rsa_private(der: &[u8]) -> Option<rsa::PrivateKey> {
    use rsa::pkcs8::DecodePrivateKey as _;
    rsa::PrivateKey::from_pkcs8_der(der).ok()
}

/// The bytes of a private key: the PEM or base64 of a secret, or the secret itself if it is no text.
pub(super) fn private_der(secret: &Secret) -> Option<zeroize::Zeroizing<Vec<u8>>> {
    let der = match secret.text() {
        Some(text) => der(text)?,
        None => secret.expose().to_vec(),
    };
    Some(zeroize::Zeroizing::new(der))
}

#[cfg(test)]
#[cfg(all(feature = "ecdsa", feature = "ed25519", feature = "rsa"))]
mod tests {
    use base64ct::{Base64, Encoding as _};

    use super::*;
    use crate::verify::scheme::{
        KeyEncoding,
        published::fixtures::{
            OPENSSL_RSA, OPENSSL_RSA_SHA1, OPENSSL_RSA_SHA256, OTHER_RSA, OTHER_RSA_SHA512, P256,
            P256_SHA256,
        },
    };

    fn bytes(base64: &str) -> Vec<u8> {
        Base64::decode_vec(base64).expect("base64")
    }

    fn hex(hex: &str) -> Vec<u8> {
        base16ct::lower::decode_vec(hex).expect("hex")
    }

    /// Asserts that a key accepts the signature of the text, and no other signature or text.
    fn assert_verifies(
        key: &PublicKey,
        algorithm: SignatureAlgorithm,
        text: &[u8],
        signature: &[u8],
    ) {
        let verifies = |body: &[u8], signature: &[u8]| key.verifies(algorithm, body, signature);
        assert!(verifies(text, signature));
        assert!(!verifies(&[text, b"x"].concat(), signature));
        assert!(!verifies(b"", signature));
        assert!(!verifies(text, &signature[1..]) && !verifies(text, b""));
        let mut changed = signature.to_vec();
        *changed.last_mut().expect("it is not empty") ^= 1;
        assert!(!verifies(text, &changed));
    }

    #[test]
    fn ed25519_matches_the_test_vector() {
        let private = hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
        let key = hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
        let signature = hex(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613\
             d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        );
        let algorithm = SignatureAlgorithm::Ed25519;
        let key = PublicKey::of_secret(&key, algorithm).expect("a public key");
        assert_verifies(&key, algorithm, &[0x72], &signature);
        let sign = |private: &[u8]| algorithm.sign(&Secret::from_key(private), &[0x72]);
        assert_eq!(sign(&private), Ok(signature.clone()));
        // The form of other libraries: the public key follows the private one.
        let both = [&private[..], &[1; 32]].concat();
        assert_eq!(sign(&both), Ok(signature));
        for wrong in [&private[1..], &both[1..], &both[..33]] {
            assert!(matches!(sign(wrong), Err(SecretError::Malformed(_))), "{}", wrong.len());
        }
    }

    #[test]
    fn ecdsa_and_rsa_match_openssl() {
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{OPENSSL_RSA}\n-----END PUBLIC KEY-----\n");
        for (algorithm, key, signature) in [
            (SignatureAlgorithm::EcdsaP256Der, P256, P256_SHA256),
            (SignatureAlgorithm::RsaSha256, OPENSSL_RSA, OPENSSL_RSA_SHA256),
            (SignatureAlgorithm::RsaSha256, &pem, OPENSSL_RSA_SHA256),
            (SignatureAlgorithm::RsaSha1, OPENSSL_RSA, OPENSSL_RSA_SHA1),
            (SignatureAlgorithm::RsaSha512, OTHER_RSA, OTHER_RSA_SHA512),
        ] {
            let key = KeyEncoding::Pem.decode(&Secret::new(key.to_owned())).expect("DER");
            let key = PublicKey::of_secret(&key, algorithm).expect("a public key");
            assert_verifies(&key, algorithm, b"text", &bytes(signature));
        }
    }

    #[test]
    fn invalid_public_keys_are_rejected() {
        for algorithm in [
            SignatureAlgorithm::Ed25519,
            SignatureAlgorithm::EcdsaP256Der,
            SignatureAlgorithm::RsaSha1,
            SignatureAlgorithm::RsaSha256,
            SignatureAlgorithm::RsaSha512,
        ] {
            for key in [&b""[..], b"key", &[0; 31]] {
                let malformed = SecretError::Malformed(algorithm.key_type().public_key_kind());
                let read = PublicKey::of_secret(key, algorithm);
                assert_eq!(read.err(), Some(malformed), "{algorithm:?}");
            }
        }
    }
}
