//! Signatures with a public key. Each algorithm has a Cargo feature.
//!
//! Verification uses the provider's public key. Signing, for tests, uses a private key.

use super::template::{Template, Values};
use crate::verify::{Secret, SecretError};

/// The prepared public key of a provider.
#[derive(Clone)]
pub(crate) enum PublicKey {
    #[cfg(feature = "ed25519")]
    Ed25519(Box<ed25519_dalek::VerifyingKey>),
    #[cfg(feature = "ecdsa")]
    EcdsaP256(Box<p256::ecdsa::VerifyingKey>),
    #[cfg(feature = "rsa")]
    RsaSha256(Box<rsa::pkcs1v15::VerifyingKey<sha2::Sha256>>),
    #[cfg(feature = "rsa")]
    RsaSha1(Box<rsa::pkcs1v15::VerifyingKey<sha1::Sha1>>),
    #[cfg(feature = "rsa")]
    RsaSha512(Box<rsa::pkcs1v15::VerifyingKey<sha2::Sha512>>),
    /// Keeps the enum non-empty without any of the features.
    #[allow(dead_code, reason = "never made")]
    None(std::convert::Infallible),
}

/// An algorithm with a private key, which signs, and a public key, which verifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AsymmetricAlgorithm {
    /// Ed25519 (RFC 8032).
    #[cfg(feature = "ed25519")]
    Ed25519,
    /// ECDSA on P-256 with SHA-256. Signatures are DER.
    #[cfg(feature = "ecdsa")]
    EcdsaP256,
    /// RSA, PKCS#1 v1.5, with SHA-1.
    #[cfg(feature = "rsa")]
    RsaSha1,
    /// RSA, PKCS#1 v1.5, with SHA-256.
    #[cfg(feature = "rsa")]
    RsaSha256,
    /// RSA, PKCS#1 v1.5, with SHA-512.
    #[cfg(feature = "rsa")]
    RsaSha512,
}

impl AsymmetricAlgorithm {
    pub(crate) const fn label(self) -> &'static str {
        match self {
            #[cfg(feature = "ed25519")]
            Self::Ed25519 => "Ed25519",
            #[cfg(feature = "ecdsa")]
            Self::EcdsaP256 => "ECDSA P-256 SHA-256",
            #[cfg(feature = "rsa")]
            Self::RsaSha1 => "RSA PKCS#1 v1.5 SHA-1",
            #[cfg(feature = "rsa")]
            Self::RsaSha256 => "RSA PKCS#1 v1.5 SHA-256",
            #[cfg(feature = "rsa")]
            Self::RsaSha512 => "RSA PKCS#1 v1.5 SHA-512",
        }
    }

    #[allow(clippy::unnecessary_wraps, reason = "not with every set of features")]
    pub(crate) const fn signature_len(self) -> Option<usize> {
        match self {
            #[cfg(feature = "ed25519")]
            Self::Ed25519 => Some(64),
            // DER has a variable length.
            #[cfg(feature = "ecdsa")]
            Self::EcdsaP256 => None,
            // As long as the key.
            #[cfg(feature = "rsa")]
            Self::RsaSha1 | Self::RsaSha256 | Self::RsaSha512 => None,
        }
    }

    /// Parses the provider's public key. `decoded` is the secret after the scheme's key encoding.
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
            Self::RsaSha1 => {
                let key = rsa_key(secret, decoded)?;
                Ok(PublicKey::RsaSha1(Box::new(rsa::pkcs1v15::VerifyingKey::new(key))))
            }
            #[cfg(feature = "rsa")]
            Self::RsaSha256 => {
                let key = rsa_key(secret, decoded)?;
                Ok(PublicKey::RsaSha256(Box::new(rsa::pkcs1v15::VerifyingKey::new(key))))
            }
            #[cfg(feature = "rsa")]
            Self::RsaSha512 => {
                let key = rsa_key(secret, decoded)?;
                Ok(PublicKey::RsaSha512(Box::new(rsa::pkcs1v15::VerifyingKey::new(key))))
            }
        }
    }

    /// Signs with a private key: an Ed25519 seed of 32 bytes in the scheme's key encoding, or
    /// PKCS#8 in base64 (PEM for RSA).
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
            Self::RsaSha1 => rsa_sign::<sha1::Sha1>(secret, message),
            #[cfg(feature = "rsa")]
            Self::RsaSha256 => rsa_sign::<sha2::Sha256>(secret, message),
            #[cfg(feature = "rsa")]
            Self::RsaSha512 => rsa_sign::<sha2::Sha512>(secret, message),
        }
    }
}

