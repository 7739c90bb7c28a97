//! A delivery in the making.

use std::{future::IntoFuture, pin::Pin, time::SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Serialize;

use super::{
    answer::{TestResponse, ask},
    content::{Content, Words},
    fill,
    hooks::Desk,
    letter::{self, UnsignedRequest, Wire},
    target::TestEndpoint,
};
use crate::{
    delivery::Tenant,
    verify::{
        BatchLayout, Field, Provider, Secret,
        scheme::{Scheme, SignError},
    },
};

/// A delivery in the making: made by [`TestHooks::deliver`](super::TestHooks::deliver), sent when it
/// is awaited.
///
/// Whatever is not said is as the provider would send it: genuine, signed now, with a body of the
/// least that the provider sends, and with an id of its own where ids are in a header.
///
/// Awaited, it panics where no such delivery can be: an event for a provider that names none, a
/// parameter that the path does not have, a provider whose signature nobody else can make.
#[derive(Clone)]
#[must_use = "it is sent when it is awaited"]
pub struct TestDelivery<'h> {
    desk: &'h Desk,
    target: &'h TestEndpoint,
    method: Method,
    params: Vec<(String, String)>,
    query: String,
    content: Content,
    content_type: Option<HeaderValue>,
    headers: Vec<(HeaderName, HeaderValue)>,
    words: Words,
    at: Option<SystemTime>,
    secret: Option<Secret>,
    fault: Fault,
    twice: bool,
}

/// What is wrong with a delivery.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    Nothing,
    Forged,
    Tampered,
    Unsigned,
}

impl<'h> TestDelivery<'h> {
    pub(crate) fn new(desk: &'h Desk, target: &'h TestEndpoint) -> Self {
        Self {
            desk,
            target,
            method: Method::POST,
            params: Vec::new(),
            query: String::new(),
            content: Content::Least,
            content_type: None,
            headers: Vec::new(),
            words: Words::default(),
            at: None,
            secret: None,
            fault: Fault::Nothing,
            twice: false,
        }
    }

    /// The name of the event, in the header or at the place in the JSON where the provider says it;
    /// in a batch, in each of its items. Where the provider tells events apart by an action, what
    /// follows the first dot is the action: `issues.opened`.
    pub fn event(mut self, name: impl Into<String>) -> Self {
        self.words.event = Some(name.into());
        self
    }

    /// What tells events of one name apart, said where the provider says it.
    pub fn action(mut self, action: impl Into<String>) -> Self {
        self.words.action = Some(action.into());
        self
    }

