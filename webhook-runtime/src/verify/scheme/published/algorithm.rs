//! The algorithms of signatures with a public key, each with its names in the standards.

use crate::verify::{Secret, SecretError, scheme::KeyType};

use super::key;

/// An algorithm of signatures with a public key. Each has a Cargo feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignatureAlgorithm {
    #[cfg(feature = "ed25519")]
    Ed25519,
    /// ECDSA over P-256 with SHA-256; a signature is `r` and `s`, 32 bytes each.
    #[cfg(feature = "ecdsa")]
    EcdsaP256,
    /// ECDSA over P-256 with SHA-256; a signature is in DER.
    #[cfg(feature = "ecdsa")]
    EcdsaP256Der,
    /// ECDSA over P-256 with SHA-1; a signature is in DER. SHA-1 is broken, but this is how eBay
    /// signs.
    #[cfg(feature = "ecdsa")]
    EcdsaP256Sha1,
    /// ECDSA over P-384 with SHA-384; a signature is `r` and `s`, 48 bytes each.
    #[cfg(feature = "ecdsa-p384")]
    EcdsaP384,
    /// ECDSA over P-521 with SHA-512; a signature is `r` and `s`, 66 bytes each.
    #[cfg(feature = "ecdsa-p521")]
    EcdsaP521,
    /// RSA with PKCS#1 v1.5 and SHA-1.
    #[cfg(feature = "rsa")]
    RsaSha1,
    /// RSA with PKCS#1 v1.5 and SHA-256.
    #[cfg(feature = "rsa")]
    RsaSha256,
    /// RSA with PKCS#1 v1.5 and SHA-384.
    #[cfg(feature = "rsa")]
    RsaSha384,
    /// RSA with PKCS#1 v1.5 and SHA-512.
    #[cfg(feature = "rsa")]
    RsaSha512,
    /// RSA with PSS, SHA-512 and a salt of 64 bytes.
    #[cfg(feature = "rsa")]
    RsaPssSha512,
    /// Keeps the enum non-empty without any of the features.
    #[allow(dead_code, reason = "never made")]
    None(std::convert::Infallible),
}

