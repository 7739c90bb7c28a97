//! A delivery of a test, before it is sent.

use std::{future::IntoFuture, pin::Pin, time::SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Serialize;

use super::{
    hooks::TestContext,
    request::{self, RawRequest, UnsignedRequest},
    response::{TestResponse, send_request},
    target::TestEndpoint,
};
use crate::{
    delivery::Tenant,
    verify::{
        Field, Provider, Secret,
        scheme::{Scheme, SignError},
    },
    webhooks::{Content, EventFields, form},
};

/// A delivery of a test. [`TestHooks::deliver`](super::TestHooks::deliver) creates it, and `.await`
/// sends it.
///
/// By default it is genuine, signed now, with the smallest body that the provider sends, and with a
/// unique id if the provider sends ids in a header.
///
/// `.await` panics if there can be no such delivery: for example an event for a provider without
/// event names, a parameter that is not in the path, or a provider whose signature only the
/// provider can make.
#[derive(Clone)]
#[must_use = "a delivery is only sent when it is awaited"]
pub struct TestDelivery<'h> {
    context: &'h TestContext,
    endpoint: &'h TestEndpoint,
    method: Method,
    params: Vec<(String, String)>,
    query: String,
    content: Content,
    content_type: Option<HeaderValue>,
    headers: Vec<(HeaderName, HeaderValue)>,
    words: EventFields,
    at: Option<SystemTime>,
    secret: Option<Secret>,
    defect: Defect,
    twice: bool,
}

/// The defect of a delivery.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Defect {
    None,
    WrongSecret,
    ChangedBody,
    NoSignature,
}

impl<'h> TestDelivery<'h> {
    pub(crate) fn new(context: &'h TestContext, endpoint: &'h TestEndpoint) -> Self {
        Self {
            context,
            endpoint,
            method: Method::POST,
            params: Vec::new(),
            query: String::new(),
            content: Content::Minimal,
            content_type: None,
            headers: Vec::new(),
            words: EventFields::default(),
            at: None,
            secret: None,
            defect: Defect::None,
            twice: false,
        }
    }

    /// Sets the name of the event, in the provider's header or JSON field; in a batch, in every
    /// item. If the provider has actions, the text after the first dot is the action:
    /// `issues.opened`.
    pub fn event(mut self, name: impl Into<String>) -> Self {
        self.words.event = Some(name.into());
        self
    }

    /// Sets the action, in the provider's field.
    pub fn action(mut self, action: impl Into<String>) -> Self {
        self.words.action = Some(action.into());
        self
    }

