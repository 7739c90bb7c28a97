//! Verification without an endpoint, with prepared secrets.

use std::{fmt, time::SystemTime};

use crate::verify::{
    Secret,
    scheme::{Keys, SignedRequest, Verified, Verifier, VerifyError},
};

/// A provider with prepared secrets, to verify many requests. Create it with
/// [`Provider::verifier`](crate::Provider::verifier), and share it between threads.
///
/// ```
/// use std::time::SystemTime;
/// use webhook_runtime::{
///     Secret,
///     providers::GITHUB,
///     scheme::{SignedRequest, RequestToSign},
/// };
///
/// let secret = Secret::new("s3cret");
/// let verifier = GITHUB.verifier(&[secret.clone()])?;
/// for body in [br#"{"zen":"one"}"#, br#"{"zen":"two"}"#] {
///     let headers = GITHUB.sign(&secret, &RequestToSign::new(body))?.headers;
///     let request = SignedRequest { method: "POST", url: "", headers: &headers, query: "", body };
///     verifier.verify(&request, None, SystemTime::now())?;
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ProviderVerifier {
    verifier: Verifier,
    keys: Keys,
}

impl ProviderVerifier {
    pub(crate) fn new(verifier: Verifier, secrets: &[Secret]) -> Result<Self, VerifyError> {
        let keys = verifier
            .prepare(secrets)
            .map_err(|problems| VerifyError::InvalidSecret(problems[0].1))?;
        Ok(Self { verifier, keys })
    }

    /// Computes the identity of each verified request, to recognise copies: see
    /// [`Verified::identity`].
    #[must_use]
    pub fn with_identity(mut self) -> Self {
        self.verifier = self.verifier.with_identity();
        self
    }

    /// Verifies that one of the secrets signed this request, and that the signed time is recent.
    ///
    /// `key` is the key that [`Provider::key_request`](crate::Provider::key_request) asked for. An
    /// accepted request allocates nothing on the heap if the scheme is data and an HMAC. The
    /// exceptions are a signed text that must be decoded first, a time in the body, and a secret's
    /// name that is a `String`.
    ///
    /// # Errors
    /// The reason why the request is not genuine.
    pub fn verify(
        &self,
        request: &SignedRequest<'_>,
        key: Option<&[u8]>,
        now: SystemTime,
    ) -> Result<Verified, VerifyError> {
        self.verifier.verify(request, &self.keys, key, now)
    }
}

/// Hides the secrets.
impl fmt::Debug for ProviderVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderVerifier").finish_non_exhaustive()
    }
}
