//! A verified request.

pub(crate) mod content;
pub(crate) mod failure;
mod mismatch;
#[cfg(feature = "testing")]
mod observer;
mod raw_event;
pub(crate) mod rejection;
pub(crate) mod request;
pub(crate) mod response;
#[cfg(feature = "openapi")]
mod schemas;
mod shape;
mod surrogates;
mod tenant;

use std::{
    borrow::Cow,
    fmt,
    ops::Range,
    sync::{Arc, Mutex, OnceLock},
    time::SystemTime,
};

use axum::{extract::FromRequestParts, response::IntoResponse};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header, request::Parts};

use crate::{
    delivery::{
        content::{Content, check_json},
        failure::Failure,
    },
    support::shares::Share,
    verify::{
        BatchLayout, BodyFormat, Provider, body_format, is_labelled_form, json, scheme::Verified,
    },
};

#[cfg(feature = "testing")]
pub(crate) use observer::{DeliveryObserver, Observer};
pub use raw_event::RawEvent;
pub use rejection::{FailedItem, LimitedBy, Rejection};
#[cfg(feature = "openapi")]
pub use schemas::EventVariant;
#[cfg(feature = "openapi")]
pub(crate) use schemas::PayloadSchemas;
pub(crate) use shape::PayloadKind;
pub use shape::PayloadShape;
pub use tenant::Tenant;

/// One verified request. Only an endpoint creates one, after it has verified the provider's
/// signature over these bytes.
///
/// As an argument before the payload it is an extractor: `delivery: Delivery`, cheap to clone. As
/// the payload, `delivery: &Delivery` gives the raw body.
///
/// If the handler is called for each item of a batch, then [`id`](Self::id),
/// [`event`](Self::event), [`action`](Self::action), [`decode`](Self::decode) and
/// [`raw_event`](Self::raw_event) are those of the item. Everything else belongs to the whole
/// request.
#[derive(Clone)]
pub struct Delivery {
    inner: Arc<Inner>,
    item: Option<Item>,
    /// The observer of a test.
    #[cfg(feature = "testing")]
    observer: Option<Observer>,
}

/// The maximum length of a sender's text in a trace, in characters.
pub(crate) const MAX_TRACED: usize = 200;

/// One item of a batch.
#[derive(Clone, Debug)]
struct Item {
    index: usize,
    /// The range of its text in the JSON of the body.
    place: Range<usize>,
}

struct Inner {
    provider: &'static Provider,
    endpoint: &'static str,
    headers: HeaderMap,
    body: Bytes,
    verified: VerificationResult,
    /// The JSON in a field of the form, decoded at the first use.
    form_json: OnceLock<Option<Box<str>>>,
    /// The form written as JSON, for payloads that borrow from it. It is written at the first use.
    form_as_json: OnceLock<String>,
    /// The JSON of the body with U+FFFD for what is no character, if there is any. It has the same
    /// length.
    repaired_json: OnceLock<Option<Box<str>>>,
    /// The event names of the whole request, read once for all items.
    event_names: OnceLock<EventNames>,
    /// The share of the memory for bodies, returned when the delivery is dropped.
    memory: Option<Share>,
    /// The failure of the handler, until it is traced or stored. A layer may replace the response
    /// of a handler, but not this.
    failure: Mutex<Option<Failure>>,
    /// The last rejection that the handler got by decoding, to explain its own error.
    rejection: Mutex<Option<Rejection>>,
}

/// The name and action of a whole request. They apply to every item that has none of its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct EventNames {
    pub(crate) event: Option<String>,
    pub(crate) action: Option<String>,
}

/// The result of a verification.
pub(crate) struct VerificationResult {
    pub(crate) proof: Verified,
    /// The tenant whose secret was used.
    pub(crate) tenant: Tenant,
    /// The payload of a GET, which has no body.
    pub(crate) query: Option<Bytes>,
    pub(crate) at: SystemTime,
}

impl Inner {
    fn new(
        provider: &'static Provider,
        endpoint: &'static str,
        headers: HeaderMap,
        body: Bytes,
        verified: VerificationResult,
    ) -> Self {
        Self {
            provider,
            endpoint,
            headers,
            body,
            verified,
            form_json: OnceLock::new(),
            form_as_json: OnceLock::new(),
            repaired_json: OnceLock::new(),
            event_names: OnceLock::new(),
            memory: None,
            failure: Mutex::default(),
            rejection: Mutex::default(),
        }
    }
}

