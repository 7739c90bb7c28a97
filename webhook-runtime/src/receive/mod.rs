//! The way of one delivery, from the first header until it is verified; `mounted` tells how it goes
//! on.
//!
//! Each step refuses, and ends the story, or hands on. Nothing of a request is believed, decoded or
//! shown to the handler before its signature has been checked over the bytes as they came.

pub(crate) mod body;
mod cache;
#[cfg(feature = "fetch")]
mod fetch;
#[cfg(feature = "limit")]
pub(crate) mod limit;
pub(crate) mod source;

use std::{sync::Arc, time::SystemTime};

use axum::{
    body::Body,
    extract::{FromRequestParts, OriginalUri, RawPathParams},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header, request::Parts};
use http_body::Body as _;
use tracing::{Span, field};

#[cfg(feature = "limit")]
use crate::receive::limit::Limiters;
use crate::{
    delivery::{Delivery, Rejection, Verification},
    endpoint::Endpoint,
    receive::{
        body::{Bounds, drain, unread},
        source::{KeyRing, Tenants},
    },
    support::text::truncate,
    verify::{
        Clock, Secret, Success, handshake,
        handshake::{Asked, Handshake, Known, MAX_UNSIGNED_BODY, Step},
        scheme::{Incoming, Keys, Proof, Verifier, VerifyError},
    },
};

#[cfg(feature = "fetch")]
pub use fetch::HttpsKeys;
#[cfg(feature = "limit")]
pub use limit::Quota;
pub use source::{KeySource, Scope, SecretSource, SourceError};

/// What stands between the network and one handler.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) endpoint: Endpoint,
    pub(crate) verifier: Verifier,
    pub(crate) secrets: Secrets,
    pub(crate) key_ring: Option<Arc<KeyRing>>,
    pub(crate) verify_token: Option<Secret>,
    pub(crate) allowed_origins: Option<Arc<[String]>>,
    /// Scheme and authority of the public URL, where the provider signs URLs.
    pub(crate) public_url: Option<Arc<str>>,
    pub(crate) clock: Arc<dyn Clock>,
    /// What reading a body is bounded by.
    pub(crate) bounds: Bounds,
    #[cfg(feature = "limit")]
    pub(crate) limiters: Limiters,
}

/// Where the live secrets are.
#[derive(Clone)]
pub(crate) enum Secrets {
    /// Known since the start.
    Fixed(Arc<Keys>),
    /// Asked for by the parameters of the path.
    ByTenant(Arc<Tenants>),
}

impl Gate {
    /// From a request to a verified delivery, or to the answer that it gets instead. `head` is what
    /// its head was judged to be.
    pub(crate) async fn receive(
        &self,
        head: Result<(), Rejection>,
        parts: &mut Parts,
        body: Body,
    ) -> Result<Delivery, Response> {
        if let Some(answer) = self.answer_unsigned(parts, None).await {
            drain(unread(&parts.headers, body)).await;
            return Err(answer);
        }
        if let Err(rejection) = head {
            return Err(self.refuse_by_head(rejection, parts, body).await);
        }
        let read = self.bounds.read(body, self.endpoint.max_body, &parts.headers).await;
        let (body, share) = match read {
            Ok(read) => read,
            Err(rejection) => return Err(self.refuse(rejection)),
        };
        let scope = self.scope(parts).await.map_err(|e| self.refuse(e))?;
        let keys = self.keys(&scope).await.map_err(|e| self.refuse(e))?;
        let now = self.clock.now();
        let proof = self.prove(parts, &body, &keys, now).await.map_err(|e| self.refuse(e))?;
        if let Some(answer) = self.answer_signed(parts, &body, &keys).await {
            return Err(answer);
        }
        let endpoint = &self.endpoint;
        let mut headers = std::mem::take(&mut parts.headers);
        self.verifier.hide(&mut headers);
        // A GET has no body: its payload is the query.
        let query = parts.uri.query().filter(|_| parts.method == Method::GET);
        let query = query.map(|query| Bytes::copy_from_slice(query.as_bytes()));
        let verified = Verification { proof, scope, query, at: now };
        let delivery =
            Delivery::new(endpoint.provider, endpoint.name, headers, body, verified).holding(share);
        #[cfg(feature = "testing")]
        let delivery = delivery.counted_by(&mut parts.extensions);
        tell(&delivery);
        Ok(delivery)
    }

    /// What can be refused before a byte of the body is read, unless it
    /// [may be a handshake](Self::may_be_handshake).
    pub(crate) fn judge_head(&self, parts: &Parts, body: &Body) -> Result<(), Rejection> {
        #[cfg(feature = "limit")]
        self.limiters.admit(parts)?;
        let allow = self.endpoint.provider.allowed_methods();
        // Nearly always the only one.
        if parts.method != allow && !allow.split(", ").any(|method| parts.method == method) {
            return Err(Rejection::MethodNotAllowed { allow });
        }
        if parts.headers.contains_key(header::CONTENT_ENCODING) {
            return Err(Rejection::ContentEncoding);
        }
        let limit = self.endpoint.max_body;
        // A layer around may hide the length from the body, and a body may know more than a header.
        let declared = declared_length(&parts.headers).unwrap_or(0).max(body.size_hint().lower());
        if usize::try_from(declared).map_or(true, |declared| declared > limit) {
            return Err(Rejection::TooLarge { limit });
        }
        let query = parts.uri.query().unwrap_or_default();
        self.verifier.check_headers(&parts.headers, query).map_err(Rejection::Unauthorized)?;
        #[cfg(feature = "limit")]
        self.limiters.spend()?;
        Ok(())
    }

