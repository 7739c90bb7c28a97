//! A provider: who sends, how it signs, and where it says what happened.

mod items;
mod verifier;

use std::time::{Duration, SystemTime};
#[cfg(feature = "inbox")]
use std::{borrow::Cow, ops::Range};

use crate::verify::{
    Secret, handshake,
    handshake::Handshake,
    scheme::{
        Incoming, Mechanism, Outgoing, Proof, Scheme, SignError, Signed, Traits, Verifier, Verify,
        VerifyError, WantedKey, checked_name, checked_pointer,
    },
};

pub use items::Items;
pub use verifier::ProviderVerifier;

/// Who sends deliveries: how it signs them, and where it says which delivery this is and what
/// happened. A constant; [`providers`](crate::providers) has those that are known, and a new one
/// is written the same way:
///
/// ```
/// use webhook_runtime::{Provider, Source, scheme::Scheme};
///
/// const ACME: Provider = Provider::new("acme", Scheme::hmac_sha256().header("x-acme-signature").hex())
///     .id(Source::header("x-acme-delivery"))
///     .event(Source::pointer("/type"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Provider {
    name: &'static str,
    mechanism: Mechanism,
    id: Option<Source>,
    event: Option<Source>,
    action: Option<Source>,
    form_field: Option<&'static str>,
    items: Option<Items>,
    acknowledges_with: u16,
    copies: Copies,
    handshakes: &'static [Handshake],
    methods: &'static str,
    success: Success,
    docs: &'static str,
    times_out_after: Option<Duration>,
    retries_for: Option<Duration>,
}

/// What a provider wants to read in the answer to a delivery that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Success {
    /// It does not care: the handler's answer is sent as it is.
    AsAnswered,
    /// No body at all, in no answer.
    NoBody,
    /// This text, where the handler's answer has no body.
    Body(&'static str),
}

/// What makes a delivery without a signed id the copy of another, for the inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Copies {
    /// What is signed of it, byte by byte.
    SameBytes,
    /// That, and the name of the event, which nobody signs: the provider sends one body as several
    /// events. Whoever has recorded a delivery can have it handled once under each name.
    SameBytesAndEvent,
    /// Nothing: the provider sends the same bytes whenever something has changed. Each is handled.
    None,
}

