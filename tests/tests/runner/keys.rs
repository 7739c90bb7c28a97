//! Key pairs for providers that sign with a private key: see `tests/fixtures/keys/README.md`.

use base64ct::{Base64, Encoding as _};
use webhook_runtime::{Provider, Secret, scheme::KeyType};

use super::lines::unhex;

/// A key pair: the first secret signs, the second verifies.
pub(crate) struct Pair {
    pub(crate) private: Secret,
    pub(crate) public: Secret,
}

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../fixtures/keys/", $name))
    };
}

/// Two pairs for a provider, if it has key pairs.
pub(crate) fn pairs(provider: &Provider) -> Option<[Pair; 2]> {
    match provider.scheme_info().key_pair? {
        KeyType::Ed25519 => Some(ed25519()),
        KeyType::P256 => Some(p256()),
        KeyType::Rsa => Some(rsa()),
        _ => None,
    }
}

/// Two pairs for Ed25519.
pub(crate) fn ed25519() -> [Pair; 2] {
    let key = |text: &str| Secret::from_key(unhex(text.trim()).expect("hex"));
    [
        Pair {
            private: key(fixture!("ed25519-1.private.hex")),
            public: key(fixture!("ed25519-1.public.hex")),
        },
        Pair {
            private: key(fixture!("ed25519-2.private.hex")),
            public: key(fixture!("ed25519-2.public.hex")),
        },
    ]
}

/// Two pairs for ECDSA over P-256.
pub(crate) fn p256() -> [Pair; 2] {
    let key = |pem: &str| Secret::from_key(der(pem));
    [
        Pair {
            private: key(fixture!("p256-1.private.pem")),
            public: key(fixture!("p256-1.public.pem")),
        },
        Pair {
            private: key(fixture!("p256-2.private.pem")),
            public: key(fixture!("p256-2.public.pem")),
        },
    ]
}

/// Two pairs for RSA with 2048 bits.
pub(crate) fn rsa() -> [Pair; 2] {
    let key = |pem: &str| Secret::new(pem);
    [
        Pair {
            private: key(fixture!("rsa-1.private.pem")),
            public: key(fixture!("rsa-1.public.pem")),
        },
        Pair {
            private: key(fixture!("rsa-2.private.pem")),
            public: key(fixture!("rsa-2.public.pem")),
        },
    ]
}

fn der(pem: &str) -> Vec<u8> {
    let text: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    Base64::decode_vec(&text).expect("PEM")
}
