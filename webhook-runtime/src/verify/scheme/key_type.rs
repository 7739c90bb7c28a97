//! The types of key pairs, without what is signed with them.

/// The type of a key pair: its private key signs, and its public key verifies. Each has a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyType {
    /// Ed25519 (RFC 8032).
    #[cfg(feature = "ed25519")]
    Ed25519,
    /// The elliptic curve P-256, for ECDSA.
    #[cfg(feature = "ecdsa")]
    P256,
    /// The elliptic curve P-384, for ECDSA.
    #[cfg(feature = "ecdsa-p384")]
    P384,
    /// The elliptic curve P-521, for ECDSA.
    #[cfg(feature = "ecdsa-p521")]
    P521,
    /// RSA.
    #[cfg(feature = "rsa")]
    Rsa,
}

/// The name of each key in error messages.
impl KeyType {
    /// The private key that signs.
    #[allow(dead_code, reason = "each type has a feature")]
    pub(super) const fn private_key_kind(self) -> &'static str {
        match self {
            #[cfg(feature = "ed25519")]
            Self::Ed25519 => "an Ed25519 private key (PKCS#8)",
            #[cfg(feature = "ecdsa")]
            Self::P256 => "a P-256 private key (PKCS#8)",
            #[cfg(feature = "ecdsa-p384")]
            Self::P384 => "a P-384 private key (PKCS#8)",
            #[cfg(feature = "ecdsa-p521")]
            Self::P521 => "a P-521 private key (PKCS#8)",
            #[cfg(feature = "rsa")]
            Self::Rsa => "an RSA private key (PKCS#8)",
        }
    }

    /// The public key as the secret of a [`Scheme`](super::Scheme).
    pub(super) const fn public_key_kind(self) -> &'static str {
        match self {
            #[cfg(feature = "ed25519")]
            Self::Ed25519 => "an Ed25519 public key of 32 bytes",
            #[cfg(feature = "ecdsa")]
            Self::P256 => "a P-256 public key (SPKI in base64)",
            #[cfg(feature = "ecdsa-p384")]
            Self::P384 => "a P-384 public key (SPKI in base64)",
            #[cfg(feature = "ecdsa-p521")]
            Self::P521 => "a P-521 public key (SPKI in base64)",
            #[cfg(feature = "rsa")]
            Self::Rsa => "an RSA public key (PEM, or SPKI in base64)",
        }
    }

    /// The public key as a published document.
    #[allow(dead_code, reason = "each type has a feature")]
    pub(super) const fn document_kind(self) -> &'static str {
        match self {
            #[cfg(feature = "ed25519")]
            Self::Ed25519 => "an Ed25519 public key (JWK, JWKS, PEM or SPKI in base64)",
            #[cfg(feature = "ecdsa")]
            Self::P256 => "a P-256 public key (JWK, JWKS, PEM or SPKI in base64)",
            #[cfg(feature = "ecdsa-p384")]
            Self::P384 => "a P-384 public key (JWK, JWKS, PEM or SPKI in base64)",
            #[cfg(feature = "ecdsa-p521")]
            Self::P521 => "a P-521 public key (JWK, JWKS, PEM or SPKI in base64)",
            #[cfg(feature = "rsa")]
            Self::Rsa => "an RSA public key (JWK, JWKS, PEM or SPKI in base64)",
        }
    }
}
