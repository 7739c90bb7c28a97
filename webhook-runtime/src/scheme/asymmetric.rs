//! Signatures that are checked with a public key. Each algorithm is a feature.
//!
//! Verification reads the provider's public key; signing, for tests, reads a private one.

use super::template::{Template, Values};
use crate::secret::{Secret, SecretError};

/// A provider's public key, ready to verify.
#[derive(Clone)]
pub(crate) enum PublicKey {
    #[cfg(feature = "ed25519")]
    Ed25519(Box<ed25519_dalek::VerifyingKey>),
    #[cfg(feature = "ecdsa")]
    EcdsaP256(Box<p256::ecdsa::VerifyingKey>),
    #[cfg(feature = "rsa")]
    RsaSha256(Box<rsa::pkcs1v15::VerifyingKey<sha2::Sha256>>),
    #[cfg(feature = "certificates")]
    RsaSha1(Box<rsa::pkcs1v15::VerifyingKey<sha1::Sha1>>),
    /// So that the type is inhabited without any of the features.
    #[allow(dead_code, reason = "never made")]
    None(std::convert::Infallible),
}

/// The algorithms of this module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asymmetric {
    #[cfg(feature = "ed25519")]
    Ed25519,
    #[cfg(feature = "ecdsa")]
    EcdsaP256,
    #[cfg(feature = "rsa")]
    RsaSha256,
}

impl Asymmetric {
    pub(crate) const fn label(self) -> &'static str {
        match self {
            #[cfg(feature = "ed25519")]
            Self::Ed25519 => "Ed25519",
            #[cfg(feature = "ecdsa")]
            Self::EcdsaP256 => "ECDSA P-256 SHA-256",
            #[cfg(feature = "rsa")]
            Self::RsaSha256 => "RSA PKCS#1 v1.5 SHA-256",
        }
    }

    #[allow(clippy::unnecessary_wraps, reason = "not with every set of features")]
    pub(crate) const fn signature_len(self) -> Option<usize> {
        match self {
            #[cfg(feature = "ed25519")]
            Self::Ed25519 => Some(64),
            // DER, of varying length.
            #[cfg(feature = "ecdsa")]
            Self::EcdsaP256 => None,
            // As long as the key.
            #[cfg(feature = "rsa")]
            Self::RsaSha256 => None,
        }
    }

    /// Reads the provider's public key; `decoded` is what the scheme's key encoding made of it.
    pub(crate) fn public_key(
        self,
        secret: &Secret,
        decoded: &[u8],
    ) -> Result<PublicKey, SecretError> {
        let _ = (secret, decoded);
        match self {
            #[cfg(feature = "ed25519")]
            Self::Ed25519 => {
                let malformed = SecretError::Malformed("an Ed25519 public key of 32 bytes");
                let bytes: &[u8; 32] = decoded.try_into().map_err(|_| malformed)?;
                let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| malformed)?;
                Ok(PublicKey::Ed25519(Box::new(key)))
            }
            #[cfg(feature = "ecdsa")]
            Self::EcdsaP256 => {
                use p256::pkcs8::DecodePublicKey as _;
                p256::ecdsa::VerifyingKey::from_public_key_der(decoded)
                    .map(|key| PublicKey::EcdsaP256(Box::new(key)))
                    .map_err(|_| SecretError::Malformed("a P-256 public key (SPKI in base64)"))
            }
            #[cfg(feature = "rsa")]
            Self::RsaSha256 => {
                use rsa::pkcs8::DecodePublicKey as _;
                let key = match secret.text() {
                    Some(text) if text.starts_with("-----BEGIN") => {
                        rsa::PublicKey::from_public_key_pem(text)
                    }
                    _ => rsa::PublicKey::from_public_key_der(decoded),
                };
                key.map(|key| PublicKey::RsaSha256(Box::new(rsa::pkcs1v15::VerifyingKey::new(key))))
                    .map_err(|_| {
                        SecretError::Malformed("an RSA public key (PEM, or SPKI in base64)")
                    })
            }
        }
    }

    /// Signs with a private key: 32 bytes of Ed25519 seed in the scheme's key encoding, or PKCS#8
    /// in base64 (PEM for RSA).
    pub(crate) fn sign(
        self,
        secret: &Secret,
        decoded: &[u8],
        message: &[u8],
    ) -> Result<Vec<u8>, SecretError> {
        let _ = (secret, decoded, message);
        match self {
            #[cfg(feature = "ed25519")]
            Self::Ed25519 => {
                use ed25519_dalek::Signer as _;
                let malformed = SecretError::Malformed("an Ed25519 private key of 32 bytes");
                let seed = decoded.get(..32).and_then(|seed| seed.try_into().ok());
                let key = ed25519_dalek::SigningKey::from_bytes(seed.ok_or(malformed)?);
                Ok(key.sign(message).to_bytes().to_vec())
            }
            #[cfg(feature = "ecdsa")]
            Self::EcdsaP256 => {
                use p256::{ecdsa::signature::Signer as _, pkcs8::DecodePrivateKey as _};
                let key = p256::ecdsa::SigningKey::from_pkcs8_der(decoded).map_err(|_| {
                    SecretError::Malformed("a P-256 private key (PKCS#8 in base64)")
                })?;
                let signature: p256::ecdsa::Signature = key.sign(message);
                Ok(signature.to_der().as_bytes().to_vec())
            }
            #[cfg(feature = "rsa")]
            Self::RsaSha256 => {
                use rsa::{
                    pkcs8::DecodePrivateKey as _,
                    signature::{SignatureEncoding as _, Signer as _},
                };
                let key = rsa::PrivateKey::from_pkcs8_pem(secret.text().unwrap_or_default())
                    .map_err(|_| SecretError::Malformed("an RSA private key (PKCS#8 in PEM)"))?;
                Ok(rsa::pkcs1v15::SigningKey::<sha2::Sha256>::new(key).sign(message).to_vec())
            }
        }
    }
}