/// A public key of RSA: PEM, or SPKI in base64.
#[cfg(feature = "rsa")]
fn rsa_key(secret: &Secret, decoded: &[u8]) -> Result<rsa::PublicKey, SecretError> {
    use rsa::pkcs8::DecodePublicKey as _;
    let key = match secret.text() {
        Some(text) if text.starts_with("-----BEGIN") => rsa::PublicKey::from_public_key_pem(text),
        _ => rsa::PublicKey::from_public_key_der(decoded),
    };
    key.map_err(|_| SecretError::Malformed("an RSA public key (PEM, or SPKI in base64)"))
}

/// The signature of a message with a private key of RSA, PKCS#8 in PEM.
#[cfg(feature = "rsa")]
fn rsa_sign<D>(secret: &Secret, message: &[u8]) -> Result<Vec<u8>, SecretError>
where
    D: sha2::Digest + rsa::pkcs8::AssociatedOid,
{
    use rsa::{
        pkcs8::DecodePrivateKey as _,
        signature::{SignatureEncoding as _, Signer as _},
    };
    let key = rsa::PrivateKey::from_pkcs8_pem(secret.text().unwrap_or_default())
        .map_err(|_| SecretError::Malformed("an RSA private key (PKCS#8 in PEM)"))?;
    Ok(rsa::pkcs1v15::SigningKey::<D>::new(key).sign(message).to_vec())
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
            #[cfg(feature = "rsa")]
            Self::RsaSha1(key) => {
                use rsa::signature::Verifier as _;
                rsa::pkcs1v15::Signature::try_from(signature)
                    .is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
            #[cfg(feature = "rsa")]
            Self::RsaSha512(key) => {
                use rsa::signature::Verifier as _;
                rsa::pkcs1v15::Signature::try_from(signature)
                    .is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
            Self::None(never) => match *never {},
        }
    }
}

/// Certificates (PEM) that providers publish.
#[cfg(feature = "certificates")]
pub(crate) mod certificate {
    use std::time::{Duration, SystemTime};

    use rsa::pkcs8::DecodePublicKey as _;
    use x509_cert::der::{DecodePem as _, Encode as _};

    use super::PublicKey;

    /// How long after `now` the validity of a certificate may begin. A delivery can be judged again
    /// as of the time of its receipt, with a certificate that was renewed since.
    const MAX_AHEAD: Duration = Duration::from_secs(366 * 24 * 60 * 60);

    /// A certificate that is valid.
    pub(crate) struct Certificate {
        inner: x509_cert::Certificate,
    }

    impl Certificate {
        /// Parses a certificate; `None` if it is malformed, expired at `now`, or begins so long
        /// after it that no renewal explains it.
        pub(crate) fn parse(pem: &[u8], now: SystemTime) -> Option<Self> {
            let inner = x509_cert::Certificate::from_pem(pem).ok()?;
            let validity = inner.tbs_certificate().validity();
            let [begins, ends] = [&validity.not_before, &validity.not_after]
                .map(|time| time.to_date_time().unix_duration());
            let since_1970 = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            let is_valid = begins <= ends
                && begins.saturating_sub(MAX_AHEAD) <= since_1970
                && since_1970 <= ends;
            is_valid.then_some(Self { inner })
        }

