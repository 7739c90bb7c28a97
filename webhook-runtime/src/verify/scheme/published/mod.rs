//! Public keys as their owners publish them, and the algorithms that schemes pin: a scheme says the
//! algorithm, and the key only has to fit.

mod algorithm;
mod document;
#[cfg(all(test, feature = "rsa"))]
pub(crate) mod fixtures;
mod jwk;
mod key;
mod recognize;

pub(crate) use algorithm::SignatureAlgorithm;
pub(crate) use document::{Wanted, check, keys, verify};
pub(crate) use key::PublicKey;
pub(crate) use recognize::is_key_of_pair;