    /// The id of the delivery, said where the provider says it, and signed where it signs it. In a
    /// batch it is that of the first item, and those of the others have a number behind it.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.words.id = Some(id.into());
        self
    }

    /// The body, as JSON. Event, action, id and time are written into it, where the provider has
    /// them there.
    ///
    /// # Panics
    /// When the value cannot be written as JSON.
    #[track_caller]
    pub fn json(mut self, value: &(impl Serialize + ?Sized)) -> Self {
        self.content = Content::Json(serde_json::to_vec(value).expect("it can be JSON"));
        self
    }

    /// The events of a batch, put to where the provider has them.
    ///
    /// # Panics
    /// When one of them cannot be written as JSON.
    #[track_caller]
    pub fn items<T: Serialize>(mut self, items: impl IntoIterator<Item = T>) -> Self {
        let items = items.into_iter().map(|item| serde_json::to_value(item));
        let items = items.collect::<Result<_, _>>();
        self.content = Content::Items(items.expect("they can be JSON"));
        self
    }

    /// The body, as a form: a map, a struct, or a list of pairs.
    ///
    /// # Panics
    /// When the value is none of these.
    #[track_caller]
    pub fn form(mut self, fields: &(impl Serialize + ?Sized)) -> Self {
        let fields = serde_json::to_value(fields).expect("it can be a form");
        self.content = Content::Form(match fill::form(&fields) {
            Ok(form) => form,
            Err(problem) => panic!("{problem}"),
        });
        self
    }

    /// The body, sent and signed as it is. Unless [`content_type`](Self::content_type) says
    /// otherwise, it is said to be JSON.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.content = Content::Raw(body.into());
        self
    }

    /// The content type, whatever it would be otherwise.
    ///
    /// # Panics
    /// When it cannot stand in a header.
    #[track_caller]
    pub fn content_type(mut self, value: &str) -> Self {
        self.content_type = Some(value.parse().expect("the value of a header"));
        self
    }

    /// Sends this header, in place of any other of that name. It is set after signing: what the
    /// signature covers is not sent as it was signed.
    ///
    /// # Panics
    /// When it can be no header.
    #[track_caller]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = name.parse().expect("the name of a header");
        self.headers.push((name, value.parse().expect("the value of a header")));
        self
    }

    /// A parameter of the path: for `/hooks/{tenant}`, `.param("tenant", "acme")`.
    pub fn param(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        self.params.retain(|(known, _)| *known != name);
        self.params.push((name, value.into()));
        self
    }

    /// The query of the URL, as it is sent: `a=1&b=2`.
    pub fn query(mut self, query: impl Into<String>) -> Self {
        self.query = query.into();
        self
    }

    /// The method: POST, unless this says otherwise.
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

    /// Signs with a secret that is somebody else's.
    pub fn forged(mut self) -> Self {
        self.fault = Fault::Forged;
        self
    }

    /// Changes the body after it was signed: what it says stays the same.
    pub fn tampered(mut self) -> Self {
        self.fault = Fault::Tampered;
        self
    }

    /// Sends it without signature, and without the time and id that go with one.
    pub fn unsigned(mut self) -> Self {
        self.fault = Fault::Unsigned;
        self
    }

    /// Sends the same bytes twice. The answer is that to the second.
    pub fn replayed(mut self) -> Self {
        self.twice = true;
        self
    }

    /// The time at which it is signed.
    pub(crate) fn signed_at(&self) -> SystemTime {
        self.at.unwrap_or_else(|| self.desk.now())
    }

    /// The delivery without its signature, and the tenant that it is for.
    pub(crate) fn letter(&self) -> Result<(UnsignedRequest, Tenant), String> {
        let provider = self.target.provider;
        let (path, tenant) = self.target.locate(&self.params)?;
        let mark = if self.query.is_empty() { "" } else { "?" };
        let id = self.words.id.clone().unwrap_or_else(|| self.desk.next_id());
        let mut words = self.words.clone();
        let has_action = provider.action().is_some()
            || provider.batch().is_some_and(|items| BatchLayout::action(items).is_some());
        if let (Some(event), None, true) = (&self.words.event, &words.action, has_action)
            && let Some((event, action)) = event.split_once('.')
        {
            (words.event, words.action) = (Some(event.to_owned()), Some(action.to_owned()));
        }
        // An id in a header is never missing; one in the body is the test's, if the body is.
        let in_header = matches!(provider.id(), Some(Field::Header(_)));
        if in_header || matches!(self.content, Content::Least) && says_id_in_body(provider) {
            words.id = Some(id.clone());
        }
        let written = self.content.write(provider, &words, self.signed_at(), self.at.is_some())?;
        let mut headers = HeaderMap::new();
        for (name, value) in written.headers {
            let value = HeaderValue::try_from(value).map_err(|error| format!("{name}: {error}"))?;
            headers.insert(name, value);
        }
        letter::content_type(&mut headers, written.content_type);
        if let Some(value) = &self.content_type {
            headers.insert(http::header::CONTENT_TYPE, value.clone());
        }
        let letter = UnsignedRequest {
            provider,
            method: self.method.clone(),
            origin: self.target.origin.clone(),
            target: format!("{path}{mark}{}", self.query),
            id,
            headers,
            forced: self.headers.clone(),
            body: written.body,
        };
        Ok((letter, tenant))
    }

    /// The secret that it is signed with.
    pub(crate) async fn secret(&self, tenant: &Tenant) -> Result<Secret, String> {
        match (&self.secret, self.fault) {
            (_, Fault::Forged) => Ok(self.target.other_secret()),
            (Some(secret), _) => Ok(secret.clone()),
            (None, _) => self.target.secret(tenant).await,
        }
    }

    async fn wire(&self) -> Result<Wire, String> {
        let (letter, tenant) = self.letter()?;
        if self.fault == Fault::Unsigned {
            let mut letter = letter;
            // Only signed requests have this one, by whatever name the provider calls it.
            if let Some(name) = letter.provider.scheme().and_then(Scheme::signed_id_header) {
                letter.headers.remove(name);
            }
            return Ok(letter.unsigned());
        }
        let secret = self.secret(&tenant).await?;
        let signed = letter.sign(&secret, self.signed_at()).map_err(|error| match error {
            SignError::Unsupported => format!(
                "only {} has the key that signs: send a recorded delivery by `send`",
                letter.provider.name()
            ),
            SignError::Body if letter.provider.signs_forms_only() && !letter.is_form() => {
                format!("{} signs forms: use `.form(…)`", letter.provider.name())
            }
            error => error.to_string(),
        });
        let mut wire = signed?;
        if self.fault == Fault::Tampered {
            letter.tamper(&mut wire)?;
        }
        Ok(wire)
    }

    async fn send(self) -> TestResponse {
        let wire = match self.wire().await {
            Ok(wire) => wire,
            Err(problem) => panic!("cannot deliver to `{}`: {problem}", self.target.name),
        };
        let router = &self.desk.router;
        if self.twice {
            ask(router, wire.request()).await;
        }
        ask(router, wire.request()).await
    }
}

/// Whether the provider has its ids in the body.
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
