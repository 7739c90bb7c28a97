//! Secrets and private keys of no provider, for examples and forgeries.

use webhook_runtime::{
    Provider, Secret,
    scheme::{KeyEncoding, KeyType, Scheme},
};

const HEX: &str = "9f2c4b7d1e6a8053c7d4b9a1f0e3825697b4c1d8e5f2a3069c7b4d1e8f5a2b30";

/// A key of RSA that no provider has: it takes seconds to make one. It protects nothing.
const RSA_KEY: &str = include_str!("key.pem");

/// PKCS#8 of a private key on P-256, up to its 32 bytes: RFC 5958 and RFC 5915.
const P256_PREFIX: &[u8] =
    b"\x30\x41\x02\x01\x00\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\
    \x2a\x86\x48\xce\x3d\x03\x01\x07\x04\x27\x30\x25\x02\x01\x01\x04\x20";

/// A private key made of 32 characters, for providers that sign with one. There is one of RSA.
pub(crate) fn private_key(provider: &Provider, seed: &str) -> Option<Secret> {
    Some(match provider.scheme_info().key_pair? {
        KeyType::Ed25519 => Secret::from_key(seed),
        KeyType::P256 => Secret::from_key([P256_PREFIX, seed.as_bytes()].concat()),
        KeyType::Rsa => Secret::new(RSA_KEY),
        _ => return None,
    })
}

/// A secret of the form that a provider issues, for examples.
pub(crate) fn secret(provider: &Provider) -> Secret {
    if let Some(key) = private_key(provider, &HEX[..32]) {
        return key;
    }
    let encoding = provider.scheme().map_or(KeyEncoding::Text, Scheme::key_encoding);
    let text = match encoding {
        _ if provider.name() == "adyen" => HEX,
        KeyEncoding::Hex => HEX,
        KeyEncoding::Base64 | KeyEncoding::Pem => "bjIzT1lkM1dqZ2ZkS0xTOGVXcTFOQXpYYzRIdTdUbTA=",
        KeyEncoding::PrefixedBase64(_) | KeyEncoding::PrefixedBase64OrText(_) => {
            "whsec_bjIzT1lkM1dqZ2ZkS0xTOGVXcTFOQXpY"
        }
        _ => "n23OYd3WjgfdKLS8eWq1NAzXc4Hu7Tm0",
    };
    Secret::new(provider.scheme_info().example_secret(text))
}
