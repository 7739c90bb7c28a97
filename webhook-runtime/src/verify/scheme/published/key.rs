//! One public key, of any kind.

use base64ct::{Base64, Encoding as _};

use super::SignatureAlgorithm;
use crate::verify::Secret;

/// A public key. The algorithm that it verifies is the scheme's choice, not the key's.
#[derive(Clone)]
pub(crate) enum PublishedKey {
    #[cfg(feature = "ed25519")]
    Ed25519(Box<ed25519_dalek::VerifyingKey>),
    #[cfg(feature = "ecdsa")]
    P256(Box<p256::ecdsa::VerifyingKey>),
    #[cfg(feature = "ecdsa-p521")]
    P521(Box<p521::ecdsa::VerifyingKey>),
    #[cfg(feature = "rsa")]
    Rsa(Box<rsa::PublicKey>),
    /// Keeps the enum non-empty without any of the features.
    #[allow(dead_code, reason = "never made")]
    None(std::convert::Infallible),
}

impl PublishedKey {
    /// Parses a key in SPKI (DER), if it is of the kind that the algorithm needs.
    pub(crate) fn from_spki(der: &[u8], algorithm: SignatureAlgorithm) -> Option<Self> {
        let _ = der;
        match algorithm {
            #[cfg(feature = "ed25519")]
            SignatureAlgorithm::Ed25519 => {
                Self::ed25519(der.strip_prefix(&ED25519_SPKI).filter(|key| key.len() == 32)?)
            }
            #[cfg(feature = "ecdsa")]
            SignatureAlgorithm::EcdsaP256 | SignatureAlgorithm::EcdsaP256Sha1 => {
                use p256::pkcs8::DecodePublicKey as _;
                let key = p256::ecdsa::VerifyingKey::from_public_key_der(der).ok()?;
                Some(Self::P256(Box::new(key)))
            }
            #[cfg(feature = "ecdsa-p521")]
            SignatureAlgorithm::EcdsaP521 => {
                use p521::pkcs8::DecodePublicKey as _;
                let key = p521::ecdsa::VerifyingKey::from_public_key_der(der).ok()?;
                Some(Self::P521(Box::new(key)))
            }
            #[cfg(feature = "rsa")]
            SignatureAlgorithm::RsaSha256
            | SignatureAlgorithm::RsaSha512
            | SignatureAlgorithm::RsaPssSha512 => {
                use rsa::pkcs8::DecodePublicKey as _;
                let key = rsa::PublicKey::from_public_key_der(der).ok()?;
                Some(Self::Rsa(Box::new(key)))
            }
            SignatureAlgorithm::None(never) => match never {},
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
            (Self::P256(key), SignatureAlgorithm::EcdsaP256Sha1) => {
                use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
                use sha1::Digest as _;
                let digest = sha1::Sha1::digest(message);
                p256::ecdsa::Signature::from_der(signature)
                    .is_ok_and(|signature| key.verify_prehash(&digest, &signature).is_ok())
            }
            #[cfg(feature = "ecdsa-p521")]
            (Self::P521(key), SignatureAlgorithm::EcdsaP521) => {
                use p521::ecdsa::signature::Verifier as _;
                p521::ecdsa::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
            #[cfg(feature = "rsa")]
            (Self::Rsa(key), SignatureAlgorithm::RsaSha256) => {
                pkcs1v15::<sha2::Sha256>(key, message, signature)
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
    use rsa::signature::Verifier as _;
    let key = rsa::pkcs1v15::VerifyingKey::<D>::new(key.clone());
    rsa::pkcs1v15::Signature::try_from(signature)
        .is_ok_and(|signature| key.verify(message, &signature).is_ok())
}

/// The DER in front of the 32 bytes of an Ed25519 public key (RFC 8410).
#[cfg(feature = "ed25519")]
const ED25519_SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];

/// The DER in front of the 32 bytes of an Ed25519 private key (RFC 8410).
#[cfg(feature = "ed25519")]
const ED25519_PKCS8: [u8; 16] =
    [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// The seed of an Ed25519 private key: in PKCS#8, or as it is.
#[cfg(feature = "ed25519")]
pub(super) fn ed25519_seed(der: &[u8]) -> Option<[u8; 32]> {
    der.strip_prefix(&ED25519_PKCS8).unwrap_or(der).try_into().ok()
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