impl PublicKey {
    pub(crate) fn verify(
        &self,
        template: &Template,
        values: &Values<'_>,
        signature: &[u8],
    ) -> bool {
        let mut message = Vec::with_capacity(values.body.len() + 64);
        template.feed(values, |piece| message.extend_from_slice(piece));
        self.verify_message(&message, signature)
    }

    pub(crate) fn verify_message(&self, message: &[u8], signature: &[u8]) -> bool {
        let _ = (message, signature);
        match self {
            #[cfg(feature = "ed25519")]
            Self::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
            #[cfg(feature = "ecdsa")]
            Self::EcdsaP256(key) => {
                use p256::ecdsa::signature::Verifier as _;
                p256::ecdsa::Signature::from_der(signature)
                    .is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
            #[cfg(feature = "rsa")]
            Self::RsaSha256(key) => {
                use rsa::signature::Verifier as _;
                rsa::pkcs1v15::Signature::try_from(signature)
                    .is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
            #[cfg(feature = "certificates")]
            Self::RsaSha1(key) => {
                use rsa::signature::Verifier as _;
                rsa::pkcs1v15::Signature::try_from(signature)
                    .is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
            Self::None(never) => match *never {},
        }
    }
}

/// The public key in a certificate (PEM) that a provider publishes.
#[cfg(feature = "certificates")]
pub(crate) mod certificate {
    use std::time::SystemTime;

    use rsa::pkcs8::DecodePublicKey as _;
    use x509_cert::der::{DecodePem as _, Encode as _};

    use super::PublicKey;

    /// A certificate that has not expired.
    pub(crate) struct Certificate {
        inner: x509_cert::Certificate,
    }

    impl Certificate {
        /// Reads a certificate; `None` when it is none, or has expired by `now`.
        pub(crate) fn read(pem: &[u8], now: SystemTime) -> Option<Self> {
            let inner = x509_cert::Certificate::from_pem(pem).ok()?;
            let expires =
                inner.tbs_certificate().validity().not_after.to_date_time().unix_duration();
            let since_1970 = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            (since_1970 <= expires).then_some(Self { inner })
        }

        /// Whether the subject's common name is `domain` or below it.
        pub(crate) fn is_for(&self, domain: &str) -> bool {
            let Ok(Some(name)) = self.inner.tbs_certificate().subject().common_name() else {
                return false;
            };
            let name = name.value();
            name == domain || name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
        }

        pub(crate) fn rsa_sha256(&self) -> Option<PublicKey> {
            let key = rsa::pkcs1v15::VerifyingKey::new(self.rsa_key()?);
            Some(PublicKey::RsaSha256(Box::new(key)))
        }

        pub(crate) fn rsa_sha1(&self) -> Option<PublicKey> {
            let key = rsa::pkcs1v15::VerifyingKey::new(self.rsa_key()?);
            Some(PublicKey::RsaSha1(Box::new(key)))
        }

        fn rsa_key(&self) -> Option<rsa::PublicKey> {
            let info = self.inner.tbs_certificate().subject_public_key_info().to_der().ok()?;
            rsa::PublicKey::from_public_key_der(&info).ok()
        }
    }
}
