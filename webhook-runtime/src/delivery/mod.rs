//! A verified request.

pub(crate) mod answer;
pub(crate) mod content;
mod encoded;
pub(crate) mod memory;
#[cfg(feature = "testing")]
mod observer;
pub(crate) mod rejection;
pub(crate) mod request;
mod shape;
mod tenant;

use std::{
    borrow::Cow,
    fmt,
    ops::Range,
    sync::{Arc, OnceLock},
    time::SystemTime,
};

use axum::{extract::FromRequestParts, response::IntoResponse};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header, request::Parts};

use crate::{
    delivery::{
        content::{Content, check_json},
        memory::Share,
    },
    verify::{BatchLayout, Provider, json, scheme::Verified},
};

pub use encoded::RawEvent;
#[cfg(feature = "testing")]
pub(crate) use observer::{DeliveryObserver, Observer};
pub use rejection::{FailedItem, LimitedBy, Rejection};
pub use shape::PayloadShape;
pub(crate) use shape::Unit;
pub use tenant::Tenant;

/// One verified request. Only the receiving endpoint makes one, so whoever holds it knows that the
/// provider signed these bytes.
///
/// As an argument before the payload it is an extractor (`delivery: Delivery`, cheap to clone); as
/// the payload, `delivery: &Delivery` gives the raw body.
///
/// Where the provider sends many events at once, and the handler is called for each, the delivery
/// that a handler sees is that of one item: [`id`](Self::id), [`event`](Self::event),
/// [`action`](Self::action), [`decode`](Self::decode) and [`encoded`](Self::raw_event) are the item's,
/// everything else is that of the request.
#[derive(Clone)]
pub struct Delivery {
    inner: Arc<Inner>,
    item: Option<Item>,
    /// Watches what becomes of the delivery, where a test asks for it.
    #[cfg(feature = "testing")]
    observer: Option<Observer>,
}

/// Which item of a batch a handler is called for.
#[derive(Clone, Debug)]
struct Item {
    index: usize,
    /// Where its text is in the JSON of the body.
    place: Range<usize>,
}

struct Inner {
    provider: &'static Provider,
    endpoint: &'static str,
    headers: HeaderMap,
    body: Bytes,
    verified: Verification,
    /// The JSON out of a form's field, decoded when first asked for.
    form_json: OnceLock<Option<Box<str>>>,
    /// A form written as JSON, for payloads that borrow from it: when one is first decoded.
    form_as_json: OnceLock<String>,
    /// What the request says of all events in it: read once, for all of them.
    said: OnceLock<Said>,
    /// What the body has of the memory for bodies, until it is let go.
    share: Option<Share>,
}

/// What a request says of all events in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    pub(crate) event: Option<String>,
    pub(crate) action: Option<String>,
}

/// How a delivery was verified.
pub(crate) struct Verification {
    pub(crate) proof: Verified,
    /// Whose secret it was.
    pub(crate) tenant: Tenant,
    /// The payload of a GET, which has no body.
    pub(crate) query: Option<Bytes>,
    pub(crate) at: SystemTime,
}

