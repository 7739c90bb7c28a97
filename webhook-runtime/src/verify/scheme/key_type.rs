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