impl SignatureAlgorithm {
    /// The name in descriptions of schemes.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            #[cfg(feature = "ed25519")]
            Self::Ed25519 => "Ed25519",
            #[cfg(feature = "ecdsa")]
            Self::EcdsaP256 | Self::EcdsaP256Der => "ECDSA P-256 SHA-256",
            #[cfg(feature = "ecdsa")]
            Self::EcdsaP256Sha1 => "ECDSA P-256 SHA-1",
            #[cfg(feature = "ecdsa-p384")]
            Self::EcdsaP384 => "ECDSA P-384 SHA-384",
            #[cfg(feature = "ecdsa-p521")]
            Self::EcdsaP521 => "ECDSA P-521 SHA-512",
            #[cfg(feature = "rsa")]
            Self::RsaSha1 => "RSA PKCS#1 v1.5 SHA-1",
            #[cfg(feature = "rsa")]
            Self::RsaSha256 => "RSA PKCS#1 v1.5 SHA-256",
            #[cfg(feature = "rsa")]
            Self::RsaSha384 => "RSA PKCS#1 v1.5 SHA-384",
            #[cfg(feature = "rsa")]
            Self::RsaSha512 => "RSA PKCS#1 v1.5 SHA-512",
            #[cfg(feature = "rsa")]
            Self::RsaPssSha512 => "RSA PSS SHA-512",
            Self::None(never) => match never {},
        }
    }

    /// The type of the keys.
    pub(crate) const fn key_type(self) -> KeyType {
        match self {
            #[cfg(feature = "ed25519")]
            Self::Ed25519 => KeyType::Ed25519,
            #[cfg(feature = "ecdsa")]
            Self::EcdsaP256 | Self::EcdsaP256Der | Self::EcdsaP256Sha1 => KeyType::P256,
            #[cfg(feature = "ecdsa-p384")]
            Self::EcdsaP384 => KeyType::P384,
            #[cfg(feature = "ecdsa-p521")]
            Self::EcdsaP521 => KeyType::P521,
            #[cfg(feature = "rsa")]
            Self::RsaSha1
            | Self::RsaSha256
            | Self::RsaSha384
            | Self::RsaSha512
            | Self::RsaPssSha512 => KeyType::Rsa,
            Self::None(never) => match never {},
        }
    }

    /// The length of a signature in bytes, if every key makes signatures of the same length.
    #[allow(clippy::unnecessary_wraps, reason = "not with every set of features")]
    pub(crate) const fn signature_len(self) -> Option<usize> {
        match self {
            #[cfg(feature = "ed25519")]
            Self::Ed25519 => Some(64),
            #[cfg(feature = "ecdsa")]
            Self::EcdsaP256 => Some(64),
            // DER has a variable length.
            #[cfg(feature = "ecdsa")]
            Self::EcdsaP256Der | Self::EcdsaP256Sha1 => None,
            #[cfg(feature = "ecdsa-p384")]
            Self::EcdsaP384 => Some(96),
            #[cfg(feature = "ecdsa-p521")]
            Self::EcdsaP521 => Some(132),
            // As long as the key.
            #[cfg(feature = "rsa")]
            Self::RsaSha1
            | Self::RsaSha256
            | Self::RsaSha384
            | Self::RsaSha512
            | Self::RsaPssSha512 => None,
            Self::None(never) => match never {},
        }
    }

    /// The names in JOSE (RFC 7518, RFC 8037, RFC 9864). The first one is written.
    pub(crate) const fn jose_names(self) -> &'static [&'static str] {
        match self {
            #[cfg(feature = "ed25519")]
            Self::Ed25519 => &["EdDSA", "Ed25519"],
            // A key is the same, however its signatures are written.
            #[cfg(feature = "ecdsa")]
            Self::EcdsaP256 | Self::EcdsaP256Der => &["ES256"],
            // JOSE has no such algorithm, so that no key in a set may say that it is for it.
            #[cfg(feature = "ecdsa")]
            Self::EcdsaP256Sha1 => &[],
            #[cfg(feature = "ecdsa-p384")]
            Self::EcdsaP384 => &["ES384"],
            #[cfg(feature = "ecdsa-p521")]
            Self::EcdsaP521 => &["ES512"],
            #[cfg(feature = "rsa")]
            Self::RsaSha1 => &[],
            #[cfg(feature = "rsa")]
            Self::RsaSha256 => &["RS256"],
            #[cfg(feature = "rsa")]
            Self::RsaSha384 => &["RS384"],
            #[cfg(feature = "rsa")]
            Self::RsaSha512 => &["RS512"],
            #[cfg(feature = "rsa")]
            Self::RsaPssSha512 => &["PS512"],
            Self::None(never) => match never {},
        }
    }

    /// Signs with a private key: see [`KeyType::private_key_kind`].
    pub(crate) fn sign(self, secret: &Secret, message: &[u8]) -> Result<Vec<u8>, SecretError> {
        let malformed = SecretError::Malformed(self.key_type().private_key_kind());
        let der = key::private_der(secret).ok_or(malformed)?;
        let _ = (&der, message);
        let signature: Option<Vec<u8>> = match self {
            #[cfg(feature = "ed25519")]
            Self::Ed25519 => key::ed25519_seed(&der).map(|seed| {
                use ed25519_dalek::Signer as _;
                ed25519_dalek::SigningKey::from_bytes(&seed).sign(message).to_bytes().to_vec()
            }),
            #[cfg(feature = "ecdsa")]
            Self::EcdsaP256 => {
                use p256::{ecdsa::signature::Signer as _, pkcs8::DecodePrivateKey as _};
                p256::ecdsa::SigningKey::from_pkcs8_der(&der).ok().map(|key| {
                    let signature: p256::ecdsa::Signature = key.sign(message);
                    signature.to_bytes().to_vec()
                })
            }
            #[cfg(feature = "ecdsa")]
            Self::EcdsaP256Der => {
                use p256::{ecdsa::signature::Signer as _, pkcs8::DecodePrivateKey as _};
                p256::ecdsa::SigningKey::from_pkcs8_der(&der).ok().map(|key| {
                    let signature: p256::ecdsa::Signature = key.sign(message);
                    signature.to_der().as_bytes().to_vec()
                })
            }
            #[cfg(feature = "ecdsa")]
            Self::EcdsaP256Sha1 => {
                use p256::{
                    ecdsa::signature::hazmat::PrehashSigner as _, pkcs8::DecodePrivateKey as _,
                };
                use sha1::Digest as _;
                p256::ecdsa::SigningKey::from_pkcs8_der(&der).ok().and_then(|key| {
                    let digest = sha1::Sha1::digest(message);
                    let signature: p256::ecdsa::Signature = key.sign_prehash(&digest).ok()?;
                    Some(signature.to_der().as_bytes().to_vec())
                })
            }
            #[cfg(feature = "ecdsa-p384")]
            Self::EcdsaP384 => {
                use p384::{ecdsa::signature::Signer as _, pkcs8::DecodePrivateKey as _};
                p384::ecdsa::SigningKey::from_pkcs8_der(&der).ok().map(|key| {
                    let signature: p384::ecdsa::Signature = key.sign(message);
                    signature.to_bytes().to_vec()
                })
            }
            #[cfg(feature = "ecdsa-p521")]
            Self::EcdsaP521 => {
                use p521::{ecdsa::signature::Signer as _, pkcs8::DecodePrivateKey as _};
                p521::ecdsa::SigningKey::from_pkcs8_der(&der).ok().map(|key| {
                    let signature: p521::ecdsa::Signature = key.sign(message);
                    signature.to_bytes().to_vec()
                })
            }
            #[cfg(feature = "rsa")]
            Self::RsaSha1 => pkcs1v15::<sha1::Sha1>(&der, message),
            #[cfg(feature = "rsa")]
            Self::RsaSha256 => pkcs1v15::<sha2::Sha256>(&der, message),
            #[cfg(feature = "rsa")]
            Self::RsaSha384 => pkcs1v15::<sha2::Sha384>(&der, message),
            #[cfg(feature = "rsa")]
            Self::RsaSha512 => pkcs1v15::<sha2::Sha512>(&der, message),
            #[cfg(feature = "rsa")]
            Self::RsaPssSha512 => key::rsa_private(&der).and_then(|key| {
                use rsa::signature::{RandomizedSigner as _, SignatureEncoding as _};
                let mut salt = salt::HashedSalt::new(&der, message);
                let key = rsa::pss::SigningKey::<sha2::Sha512>::new(key);
                Some(key.try_sign_with_rng(&mut salt, message).ok()?.to_vec())
            }),
            Self::None(never) => match never {},
        };
        signature.ok_or(malformed)
    }
}