impl Delivery {
    pub(crate) fn new(
        provider: &'static Provider,
        endpoint: &'static str,
        headers: HeaderMap,
        body: Bytes,
        verified: Verification,
    ) -> Self {
        let (form_json, form_as_json) = (OnceLock::new(), OnceLock::new());
        let (said, share) = (OnceLock::new(), None);
        let inner = Inner {
            provider,
            endpoint,
            headers,
            body,
            verified,
            form_json,
            form_as_json,
            said,
            share,
        };
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

    /// Takes over the observer that a test has put into the request.
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

    /// Holds a share of the memory for bodies for as long as it is there.
    pub(crate) fn holding(mut self, share: Share) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.share = Some(share);
        }
        self
    }

    /// An event that came in a batch and was stored without the others: it is all of the body.
    #[cfg(feature = "inbox")]
    pub(crate) fn alone(
        provider: &'static Provider,
        endpoint: &'static str,
        headers: HeaderMap,
        json: Bytes,
        verified: Verification,
        (index, said): (usize, Said),
    ) -> Self {
        let item = Some(Item { index, place: 0..json.len() });
        let (form_json, form_as_json) = (OnceLock::new(), OnceLock::new());
        let (said, share) = (OnceLock::from(said), None);
        let inner = Inner {
            provider,
            endpoint,
            headers,
            body: json,
            verified,
            form_json,
            form_as_json,
            said,
            share,
        };
        Self::of(inner, item)
    }

    /// Whether it is one item of a batch already.
    pub(crate) fn is_item(&self) -> bool {
        self.item.is_some()
    }

    /// What the request says of all events in it.
    pub(crate) fn said(&self) -> &Said {
        self.inner.said.get_or_init(|| {
            let whole = RawEvent::whole(self);
            let [event, action] = [whole.event(), whole.action()];
            Said { event: event.map(Into::into), action: action.map(Into::into) }
        })
    }

    #[cfg(feature = "inbox")]
    pub(crate) fn verification(&self) -> &Verification {
        &self.inner.verified
    }

    /// This delivery, as seen by the handler of one of its items. `json` is a part of its body.
    pub(crate) fn of_item(&self, index: usize, json: Range<usize>) -> Self {
        Self { item: Some(Item { index, place: json }), ..self.clone() }
    }

    /// Where in the body's JSON the items of a batch are. What stands where the provider puts its
    /// array, and is none, is an item by itself; `null` is none.
    pub(crate) fn items(&self, says: &BatchLayout) -> Result<Vec<Range<usize>>, Rejection> {
        let Content::Json(body) = self.content()? else {
            return Err(Rejection::UnsupportedContentType);
        };
        check_json(body)?;
        let Some(array) = json::raw_value(body, says.array()) else {
            let path = says.array().trim_start_matches('/').replace('/', ".");
            return Err(Rejection::Mismatch {
                path: path.replace("~1", "/").replace("~0", "~"),
                detail: "the events of the batch are missing".to_owned(),
            });
        };
        let nothing = || if array == "null" { Vec::new() } else { vec![array] };
        let items = json::array_items(array).unwrap_or_else(nothing);
        let inside = |item| says.inner().and_then(|at| json::raw_value(item, at)).unwrap_or(item);
        Ok(items.into_iter().map(|item| json::byte_range(inside(item), body)).collect())
    }

    /// A part of the body's JSON, by its place.
    pub(crate) fn part(&self, place: &Range<usize>) -> Option<&str> {
        // Only the part is checked to be UTF-8: a batch has many, and all of it was checked before.
        match self.inner.form_json.get() {
            Some(Some(json)) => json.get(place.clone()),
            _ => std::str::from_utf8(self.inner.body.get(place.clone())?).ok(),
        }
    }

    /// The text that the payload is decoded from: one item of a batch, or the body.
    #[must_use]
    pub fn raw_event(&self) -> RawEvent<'_> {
        let item = self.item.as_ref().and_then(|item| {
            let says = self.inner.provider.batch()?;
            Some(RawEvent::item(self, says, item.index, self.part(&item.place)?))
        });
        item.unwrap_or_else(|| RawEvent::whole(self))
    }

    pub(crate) fn sent_by(&self) -> &'static Provider {
        self.inner.provider
    }

    /// The raw bytes that the provider signed.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.inner.body
    }

    /// The headers of the request. Few schemes sign any of them.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.inner.headers
    }

    /// The provider's id of the delivery, where it says one.
    ///
    /// [`id_is_signed`](Self::id_is_signed) tells whether it can be relied upon.
    #[must_use]
    pub fn id(&self) -> Option<Cow<'_, str>> {
        self.raw_event().id()
    }

    /// Whether the signature covers the id. GitHub's, for example, is a header that anybody on the
    /// way can change: a recorded delivery sent again under another id is not recognised by it.
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

    /// The name of the event, where the provider says one.
    #[must_use]
    pub fn event(&self) -> Option<Cow<'_, str>> {
        self.raw_event().event()
    }

    /// What tells events of one name apart, such as `opened`, where the provider says it.
    #[must_use]
    pub fn action(&self) -> Option<Cow<'_, str>> {
        self.raw_event().action()
    }

    /// The name of the provider.
    #[must_use]
    pub fn provider(&self) -> &'static str {
        self.inner.provider.name()
    }

    /// The name of the endpoint's function.
    #[must_use]
    pub fn endpoint(&self) -> &'static str {
        self.inner.endpoint
    }

    /// The name of the secret that made the signature: while the old one of a rotation still
    /// shows here, the provider is still using it.
    #[must_use]
    pub fn secret_name(&self) -> &str {
        &self.inner.verified.proof.secret_name
    }

    /// When the provider signed, where its scheme signs a time.
    #[must_use]
    pub fn signed_at(&self) -> Option<SystemTime> {
        self.inner.verified.proof.signed_at
    }

    /// When the request was verified.
    #[must_use]
    pub fn received_at(&self) -> SystemTime {
        self.inner.verified.at
    }

    /// Whose secret made the signature, where each tenant has its own: the parameters of the path
    /// that the secret was found by.
    #[must_use]
    pub fn tenant(&self) -> &Tenant {
        &self.inner.verified.tenant
    }

    /// What the body holds. Providers label JSON in many ways, so whatever could be JSON is taken
    /// for it, and the parser has the last word.
    pub(crate) fn content(&self) -> Result<Content<'_>, Rejection> {
        if let Some(query) = &self.inner.verified.query {
            return Ok(Content::Form(query));
        }
        let mut declared = self.inner.headers.get_all(header::CONTENT_TYPE).iter();
        let (first, second) = (declared.next(), declared.next());
        let declared = first.map_or(Ok("application/json"), HeaderValue::to_str);
        // Sent twice, two readers could take the body for two things.
        let declared =
            declared.ok().filter(|_| second.is_none()).ok_or(Rejection::UnsupportedContentType)?;
        if declared == "application/json" {
            return self.json_body();
        }
        let essence = declared.split(';').next().unwrap_or_default().trim();
        let is = |wanted: &str| essence.eq_ignore_ascii_case(wanted);
        if is("application/json") || is("text/plain") || is("text/json") || has_json_suffix(essence)
        {
            return self.json_body();
        }
        if is("application/x-www-form-urlencoded") {
            // Nobody signs the content type, and whoever changes it must not have what was signed
            // as JSON read as a form: no form begins with these, which are escaped in one.
            if matches!(self.inner.body.trim_ascii_start().first(), Some(b'{' | b'[')) {
                let detail = "the content type says form, but the body looks like JSON: send it \
                              with `content-type: application/json`";
                return Err(Rejection::Malformed { detail: detail.to_owned() });
            }
            return Ok(match self.form_json() {
                Some(json) => Content::Json(json),
                None => Content::Form(&self.inner.body),
            });
        }
        Err(Rejection::UnsupportedContentType)
    }

    fn json_body(&self) -> Result<Content<'_>, Rejection> {
        match std::str::from_utf8(&self.inner.body) {
            Ok(json) => Ok(Content::Json(json)),
            Err(_) => Err(Rejection::Malformed { detail: "the body is not UTF-8".to_owned() }),
        }
    }

    /// The form of this delivery, written as JSON once.
    pub(crate) fn form_as_json(&self, write: impl FnOnce() -> String) -> &str {
        self.inner.form_as_json.get_or_init(write)
    }

    /// The JSON payload inside a form, where the provider sends it so.
    fn form_json(&self) -> Option<&str> {
        let field = self.inner.provider.json_form_field()?;
        self.inner
            .form_json
            .get_or_init(|| {
                let mut fields = form_urlencoded::parse(&self.inner.body);
                fields.find(|(name, _)| name == field).map(|(_, json)| json.into())
            })
            .as_deref()
    }
}

fn has_json_suffix(essence: &str) -> bool {
    essence.len() > 5 && essence.as_bytes()[essence.len() - 5..].eq_ignore_ascii_case(b"+json")
}

/// Shows what identifies the delivery; neither the body nor the headers, which may hold secrets.
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

/// A `Delivery` was asked for outside a webhook: a mistake in the program, answered by 500.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MissingDelivery;

impl fmt::Display for MissingDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`Delivery` can be extracted in functions marked `#[webhook]` only")
    }
}

impl std::error::Error for MissingDelivery {}

impl IntoResponse for MissingDelivery {
    fn into_response(self) -> axum::response::Response {
        tracing::error!("{self}");
        http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}
