//! A hash of several parts.

use sha2::{Digest as _, Sha256};

/// SHA-256 over a list of parts. Each part follows its length, so that no two lists have the same
/// input: `["ab", "c"]` and `["a", "bc"]` differ.
pub(crate) struct PartsHash(Sha256);

impl PartsHash {
    pub(crate) fn new() -> Self {
        Self(Sha256::new())
    }

    /// Adds a part.
    pub(crate) fn part(&mut self, part: &[u8]) {
        self.0.update((part.len() as u64).to_be_bytes());
        self.0.update(part);
    }

    /// The hash of all parts.
    pub(crate) fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(parts: &[&[u8]]) -> [u8; 32] {
        let mut hash = PartsHash::new();
        for part in parts {
            hash.part(part);
        }
        hash.finish()
    }

    #[test]
    fn lists_of_parts_are_told_apart() {
        let lists: [&[&[u8]]; 6] =
            [&[], &[b""], &[b"", b""], &[b"abc"], &[b"ab", b"c"], &[b"a", b"bc"]];
        for (index, list) in lists.iter().enumerate() {
            for other in &lists[..index] {
                assert_ne!(hash(list), hash(other), "{list:?} and {other:?}");
            }
        }
    }

    #[test]
    fn each_part_follows_its_length() {
        let input = b"\0\0\0\0\0\0\0\x02ab\0\0\0\0\0\0\0\x01c";
        assert_eq!(hash(&[b"ab", b"c"])[..], Sha256::digest(input)[..]);
    }
}