/// Where in a delivery something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// In the header of this (lower-case) name.
    Header(&'static str),
    /// In the JSON body, at this pointer (RFC 6901).
    Pointer(&'static str),
}

impl Source {
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
        Self::by(name, Mechanism::Data(scheme.checked()))
    }

    /// A provider whose scheme is code, because data cannot describe it.
    #[must_use]
    pub const fn custom(name: &'static str, verify: &'static dyn Verify) -> Self {
        Self::by(name, Mechanism::Code(verify))
    }

    #[allow(clippy::large_types_passed_by_value, reason = "evaluated by the compiler only")]
    const fn by(name: &'static str, mechanism: Mechanism) -> Self {
        Self {
            name,
            mechanism,
            id: None,
            event: None,
            action: None,
            form_field: None,
            items: None,
            acknowledges_with: 202,
            copies: Copies::SameBytes,
            handshakes: &[],
            methods: "POST",
            success: Success::AsAnswered,
            docs: "",
            times_out_after: None,
            retries_for: None,
        }
    }

    /// Where the id of a delivery is, the same when the delivery is sent again.
    #[must_use]
    pub const fn id(mut self, source: Source) -> Self {
        self.id = Some(source);
        self
    }

    /// Where the name of the event is.
    #[must_use]
    pub const fn event(mut self, source: Source) -> Self {
        self.event = Some(source);
        self
    }

    /// Where the event is told apart further, such as `opened` for an issue.
    #[must_use]
    pub const fn action(mut self, source: Source) -> Self {
        self.action = Some(source);
        self
    }

    /// The form field that carries the JSON payload, where the provider can be told to send forms.
    #[must_use]
    pub const fn json_in_form_field(mut self, field: &'static str) -> Self {
        self.form_field = Some(field);
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
    pub const fn items(mut self, items: Items) -> Self {
        self.items = Some(items);
        self
    }

    /// The status that tells the provider that a delivery was taken, though its handler is not done
    /// yet: 202 unless told otherwise. For those that insist on 200.
    ///
    /// # Panics
    /// When it is no 2xx; in a constant that is a compile error.
    #[must_use]
    pub const fn acknowledges_with(mut self, status: u16) -> Self {
        assert!(status >= 200 && status < 300, "a delivery is acknowledged by a status of 2xx");
        self.acknowledges_with = status;
        self
    }

    /// What makes a delivery without a signed id the copy of another, for the inbox: the bytes, unless
    /// told otherwise.
    #[must_use]
    pub const fn copies(mut self, copies: Copies) -> Self {
        self.copies = copies;
        self
    }

    /// The requests that prove ownership and deliver nothing.
    #[must_use]
    pub const fn handshakes(mut self, handshakes: &'static [Handshake]) -> Self {
        self.handshakes = handshakes;
        self
    }

    /// The methods that deliveries come with, parted by `, `, where it is not POST alone. The
    /// method has to be signed, or not to matter.
    #[must_use]
    pub const fn methods(mut self, methods: &'static str) -> Self {
        self.methods = methods;
        self
    }

    /// What the provider wants to read in the answer.
    #[must_use]
    pub const fn success(mut self, success: Success) -> Self {
        self.success = success;
        self
    }

    /// Where the provider documents its signature.
    #[must_use]
    pub const fn docs(mut self, url: &'static str) -> Self {
        self.docs = url;
        self
    }

    /// How long the provider waits for an answer.
    #[must_use]
    pub const fn times_out_after(mut self, wait: Duration) -> Self {
        self.times_out_after = Some(wait);
        self
    }

    /// How long after the first attempt the provider may still send a delivery again.
    #[must_use]
    pub const fn retries_for(mut self, horizon: Duration) -> Self {
        self.retries_for = Some(horizon);
        self
    }

    /// Where the provider documents its signature; empty where it is not known.
    #[must_use]
    pub const fn documentation(&self) -> &'static str {
        self.docs
    }

    /// How long the provider waits for an answer, where it is known.
    #[must_use]
    pub const fn time_out(&self) -> Option<Duration> {
        self.times_out_after
    }

    /// How long after the first attempt a delivery may come again, where it is known.
    #[must_use]
    pub const fn retry_horizon(&self) -> Option<Duration> {
        self.retries_for
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
    pub fn traits(&self) -> Traits {
        match &self.mechanism {
            Mechanism::Data(scheme) => scheme.traits(),
            Mechanism::Code(code) => code.traits(),
        }
    }

    /// Where the id of a delivery is.
    #[must_use]
    pub const fn id_source(&self) -> Option<Source> {
        self.id
    }

    /// Where the name of the event is.
    #[must_use]
    pub const fn event_source(&self) -> Option<Source> {
        self.event
    }

    /// Where the event is told apart further.
    #[must_use]
    pub const fn action_source(&self) -> Option<Source> {
        self.action
    }

    /// Where the events of a batch are; `None` if one request is one event.
    #[must_use]
    pub const fn items_source(&self) -> Option<&Items> {
        self.items.as_ref()
    }

    /// The status that tells the provider that a delivery was taken before its handler is done.
    #[must_use]
    pub const fn acknowledgement(&self) -> u16 {
        self.acknowledges_with
    }

    /// What makes a delivery without a signed id the copy of another.
    #[must_use]
    pub const fn known_copies(&self) -> Copies {
        self.copies
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

    pub(crate) const fn known_handshakes(&self) -> &'static [Handshake] {
        self.handshakes
    }

    pub(crate) const fn allowed_methods(&self) -> &'static str {
        self.methods
    }

    pub(crate) const fn wanted_success(&self) -> Success {
        self.success
    }

    pub(crate) const fn form_field(&self) -> Option<&'static str> {
        self.form_field
    }

    /// Whether what stands at `source` is covered by the signature: what is not may have been
    /// changed on the way.
    #[must_use]
    pub fn signs(&self, source: Source) -> bool {
        match (source, self.scheme()) {
            (Source::Header(name), Some(scheme)) => scheme.signs_header(name),
            (Source::Header(_), None) => false,
            (Source::Pointer(pointer), _) => self.signs_pointer(pointer),
        }
    }

    pub(crate) fn signs_pointer(&self, pointer: &str) -> bool {
        let traits = self.traits();
        traits.signs_body || traits.signed_pointers.contains(&pointer)
    }

    /// Whether one of `secrets` signed this request, and lately: what an endpoint asks before it
    /// hands on a delivery, without the endpoint. For tests, for queues, and for servers other than
    /// axum, which have to read the raw body, to bound its size, and to know their own public URL.
    ///
    /// `key` is what [`wanted_key`](Self::wanted_key) asked for. Secrets are prepared with every
    /// call: for more than a few requests, [`verifier`](Self::verifier) does that once.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use webhook_runtime::{
    ///     Secret,
    ///     providers::GITHUB,
    ///     scheme::{Incoming, Outgoing, VerifyError},
    /// };
    ///
    /// let secrets = [Secret::new("s3cret").named("GITHUB_SECRET")];
    /// let body = br#"{"zen":"ok"}"#;
    /// let sent = GITHUB.sign(&secrets[0], &Outgoing::new(body))?;
    /// let request =
    ///     Incoming { method: "POST", url: "", headers: &sent.headers, query: "", body };
    ///
    /// let proof = GITHUB.verify(&secrets, &request, None, SystemTime::now())?;
    /// assert_eq!(proof.secret, "GITHUB_SECRET");
    ///
    /// let forged = Incoming { body: br#"{"zen":"no"}"#, ..request };
    /// let refused = GITHUB.verify(&secrets, &forged, None, SystemTime::now());
    /// assert_eq!(refused, Err(VerifyError::NoMatch));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// With the reason why the request is not believed, or [`VerifyError::BadSecret`] when a secret
    /// is blank or not of the scheme's form.
    pub fn verify(
        &self,
        secrets: &[Secret],
        request: &Incoming<'_>,
        key: Option<&[u8]>,
        now: SystemTime,
    ) -> Result<Proof, VerifyError> {
        self.verifier(secrets)?.verify(request, key, now)
    }

    /// Prepares `secrets` to [`verify`](Self::verify) many requests.
    ///
    /// # Errors
    /// With [`VerifyError::BadSecret`] when a secret is blank or not of the scheme's form.
    pub fn verifier(&self, secrets: &[Secret]) -> Result<ProviderVerifier, VerifyError> {
        ProviderVerifier::new(self.unprepared()?, secrets)
    }

    /// The key that has to be fetched before [`verify`](Self::verify) can judge this request, for
    /// the providers whose [`traits`](Self::traits) say that they publish keys.
    ///
    /// # Errors
    /// When the request names a key that is not the provider's, or none.
    pub fn wanted_key(&self, request: &Incoming<'_>) -> Result<Option<WantedKey>, VerifyError> {
        self.unprepared()?.wanted_key(request)
    }

    fn unprepared(&self) -> Result<Verifier, VerifyError> {
        // Only a window that an endpoint asks for can be at odds with a mechanism.
        self.for_endpoint(None).ok_or(VerifyError::NoMatch)
    }

    /// The verifier of an endpoint; `None` when it asks for a window, but no time is signed.
    pub(crate) fn for_endpoint(&self, tolerance: Option<Duration>) -> Option<Verifier> {
        let refuses_tokens = handshake::signs_for_strangers(self.handshakes);
        Verifier::new(&self.mechanism, tolerance, refuses_tokens)
    }

    /// Signs a request as the provider would: the inverse of verification, for tests and senders.
    ///
    /// # Errors
    /// When the secret is not of the scheme's form, a value cannot stand in a header, or only the
    /// provider can sign.
    pub fn sign<'r>(
        &self,
        secret: &Secret,
        request: &Outgoing<'r>,
    ) -> Result<Signed<'r>, SignError> {
        match &self.mechanism {
            Mechanism::Data(scheme) => scheme.sign(secret, request),
            Mechanism::Code(code) => code.sign(secret, request),
        }
    }
}
