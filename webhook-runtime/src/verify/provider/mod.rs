//! A provider: who sends, how it signs, and where it says what happened.

mod batch_layout;
mod verifier;

use std::time::{Duration, SystemTime};
#[cfg(feature = "inbox")]
use std::{borrow::Cow, ops::Range};

use crate::verify::{
    Secret, handshake,
    handshake::Handshake,
    scheme::{
        KeyRequest, Mechanism, RequestToSign, Scheme, SchemeInfo, SignError, SignedParts,
        SignedRequest, Verified, Verifier, Verify, VerifyError, checked_name, checked_pointer,
    },
};

pub use batch_layout::BatchLayout;
pub use verifier::ProviderVerifier;

/// Who sends deliveries: how it signs them, and where it says which delivery this is and what
/// happened. A constant; [`providers`](crate::providers) has those that are known, and a new one
/// is written the same way:
///
/// ```
/// use webhook_runtime::{Provider, Field, scheme::Scheme};
///
/// const ACME: Provider = Provider::new("acme", Scheme::hmac_sha256().header("x-acme-signature").hex())
///     .with_id(Field::header("x-acme-delivery"))
///     .with_event(Field::pointer("/type"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Provider {
    name: &'static str,
    mechanism: Mechanism,
    id: Option<Field>,
    event: Option<Field>,
    action: Option<Field>,
    json_form_field: Option<&'static str>,
    batch: Option<BatchLayout>,
    ack_status: u16,
    deduplication: Deduplication,
    handshakes: &'static [Handshake],
    methods: &'static str,
    success_body: SuccessBody,
    docs_url: &'static str,
    response_timeout: Option<Duration>,
    retry_period: Option<Duration>,
}

/// What a provider wants to read in the answer to a delivery that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SuccessBody {
    /// It does not care: the handler's answer is sent as it is.
    FromHandler,
    /// No body at all, in no answer.
    Empty,
    /// This text, where the handler's answer has no body.
    IfEmpty(&'static str),
}

/// What makes a delivery without a signed id the copy of another, for the inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Deduplication {
    /// What is signed of it, byte by byte.
    SignedBytes,
    /// That, and the name of the event, which nobody signs: the provider sends one body as several
    /// events. Whoever has recorded a delivery can have it handled once under each name.
    SignedBytesAndEvent,
    /// Nothing: the provider sends the same bytes whenever something has changed. Each is handled.
    Disabled,
}