impl Delivery {
    pub(crate) fn new(
        provider: &'static Provider,
        endpoint: &'static str,
        headers: HeaderMap,
        body: Bytes,
        verified: VerificationResult,
    ) -> Self {
        let inner = Inner::new(provider, endpoint, headers, body, verified);
        Self::of(inner, None)
    }

    fn of(inner: Inner, item: Option<Item>) -> Self {
        Self {
            inner: Arc::new(inner),
            item,
            #[cfg(feature = "testing")]
            observer: None,
        }
    }

    /// Takes the observer that a test has put into the request.
    #[cfg(feature = "testing")]
    pub(crate) fn observed_by(mut self, request: &mut http::Extensions) -> Self {
        self.observer = request.remove();
        self
    }

    /// The observer that a test has put into the request.
    #[cfg(feature = "testing")]
    pub(crate) fn observer(&self) -> Option<&dyn DeliveryObserver> {
        self.observer.as_ref().map(|Observer(observer)| &**observer)
    }

    /// Keeps the share of the memory for bodies as long as the delivery lives.
    pub(crate) fn with_memory(mut self, share: Share) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.memory = Some(share);
        }
        self
    }

    /// Creates the delivery of one batch item that was stored alone. The body is that item.
    #[cfg(feature = "inbox")]
    pub(crate) fn from_stored_item(
        provider: &'static Provider,
        endpoint: &'static str,
        headers: HeaderMap,
        json: Bytes,
        verified: VerificationResult,
        (index, event_names): (usize, EventNames),
    ) -> Self {
        let item = Some(Item { index, place: 0..json.len() });
        let inner = Inner {
            event_names: OnceLock::from(event_names),
            ..Inner::new(provider, endpoint, headers, json, verified)
        };
        Self::of(inner, item)
    }

    /// Returns whether this is one item of a batch.
    pub(crate) fn is_item(&self) -> bool {
        self.item.is_some()
    }

    /// The name and action of the whole request.
    pub(crate) fn event_names(&self) -> &EventNames {
        self.inner.event_names.get_or_init(|| {
            let whole = RawEvent::whole(self);
            let [event, action] = [whole.event(), whole.action()];
            EventNames { event: event.map(Into::into), action: action.map(Into::into) }
        })
    }

    #[cfg(feature = "inbox")]
    pub(crate) fn verification(&self) -> &VerificationResult {
        &self.inner.verified
    }

    /// The delivery of one item. `json` is the range of the item in the body.
    pub(crate) fn of_item(&self, index: usize, json: Range<usize>) -> Self {
        Self { item: Some(Item { index, place: json }), ..self.clone() }
    }

    /// The location of the events, if the delivery may contain many. They are in the body, which a
    /// GET does not have.
    pub(crate) fn batch_layout(&self) -> Option<&'static BatchLayout> {
        self.inner.provider.batch().filter(|_| self.inner.verified.query.is_none())
    }

    /// The ranges of a batch's items in the JSON of the body. Any value other than an array is a
    /// single item; `null` is no item.
    pub(crate) fn items(&self, layout: &BatchLayout) -> Result<Vec<Range<usize>>, Rejection> {
        let Content::Json(body) = self.content()? else {
            if is_labelled_form(&self.inner.headers) {
                return Err(Rejection::UnsupportedContentType);
            }
            return Err(Rejection::Malformed { detail: "the body is not JSON".to_owned() });
        };
        check_json(body)?;
        let Some(array) = json::raw_value(body, layout.array()) else {
            let path = layout.array().trim_start_matches('/').replace('/', ".");
            return Err(Rejection::Mismatch {
                path: path.replace("~1", "/").replace("~0", "~"),
                detail: "the events of the batch are missing".to_owned(),
            });
        };
        let nothing = || if array == "null" { Vec::new() } else { vec![array] };
        let items = json::array_items(array).unwrap_or_else(nothing);
        let inside = |item| layout.inner().and_then(|at| json::raw_value(item, at)).unwrap_or(item);
        // A byte order mark in front of the body belongs to it, but not to its JSON.
        let skipped = match self.inner.form_json.get() {
            Some(Some(_)) => 0,
            _ => self.inner.body.len() - body.len(),
        };
        let range = |item| {
            let Range { start, end } = json::byte_range(inside(item), body);
            start + skipped..end + skipped
        };
        Ok(items.into_iter().map(range).collect())
    }

    /// A range of the body's JSON.
    pub(crate) fn part(&self, place: &Range<usize>) -> Option<&str> {
        let Inner { form_json, repaired_json, body, .. } = &*self.inner;
        match (form_json.get(), repaired_json.get()) {
            (Some(Some(json)), _) => json.get(place.clone()),
            (_, Some(Some(json))) => {
                let skipped = body.len() - json.len();
                json.get(place.start.checked_sub(skipped)?..place.end.checked_sub(skipped)?)
            }
            // Only this range is checked to be UTF-8. The whole body was checked before.
            _ => std::str::from_utf8(body.get(place.clone())?).ok(),
        }
    }

    /// The text that the payload is decoded from: one item of a batch, or the whole body.
    #[must_use]
    pub fn raw_event(&self) -> RawEvent<'_> {
        let item = self.item.as_ref().and_then(|item| {
            let layout = self.batch_layout()?;
            Some(RawEvent::item(self, layout, item.index, self.part(&item.place)?))
        });
        item.unwrap_or_else(|| RawEvent::whole(self))
    }

    pub(crate) fn sent_by(&self) -> &'static Provider {
        self.inner.provider
    }

    /// The bytes that the provider signed: the body as it was sent or, for a provider that signs one
    /// field of a form, the text of that field. The tables in `docs/providers.md` say which
    /// providers sign less than the whole body.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.inner.body
    }

    /// The headers of the request. Few schemes sign any of them.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.inner.headers
    }

    /// The provider's id of the delivery, if there is one.
    ///
    /// Trust it only if [`id_is_signed`](Self::id_is_signed).
    #[must_use]
    pub fn id(&self) -> Option<Cow<'_, str>> {
        self.raw_event().id()
    }

    /// Returns whether the signature covers the id. GitHub's id, for example, is an unsigned
    /// header: an attacker can replay a recorded delivery under another id.
    #[must_use]
    pub fn id_is_signed(&self) -> bool {
        let provider = self.inner.provider;
        match (&self.item, provider.batch()) {
            (Some(_), Some(items)) => items
                .id()
                .is_some_and(|id| provider.signs_pointer(&items.pointer_in_first_event(id))),
            _ => provider.id().is_some_and(|source| provider.signs(source)),
        }
    }

    /// The name of the event, if the provider sends one.
    #[must_use]
    pub fn event(&self) -> Option<Cow<'_, str>> {
        self.raw_event().event()
    }

    /// The action, such as `opened`, if the provider sends one. It distinguishes events of the same
    /// name.
    #[must_use]
    pub fn action(&self) -> Option<Cow<'_, str>> {
        self.raw_event().action()
    }

    /// The name of the provider.
    #[must_use]
    pub fn provider(&self) -> &'static str {
        self.inner.provider.name()
    }

    /// The name of the endpoint: that of its function, or the option `name`.
    #[must_use]
    pub fn endpoint(&self) -> &'static str {
        self.inner.endpoint
    }

    /// The name of the secret that matches the signature. During a rotation it shows whether the
    /// provider still uses the old secret.
    #[must_use]
    pub fn secret_name(&self) -> &str {
        &self.inner.verified.proof.secret_name
    }

    /// The time of the signature, if the scheme signs one.
    #[must_use]
    pub fn signed_at(&self) -> Option<SystemTime> {
        self.inner.verified.proof.signed_at
    }

    /// The time of the verification.
    #[must_use]
    pub fn received_at(&self) -> SystemTime {
        self.inner.verified.at
    }

    /// The tenant whose secret matches the signature, with the path parameters that select it.
    #[must_use]
    pub fn tenant(&self) -> &Tenant {
        &self.inner.verified.tenant
    }

    /// The content of the body. Providers label JSON in many ways, so every plausible content type
    /// is accepted. Hardly any provider signs it, so the body itself decides wherever it shows what
    /// it is.
    pub(crate) fn content(&self) -> Result<Content<'_>, Rejection> {
        self.check_content_type()?;
        self.readable()
    }

    /// Checks that the content type is one that is decoded. It reads nothing of the body.
    pub(crate) fn check_content_type(&self) -> Result<(), Rejection> {
        if self.inner.verified.query.is_some() {
            return Ok(());
        }
        let mut declared = self.inner.headers.get_all(header::CONTENT_TYPE).iter();
        let (first, second) = (declared.next(), declared.next());
        let declared = first.map_or(Ok("application/json"), HeaderValue::to_str);
        // With two content types, two readers could read the body differently.
        let declared =
            declared.ok().filter(|_| second.is_none()).ok_or(Rejection::UnsupportedContentType)?;
        let essence = declared.split(';').next().unwrap_or_default().trim();
        let is = |wanted: &str| essence.eq_ignore_ascii_case(wanted);
        let is_supported = is("application/json")
            || is("application/x-www-form-urlencoded")
            || is("text/plain")
            || is("text/json")
            || has_json_suffix(essence);
        if is_supported { Ok(()) } else { Err(Rejection::UnsupportedContentType) }
    }

    /// The content of the body with any content type, for what identifies the delivery: nobody who
    /// changes the content type must change that.
    pub(crate) fn readable(&self) -> Result<Content<'_>, Rejection> {
        if let Some(query) = &self.inner.verified.query {
            return Ok(Content::Form(query));
        }
        match body_format(&self.inner.headers, &self.inner.body) {
            BodyFormat::Json => self.json_body(),
            BodyFormat::Form => Ok(match self.form_json() {
                Some(json) => Content::Json(json),
                None => Content::Form(&self.inner.body),
            }),
        }
    }

    fn json_body(&self) -> Result<Content<'_>, Rejection> {
        if let Some(Some(json)) = self.inner.repaired_json.get() {
            return Ok(Content::Json(json));
        }
        let Ok(json) = std::str::from_utf8(json::without_bom(&self.inner.body)) else {
            return Err(Rejection::Malformed { detail: "the body is not UTF-8".to_owned() });
        };
        let repaired = self.inner.repaired_json.get_or_init(|| surrogates::replaced(json));
        Ok(Content::Json(repaired.as_deref().unwrap_or(json)))
    }

    /// The form of this delivery as JSON, written once.
    pub(crate) fn form_as_json(&self, write: impl FnOnce() -> String) -> &str {
        self.inner.form_as_json.get_or_init(write)
    }

    /// The JSON payload in a form, for providers that send one.
    fn form_json(&self) -> Option<&str> {
        let field = self.inner.provider.json_form_field()?;
        self.inner
            .form_json
            .get_or_init(|| {
                let mut fields = form_urlencoded::parse(&self.inner.body);
                let json = fields.find(|(name, _)| name == field).map(|(_, json)| json)?;
                let json = json::text_without_bom(&json);
                Some(surrogates::replaced(json).unwrap_or_else(|| json.into()))
            })
            .as_deref()
    }
}

fn has_json_suffix(essence: &str) -> bool {
    essence.len() > 5 && essence.as_bytes()[essence.len() - 5..].eq_ignore_ascii_case(b"+json")
}

/// Shows what identifies the delivery. The body and the headers are left out, because they may
/// contain secrets.
impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("endpoint", &self.endpoint())
            .field("provider", &self.provider())
            .field("id", &self.id())
            .field("event", &self.event())
            .field("secret", &self.secret_name())
            .field("body_len", &self.body().len())
            .finish_non_exhaustive()
    }
}

impl<S: Sync> FromRequestParts<S> for Delivery {
    type Rejection = MissingDelivery;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, MissingDelivery> {
        parts.extensions.get::<Self>().cloned().ok_or(MissingDelivery)
    }
}

/// The rejection of a `Delivery` extractor outside a webhook. It is a mistake in the program, and
/// the response is a 500.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MissingDelivery;

impl fmt::Display for MissingDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`Delivery` can only be extracted in functions marked `#[webhook]`")
    }
}

impl std::error::Error for MissingDelivery {}

impl IntoResponse for MissingDelivery {
    fn into_response(self) -> axum::response::Response {
        tracing::error!("{self}");
        http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}
