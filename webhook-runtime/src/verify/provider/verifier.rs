//! Verification without an endpoint, with secrets that are prepared once.

use std::{fmt, time::SystemTime};

use crate::verify::{
    Secret,
    scheme::{Keys, SignedRequest, Verified, Verifier, VerifyError},
};

/// A provider and its live secrets, made ready once to verify many requests. Made by
/// [`Provider::verifier`](crate::Provider::verifier); every thread may use the same one.
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

    /// Whether one of the secrets signed this request, and lately.
    ///
    /// `key` is what [`Provider::key_request`](crate::Provider::key_request) asked for. A request that
    /// is accepted takes no memory from the heap where the scheme is data and an HMAC, unless what
    /// is signed has to be decoded first, the time is in the body, or the secret's name is a
    /// `String`.
    ///
    /// # Errors
    /// With the reason why the request is not believed.
    pub fn verify(
        &self,
        request: &SignedRequest<'_>,
        key: Option<&[u8]>,
        now: SystemTime,
    ) -> Result<Verified, VerifyError> {
        self.verifier.verify(request, &self.keys, key, now)
    }
}

/// Shows no secret.
impl fmt::Debug for ProviderVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderVerifier").finish_non_exhaustive()
    }
}