    /// Whether a request with this fault may be a handshake all the same.
    pub(crate) fn may_be_handshake(&self, parts: &Parts, fault: &Rejection) -> bool {
        let handshakes = self.endpoint.provider.known_handshakes();
        !handshakes.is_empty()
            && !matches!(fault, Rejection::Limited { .. })
            && (may_be_in_body(handshakes, fault)
                || handshake::unsigned(handshakes, &Asked::head(parts)).is_some())
    }

    /// Refuses by the head, unless the unsigned body turns out to be a handshake.
    async fn refuse_by_head(
        &self,
        rejection: Rejection,
        parts: &mut Parts,
        body: Body,
    ) -> Response {
        let handshakes = self.endpoint.provider.known_handshakes();
        if may_be_in_body(handshakes, &rejection) {
            let read = self.bounds.read(body, MAX_UNSIGNED_BODY, &parts.headers).await;
            let Ok((body, _share)) = read else {
                return self.refuse(rejection);
            };
            if let Some(answer) = self.answer_unsigned(parts, Some(&body)).await {
                return answer;
            }
        } else {
            drain(unread(&parts.headers, body)).await;
        }
        self.refuse(rejection)
    }

    /// The live secrets of this request's tenant.
    async fn keys(&self, scope: &Scope) -> Result<Arc<Keys>, Rejection> {
        match &self.secrets {
            Secrets::Fixed(keys) => Ok(Arc::clone(keys)),
            Secrets::ByTenant(tenants) => tenants
                .keys(scope, &self.verifier, self.clock.now())
                .await
                .map_err(|error| not_known(&error)),
        }
    }

