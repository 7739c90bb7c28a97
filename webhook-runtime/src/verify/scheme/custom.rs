//! What data cannot say: a scheme as code, behind the same [`Provider`](crate::Provider).

use std::{
    borrow::Cow,
    fmt,
    ops::Range,
    time::{Duration, SystemTime},
};

use http::HeaderMap;

use super::{RequestToSign, SignError, SignedParts, SignedRequest, VerifyError};
use crate::verify::{Secret, SecretError};

/// A scheme that a [`Scheme`](super::Scheme) cannot describe.
///
/// Implementations hold no state, compare in constant time, and answer from what they are given:
/// no clock, no network. See [`Provider::custom`](crate::Provider::custom) for an example.
pub trait Verify: fmt::Debug + Send + Sync + 'static {
    /// Refuses what can be refused before the body is read: headers that are missing, repeated or
    /// malformed.
    ///
    /// # Errors
    /// With the reason.
    fn check_headers(&self, headers: &HeaderMap) -> Result<(), VerifyError>;

    /// Whether `context.secret` made this request; when it was signed, where the scheme says so.
    ///
    /// # Errors
    /// With the reason; [`VerifyError::InvalidSignature`] lets the next live secret be tried.
    fn verify(
        &self,
        request: &SignedRequest<'_>,
        context: &VerifyContext<'_>,
    ) -> Result<Option<SystemTime>, VerifyError>;

    /// Makes a genuine request.
    ///
    /// # Errors
    /// When the secret is not of the scheme's form, or the scheme cannot sign.
    fn sign<'r>(
        &self,
        secret: &Secret,
        request: &RequestToSign<'r>,
    ) -> Result<SignedParts<'r>, SignError>;

    /// Whether a secret is of the scheme's form, asked once at start. Blank ones never get here.
    ///
    /// # Errors
    /// With what is wrong.
    fn check_secret(&self, secret: &Secret) -> Result<(), SecretError> {
        let _ = secret;
        Ok(())
    }

    /// The key that has to be fetched before this request can be verified.
    ///
    /// What the request says about it was written by anybody: name only keys of places that the
    /// provider owns.
    ///
    /// # Errors
    /// When the request names a key of somebody else, or none.
    fn key_request(&self, request: &SignedRequest<'_>) -> Result<Option<KeyRequest>, VerifyError> {
        let _ = request;
        Ok(None)
    }

    /// What the signature covers of a body, in one form whatever way it was written: two bodies of one
    /// identity are one delivery to the inbox. The body as it came, unless implemented.
    fn identity<'b>(&self, body: &'b [u8]) -> Cow<'b, [u8]> {
        Cow::Borrowed(body)
    }

    /// Where in the body the secret itself stands, if it does: the inbox keeps asterisks in its place.
    fn credentials(&self, body: &[u8]) -> Vec<Range<usize>> {
        let _ = body;
        Vec::new()
    }

    /// What the scheme needs and what it covers.
    fn scheme_info(&self) -> SchemeInfo;
}

/// What a scheme needs, and what its signature covers.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts")]
pub struct SchemeInfo {
    /// How it works, in a few words, for tables.
    pub summary: &'static str,
    /// The header that carries the signature; empty where it is in the body.
    pub signature_header: &'static str,
    /// Whether there is a shared secret. Without one, keys are fetched.
    pub needs_secret: bool,
    /// Whether keys have to be fetched, so that a key source is needed.
    pub fetches_keys: bool,
    /// Whether the public URL is signed, and has to be configured.
    pub signs_url: bool,
    /// Whether the whole body is signed.
    pub signs_body: bool,
    /// What is signed of a body that is not signed as a whole, as JSON pointers.
    pub signed_pointers: &'static [&'static str],
    /// Whether a time is signed, so that `tolerance` has an effect.
    pub signs_time: bool,
    /// Whether the method is signed.
    pub signs_method: bool,
    /// How long a delivery stays genuine that somebody has recorded, unless the endpoint sets a
    /// `tolerance`.
    pub replay_window: ReplayWindow,
}

/// How long a delivery stays genuine that somebody has recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplayWindow {
    /// For as long as the secret or key.
    Unlimited,
    /// For this long after it was signed.
    Limited(Duration),
    /// Until the time that it says itself.
    UntilExpiry,
    /// Until the time that it says itself, if it says one.
    UntilOptionalExpiry,
}

impl SchemeInfo {
    /// A shared secret signs the body.
    #[must_use]
    pub const fn new(summary: &'static str, header: &'static str) -> Self {
        Self {
            summary,
            signature_header: header,
            needs_secret: true,
            fetches_keys: false,
            signs_url: false,
            signs_body: true,
            signed_pointers: &[],
            signs_time: false,
            signs_method: false,
            replay_window: ReplayWindow::Unlimited,
        }
    }
}

/// What a request is verified with.
#[derive(Clone, Copy, Debug)]
pub struct VerifyContext<'a> {
    /// The secret to try; a blank one where the scheme needs none.
    pub secret: &'a Secret,
    /// The key that [`Verify::key_request`] asked for.
    pub key: Option<&'a [u8]>,
    /// The present time.
    pub now: SystemTime,
    /// The window that the endpoint sets instead of the provider's.
    pub tolerance: Option<Duration>,
}

/// A key that a provider publishes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyRequest {
    /// What is behind this URL, which has been checked to be the provider's.
    Url(Cow<'static, str>),
    /// The key of this name.
    Id(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Implements what has to be implemented, and nothing else.
    #[derive(Debug)]
    struct Least;

    impl Verify for Least {
        fn check_headers(&self, _: &HeaderMap) -> Result<(), VerifyError> {
            Ok(())
        }

        fn verify(
            &self,
            _: &SignedRequest<'_>,
            _: &VerifyContext<'_>,
        ) -> Result<Option<SystemTime>, VerifyError> {
            Err(VerifyError::InvalidSignature)
        }

        fn sign<'r>(
            &self,
            _: &Secret,
            _: &RequestToSign<'r>,
        ) -> Result<SignedParts<'r>, SignError> {
            Err(SignError::Unsupported)
        }

        fn scheme_info(&self) -> SchemeInfo {
            SchemeInfo::new("least", "x-least")
        }
    }

    #[test]
    fn default_methods_accept_everything() {
        let headers = HeaderMap::new();
        let request =
            SignedRequest { method: "POST", url: "", headers: &headers, query: "", body: b"" };
        assert_eq!(Least.check_secret(&Secret::new("x")), Ok(()));
        assert_eq!(Least.key_request(&request), Ok(None));
        for body in [&b""[..], b"\0", b"\x01", b"{}"] {
            assert_eq!(Least.identity(body), body);
        }
    }
}
