//! The tokens of forms, which show that a form came from this console and is for this viewer.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64ct::{Base64UrlUnpadded, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The time for which a token is good.
const LIFETIME: Duration = Duration::from_secs(3600);

/// The key of the tokens, which is of this console alone.
pub(crate) struct Tokens([u8; 32]);

impl Tokens {
    /// Tokens with a key of their own.
    ///
    /// # Panics
    /// If the operating system has no random numbers.
    pub(crate) fn new() -> Self {
        let mut key = [0; 32];
        getrandom::fill(&mut key).expect("the operating system has random numbers");
        Self(key)
    }

    /// Makes a token for the forms of a viewer.
    pub(crate) fn make(&self, viewer: &str, now: SystemTime) -> String {
        // The same token within a minute, so that a page that refreshes does not change.
        let until = (seconds(now) / 60 * 60).saturating_add(LIFETIME.as_secs());
        format!("{until}.{}", Base64UrlUnpadded::encode_string(&self.tag(viewer, until)))
    }

    /// True if this is a token of the viewer that is not too old.
    pub(crate) fn verifies(&self, token: &str, viewer: &str, now: SystemTime) -> bool {
        let Some((until, tag)) = token.split_once('.') else { return false };
        let Ok(until) = until.parse::<u64>() else { return false };
        let Ok(tag) = Base64UrlUnpadded::decode_vec(tag) else { return false };
        let left = until.checked_sub(seconds(now));
        left.is_some_and(|left| left <= LIFETIME.as_secs())
            && self.mac(viewer, until).verify_slice(&tag).is_ok()
    }

    fn tag(&self, viewer: &str, until: u64) -> Vec<u8> {
        self.mac(viewer, until).finalize().into_bytes().to_vec()
    }

    fn mac(&self, viewer: &str, until: u64) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key can have any length");
        mac.update(&until.to_be_bytes());
        mac.update(viewer.as_bytes());
        mac
    }
}

fn seconds(now: SystemTime) -> u64 {
    now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_for_one_viewer_and_an_hour() {
        let (tokens, now) = (Tokens::new(), UNIX_EPOCH + Duration::from_secs(1_760_000_040));
        let token = tokens.make("ana", now);
        let later = |seconds| now + Duration::from_secs(seconds);
        assert!(tokens.verifies(&token, "ana", now) && tokens.verifies(&token, "ana", later(3540)));
        assert!(!tokens.verifies(&token, "ana", later(3601)), "too old");
        assert_eq!(token, tokens.make("ana", later(19)));
        assert!(!tokens.verifies(&token, "ben", now), "of another viewer");
        assert!(!Tokens::new().verifies(&token, "ana", now), "of another process");
        let tag = token.split_once('.').expect("two parts").1;
        let longer = format!("1760099999.{tag}");
        for forged in ["", ".", "1.", &longer, &token[..token.len() - 1], "x.y", tag] {
            assert!(!tokens.verifies(forged, "ana", now), "{forged}");
        }
    }
}
