//! A document with public keys: a set of JSON web keys, one such key, PEM, or SPKI in base64.

use std::time::SystemTime;

use serde_json::Value;

use super::{
    PublishedKey, SignatureAlgorithm,
    jwk::{self, Jwk},
    key,
};
use crate::verify::{Secret, SecretError, scheme::VerifyError};

/// The key that a signature names, and the algorithm that the scheme pins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'w> {
    /// `None` if the provider names no key: all keys that fit are tried.
    pub(crate) id: Option<&'w str>,
    pub(crate) algorithm: SignatureAlgorithm,
    pub(crate) now: SystemTime,
}

/// The number of keys that are tried if the provider names none.
const MAX_TRIED: usize = 8;

/// True if a key of the document made this signature.
///
/// # Errors
/// [`VerifyError::UntrustedKey`] if the document has no such key, or only one that is meant for
/// something else or has expired. [`VerifyError::KeyUnavailable`] if the document is malformed.
pub(crate) fn verify(
    document: &[u8],
    wanted: Wanted<'_>,
    message: &[u8],
    signature: &[u8],
) -> Result<bool, VerifyError> {
    let keys = keys(document, wanted)?;
    Ok(keys.iter().any(|key| key.verifies(wanted.algorithm, message, signature)))
}

/// Checks that a text has at least one key that fits the algorithm: for keys that are configured.
pub(crate) fn check(
    secret: &Secret,
    algorithm: SignatureAlgorithm,
) -> Result<(), SecretError> {
    // The expiry is judged with each request.
    let wanted = Wanted { id: None, algorithm, now: SystemTime::UNIX_EPOCH };
    match keys(secret.expose(), wanted) {
        Ok(_) => Ok(()),
        Err(_) => Err(SecretError::Malformed(algorithm.public_key_kind())),
    }
}

/// The keys in a document that the signature may be made with.
fn keys(document: &[u8], wanted: Wanted<'_>) -> Result<Vec<PublishedKey>, VerifyError> {
    let text = std::str::from_utf8(document).map_err(|_| VerifyError::KeyUnavailable)?;
    if !text.trim_start().starts_with('{') {
        return Ok(vec![spki(text, wanted.algorithm)?]);
    }
    let mut object: Jwk =
        serde_json::from_str(text).map_err(|_| VerifyError::KeyUnavailable)?;
    match object.remove("keys") {
        Some(Value::Array(keys)) => of_set(&keys, wanted),
        Some(_) => Err(VerifyError::KeyUnavailable),
        None => match object.get("key") {
            // The answers of eBay and MailChannels.
            Some(Value::String(text)) => Ok(vec![spki(text, wanted.algorithm)?]),
            _ => Ok(vec![of_jwk(&object, wanted)?]),
        },
    }
}

fn spki(text: &str, algorithm: SignatureAlgorithm) -> Result<PublishedKey, VerifyError> {
    key::der(text)
        .and_then(|der| PublishedKey::from_spki(&der, algorithm))
        .ok_or(VerifyError::KeyUnavailable)
}

/// A single key may lack an id: whoever fetched it asked for it by its id.
fn of_jwk(jwk: &Jwk, wanted: Wanted<'_>) -> Result<PublishedKey, VerifyError> {
    let key = jwk::public_key(jwk, wanted.algorithm).ok_or(VerifyError::KeyUnavailable)?;
    let is_named =
        wanted.id.is_none_or(|id| jwk::has_id(jwk, id) || jwk::has_no_id(jwk));
    if is_named && jwk::is_meant(jwk, wanted.algorithm) && !jwk::has_expired(jwk, wanted.now) {
        Ok(key)
    } else {
        Err(VerifyError::UntrustedKey)
    }
}

/// Keys of other kinds and uses are skipped: a set has them as well.
fn of_set(keys: &[Value], wanted: Wanted<'_>) -> Result<Vec<PublishedKey>, VerifyError> {
    let keys: Vec<_> = keys
        .iter()
        .filter_map(Value::as_object)
        .filter(|jwk| wanted.id.is_none_or(|id| jwk::has_id(jwk, id)))
        .filter_map(|jwk| of_jwk(jwk, wanted).ok())
        .take(MAX_TRIED)
        .collect();
    // With two keys of one id, nobody knows which is meant.
    match (keys.len(), wanted.id) {
        (0, _) | (2.., Some(_)) => Err(VerifyError::UntrustedKey),
        _ => Ok(keys),
    }
}