/// The signature of a message with a private key of RSA (PKCS#8).
#[cfg(feature = "rsa")]
fn pkcs1v15<D>(der: &[u8], message: &[u8]) -> Option<Vec<u8>>
where
    D: sha2::Digest + rsa::pkcs8::AssociatedOid,
{
    use rsa::signature::{SignatureEncoding as _, Signer as _};
    let key = key::rsa_private(der)?;
    Some(rsa::pkcs1v15::SigningKey::<D>::new(key).sign(message).to_vec())
}

/// The salt of PSS. A salt that is a hash of key and message needs no source of randomness, and is
/// as good: PSS only asks that nobody can choose it.
#[cfg(feature = "rsa")]
mod salt {
    use std::convert::Infallible;

    use rsa::rand_core::{TryCryptoRng, TryRng};
    use sha2::{Digest as _, Sha512};

    pub(super) struct HashedSalt([u8; 64]);

    impl HashedSalt {
        pub(super) fn new(key: &[u8], message: &[u8]) -> Self {
            Self(Sha512::new().chain_update(key).chain_update(message).finalize().into())
        }
    }

    impl TryRng for HashedSalt {
        type Error = Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            let mut bytes = [0; 4];
            self.try_fill_bytes(&mut bytes)?;
            Ok(u32::from_le_bytes(bytes))
        }

        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            let mut bytes = [0; 8];
            self.try_fill_bytes(&mut bytes)?;
            Ok(u64::from_le_bytes(bytes))
        }

        fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
            for chunk in to.chunks_mut(self.0.len()) {
                chunk.copy_from_slice(&self.0[..chunk.len()]);
                self.0 = Sha512::digest(self.0).into();
            }
            Ok(())
        }
    }

    impl TryCryptoRng for HashedSalt {}
}

