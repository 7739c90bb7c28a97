//! Providers: senders of webhooks, with their signatures, ids and event names.

mod batch_layout;
mod commands;
mod verifier;

use std::{
    borrow::Cow,
    ops::Range,
    time::{Duration, SystemTime},
};

#[cfg(feature = "axum")]
use crate::verify::texts::{is_one_of, refines_one_of};
use crate::verify::{
    Secret, form, handshake,
    handshake::Handshake,
    multipart,
    scheme::{
        KeyRequest, Mechanism, RequestToSign, Scheme, SchemeInfo, SignError, SignedParts,
        SignedRequest, Verified, Verifier, Verify, VerifyError, checked_name, checked_pointer,
    },
};

pub use batch_layout::BatchLayout;
pub use verifier::ProviderVerifier;

/// A sender of webhooks, as a constant: how it signs, and where a delivery has its id and the name
/// of its event. The built-in ones are in [`providers`](crate::providers). Write your own the same
/// way:
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
    event_fallbacks: &'static [Field],
    event_names: &'static [&'static str],
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

/// The response body that a provider expects for an accepted delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SuccessBody {
    /// Any body: the handler's response is sent unchanged.
    FromHandler,
    /// Always send an empty body.
    Empty,
    /// Send this text if the handler's response has no body.
    IfEmpty(&'static str),
    /// Send this text, with 200, in place of every successful response of the handler. The provider
    /// takes any other body for a failure.
    Always(&'static str),
}

/// The rule by which the inbox detects duplicates of a delivery without a signed id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Deduplication {
    /// Deliveries with the same signed bytes are duplicates.
    SignedBytes,
    /// Deliveries with the same signed bytes and the same event name are duplicates, because the
    /// provider sends one body as several events. The event name is not signed, so only the names
    /// count that the handler's enum of events has a variant for: an attacker who recorded a delivery
    /// can replay it once under each of them. All other names are one. A handler without such an enum
    /// gets each body once.
    SignedBytesAndEvent,
    /// No delivery is a duplicate, because the provider sends the same bytes for every change.
    Disabled,
}

