//! A verified request.

use std::{
    borrow::Cow,
    fmt,
    sync::{Arc, OnceLock},
    time::SystemTime,
};

use axum::{extract::FromRequestParts, response::IntoResponse};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header, request::Parts};

use crate::{
    json,
    payload::{Content, Payload},
    provider::{Provider, Source},
    rejection::Rejection,
    scheme::Proof,
    source::Scope,
};

/// One verified request. Only the receiving endpoint makes one, so whoever holds it knows that the
/// provider signed these bytes.
///
/// As an argument before the payload it is an extractor (`delivery: Delivery`, cheap to clone); as
/// the payload, `delivery: &Delivery` gives the raw body.
#[derive(Clone)]
pub struct Delivery {
    inner: Arc<Inner>,
}

struct Inner {
    provider: &'static Provider,
    endpoint: &'static str,
    headers: HeaderMap,
    body: Bytes,
    verified: Verification,
    /// The JSON out of a form's field, decoded when first asked for.
    form_json: OnceLock<Option<Box<str>>>,
}

/// How a delivery was verified.
pub(crate) struct Verification {
    pub(crate) proof: Proof,
    /// Whose secret it was.
    pub(crate) scope: Scope,
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
        let form_json = OnceLock::new();
        let inner = Inner { provider, endpoint, headers, body, verified, form_json };
        Self { inner: Arc::new(inner) }
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

    /// Decodes the body into a type, borrowed from it or owned, as a handler's payload is.
    ///
    /// # Errors
    /// With the answer to give, which a handler can return as it is.
    pub fn decode<'a, T: Payload<'a>>(&'a self) -> Result<T, Rejection> {
        T::decode(self)
    }

    /// The provider's id of the delivery, where it says one.
    ///
    /// [`id_is_signed`](Self::id_is_signed) tells whether it can be relied upon.
    #[must_use]
    pub fn id(&self) -> Option<Cow<'_, str>> {
        self.find(self.inner.provider.id_source()?)
    }

    /// Whether the signature covers the id. GitHub's, for example, is a header that anybody on the
    /// way can change: a recorded delivery sent again under another id is not recognised by it.
    #[must_use]
    pub fn id_is_signed(&self) -> bool {
        let provider = self.inner.provider;
        provider.id_source().is_some_and(|source| provider.signs(source))
    }

    /// The name of the event, where the provider says one.
    #[must_use]
    pub fn event(&self) -> Option<Cow<'_, str>> {
        self.find(self.inner.provider.event_source()?)
    }

    /// What tells events of one name apart, such as `opened`, where the provider says it.
    #[must_use]
    pub fn action(&self) -> Option<Cow<'_, str>> {
        self.find(self.inner.provider.action_source()?)
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
    pub fn secret(&self) -> &str {
        &self.inner.verified.proof.secret
    }

    /// When the provider signed, where its scheme signs a time.
    #[must_use]
    pub fn signed_at(&self) -> Option<SystemTime> {
        self.inner.verified.proof.timestamp
    }

    /// When the request was verified.
    #[must_use]
    pub fn received_at(&self) -> SystemTime {
        self.inner.verified.at
    }

    /// Whose secret made the signature, where each tenant has its own: the parameters of the path
    /// that the secret was found by.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.inner.verified.scope
    }

    fn find(&self, source: Source) -> Option<Cow<'_, str>> {
        match source {
            Source::Header(name) => self.header(name).map(Cow::Borrowed),
            Source::Pointer(pointer) => match self.content().ok()? {
                Content::Json(json) => json::scalar(json.as_bytes(), pointer),
                Content::Form(_) => None,
            },
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.inner.headers.get(name)?.to_str().ok()
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
        let declared = declared.ok().filter(|_| second.is_none()).ok_or(Rejection::ContentType)?;
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
        Err(Rejection::ContentType)
    }

    fn json_body(&self) -> Result<Content<'_>, Rejection> {
        match std::str::from_utf8(&self.inner.body) {
            Ok(json) => Ok(Content::Json(json)),
            Err(_) => Err(Rejection::Malformed { detail: "the body is not UTF-8".to_owned() }),
        }
    }

    /// The JSON payload inside a form, where the provider sends it so.
    fn form_json(&self) -> Option<&str> {
        let field = self.inner.provider.form_field()?;
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
            .field("secret", &self.secret())
            .field("body_len", &self.body().len())
            .finish_non_exhaustive()
    }
}

impl<S: Sync> FromRequestParts<S> for Delivery {
    type Rejection = NotADelivery;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NotADelivery> {
        parts.extensions.get::<Self>().cloned().ok_or(NotADelivery)
    }
}

/// A `Delivery` was asked for outside a webhook: a mistake in the program, answered by 500.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotADelivery;

impl fmt::Display for NotADelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`Delivery` can be extracted in functions marked `#[webhook]` only")
    }
}

impl std::error::Error for NotADelivery {}

impl IntoResponse for NotADelivery {
    fn into_response(self) -> axum::response::Response {
        tracing::error!("{self}");
        http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}