#[cfg(test)]
#[cfg(all(feature = "ecdsa", feature = "ed25519", feature = "rsa"))]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::verify::scheme::published::{Wanted, fixtures::RSA, verify};

    #[test]
    fn algorithms_have_labels_and_lengths() {
        let properties = [
            SignatureAlgorithm::Ed25519,
            SignatureAlgorithm::EcdsaP256Der,
            SignatureAlgorithm::RsaSha1,
            SignatureAlgorithm::RsaSha256,
            SignatureAlgorithm::RsaSha512,
        ]
        .map(|algorithm| (algorithm.label(), algorithm.signature_len()));
        assert_eq!(
            properties,
            [
                ("Ed25519", Some(64)),
                ("ECDSA P-256 SHA-256", None),
                ("RSA PKCS#1 v1.5 SHA-1", None),
                ("RSA PKCS#1 v1.5 SHA-256", None),
                ("RSA PKCS#1 v1.5 SHA-512", None),
            ]
        );
    }

    /// A public key verifies the signatures of its private key, with the same algorithm only.
    #[test]
    fn private_keys_sign_and_public_keys_verify() {
        use p256::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _};
        use rsa::pkcs8::DecodePrivateKey as _;
        let pem = |der: &[u8]| {
            use base64ct::{Base64, Encoding as _};
            Base64::encode_string(der)
        };
        let rsa = rsa::PrivateKey::from_pkcs8_pem(RSA).expect("a private key");
        let rsa = rsa.to_public_key().to_public_key_der().expect("DER");
        let p256 = p256::ecdsa::SigningKey::from_slice(&[7; 32]).expect("a private key");
        let p256_public = p256.verifying_key().to_public_key_der().expect("DER");
        let p256 = pem(p256.to_pkcs8_der().expect("DER").as_bytes());
        for (algorithm, private, public, others) in [
            (
                SignatureAlgorithm::RsaSha1,
                RSA,
                pem(rsa.as_bytes()),
                &[SignatureAlgorithm::RsaSha256, SignatureAlgorithm::RsaSha512][..],
            ),
            (
                SignatureAlgorithm::RsaSha256,
                RSA,
                pem(rsa.as_bytes()),
                &[SignatureAlgorithm::RsaSha512, SignatureAlgorithm::RsaPssSha512],
            ),
            (
                SignatureAlgorithm::RsaSha512,
                RSA,
                pem(rsa.as_bytes()),
                &[SignatureAlgorithm::RsaSha256, SignatureAlgorithm::RsaPssSha512],
            ),
            (
                SignatureAlgorithm::RsaPssSha512,
                RSA,
                pem(rsa.as_bytes()),
                &[SignatureAlgorithm::RsaSha256, SignatureAlgorithm::RsaSha512],
            ),
            (
                SignatureAlgorithm::EcdsaP256,
                &p256,
                pem(p256_public.as_bytes()),
                &[SignatureAlgorithm::EcdsaP256Sha1, SignatureAlgorithm::EcdsaP256Der],
            ),
            (
                SignatureAlgorithm::EcdsaP256Der,
                &p256,
                pem(p256_public.as_bytes()),
                &[SignatureAlgorithm::EcdsaP256Sha1, SignatureAlgorithm::EcdsaP256],
            ),
            (
                SignatureAlgorithm::EcdsaP256Sha1,
                &p256,
                pem(p256_public.as_bytes()),
                &[SignatureAlgorithm::EcdsaP256, SignatureAlgorithm::EcdsaP256Der],
            ),
        ] {
            let signature = algorithm.sign(&Secret::new(private), b"text").expect("it signs");
            let judge = |algorithm, message: &[u8]| {
                let wanted =
                    Wanted { id: None, algorithm, is_chosen: false, now: SystemTime::UNIX_EPOCH };
                verify(public.as_bytes(), wanted, message, &signature)
            };
            assert_eq!(judge(algorithm, b"text"), Ok(true), "{algorithm:?}");
            assert_eq!(judge(algorithm, b"other"), Ok(false), "{algorithm:?}");
            for other in others {
                assert_eq!(judge(*other, b"text"), Ok(false), "{algorithm:?} {other:?}");
            }
            let malformed = Err(SecretError::Malformed(algorithm.key_type().private_key_kind()));
            for wrong in ["", "s3cret", "AAAA", &public] {
                assert_eq!(algorithm.sign(&Secret::new(wrong), b"text"), malformed, "{wrong}");
            }
        }
    }
}
