//! Secrets for tests, of the form that each scheme needs.
//!
//! They are derived from names, so that tests are reproducible. They protect nothing.

use base64ct::{Base64, Encoding as _};
use sha2::{Digest as _, Sha256};

use crate::verify::{
    Provider, Secret,
    scheme::{KeyEncoding, KeyType, Scheme},
};

/// The key that signs and the key that verifies: the same one, except for key pairs.
pub(crate) struct KeyPair {
    pub(crate) signing: Secret,
    pub(crate) verifying: Secret,
}

/// The owner of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyOwner {
    /// The provider and its endpoint.
    Endpoint,
    /// Somebody else.
    Stranger,
}

impl KeyPair {
    /// Creates a pair for a provider, derived from a name.
    pub(crate) fn new(provider: &Provider, name: &str, owner: KeyOwner) -> Self {
        let seed: [u8; 32] = Sha256::digest(format!("{name} {owner:?}")).into();
        if let Some(key_type) = provider.scheme_info().key_pair {
            return key_pair(key_type, seed, owner);
        }
        let secret = Secret::new(text(provider, &seed)).with_name("made for this test");
        Self { signing: secret.clone(), verifying: secret }
    }
}

/// The text of a shared secret, as the provider would show it.
fn text(provider: &Provider, seed: &[u8; 32]) -> String {
    let hex = base16ct::lower::encode_string(seed);
    // Schemes in code take each part of the secret as text, in hex, or both.
    match provider.scheme().map_or(KeyEncoding::Text, Scheme::key_encoding) {
        KeyEncoding::Text => provider.scheme_info().example_secret(&hex),
        KeyEncoding::AsciiText | KeyEncoding::Hex | KeyEncoding::HtmlEscaped => hex,
        KeyEncoding::Base64 | KeyEncoding::Pem => Base64::encode_string(seed),
        KeyEncoding::PrefixedBase64(prefix) | KeyEncoding::PrefixedBase64OrText(prefix) => {
            format!("{prefix}{}", Base64::encode_string(seed))
        }
    }
}

fn key_pair(key_type: KeyType, seed: [u8; 32], owner: KeyOwner) -> KeyPair {
    let _ = (seed, owner);
    match key_type {
        #[cfg(feature = "ed25519")]
        KeyType::Ed25519 => {
            let private = ed25519_dalek::SigningKey::from_bytes(&seed);
            KeyPair {
                signing: Secret::from_key(seed),
                verifying: Secret::from_key(private.verifying_key().to_bytes()),
            }
        }
        #[cfg(feature = "ecdsa")]
        KeyType::P256 => {
            use p256::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _};
            // Nearly every number is a key. If one is not, the next one is tried.
            let private = (0..=u8::MAX).find_map(|last| {
                let mut seed = seed;
                seed[31] ^= last;
                p256::ecdsa::SigningKey::from_slice(&seed).ok()
            });
            let private = private.expect("one of these numbers makes a key");
            let public = private.verifying_key().to_public_key_der().expect("it can be written");
            let private = private.to_pkcs8_der().expect("it can be written");
            KeyPair {
                signing: Secret::from_key(private.as_bytes()),
                verifying: Secret::from_key(public.as_bytes()),
            }
        }
        #[cfg(feature = "ecdsa-p384")]
        KeyType::P384 => {
            use p384::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _};
            let mut number = [0; 48];
            number[16..].copy_from_slice(&seed);
            let private = p384::ecdsa::SigningKey::from_slice(&number).expect("it is small enough");
            let public = private.verifying_key().to_public_key_der().expect("it can be written");
            let private = private.to_pkcs8_der().expect("it can be written");
            KeyPair {
                signing: Secret::from_key(private.as_bytes()),
                verifying: Secret::from_key(public.as_bytes()),
            }
        }
        #[cfg(feature = "ecdsa-p521")]
        KeyType::P521 => {
            use p521::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _};
            let mut number = [0; 66];
            number[34..].copy_from_slice(&seed);
            let private = p521::ecdsa::SigningKey::from_slice(&number).expect("it is small enough");
            let public = private.verifying_key().to_public_key_der().expect("it can be written");
            let private = private.to_pkcs8_der().expect("it can be written");
            KeyPair {
                signing: Secret::from_key(private.as_bytes()),
                verifying: Secret::from_key(public.as_bytes()),
            }
        }
        #[cfg(feature = "rsa")]
        KeyType::Rsa => {
            use rsa::{
                BoxedUint,
                pkcs8::{EncodePrivateKey as _, EncodePublicKey as _, LineEnding},
            };
            // It takes seconds to find primes without optimisation, so there are two fixed pairs.
            let number = |hex| BoxedUint::from_be_hex(hex, 1024).expect("1024 bits, in hex");
            let [p, q] = PRIMES[usize::from(owner == KeyOwner::Stranger)].map(number);
            let private = rsa::PrivateKey::from_p_q(p, q, 65_537_u64.into()).expect("primes");
            let public = rsa::PublicKey::from(&private);
            let public = public.to_public_key_der().expect("it can be written");
            let private = private.to_pkcs8_pem(LineEnding::LF).expect("it can be written");
            KeyPair {
                signing: Secret::new(private.as_str()),
                verifying: Secret::from_key(public.as_bytes()),
            }
        }
    }
}

/// Public primes, for tests only.
#[cfg(feature = "rsa")]
const PRIMES: [[&str; 2]; 2] = [
    [
        "e0de1becddb98199bd1d99f8f560c547bd845709c260aaa0beaf39d966dab1d0\
         8ce322e0251210cc33faec7d081ff2ccd1146547c1a54d76411ff3e81977de9c\
         b648fdabbaeda7b055e7a830e3dcf5a1969ee68b1b9788e6d2eab9cd29b5b3a8\
         92ff1a024e309b5ec1d16a1cd78e148de02c01e3dc2fc5df879b5f13577b1b57",
        "c9e6fd8709c7dfd0df99292204acf0b95bbb3c69038cadd11acb20c4091cfb3f\
         359685b72ad97c07c3821469dade424bd055f3712e8e38a30ccc0a09d06b61a3\
         2a9dc1b19cb62fd98c75abe565c412adfa6be7c311dee3450f0d59fb3b56302d\
         de1c468463d0644a9784754b58a7c83235ab98e359a24a4b005922565ea89401",
    ],
    [
        "ca57d5fd1753e257846dd071a68310a8d042b505eed73c5d59aa53b7c2097466\
         41717356e7b29faf1f28037d2be0bc1b8330dafaf47297bd8472a90c0a41d34c\
         3b37612f40f2888bd33c9f7e31c93f18a5b0a1fc529c59394f3fc36249b8dab9\
         280e2df87258ad582560f62d08169e6c8a63a120392d58b80e65d55850d3fbbf",
        "b78d403b34b74c09aeaee079bbf711380f6fe01f8a11e0b09e5be2be43493448\
         2819d033e4a0cc0e03f23cd496e8822ee28e5e24ee73d2b9083dbf23eeb18c36\
         c5d391b5fcdc3e032fdcb93306b21e9987805b9a78e8bfa87f894d305b85e8e6\
         70cd3e83010776d80ef78dc1fced0a52a56d5c3e2e3b7d41e563d2aaf9d91a3f",
    ],
];
