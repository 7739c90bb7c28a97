//! Random texts for ids and forged secrets.

use std::hash::{BuildHasher as _, RandomState};

/// Random hexadecimal digits. The standard library seeds every hasher anew.
pub(crate) fn random_hex(length: usize) -> String {
    let mut text = String::with_capacity(length + 16);
    while text.len() < length {
        let number = RandomState::new().hash_one(text.len());
        text.extend(
            number
                .to_le_bytes()
                .map(|byte| char::from(b"0123456789abcdef"[usize::from(byte & 15)])),
        );
    }
    text.truncate(length);
    text
}
