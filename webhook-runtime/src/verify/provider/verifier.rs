//! Verification without an endpoint, with prepared secrets.

use std::{fmt, time::SystemTime};

use http::Method;

use crate::verify::{
    Secret,
    handshake::{
        self, Handshake, HandshakeContext, HandshakeError, HandshakeRequest, HandshakeStep,
        MAX_UNSIGNED_BODY,
    },
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
    handshakes: &'static [Handshake],
}

impl ProviderVerifier {
    pub(crate) fn new(
        verifier: Verifier,
        secrets: &[Secret],
        handshakes: &'static [Handshake],
    ) -> Result<Self, VerifyError> {
        let keys = verifier
            .prepare(secrets)
            .map_err(|problems| VerifyError::InvalidSecret(problems[0].1))?;
        Ok(Self { verifier, keys, handshakes })
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

    /// The next step, if the request is a handshake of the provider: a challenge or a ping that
    /// delivers no event. `None` is a delivery, which is still to be verified. Endpoints do this by
    /// themselves; call it in servers other than axum, before [`verify`](Self::verify).
    ///
    /// A handshake that is signed is one only with a good signature. `key` is the key that
    /// [`Provider::key_request`](crate::Provider::key_request) asked for, and `verify_token` the
    /// one of [`Webhooks::verify_token`](crate::Webhooks::verify_token). The URL of the request is the
    /// public one: some responses contain a hash of it.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use http::HeaderMap;
    /// use webhook_runtime::{Secret, handshake::HandshakeStep, providers::META, scheme::SignedRequest};
    ///
    /// let request = SignedRequest {
    ///     method: "GET",
    ///     url: "",
    ///     headers: &HeaderMap::new(),
    ///     query: "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=t0ken",
    ///     body: b"",
    /// };
    /// let verifier = META.verifier(&[Secret::new("s3cret")])?;
    /// let token = Secret::new("t0ken");
    /// let step = verifier.handshake(&request, None, Some(&token), SystemTime::now())?;
    /// let Some(HandshakeStep::Reply(reply)) = step else { panic!("it is a challenge") };
    /// assert_eq!(reply.body(), "1158201444");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the verify token is wrong, the challenge is missing or invalid, or something is missing to
    /// compute the response.
    pub fn handshake(
        &self,
        request: &SignedRequest<'_>,
        key: Option<&[u8]>,
        verify_token: Option<&Secret>,
        now: SystemTime,
    ) -> Result<Option<HandshakeStep>, HandshakeError> {
        let Ok(method) = Method::from_bytes(request.method.as_bytes()) else { return Ok(None) };
        let head = HandshakeRequest {
            method: &method,
            query: request.query,
            headers: request.headers,
            url: Some(request.url).filter(|url| !url.is_empty()),
            body: None,
        };
        let whole = HandshakeRequest { body: Some(request.body), ..head };
        let context = HandshakeContext {
            keys: Some(&self.keys),
            verify_token,
            allowed_cloudevents_origins: None,
        };
        let found = match handshake::find_unsigned(self.handshakes, &head) {
            Some(found) => Some((found, head)),
            None => match self.verify(request, key, now) {
                Ok(_) => {
                    handshake::find_signed(self.handshakes, &whole).map(|found| (found, whole))
                }
                // The body of an unsigned request is looked at only if it claims no signature.
                Err(error) if error.is_missing() && request.body.len() <= MAX_UNSIGNED_BODY => {
                    handshake::find_unsigned(self.handshakes, &whole).map(|found| (found, whole))
                }
                Err(_) => None,
            },
        };
        found.map(|(found, request)| found.respond(&request, context)).transpose()
    }
}

/// Hides the secrets.
impl fmt::Debug for ProviderVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderVerifier").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header};

    use super::*;
    use crate::verify::{
        Provider,
        providers::{META, NOTION, SLACK, STRIPE, WOOCOMMERCE},
        scheme::RequestToSign,
    };

    type Step = Result<Option<HandshakeStep>, HandshakeError>;

    fn step(provider: &Provider, query: &str, headers: &HeaderMap, body: &[u8]) -> Step {
        let verifier = provider.verifier(&[Secret::new("s3cret")]).expect("a good secret");
        let request = SignedRequest {
            method: if body.is_empty() { "GET" } else { "POST" },
            url: "",
            headers,
            query,
            body,
        };
        verifier.handshake(&request, None, Some(&Secret::new("t0ken")), SystemTime::now())
    }

    fn reply(step: Step) -> String {
        match step {
            Ok(Some(HandshakeStep::Reply(reply))) => reply.into_body(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_signed_handshake_needs_a_good_signature() {
        let body = br#"{"type":"url_verification","challenge":"c1"}"#;
        let signed = SLACK.sign(&Secret::new("s3cret"), &RequestToSign::new(body)).expect("signed");
        assert_eq!(reply(step(&SLACK, "", &signed.headers, body)), "c1");
        let forged = SLACK.sign(&Secret::new("other"), &RequestToSign::new(body)).expect("signed");
        assert!(matches!(step(&SLACK, "", &forged.headers, body), Ok(None)));
        assert!(matches!(step(&SLACK, "", &HeaderMap::new(), body), Ok(None)));
    }

    #[test]
    fn a_handshake_with_a_token_needs_the_token() {
        let none = HeaderMap::new();
        let query = "hub.mode=subscribe&hub.challenge=c1&hub.verify_token=t0ken";
        assert_eq!(reply(step(&META, query, &none, b"")), "c1");
        let wrong = step(&META, "hub.mode=subscribe&hub.challenge=c1", &none, b"");
        assert!(matches!(wrong, Err(HandshakeError::WrongToken)), "{wrong:?}");
    }

    #[test]
    fn an_unsigned_handshake_may_be_in_the_body() {
        let mut headers = HeaderMap::new();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(header::CONTENT_TYPE, form);
        assert_eq!(reply(step(&WOOCOMMERCE, "", &headers, b"webhook_id=7")), "");
        // A request that claims a signature is a delivery.
        headers.insert("x-wc-webhook-signature", HeaderValue::from_static("AAAA"));
        assert!(matches!(step(&WOOCOMMERCE, "", &headers, b"webhook_id=7"), Ok(None)));
    }

    #[test]
    fn a_secret_that_the_provider_chose_is_handed_over() {
        let body = br#"{"verification_token":"secret_1"}"#;
        match step(&NOTION, "", &HeaderMap::new(), body) {
            Ok(Some(HandshakeStep::StoreSecret { secret, reply })) => {
                assert_eq!(secret.expose(), b"secret_1");
                assert_eq!(reply.status(), 200);
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_delivery_is_no_handshake() {
        assert!(matches!(step(&STRIPE, "", &HeaderMap::new(), b"{}"), Ok(None)));
    }
}