/// The location of a value in a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Field {
    /// A header of this (lower-case) name.
    Header(&'static str),
    /// A pointer (RFC 6901) into the JSON body.
    Pointer(&'static str),
}

impl Field {
    /// A header of this (lower-case) name.
    #[must_use]
    pub const fn header(name: &'static str) -> Self {
        Self::Header(checked_name(name))
    }

    /// A pointer (RFC 6901) into the JSON body, such as `/data/id`.
    #[must_use]
    pub const fn pointer(pointer: &'static str) -> Self {
        Self::Pointer(checked_pointer(pointer))
    }
}

impl Provider {
    /// A provider that signs with `scheme`.
    ///
    /// # Panics
    /// If the scheme contradicts itself. In a constant, this is a compile error.
    #[must_use]
    pub const fn new(name: &'static str, scheme: Scheme) -> Self {
        Self::with_mechanism(name, Mechanism::Data(scheme.checked()))
    }

    /// A provider whose scheme is code, for signatures that a [`Scheme`] cannot describe.
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
            event_fallbacks: &[],
            event_names: &[],
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

    /// Sets the location of the delivery's id. Retries repeat the id.
    #[must_use]
    pub const fn with_id(mut self, source: Field) -> Self {
        self.id = Some(source);
        self
    }

    /// Sets the location of the event's name.
    #[must_use]
    pub const fn with_event(mut self, source: Field) -> Self {
        self.event = Some(source);
        self
    }

    /// Sets where to look for the event's name if there is none at
    /// [`with_event`](Self::with_event), for providers that send events in several formats. The
    /// first of these fields that has a value counts. The signature must cover all of them or none.
    #[must_use]
    pub const fn with_event_fallbacks(mut self, sources: &'static [Field]) -> Self {
        self.event_fallbacks = sources;
        self
    }

    /// Sets the names of the events, without actions, if the provider publishes a list of them. The
    /// compiler warns about an enum of events with any other name: see
    /// [`WebhookEvent`](derive@crate::WebhookEvent).
    #[must_use]
    pub const fn with_event_names(mut self, names: &'static [&'static str]) -> Self {
        self.event_names = names;
        self
    }

    /// Sets the location of the action, which refines the event: `opened` for an issue, for
    /// example.
    #[must_use]
    pub const fn with_action(mut self, source: Field) -> Self {
        self.action = Some(source);
        self
    }

    /// Sets the form field that contains the JSON payload, for providers that can send forms.
    #[must_use]
    pub const fn with_json_form_field(mut self, field: &'static str) -> Self {
        self.json_form_field = Some(field);
        self
    }

    /// Sets the location of the events, for a provider that sends many in one request. The handler
    /// is then called for each event in turn, unless it takes a [`Batch`](crate::Batch) or
    /// `&Delivery`.
    ///
    /// The response is 200 once every event succeeded. For a request with one event, it is the
    /// handler's own response. A failed event does not stop the others: the response is then a
    /// problem document (RFC 9457) with the indices and statuses of the failed events. Its status
    /// is that of the first failure that a retry may fix (5xx, 408, 425 and 429), or else of the
    /// first failure. Providers retry the whole request, so make the handler idempotent with
    /// [`Delivery::id`](crate::Delivery::id). A request without events gets 200, and no handler is
    /// called.
    #[must_use]
    pub const fn with_batch(mut self, batch: BatchLayout) -> Self {
        self.batch = Some(batch);
        self
    }

    /// Sets the status that acknowledges a delivery before its handler is done: 202 by default.
    /// Some providers insist on 200.
    ///
    /// # Panics
    /// If the status is not 2xx. In a constant, this is a compile error.
    #[must_use]
    pub const fn with_ack_status(mut self, status: u16) -> Self {
        assert!(status >= 200 && status < 300, "a delivery is acknowledged by a status of 2xx");
        self.ack_status = status;
        self
    }

    /// Sets the rule by which the inbox detects duplicates of a delivery without a signed id. By
    /// default it compares the signed bytes.
    #[must_use]
    pub const fn with_deduplication(mut self, deduplication: Deduplication) -> Self {
        self.deduplication = deduplication;
        self
    }

    /// Sets the handshakes: requests that check ownership and deliver no event.
    #[must_use]
    pub const fn with_handshakes(mut self, handshakes: &'static [Handshake]) -> Self {
        self.handshakes = handshakes;
        self
    }

    /// Sets the methods of deliveries, separated by `, `: POST by default. Allow another method
    /// only if the method is signed, or makes no difference.
    #[must_use]
    pub const fn with_methods(mut self, methods: &'static str) -> Self {
        self.methods = methods;
        self
    }

    /// Sets the response body that the provider expects.
    #[must_use]
    pub const fn with_success_body(mut self, success_body: SuccessBody) -> Self {
        self.success_body = success_body;
        self
    }

    /// Sets the URL of the provider's documentation of its signature.
    #[must_use]
    pub const fn with_docs_url(mut self, url: &'static str) -> Self {
        self.docs_url = url;
        self
    }

    /// Sets the time for which the provider waits for a response.
    #[must_use]
    pub const fn with_response_timeout(mut self, wait: Duration) -> Self {
        self.response_timeout = Some(wait);
        self
    }

    /// Sets the time after the first attempt in which the provider may retry.
    #[must_use]
    pub const fn with_retry_period(mut self, horizon: Duration) -> Self {
        self.retry_period = Some(horizon);
        self
    }

    /// The URL of the provider's documentation of its signature; empty if unknown.
    #[must_use]
    pub const fn docs_url(&self) -> &'static str {
        self.docs_url
    }

    /// The time for which the provider waits for a response, if known.
    #[must_use]
    pub const fn response_timeout(&self) -> Option<Duration> {
        self.response_timeout
    }

    /// The time after the first attempt in which the provider may retry, if known.
    #[must_use]
    pub const fn retry_period(&self) -> Option<Duration> {
        self.retry_period
    }

    /// The name, in lower case.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The scheme, if it is data.
    #[must_use]
    pub const fn scheme(&self) -> Option<&Scheme> {
        match &self.mechanism {
            Mechanism::Data(scheme) => Some(scheme),
            Mechanism::Code(_) => None,
        }
    }

    /// The needs of the scheme, and what its signature covers.
    #[must_use]
    pub fn scheme_info(&self) -> SchemeInfo {
        match &self.mechanism {
            Mechanism::Data(scheme) => scheme.scheme_info(),
            Mechanism::Code(code) => code.scheme_info(),
        }
    }

    /// The location of the delivery's id.
    #[must_use]
    pub const fn id(&self) -> Option<Field> {
        self.id
    }

    /// The location of the event's name.
    #[must_use]
    pub const fn event(&self) -> Option<Field> {
        self.event
    }

    /// The locations of the event's name if there is none at [`event`](Self::event).
    #[must_use]
    pub const fn event_fallbacks(&self) -> &'static [Field] {
        self.event_fallbacks
    }

    /// The names of the events that the provider publishes; empty if there is no list.
    #[must_use]
    pub const fn event_names(&self) -> &'static [&'static str] {
        self.event_names
    }

    /// True unless the provider publishes its events, and `name` is not one of them. An action behind
    /// the name can be any.
    #[cfg(feature = "axum")]
    pub(crate) const fn may_send(&self, name: &str) -> bool {
        let has_action = match self.batch {
            Some(batch) => batch.action().is_some(),
            None => self.action.is_some(),
        };
        self.event_names.is_empty()
            || is_one_of(name, self.event_names)
            || has_action && refines_one_of(name, self.event_names)
    }

    /// True if deliveries have the name of their event.
    #[cfg(feature = "axum")]
    pub(crate) const fn names_events(&self) -> bool {
        let in_batch = match self.batch {
            Some(batch) => batch.event().is_some(),
            None => false,
        };
        self.event.is_some() || in_batch
    }

    /// The location of the action, which refines the event.
    #[must_use]
    pub const fn action(&self) -> Option<Field> {
        self.action
    }

    /// The location of the events of a batch; `None` if each request is one event.
    #[must_use]
    pub const fn batch(&self) -> Option<&BatchLayout> {
        self.batch.as_ref()
    }

    /// The status that acknowledges a delivery before its handler is done.
    #[must_use]
    pub const fn ack_status(&self) -> u16 {
        self.ack_status
    }

    /// The rule by which the inbox detects duplicates of a delivery without a signed id.
    #[must_use]
    pub const fn deduplication(&self) -> Deduplication {
        self.deduplication
    }

    /// The signed text of one item of a batch.
    #[cfg(feature = "inbox")]
    pub(crate) fn signed_item<'i>(&self, item: &'i str) -> Cow<'i, str> {
        match &self.mechanism {
            Mechanism::Data(_) => Cow::Borrowed(item),
            Mechanism::Code(code) => code.signed_item(item),
        }
    }

    /// True if the provider has the id, the event, the action or something signed in the header of
    /// this (lower-case) name.
    #[cfg(feature = "inbox")]
    pub(crate) fn names_header(&self, name: &str) -> bool {
        let fields = [self.id, self.event, self.action];
        let mut fields =
            fields.iter().flatten().chain(self.event_fallbacks).filter_map(|field| match field {
                Field::Header(header) => Some(*header),
                Field::Pointer(_) => None,
            });
        fields.any(|header| header == name)
            || match self.scheme() {
                Some(scheme) => scheme.signs_header(name),
                None => self.scheme_info().signed_headers.contains(&name),
            }
    }

    /// The ranges of a body that contain the secret itself, or the verify token of a handshake. An
    /// inbox stores asterisks in their places, and so do recordings.
    #[must_use]
    pub fn credentials(&self, body: &[u8]) -> Vec<Range<usize>> {
        let mut found = match &self.mechanism {
            Mechanism::Data(scheme) => scheme.credentials(body),
            Mechanism::Code(code) => code.credentials(body),
        };
        found.extend(self.handshakes.iter().find_map(|handshake| handshake.token_range(body)));
        found
    }

    /// The query parameter that contains the signature or the secret itself, if it is in the query.
    #[must_use]
    pub fn signature_parameter(&self) -> Option<&'static str> {
        self.scheme().and_then(Scheme::signature_parameter)
    }

    /// True if the public URL must be known: it is signed, or the response to a handshake contains a
    /// hash of it.
    #[must_use]
    pub fn needs_public_url(&self) -> bool {
        self.scheme_info().signs_url || self.handshakes.iter().any(Handshake::needs_public_url)
    }

    /// True if handshakes need a verify token.
    #[must_use]
    pub fn needs_verify_token(&self) -> bool {
        self.handshakes.iter().any(Handshake::needs_verify_token)
    }

    /// True if the provider sends handshakes: requests that check ownership and deliver no event.
    #[must_use]
    pub const fn has_handshakes(&self) -> bool {
        !self.handshakes.is_empty()
    }

    /// The handshakes: requests that check ownership and deliver no event.
    #[must_use]
    pub const fn handshakes(&self) -> &'static [Handshake] {
        self.handshakes
    }

    /// The methods of deliveries, separated by `, `.
    #[must_use]
    pub const fn methods(&self) -> &'static str {
        self.methods
    }

    pub(crate) const fn success_body(&self) -> SuccessBody {
        self.success_body
    }

    /// The form field that contains the JSON payload, for providers that can send forms.
    #[must_use]
    pub const fn json_form_field(&self) -> Option<&'static str> {
        self.json_form_field
    }

    /// The JSON in a form as the provider sends it: the text of the field that has it. Nothing of it is
    /// verified. `None` for any other body.
    #[must_use]
    pub fn json_in_form<'b>(&self, body: &'b [u8]) -> Option<Cow<'b, str>> {
        match self.scheme_info().multipart_field {
            Some(field) => multipart::value(body, field).ok()?.map(Cow::Borrowed),
            None => form::value(body, self.json_form_field?).ok()?,
        }
    }

    /// True if the signature covers the value at `source`. A value that is not covered may have
    /// been changed in transit.
    #[must_use]
    pub fn signs(&self, source: Field) -> bool {
        match (source, self.scheme()) {
            (Field::Header(name), Some(scheme)) => scheme.signs_header(name),
            (Field::Header(name), None) => self.scheme_info().signed_headers.contains(&name),
            (Field::Pointer(pointer), _) => self.signs_pointer(pointer),
        }
    }

    /// True if the value at `source` can be the ordering key: see [`Scheme::can_order_by`].
    #[cfg(feature = "inbox")]
    pub(crate) fn can_order_by(&self, source: Field) -> bool {
        match self.scheme() {
            Some(scheme) => scheme.can_order_by(source),
            None => self.signs(source) || !self.scheme_info().signs_values(),
        }
    }

    /// True if the scheme signs the fields of a form, and not JSON.
    #[must_use]
    pub fn signs_forms_only(&self) -> bool {
        // A scheme that puts the signature into a form refuses to sign JSON.
        let has_no_place = |request: &RequestToSign<'_>| {
            matches!(self.sign(&Secret::from_key(*b"any"), request), Err(SignError::Body))
        };
        self.scheme().is_none()
            && has_no_place(&RequestToSign::new(b"{}"))
            && !has_no_place(&RequestToSign::new(b"").form())
    }

    pub(crate) fn signs_pointer(&self, pointer: &str) -> bool {
        let info = self.scheme_info();
        info.signs_body || info.signed_pointers.contains(&pointer)
    }

    /// Verifies that one of `secrets` signed this request, and that the signed time is recent.
    /// Endpoints do the same before they call a handler. Call it directly in tests, for queues, and
    /// in servers other than axum: those must read the raw body, limit its size, and know their own
    /// public URL.
    ///
    /// `key` is the key that [`key_request`](Self::key_request) asked for. Every call prepares the
    /// secrets anew. For more than a few requests, use [`verifier`](Self::verifier), which prepares
    /// them once.
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
    /// let verified = GITHUB.verify(&secrets, &request, None, SystemTime::now())?;
    /// assert_eq!(verified.secret_name, "GITHUB_SECRET");
    ///
    /// let forged = SignedRequest { body: br#"{"zen":"no"}"#, ..request };
    /// let rejected = GITHUB.verify(&secrets, &forged, None, SystemTime::now());
    /// assert_eq!(rejected, Err(VerifyError::InvalidSignature));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The reason why the request is not genuine, or [`VerifyError::InvalidSecret`] if a secret is
    /// blank or malformed.
    pub fn verify(
        &self,
        secrets: &[Secret],
        request: &SignedRequest<'_>,
        key: Option<&[u8]>,
        now: SystemTime,
    ) -> Result<Verified, VerifyError> {
        self.verifier(secrets)?.verify(request, key, now)
    }

    /// Prepares `secrets` once, to [`verify`](Self::verify) many requests.
    ///
    /// # Errors
    /// [`VerifyError::InvalidSecret`] if a secret is blank or malformed.
    pub fn verifier(&self, secrets: &[Secret]) -> Result<ProviderVerifier, VerifyError> {
        ProviderVerifier::new(self.default_verifier()?, secrets, self.handshakes)
    }

    /// The key to fetch before [`verify`](Self::verify) can check this request, for providers that
    /// publish keys: see [`SchemeInfo::fetches_keys`].
    ///
    /// # Errors
    /// If the request names no key, or a key that is not the provider's.
    pub fn key_request(
        &self,
        request: &SignedRequest<'_>,
    ) -> Result<Option<KeyRequest>, VerifyError> {
        self.default_verifier()?.key_request(request)
    }

    fn default_verifier(&self) -> Result<Verifier, VerifyError> {
        // Creation fails only for a tolerance without a signed time, and there is no tolerance
        // here.
        self.endpoint_verifier(None).ok_or(VerifyError::InvalidSignature)
    }

    /// The verifier of an endpoint; `None` if the endpoint sets a tolerance, but no time is signed.
    pub(crate) fn endpoint_verifier(&self, tolerance: Option<Duration>) -> Option<Verifier> {
        let rejects_tokens = handshake::signs_unsigned_challenges(self.handshakes);
        Verifier::new(&self.mechanism, tolerance, rejects_tokens)
    }

    /// Signs a request as the provider does, for tests and senders.
    ///
    /// # Errors
    /// If the secret is malformed, a value is not valid in a header, or only the provider can sign.
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