    /// The parameters of the path, where secrets depend on them. A path that is not UTF-8 is
    /// nobody's.
    async fn scope(&self, parts: &mut Parts) -> Result<Scope, Rejection> {
        let mut params = Vec::new();
        if matches!(self.secrets, Secrets::ByTenant(_)) {
            let found = RawPathParams::from_request_parts(parts, &())
                .await
                .map_err(|_| Rejection::Unauthorized(VerifyError::NoMatch))?;
            params.extend(found.iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
        }
        Ok(Scope::new(self.endpoint.name, params))
    }

    /// Checks the signature, over the bytes as they came.
    async fn prove(
        &self,
        parts: &Parts,
        body: &Bytes,
        keys: &Keys,
        now: SystemTime,
    ) -> Result<Proof, Rejection> {
        let url = self.url_of(parts);
        let request = Incoming {
            method: parts.method.as_str(),
            url: &url,
            headers: &parts.headers,
            query: parts.uri.query().unwrap_or_default(),
            body,
        };
        let wanted = self.verifier.wanted_key(&request).map_err(Rejection::Unauthorized)?;
        let key = match (wanted, &self.key_ring) {
            (None, _) => None,
            (Some(wanted), Some(ring)) => {
                let key = ring.key(&wanted, now).await.map_err(|error| not_known(&error))?;
                Some((ring, wanted, key))
            }
            (Some(_), None) => return Err(Rejection::Unavailable),
        };
        let fetched = key.as_ref().map(|(_, _, key)| &key[..]);
        let proof = self.verifier.verify(&request, keys, fetched, now);
        let proof = proof.map_err(|error| match error {
            VerifyError::KeyUnavailable => Rejection::Unavailable,
            error => Rejection::Unauthorized(error),
        })?;
        if let Some((ring, wanted, key)) = key {
            ring.remember(wanted, key, now);
        }
        Ok(proof)
    }

    /// Answers a handshake that nobody signs, judged by the head or, where it is given, the body.
    async fn answer_unsigned(&self, parts: &mut Parts, body: Option<&[u8]>) -> Option<Response> {
        let handshakes = self.endpoint.provider.known_handshakes();
        if handshakes.is_empty() {
            return None;
        }
        let asked = Asked { body, ..Asked::head(parts) };
        let found = handshake::unsigned(handshakes, &asked)?;
        let mut keys = None;
        if found.wants_keys() {
            let found = match self.scope(parts).await {
                Ok(scope) => self.keys(&scope).await,
                Err(rejection) => Err(rejection),
            };
            match found {
                Ok(known) => keys = Some(known),
                Err(rejection) => return Some(self.refuse(rejection)),
            }
        }
        let asked = Asked { body, ..Asked::head(parts) };
        match found.step(&asked, self.known(keys.as_deref())) {
            Err(rejection) => Some(self.refuse(rejection)),
            Ok(Step::Keep { secret, answer }) => self.keep(parts, secret, answer).await,
            Ok(step) => Some(self.take(step).await),
        }
    }

    /// Answers a handshake that is signed like any delivery.
    async fn answer_signed(&self, parts: &Parts, body: &[u8], keys: &Keys) -> Option<Response> {
        let handshakes = self.endpoint.provider.known_handshakes();
        if handshakes.is_empty() {
            return None;
        }
        let asked = Asked { body: Some(body), ..Asked::head(parts) };
        match handshake::signed(handshakes, &asked)?.step(&asked, self.known(Some(keys))) {
            Err(rejection) => Some(self.refuse(rejection)),
            Ok(step) => Some(self.take(step).await),
        }
    }

    fn known<'a>(&'a self, keys: Option<&'a Keys>) -> Known<'a> {
        Known {
            keys,
            verify_token: self.verify_token.as_ref(),
            allowed_origins: self.allowed_origins.as_deref(),
        }
    }

    /// Does what a handshake asks for.
    async fn take(&self, step: Step) -> Response {
        match step {
            Step::Answer(answer) => answer,
            // Only unsigned handshakes offer secrets.
            Step::Keep { .. } => self.refuse(Rejection::Unavailable),
            Step::Visit { url } => {
                let Some(ring) = &self.key_ring else {
                    return self.refuse(Rejection::Unavailable);
                };
                match ring.visit(&url).await {
                    Ok(()) => StatusCode::OK.into_response(),
                    Err(error) => self.refuse(not_known(&error)),
                }
            }
        }
    }

    /// Offers a secret to the source. Where secrets are fixed there is nothing to offer it to, and
    /// the request is judged like any other.
    async fn keep(&self, parts: &mut Parts, secret: String, answer: Response) -> Option<Response> {
        let Secrets::ByTenant(tenants) = &self.secrets else { return None };
        let scope = match self.scope(parts).await {
            Ok(scope) => scope,
            Err(rejection) => return Some(self.refuse(rejection)),
        };
        Some(match tenants.keep(&scope, Secret::new(secret)).await {
            Ok(()) => answer,
            Err(error) => self.refuse(not_known(&error)),
        })
    }

    /// The URL as the provider knows it: the configured public one with the path that was asked
    /// for. What the request says of its own host is never believed.
    fn url_of(&self, parts: &Parts) -> String {
        let Some(origin) = &self.public_url else { return String::new() };
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
        let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        format!("{origin}{path}")
    }

    fn refuse(&self, rejection: Rejection) -> Response {
        tracing::info!(reason = %rejection, "refused");
        self.as_wished(rejection.into_response())
    }

    /// Refuses a request whose head was enough.
    pub(crate) fn refuse_at_sight(&self, rejection: Rejection, parts: Parts) -> Response {
        #[cfg(feature = "limit")]
        self.limiters.charge(&parts, &rejection);
        tracing::info!(reason = %rejection, "refused");
        self.as_wished(rejection.answer(parts.headers, parts.extensions))
    }

    /// The answer as the provider wants to read it.
    pub(crate) fn as_wished(&self, response: Response) -> Response {
        match self.endpoint.provider.wanted_success() {
            Success::AsAnswered => response,
            Success::NoBody => {
                // Its headers stay, but for what they say of a body.
                let (mut parts, _) = response.into_parts();
                parts.headers.remove(header::CONTENT_TYPE);
                parts.headers.remove(header::CONTENT_LENGTH);
                Response::from_parts(parts, Body::empty())
            }
            Success::Body(text) => {
                if response.status().is_success() && response.body().is_end_stream() {
                    (response.status(), text).into_response()
                } else {
                    response
                }
            }
        }
    }

    pub(crate) fn span(&self) -> Span {
        tracing::info_span!(
            "webhook",
            endpoint = self.endpoint.name,
            provider = self.endpoint.provider.name(),
            delivery = field::Empty,
            event = field::Empty,
            secret = field::Empty,
            outcome = field::Empty,
        )
    }
}

/// Whether a request with this fault may be a handshake, as its body would tell.
fn may_be_in_body(handshakes: &[Handshake], fault: &Rejection) -> bool {
    matches!(fault, Rejection::Unauthorized(VerifyError::MissingHeader(_)))
        && handshake::may_be_in_body(handshakes)
}

/// How a source's want of an answer is answered.
fn not_known(error: &SourceError) -> Rejection {
    match error {
        SourceError::Unknown => Rejection::Unauthorized(VerifyError::NoMatch),
        SourceError::Unavailable(reason) => {
            tracing::error!(%reason, "a secret or key could not be had");
            Rejection::Unavailable
        }
    }
}

/// Records on the span what a verified delivery says of itself.
fn tell(delivery: &Delivery) {
    let span = Span::current();
    if span.is_disabled() {
        return;
    }
    span.record("secret", delivery.secret());
    if let Some(id) = delivery.id() {
        span.record("delivery", truncate(&id, MAX_TRACED));
    }
    if let Some(event) = delivery.event() {
        span.record("event", truncate(&event, MAX_TRACED));
    }
}

/// The maximum length of a sender's text in a trace, in characters.
const MAX_TRACED: usize = 200;

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
