//! Random requests that a provider can sign, the same in every run.

use std::time::SystemTime;

use webhook_runtime::{Provider, Secret, scheme::Scheme};

/// True if the provider signs with keys that only it has.
pub(crate) fn is_impossible(provider: &Provider) -> bool {
    provider.scheme_info().fetches_keys
}

/// Random numbers (`SplitMix64`), the same in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 1).expect("63 bits") % end
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next().to_le_bytes()[0]).collect()
    }

    /// Lower-case letters and digits.
    pub(crate) fn word(&mut self, length: usize) -> String {
        const MARKS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        (0..length).map(|_| char::from(MARKS[self.below(MARKS.len())])).collect()
    }

    /// Hex digits are valid as text, as hex and as base64, so every provider accepts them.
    pub(crate) fn hex(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(b"0123456789abcdef"[self.below(16)])).collect()
    }
}

/// True if the signature or the credential is in the query.
pub(crate) fn is_in_query(provider: &Provider) -> bool {
    provider.signature_parameter().is_some()
}

/// The member of a body that has the signed time, if the provider reads it there.
pub(crate) fn time_member(provider: &Provider, now: SystemTime) -> Option<String> {
    let scheme = provider.scheme()?;
    let (pointer, time) = (scheme.timestamp_pointer()?, scheme.signed_timestamp()?);
    let millis = now.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_millis();
    let text = time.format(u64::try_from(millis).ok()?);
    let is_number = text.bytes().all(|mark| mark.is_ascii_digit());
    let value = if is_number { text } else { format!("\"{text}\"") };
    let object = pointer
        .rsplit('/')
        .filter(|name| !name.is_empty())
        .fold(value, |value, name| format!("{{\"{name}\":{value}}}"));
    Some(object[1..object.len() - 1].to_owned())
}

/// A random secret of the kind that the provider has.
pub(crate) fn secret(provider: &Provider, random: &mut Random) -> Secret {
    let text = random.hex(64);
    match provider.scheme().map(Scheme::algorithm) {
        // Keys need not be text.
        Some("HMAC-SHA256" | "HMAC-SHA1" | "HMAC-SHA512") if random.below(2) == 0 => {
            Secret::from_key(random.bytes(32))
        }
        _ => Secret::new(provider.scheme_info().example_secret(&text)),
    }
}
