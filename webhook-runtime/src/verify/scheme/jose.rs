//! The algorithms of JSON web signatures and tokens (RFC 7518, RFC 8037, RFC 9864).

use super::{Hash, published::SignatureAlgorithm};

/// An algorithm that a JSON web signature can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JoseAlgorithm {
    Hmac(Hash),
    #[allow(dead_code, reason = "each has a feature")]
    PublicKey(SignatureAlgorithm),
}

impl JoseAlgorithm {
    /// The names of the algorithm. The first one is written.
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Hmac(Hash::Sha256) => &["HS256"],
            Self::Hmac(Hash::Sha384) => &["HS384"],
            Self::Hmac(Hash::Sha512) => &["HS512"],
            // JOSE has no such algorithm.
            Self::Hmac(Hash::Sha1) => &[],
            Self::PublicKey(algorithm) => algorithm.jose_names(),
        }
    }

    /// The name that is written.
    pub(super) fn name(self) -> &'static str {
        self.names().first().copied().unwrap_or_default()
    }

    /// True if this is one of the names.
    pub(super) fn is_named(self, name: &str) -> bool {
        self.names().contains(&name)
    }
}