/// Where in a delivery something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Field {
    /// In the header of this (lower-case) name.
    Header(&'static str),
    /// In the JSON body, at this pointer (RFC 6901).
    Pointer(&'static str),
}

impl Field {
    /// In the header of this (lower-case) name.
    #[must_use]
    pub const fn header(name: &'static str) -> Self {
        Self::Header(checked_name(name))
    }

    /// In the JSON body, at this pointer (RFC 6901), such as `/data/id`.
    #[must_use]
    pub const fn pointer(pointer: &'static str) -> Self {
        Self::Pointer(checked_pointer(pointer))
    }
}

impl Provider {
    /// A provider that signs by `scheme`.
    ///
    /// # Panics
    /// When the scheme contradicts itself; in a constant that is a compile error.
    #[must_use]
    pub const fn new(name: &'static str, scheme: Scheme) -> Self {
        Self::with_mechanism(name, Mechanism::Data(scheme.checked()))
    }

    /// A provider whose scheme is code, because data cannot describe it.
    #[must_use]
    pub const fn custom(name: &'static str, verify: &'static dyn Verify) -> Self {
        Self::with_mechanism(name, Mechanism::Code(verify))
    }

    #[allow(clippy::large_types_passed_by_value, reason = "evaluated by the compiler only")]
    const fn with_mechanism(name: &'static str, mechanism: Mechanism) -> Self {
        Self {
            name,
            mechanism,
            id: None,
            event: None,
            action: None,
            json_form_field: None,
            batch: None,
            ack_status: 202,
            deduplication: Deduplication::SignedBytes,
            handshakes: &[],
            methods: "POST",
            success_body: SuccessBody::FromHandler,
            docs_url: "",
            response_timeout: None,
            retry_period: None,
        }
    }

    /// Where the id of a delivery is, the same when the delivery is sent again.
    #[must_use]
    pub const fn with_id(mut self, source: Field) -> Self {
        self.id = Some(source);
        self
    }

    /// Where the name of the event is.
    #[must_use]
    pub const fn with_event(mut self, source: Field) -> Self {
        self.event = Some(source);
        self
    }

    /// Where the event is told apart further, such as `opened` for an issue.
    #[must_use]
    pub const fn with_action(mut self, source: Field) -> Self {
        self.action = Some(source);
        self
    }

    /// The form field that carries the JSON payload, where the provider can be told to send forms.
    #[must_use]
    pub const fn with_json_form_field(mut self, field: &'static str) -> Self {
        self.json_form_field = Some(field);
        self
    }

    /// Where the events are, if one request has many. A handler is then called for each of them in
    /// turn, unless it takes a [`Batch`](crate::Batch) or `&Delivery`.
    ///
    /// The request is answered by 200 once every event was taken; if there is one event, as the
    /// handler answers. If some were not, all the others have been handled nevertheless, and
    /// the answer is a problem (RFC 9457) that lists their indices and statuses; its status is that
    /// of the first that may succeed when it is sent again (5xx, 408, 425 and 429), or else of the
    /// first that failed. Providers send again the whole request: make the handler idempotent by
    /// [`Delivery::id`](crate::Delivery::id). A request without events is answered by 200, and
    /// nothing is called.
    #[must_use]
    pub const fn with_batch(mut self, batch: BatchLayout) -> Self {
        self.batch = Some(batch);
        self
    }

    /// The status that tells the provider that a delivery was taken, though its handler is not done
    /// yet: 202 unless told otherwise. For those that insist on 200.
    ///
    /// # Panics
    /// When it is no 2xx; in a constant that is a compile error.
    #[must_use]
    pub const fn with_ack_status(mut self, status: u16) -> Self {
        assert!(status >= 200 && status < 300, "a delivery is acknowledged by a status of 2xx");
        self.ack_status = status;
        self
    }

    /// What makes a delivery without a signed id the copy of another, for the inbox: the bytes, unless
    /// told otherwise.
    #[must_use]
    pub const fn with_deduplication(mut self, deduplication: Deduplication) -> Self {
        self.deduplication = deduplication;
        self
    }

    /// The requests that prove ownership and deliver nothing.
    #[must_use]
    pub const fn with_handshakes(mut self, handshakes: &'static [Handshake]) -> Self {
        self.handshakes = handshakes;
        self
    }

    /// The methods that deliveries come with, parted by `, `, where it is not POST alone. The
    /// method has to be signed, or not to matter.
    #[must_use]
    pub const fn with_methods(mut self, methods: &'static str) -> Self {
        self.methods = methods;
        self
    }

    /// What the provider wants to read in the answer.
    #[must_use]
    pub const fn with_success_body(mut self, success_body: SuccessBody) -> Self {
        self.success_body = success_body;
        self
    }

    /// Where the provider documents its signature.
    #[must_use]
    pub const fn with_docs_url(mut self, url: &'static str) -> Self {
        self.docs_url = url;
        self
    }

    /// How long the provider waits for an answer.
    #[must_use]
    pub const fn with_response_timeout(mut self, wait: Duration) -> Self {
        self.response_timeout = Some(wait);
        self
    }

    /// How long after the first attempt the provider may still send a delivery again.
    #[must_use]
    pub const fn with_retry_period(mut self, horizon: Duration) -> Self {
        self.retry_period = Some(horizon);
        self
    }

    /// Where the provider documents its signature; empty where it is not known.
    #[must_use]
    pub const fn docs_url(&self) -> &'static str {
        self.docs_url
    }

    /// How long the provider waits for an answer, where it is known.
    #[must_use]
    pub const fn response_timeout(&self) -> Option<Duration> {
        self.response_timeout
    }

    /// How long after the first attempt a delivery may come again, where it is known.
    #[must_use]
    pub const fn retry_period(&self) -> Option<Duration> {
        self.retry_period
    }

    /// The name, in lower case.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// How the provider signs, where data describes it.
    #[must_use]
    pub const fn scheme(&self) -> Option<&Scheme> {
        match &self.mechanism {
            Mechanism::Data(scheme) => Some(scheme),
            Mechanism::Code(_) => None,
        }
    }

    /// What the scheme needs and covers.
    #[must_use]
    pub fn scheme_info(&self) -> SchemeInfo {
        match &self.mechanism {
            Mechanism::Data(scheme) => scheme.scheme_info(),
            Mechanism::Code(code) => code.scheme_info(),
        }
    }

    /// Where the id of a delivery is.
    #[must_use]
    pub const fn id(&self) -> Option<Field> {
        self.id
    }

    /// Where the name of the event is.
    #[must_use]
    pub const fn event(&self) -> Option<Field> {
        self.event
    }

    /// Where the event is told apart further.
    #[must_use]
    pub const fn action(&self) -> Option<Field> {
        self.action
    }

    /// Where the events of a batch are; `None` if one request is one event.
    #[must_use]
    pub const fn batch(&self) -> Option<&BatchLayout> {
        self.batch.as_ref()
    }

    /// The status that tells the provider that a delivery was taken before its handler is done.
    #[must_use]
    pub const fn ack_status(&self) -> u16 {
        self.ack_status
    }

    /// What makes a delivery without a signed id the copy of another.
    #[must_use]
    pub const fn deduplication(&self) -> Deduplication {
        self.deduplication
    }

    /// What is signed of a body, in one form whatever way it was written.
    #[cfg(feature = "inbox")]
    pub(crate) fn identity<'b>(&self, body: &'b [u8]) -> Cow<'b, [u8]> {
        match &self.mechanism {
            Mechanism::Data(scheme) => scheme.identity(body),
            Mechanism::Code(code) => code.identity(body),
        }
    }

    /// Where in a body the secret itself stands.
    #[cfg(feature = "inbox")]
    pub(crate) fn credentials(&self, body: &[u8]) -> Vec<Range<usize>> {
        match &self.mechanism {
            Mechanism::Data(_) => Vec::new(),
            Mechanism::Code(code) => code.credentials(body),
        }
    }

    /// The query parameter that carries the secret itself.
    #[cfg(feature = "inbox")]
    pub(crate) fn secret_parameter(&self) -> Option<&'static str> {
        self.scheme().and_then(Scheme::parameter)
    }

    /// Whether the provider sends requests that prove ownership and deliver nothing.
    #[must_use]
    pub const fn has_handshakes(&self) -> bool {
        !self.handshakes.is_empty()
    }

    pub(crate) const fn handshakes(&self) -> &'static [Handshake] {
        self.handshakes
    }

    pub(crate) const fn methods(&self) -> &'static str {
        self.methods
    }

    pub(crate) const fn success_body(&self) -> SuccessBody {
        self.success_body
    }

    pub(crate) const fn json_form_field(&self) -> Option<&'static str> {
        self.json_form_field
    }

    /// Whether what stands at `source` is covered by the signature: what is not may have been
    /// changed on the way.
    #[must_use]
    pub fn signs(&self, source: Field) -> bool {
        match (source, self.scheme()) {
            (Field::Header(name), Some(scheme)) => scheme.signs_header(name),
            (Field::Header(_), None) => false,
            (Field::Pointer(pointer), _) => self.signs_pointer(pointer),
        }
    }

    pub(crate) fn signs_pointer(&self, pointer: &str) -> bool {
        let info = self.scheme_info();
        info.signs_body || info.signed_pointers.contains(&pointer)
    }

    /// Whether one of `secrets` signed this request, and lately: what an endpoint asks before it
    /// hands on a delivery, without the endpoint. For tests, for queues, and for servers other than
    /// axum, which have to read the raw body, to bound its size, and to know their own public URL.
    ///
    /// `key` is what [`key_request`](Self::key_request) asked for. Secrets are prepared with every
    /// call: for more than a few requests, [`verifier`](Self::verifier) does that once.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use webhook_runtime::{
    ///     Secret,
    ///     providers::GITHUB,
    ///     scheme::{SignedRequest, RequestToSign, VerifyError},
    /// };
    ///
    /// let secrets = [Secret::new("s3cret").with_name("GITHUB_SECRET")];
    /// let body = br#"{"zen":"ok"}"#;
    /// let sent = GITHUB.sign(&secrets[0], &RequestToSign::new(body))?;
    /// let request =
    ///     SignedRequest { method: "POST", url: "", headers: &sent.headers, query: "", body };
    ///
    /// let proof = GITHUB.verify(&secrets, &request, None, SystemTime::now())?;
    /// assert_eq!(proof.secret_name, "GITHUB_SECRET");
    ///
    /// let forged = SignedRequest { body: br#"{"zen":"no"}"#, ..request };
    /// let refused = GITHUB.verify(&secrets, &forged, None, SystemTime::now());
    /// assert_eq!(refused, Err(VerifyError::InvalidSignature));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// With the reason why the request is not believed, or [`VerifyError::InvalidSecret`] when a secret
    /// is blank or not of the scheme's form.
    pub fn verify(
        &self,
        secrets: &[Secret],
        request: &SignedRequest<'_>,
        key: Option<&[u8]>,
        now: SystemTime,
    ) -> Result<Verified, VerifyError> {
        self.verifier(secrets)?.verify(request, key, now)
    }

    /// Prepares `secrets` to [`verify`](Self::verify) many requests.
    ///
    /// # Errors
    /// With [`VerifyError::InvalidSecret`] when a secret is blank or not of the scheme's form.
    pub fn verifier(&self, secrets: &[Secret]) -> Result<ProviderVerifier, VerifyError> {
        ProviderVerifier::new(self.default_verifier()?, secrets)
    }

    /// The key that has to be fetched before [`verify`](Self::verify) can judge this request, for
    /// the providers whose [`traits`](Self::scheme_info) say that they publish keys.
    ///
    /// # Errors
    /// When the request names a key that is not the provider's, or none.
    pub fn key_request(
        &self,
        request: &SignedRequest<'_>,
    ) -> Result<Option<KeyRequest>, VerifyError> {
        self.default_verifier()?.key_request(request)
    }

    fn default_verifier(&self) -> Result<Verifier, VerifyError> {
        // Only a window that an endpoint asks for can be at odds with a mechanism.
        self.endpoint_verifier(None).ok_or(VerifyError::InvalidSignature)
    }

    /// The verifier of an endpoint; `None` when it asks for a window, but no time is signed.
    pub(crate) fn endpoint_verifier(&self, tolerance: Option<Duration>) -> Option<Verifier> {
        let rejects_tokens = handshake::signs_unsigned_challenges(self.handshakes);
        Verifier::new(&self.mechanism, tolerance, rejects_tokens)
    }

    /// Signs a request as the provider would: the inverse of verification, for tests and senders.
    ///
    /// # Errors
    /// When the secret is not of the scheme's form, a value cannot stand in a header, or only the
    /// provider can sign.
    pub fn sign<'r>(
        &self,
        secret: &Secret,
        request: &RequestToSign<'r>,
    ) -> Result<SignedParts<'r>, SignError> {
        match &self.mechanism {
            Mechanism::Data(scheme) => scheme.sign(secret, request),
            Mechanism::Code(code) => code.sign(secret, request),
        }
    }
}
