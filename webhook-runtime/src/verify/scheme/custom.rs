//! Schemes as code, for the same [`Provider`](crate::Provider).

use std::{
    borrow::Cow,
    fmt,
    ops::Range,
    time::{Duration, SystemTime},
};

use http::HeaderMap;

use super::{KeyType, RequestToSign, SignError, Signed, SignedParts, SignedRequest, VerifyError};
use crate::verify::{Secret, SecretError};

/// A scheme that a [`Scheme`](super::Scheme) cannot describe.
///
/// Implementations have no state, compare in constant time, and use only their arguments: no clock
/// and no network. Built-in schemes such as Twilio's implement it too.
pub trait Verify: fmt::Debug + Send + Sync + 'static {
    /// Checks the headers before the body is read: they must not be missing, repeated or malformed.
    ///
    /// # Errors
    /// The reason why the headers are invalid.
    fn check_headers(&self, headers: &HeaderMap) -> Result<(), VerifyError>;

    /// Verifies that `context.secret` signed this request. Returns the text that was signed, and
    /// the time of signing if the scheme has one.
    ///
    /// # Errors
    /// The reason why the request is not genuine. After [`VerifyError::InvalidSignature`], the next
    /// secret is tried.
    fn verify<'r>(
        &self,
        request: &SignedRequest<'r>,
        context: &VerifyContext<'_>,
    ) -> Result<Signed<'r>, VerifyError>;

    /// Signs a request.
    ///
    /// # Errors
    /// If the secret is malformed, or the scheme cannot sign.
    fn sign<'r>(
        &self,
        secret: &Secret,
        request: &RequestToSign<'r>,
    ) -> Result<SignedParts<'r>, SignError>;

    /// Checks the format of a secret, once at start. Blank secrets are rejected before.
    ///
    /// # Errors
    /// The problem with the secret.
    fn check_secret(&self, secret: &Secret) -> Result<(), SecretError> {
        let _ = secret;
        Ok(())
    }

    /// The key to fetch before this request can be verified.
    ///
    /// The request is untrusted here: return only keys from locations that the provider owns.
    ///
    /// # Errors
    /// If the request names no key, or a key that is not the provider's.
    fn key_request(&self, request: &SignedRequest<'_>) -> Result<Option<KeyRequest>, VerifyError> {
        let _ = request;
        Ok(None)
    }

    /// The answer to a challenge of a handshake, for [`RequestValue::SchemeAnswer`]. Anybody can send
    /// a challenge: answer only one of the provider's form, and never with what could be the
    /// signature of a delivery. The default answers none.
    ///
    /// [`RequestValue::SchemeAnswer`]: crate::handshake::RequestValue::SchemeAnswer
    fn answer_challenge(&self, secret: &Secret, challenge: &str) -> Option<String> {
        let _ = (secret, challenge);
        None
    }

    /// The signed text of one item of a batch, for a scheme that signs items one by one. The inbox
    /// takes two items with the same text for the same item. The default is the whole item.
    fn signed_item<'i>(&self, item: &'i str) -> Cow<'i, str> {
        Cow::Borrowed(item)
    }

    /// The ranges of the body that contain the secret itself. The inbox and recordings store
    /// asterisks in their place. There are none by default.
    fn credentials(&self, body: &[u8]) -> Vec<Range<usize>> {
        let _ = body;
        Vec::new()
    }

    /// The needs of the scheme, and what its signature covers.
    fn scheme_info(&self) -> SchemeInfo;
}

/// The needs of a scheme, and what its signature covers.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts")]
pub struct SchemeInfo {
    /// A summary in a few words, for tables.
    pub summary: &'static str,
    /// The header that contains the signature; empty if the signature is in the body.
    pub signature_header: &'static str,
    /// True if there is a shared secret. Without one, keys are fetched.
    pub needs_secret: bool,
    /// The parts of a secret that are joined by colons, such as `user` and `password`; empty for a
    /// secret that is one text.
    pub secret_parts: &'static [&'static str],
    /// The type of the key pair, if the secret is a public key: only the private key signs.
    pub key_pair: Option<KeyType>,
    /// True if keys must be fetched, so that a key source is needed.
    pub fetches_keys: bool,
    /// True if the public URL is signed, so that it must be configured.
    pub signs_url: bool,
    /// True if the whole body is signed.
    pub signs_body: bool,
    /// The field of a form that is signed instead of the whole form, for senders of forms with JSON
    /// in one field.
    pub signed_form_field: Option<&'static str>,
    /// The field of a `multipart/form-data` body that has the JSON payload, if the sender sends such
    /// bodies. The scheme reads it, and hands it out with [`Signed::with_payload`].
    pub multipart_field: Option<&'static str>,
    /// True if the fields of a form are signed without anything between them: the end of one can be
    /// taken for the start of the next.
    pub joins_form_fields: bool,
    /// JSON pointers to the signed values of a body that is not signed as a whole.
    pub signed_pointers: &'static [&'static str],
    /// The headers that are signed, in lower case.
    pub signed_headers: &'static [&'static str],
    /// True if a time is signed, so that `tolerance` has an effect.
    pub signs_time: bool,
    /// True if the method is signed.
    pub signs_method: bool,
    /// The media type of the signed text that handlers get in place of the body: JSON in most cases.
    pub payload_media_type: &'static str,
    /// The time for which a recorded delivery can be replayed, unless the endpoint sets a
    /// `tolerance`.
    pub replay_window: ReplayWindow,
}