        /// True if the subject's common name is `domain` or a subdomain of it.
        pub(crate) fn is_issued_to(&self, domain: &str) -> bool {
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

#[cfg(test)]
#[cfg(all(feature = "certificates", feature = "ecdsa", feature = "ed25519"))]
mod tests {
    use std::time::{Duration, SystemTime};

    use base64ct::{Base64, Encoding as _};

    use super::{certificate::Certificate, *};

    /// Made with `OpenSSL` for these tests. The private keys were deleted. All signatures are of
    /// `text`.
    const RSA: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAokEm5ZZgeqb30ANoKVRbKVBuTW20O8c0w3J1i2+4R7pN\
        8dfH/08mKYAtUyD8EjAj9sHcta4i4NJOuytii0k34xSLaIIgXyYI6S0nyUQRQ8qQZtI18OZlijzwiRxuALlIuizN\
        VM+ZFdCgytnSHOppsKnyYCC8eIVE6fej4zwNeLQMqQfjxTcteWPVxVOdEizh0tc2RX66Vh/bRIZ2KevQYfFpR5Cu\
        5VJculHYTjlajMyUBiYeI9Pa+2hbzbPxR4cYtbZjR1DY2GyjwHwlFZjgBB286z6ObiCcZalJ8+Ha4oF+hwDavhzL\
        DJgSKtJ8HDQ6mGFdUceaVyVE7YUa9bOxmQIDAQAB";
    const RSA_SHA256: &str = "JGPM6YX7bXzJrBTVriYXxczER9xJILinLZm5PPisrLP/rGHkzMwXRW21qwjgpZSO75rKOiUGQ3G8xMxpp3Be0m39\
        lGaGN4yOE7VH4ym3m1/7A9/QiTQTB4y2OEN8AaLnujcDSsHKhlheVJM4tgLg5uu89FcrlU2aT156Q8xRSr6eyyAi\
        n4smtEWgNEe3s6cNb4Vu2oT8T7wOlfwN5xMbo57sUBCdPtRbGghpQ7QEcjBlLi/G2pPeDcrB3c/SaCCrLQGggRkg\
        QxM6A1URhSrhgt/ErHaP4wSOvBJPIX2D0ixiIU5X8rM3eYxizCOaDaEXWTOyXNC8EUk4+xR5sFKvUg==";
    const RSA_SHA1: &str = "Hw8svrJTUf+pJTHtsbuJiuyTmXC288MgP0cuw6DLjdEvKO4M6pzHz0Fj3lCWZ93TSnuwHx/0ejd3/V8ladrITwPz\
        4vkghHKxmAv+dJLP2yKvVlSI+b+17gcNQpYeucsnn0BwoepVhoE6OEBY//7qppwcF3mFEnu0FWQjKpU62HgOgMuK\
        7ouIlwyFNwRBhpmDoyDxpAK0vhafAsU3zROhMdwHsiEIGIESZP12etwhdKDaOjssOpbrYJIrscp9SuBrbhwnL9OK\
        Mr7gmhz6y4pWjntqqyIfZrwKkwenqGXBNLT2ZfZHAYY0jtFhgSKrQRH3n7QAYpgqdGFUYaY4DTbEVA==";
    const OTHER_RSA: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA3f5ShEDECPPGkgPjLlgGZQePhU4qpEU8oU6H9WTwrfL9\
        jaAiCB/PDGBZDtHl6dDwpcbnvG7tywv0sKoLA71lEqw2jAVN7rOzw0Fn5/e/l5iSoVPO7Jok8eWWR35DtY8IHnlX\
        mBUsA4I9yHM5f0LdJ2FEiGl0rwCs8pWntrwcVKSg9YPag9v9d4HSqWxlnLDOObhqoF8k8iUJ9KgSjO279oaN5Uqx\
        AQntVa9BIi6GEeUvNkm2uEQhoqlvcoS5dUfdUsSTlbbLlXxDgJrBXYtyIX3M/y90CI22kvSYhsxTv89PB/eyuPDQ\
        hV317gTAkSzBBI9QBitPnouYXFrqevk89QIDAQAB";
    const OTHER_RSA_SHA512: &str = "x3v+/fXnK7U8Y2Yr1wn7lKN7ALTBqLmYsjfZbuU+/MhYPk61yMaHtKyjYLJ5vH61kBbrXsxJVSKKV282AmScyhv/\
        EqUcdKOpOAtC+S/tgf8E7Qv64CqrUvxPDK5y6j3MZM639cBSJY5NpPqok7QwDKgaQj42GxpX5VRvF+oKZXPZxOQ1\
        maHnKyDH/d4fUA6JmRZs4l8CuVvXZGEmZ+QaCUJEOFHRI60kMEvCpem/YYMvU/ngq5KHBQjiSCZifF3hYBGjCLsZ\
        yv/wRWtLvRBpIUWRYz9tGNQNpYg/CvGCevbLhNZ2XTWp5/qbUusLwjnyDY1ZqdywI9dmnGi9P1vdiw==";
    const P256: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9zQgPrTI7YxUExyvKi87GqHwQkZJU0U802qBGoWIveNVahoI/BSc\
        GATkNj3ru5IS6T9A3XHznKYPJDVJE26ztQ==";
    const P256_SHA256: &str = "MEYCIQCFCukJ/JwYWe19fNQE6ih8ipoVixiwZHJJMSAEEizUCQIhAO+QBlmD9gE43Qt2aD/p+1mHsAtgBZETcK1c\
        N9b+X9bD";
    /// A certificate of that RSA key for `sns.example.com`.
    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\n\
        MIIDOTCCAiGgAwIBAgIUQGkbkfjwJrSt/8cRsZVn68VFGBkwDQYJKoZIhvcNAQEL\n\
        BQAwLDEQMA4GA1UECgwHRXhhbXBsZTEYMBYGA1UEAwwPc25zLmV4YW1wbGUuY29t\n\
        MB4XDTI2MTEyNDEwMTQ0N1oXDTM2MTEyMTEwMTQ0N1owLDEQMA4GA1UECgwHRXhh\n\
        bXBsZTEYMBYGA1UEAwwPc25zLmV4YW1wbGUuY29tMIIBIjANBgkqhkiG9w0BAQEF\n\
        AAOCAQ8AMIIBCgKCAQEAokEm5ZZgeqb30ANoKVRbKVBuTW20O8c0w3J1i2+4R7pN\n\
        8dfH/08mKYAtUyD8EjAj9sHcta4i4NJOuytii0k34xSLaIIgXyYI6S0nyUQRQ8qQ\n\
        ZtI18OZlijzwiRxuALlIuizNVM+ZFdCgytnSHOppsKnyYCC8eIVE6fej4zwNeLQM\n\
        qQfjxTcteWPVxVOdEizh0tc2RX66Vh/bRIZ2KevQYfFpR5Cu5VJculHYTjlajMyU\n\
        BiYeI9Pa+2hbzbPxR4cYtbZjR1DY2GyjwHwlFZjgBB286z6ObiCcZalJ8+Ha4oF+\n\
        hwDavhzLDJgSKtJ8HDQ6mGFdUceaVyVE7YUa9bOxmQIDAQABo1MwUTAdBgNVHQ4E\n\
        FgQUHt7h2lXfjAo5lm68G9scVurJzGgwHwYDVR0jBBgwFoAUHt7h2lXfjAo5lm68\n\
        G9scVurJzGgwDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOCAQEAlDWM\n\
        aLYvZfWKLd/LtuM9QgkI8XdP++cEKcCyXWSH6GH4mjicGS+F6ZNoQeCq+NZwGTsQ\n\
        kmhjo5JqetDMwhXSXjEGPGBeFY87GaAvezNZCJixbOsNPAwc6YqZ+Fv8bBaBrSZ3\n\
        72/XUMqPTBxMb5PDkSMy4C/60Ahp3tBJ4HtUp90ob6OBRhWkKzkKk6bTMC0JIaLX\n\
        5olq3dnUj1mutWe6DFJ7IWpBulcdoXCBImYW8fomSmHvVveTpgnJwmEIGEb6I+T3\n\
        f+ud7jwVY2aLN7uRIUGcmdaGMBmReMTlxlOhGyySI8zL7p+6zGiJq26DU99/XpYl\n\
        5E/NFcYuZOymvIgtNg==\n\
        -----END CERTIFICATE-----\n";
    /// 2026-11-24T10:14:47Z and 2036-11-21T10:14:47Z.
    const BEGINS: u64 = 1_795_515_287;
    const EXPIRES: u64 = 2_110_875_287;

    fn bytes(base64: &str) -> Vec<u8> {
        Base64::decode_vec(base64).expect("base64")
    }

    fn hex(hex: &str) -> Vec<u8> {
        base16ct::lower::decode_vec(hex).expect("hex")
    }

    fn public(algorithm: AsymmetricAlgorithm, key: &[u8]) -> PublicKey {
        algorithm.public_key(&Secret::from_key(key), key).expect("a public key")
    }

    /// Asserts that a key accepts the signature of the text, and no other signature or text.
    fn assert_verifies(key: &PublicKey, text: &[u8], signature: &[u8]) {
        let verifies = |body: &[u8], signature: &[u8]| {
            let values = Values { body, ..Values::default() };
            let of_template = key.verify(&Template::BODY, &values, signature);
            assert_eq!(key.verify_message(body, signature), of_template);
            of_template
        };
        assert!(verifies(text, signature));
        assert!(!verifies(&[text, b"x"].concat(), signature));
        assert!(!verifies(b"", signature));
        assert!(!verifies(text, &signature[1..]) && !verifies(text, b""));
        let mut changed = signature.to_vec();
        *changed.last_mut().expect("it is not empty") ^= 1;
        assert!(!verifies(text, &changed));
    }

    #[test]
    fn algorithms_have_labels_and_lengths() {
        let properties = [
            AsymmetricAlgorithm::Ed25519,
            AsymmetricAlgorithm::EcdsaP256,
            AsymmetricAlgorithm::RsaSha1,
            AsymmetricAlgorithm::RsaSha256,
            AsymmetricAlgorithm::RsaSha512,
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

    /// RFC 8032, section 7.1, test 2.
    #[test]
    fn ed25519_matches_the_test_vector() {
        let private = hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
        let key = hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
        let signature = hex(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613\
             d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        );
        assert_verifies(&public(AsymmetricAlgorithm::Ed25519, &key), &[0x72], &signature);
        let sign = |private: &[u8]| {
            AsymmetricAlgorithm::Ed25519.sign(&Secret::from_key(private), private, &[0x72])
        };
        assert_eq!(sign(&private), Ok(signature));
        let short = SecretError::Malformed("an Ed25519 private key of 32 bytes");
        assert_eq!(sign(&private[1..]), Err(short));
    }

    #[test]
    fn ecdsa_and_rsa_match_openssl() {
        let key = public(AsymmetricAlgorithm::EcdsaP256, &bytes(P256));
        assert_verifies(&key, b"text", &bytes(P256_SHA256));
        let key = public(AsymmetricAlgorithm::RsaSha256, &bytes(RSA));
        assert_verifies(&key, b"text", &bytes(RSA_SHA256));
        let key = AsymmetricAlgorithm::RsaSha256.public_key(&Secret::new(RSA), &bytes(RSA));
        assert_verifies(&key.expect("a public key"), b"text", &bytes(RSA_SHA256));
        let key = public(AsymmetricAlgorithm::RsaSha1, &bytes(RSA));
        assert_verifies(&key, b"text", &bytes(RSA_SHA1));
        let key = public(AsymmetricAlgorithm::RsaSha512, &bytes(OTHER_RSA));
        assert_verifies(&key, b"text", &bytes(OTHER_RSA_SHA512));
        let lines: Vec<&[u8]> = RSA.as_bytes().chunks(64).collect();
        let lines = String::from_utf8(lines.join(&b'\n')).expect("ASCII");
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n");
        let key = AsymmetricAlgorithm::RsaSha256.public_key(&Secret::new(pem), b"not looked at");
        assert_verifies(&key.expect("a public key"), b"text", &bytes(RSA_SHA256));
    }

    #[test]
    fn invalid_public_keys_are_rejected() {
        for algorithm in [
            AsymmetricAlgorithm::Ed25519,
            AsymmetricAlgorithm::EcdsaP256,
            AsymmetricAlgorithm::RsaSha1,
            AsymmetricAlgorithm::RsaSha256,
            AsymmetricAlgorithm::RsaSha512,
        ] {
            for key in [&b""[..], b"key", &[0; 31]] {
                let read = algorithm.public_key(&Secret::from_key(key), key);
                assert!(matches!(read, Err(SecretError::Malformed(_))), "{algorithm:?}");
            }
        }
    }

    #[test]
    fn a_certificate_is_valid_until_it_expires() {
        const RENEWED: u64 = 366 * 24 * 60 * 60;
        let read = |seconds| {
            let now = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            Certificate::parse(CERTIFICATE.as_bytes(), now)
        };
        let certificate = read(EXPIRES).expect("this is its last second");
        assert!(read(EXPIRES + 1).is_none());
        assert!(read(BEGINS).is_some() && read(BEGINS - RENEWED).is_some());
        assert!(read(BEGINS - RENEWED - 1).is_none() && read(0).is_none());
        assert!(Certificate::parse(b"no PEM", SystemTime::UNIX_EPOCH).is_none());
        let sha256 = certificate.rsa_sha256().expect("an RSA key");
        assert_verifies(&sha256, b"text", &bytes(RSA_SHA256));
        let sha1 = certificate.rsa_sha1().expect("an RSA key");
        assert_verifies(&sha1, b"text", &bytes(RSA_SHA1));
    }

    #[test]
    fn a_certificate_covers_its_parent_domains() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(BEGINS);
        let certificate = Certificate::parse(CERTIFICATE.as_bytes(), now);
        let certificate = certificate.expect("a certificate");
        for domain in ["sns.example.com", "example.com", "com"] {
            assert!(certificate.is_issued_to(domain), "{domain}");
        }
        for domain in ["", "ns.example.com", "ample.com", "other.example.com", "a.sns.example.com"]
        {
            assert!(!certificate.is_issued_to(domain), "{domain:?}");
        }
    }
}