    /// Sets the id of the delivery, in the provider's field, and signs it if the provider does. In
    /// a batch it is the id of the first item; the ids of the others end with a number.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.words.id = Some(id.into());
        self
    }

    /// Sets the body, as JSON. Event, action, id and time are written into it if the provider sends
    /// them in the body.
    ///
    /// # Panics
    /// If the value cannot be written as JSON.
    #[track_caller]
    pub fn json(mut self, value: &(impl Serialize + ?Sized)) -> Self {
        self.content = Content::Json(serde_json::to_vec(value).expect("a value that can be JSON"));
        self
    }

    /// Sets the events of a batch, in the provider's layout.
    ///
    /// # Panics
    /// If one of them cannot be written as JSON.
    #[track_caller]
    pub fn items<T: Serialize>(mut self, items: impl IntoIterator<Item = T>) -> Self {
        let items = items.into_iter().map(|item| serde_json::to_value(item));
        let items = items.collect::<Result<_, _>>();
        self.content = Content::Items(items.expect("values that can be JSON"));
        self
    }

    /// Sets the body, as a form: a map, a struct, or a list of pairs.
    ///
    /// # Panics
    /// If the value is none of these.
    #[track_caller]
    pub fn form(mut self, fields: &(impl Serialize + ?Sized)) -> Self {
        let fields = serde_json::to_value(fields).expect("a value that can be a form");
        self.content = Content::Form(match form(&fields) {
            Ok(form) => form,
            Err(problem) => panic!("{problem}"),
        });
        self
    }

    /// Sets the body, which is signed and sent unchanged. Its content type is JSON unless
    /// [`content_type`](Self::content_type) sets another.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.content = Content::Raw(body.into());
        self
    }

    /// Sets the content type.
    ///
    /// # Panics
    /// If it cannot be the value of a header.
    #[track_caller]
    pub fn content_type(mut self, value: &str) -> Self {
        self.content_type = Some(value.parse().expect("the value of a header"));
        self
    }

    /// Sets a header, and replaces any other of that name. It is set after signing: a signed header
    /// becomes invalid.
    ///
    /// # Panics
    /// If the name or the value is invalid.
    #[track_caller]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = name.parse().expect("the name of a header");
        self.headers.push((name, value.parse().expect("the value of a header")));
        self
    }

    /// Sets a parameter of the path: for `/hooks/{tenant}`, `.param("tenant", "acme")`.
    pub fn param(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        self.params.retain(|(known, _)| *known != name);
        self.params.push((name, value.into()));
        self
    }

    /// Sets the query of the URL, encoded: `a=1&b=2`.
    pub fn query(mut self, query: impl Into<String>) -> Self {
        self.query = query.into();
        self
    }

    /// Sets the method. The default is POST.
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// Signs with this secret (or private key) instead of the endpoint's.
    pub fn signed_with(mut self, secret: Secret) -> Self {
        self.secret = Some(secret);
        self
    }

    /// Signs at this time instead of now.
    pub fn at(mut self, time: SystemTime) -> Self {
        self.at = Some(time);
        self
    }

    /// Signs with another secret than the endpoint's.
    pub fn forged(mut self) -> Self {
        self.defect = Defect::WrongSecret;
        self
    }

    /// Changes the body after it was signed, but not its meaning.
    pub fn tampered(mut self) -> Self {
        self.defect = Defect::ChangedBody;
        self
    }

    /// Sends the delivery without the signature and its time and id.
    pub fn unsigned(mut self) -> Self {
        self.defect = Defect::NoSignature;
        self
    }

    /// Sends the same bytes twice, and returns the second response.
    pub fn replayed(mut self) -> Self {
        self.twice = true;
        self
    }

    /// The time of the signature.
    pub(crate) fn signed_at(&self) -> SystemTime {
        self.at.unwrap_or_else(|| self.context.now())
    }

    /// The request without a signature, and its tenant.
    pub(crate) fn unsigned_request(&self) -> Result<(UnsignedRequest, Tenant), String> {
        let provider = self.endpoint.provider;
        let (path, tenant) = self.endpoint.locate(&self.params)?;
        let mark = if self.query.is_empty() { "" } else { "?" };
        let id = self.words.id.clone().unwrap_or_else(|| self.context.next_id());
        let mut words = self.words.clone().with_split_action(provider);
        // An id in a header is always sent. An id in the body is the test's, if the body is.
        let in_header = matches!(provider.id(), Some(Field::Header(_)));
        if in_header || matches!(self.content, Content::Minimal) && says_id_in_body(provider) {
            words.id = Some(id.clone());
        }
        let written = self.content.write(provider, &words, self.signed_at(), self.at.is_some())?;
        let mut headers = HeaderMap::new();
        for (name, value) in written.headers {
            let value = HeaderValue::try_from(value).map_err(|error| format!("{name}: {error}"))?;
            headers.insert(name, value);
        }
        request::content_type(&mut headers, written.content_type);
        if let Some(value) = &self.content_type {
            headers.insert(http::header::CONTENT_TYPE, value.clone());
        }
        let unsigned = UnsignedRequest {
            provider,
            method: self.method.clone(),
            origin: self.endpoint.origin.clone(),
            path_and_query: format!("{path}{mark}{}", self.query),
            id,
            headers,
            overrides: self.headers.clone(),
            body: written.body,
        };
        Ok((unsigned, tenant))
    }

    /// The secret that signs the delivery.
    pub(crate) async fn secret(&self, tenant: &Tenant) -> Result<Secret, String> {
        match (&self.secret, self.defect) {
            (_, Defect::WrongSecret) => Ok(self.endpoint.other_secret()),
            (Some(secret), _) => Ok(secret.clone()),
            (None, _) => self.endpoint.secret(tenant).await,
        }
    }

    async fn request(&self) -> Result<RawRequest, String> {
        let (unsigned, tenant) = self.unsigned_request()?;
        if self.defect == Defect::NoSignature {
            let mut unsigned = unsigned;
            // Only signed requests have this header.
            if let Some(name) = unsigned.provider.scheme().and_then(Scheme::signed_id_header) {
                unsigned.headers.remove(name);
            }
            return Ok(unsigned.without_signature());
        }
        let secret = self.secret(&tenant).await?;
        let signed = unsigned.sign(&secret, self.signed_at()).map_err(|error| match error {
            SignError::Unsupported => format!(
                "only {} has the key that signs: send a recorded delivery with `send`",
                unsigned.provider.name()
            ),
            SignError::Body if unsigned.provider.signs_forms_only() && !unsigned.is_form() => {
                format!("{} signs forms: use `.form(…)`", unsigned.provider.name())
            }
            error => error.to_string(),
        });
        let mut request = signed?;
        if self.defect == Defect::ChangedBody {
            unsigned.tamper(&mut request)?;
        }
        Ok(request)
    }

    async fn send(self) -> TestResponse {
        let request = match self.request().await {
            Ok(request) => request,
            Err(problem) => panic!("cannot deliver to `{}`: {problem}", self.endpoint.function),
        };
        let router = &self.context.router;
        if self.twice {
            send_request(router, request.to_http()).await;
        }
        send_request(router, request.to_http()).await
    }
}

/// Returns whether the provider sends ids in the body.
fn says_id_in_body(provider: &Provider) -> bool {
    match provider.batch() {
        Some(items) => items.id().is_some(),
        None => matches!(provider.id(), Some(Field::Pointer(_))),
    }
}

impl<'h> IntoFuture for TestDelivery<'h> {
    type Output = TestResponse;
    type IntoFuture = Pin<Box<dyn Future<Output = TestResponse> + Send + 'h>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