/// The time for which a recorded delivery can be replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplayWindow {
    /// As long as the secret or key is valid.
    Unlimited,
    /// For this long after it was signed.
    Limited(Duration),
    /// Until the expiry in the delivery.
    UntilExpiry,
    /// Until the expiry in the delivery, if it has one.
    UntilOptionalExpiry,
}

impl SchemeInfo {
    /// The properties of a scheme in which a shared secret signs the body.
    #[must_use]
    pub const fn new(summary: &'static str, header: &'static str) -> Self {
        Self {
            summary,
            signature_header: header,
            needs_secret: true,
            secret_parts: &[],
            key_pair: None,
            fetches_keys: false,
            signs_url: false,
            signs_body: true,
            signed_form_field: None,
            multipart_field: None,
            joins_form_fields: false,
            signed_pointers: &[],
            signed_headers: &[],
            signs_time: false,
            signs_method: false,
            payload_media_type: "application/json",
            replay_window: ReplayWindow::Unlimited,
        }
    }

    /// A secret of the form that the scheme needs, for tests and samples. The text is its last part,
    /// and the names of the other parts stand for them.
    #[must_use]
    pub fn example_secret(&self, text: &str) -> String {
        let mut parts = self.secret_parts.to_vec();
        // The text stands for this one.
        parts.pop();
        parts.push(text);
        parts.join(":")
    }

    /// True if the signature covers any value that a handler can read.
    #[cfg(feature = "inbox")]
    pub(crate) fn signs_values(&self) -> bool {
        self.signs_body || !self.signed_pointers.is_empty() || !self.signed_headers.is_empty()
    }
}

/// The secret, key and time to verify a request with.
#[derive(Clone, Copy, Debug)]
pub struct VerifyContext<'a> {
    /// The secret to try; a blank one if the scheme needs none.
    pub secret: &'a Secret,
    /// The key that [`Verify::key_request`] asked for.
    pub key: Option<&'a [u8]>,
    /// The current time.
    pub now: SystemTime,
    /// The endpoint's tolerance, which replaces the provider's window.
    pub tolerance: Option<Duration>,
}

/// A request for a key that a provider publishes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyRequest {
    /// The key at this URL. The URL has been checked to be the provider's.
    Url(Cow<'static, str>),
    /// The key with this id.
    Id(String),
    /// A key in a set of keys.
    InSet {
        /// The set: its URL, which is a constant of the provider, or the name of the provider if
        /// each of its customers has a set.
        set: &'static str,
        /// The id of the key; `None` if the provider does not name it. It is untrusted input. Return
        /// the key alone or the whole set: the scheme picks the key by its id.
        id: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Implements only the required methods.
    #[derive(Debug)]
    struct Least;

    impl Verify for Least {
        fn check_headers(&self, _: &HeaderMap) -> Result<(), VerifyError> {
            Ok(())
        }

        fn verify<'r>(
            &self,
            _: &SignedRequest<'r>,
            _: &VerifyContext<'_>,
        ) -> Result<Signed<'r>, VerifyError> {
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
    fn example_secrets_have_all_parts() {
        let with =
            |secret_parts| SchemeInfo { secret_parts, ..Least.scheme_info() }.example_secret("x");
        assert_eq!(with(&[]), "x");
        assert_eq!(with(&["user", "password"]), "user:x");
        assert_eq!(with(&["a", "b", "c"]), "a:b:x");
    }

    #[test]
    fn default_methods_accept_everything() {
        let headers = HeaderMap::new();
        let request =
            SignedRequest { method: "POST", url: "", headers: &headers, query: "", body: b"" };
        assert_eq!(Least.check_secret(&Secret::new("x")), Ok(()));
        assert_eq!(Least.key_request(&request), Ok(None));
        assert_eq!(Least.answer_challenge(&Secret::new("x"), "c"), None);
        for item in ["", "\0", "{}"] {
            assert_eq!(Least.signed_item(item), item);
        }
    }
}
