//! Public keys as their owners publish them, and the algorithms that schemes pin: a scheme says the
//! algorithm, and the key only has to fit.

mod algorithm;
mod document;
#[cfg(all(test, feature = "rsa"))]
pub(crate) mod fixtures;
mod form;
mod jwk;
mod key;

pub(crate) use algorithm::SignatureAlgorithm;
pub(crate) use document::{Wanted, check, keys, verify};
pub(crate) use form::is_public_key;
pub(crate) use key::PublicKey;
