//! The way of one delivery, from the first header until it is verified.
//!
//! Each step refuses, and ends the story, or hands on. Nothing of a request is believed, decoded or
//! shown to the handler before its signature has been checked over the bytes as they came.

pub(crate) mod body;
mod cache;
#[cfg(feature = "https-keys")]
mod fetch;
mod handshakes;
#[cfg(feature = "rate-limit")]
pub(crate) mod limit;
pub(crate) mod source;

use std::{sync::Arc, time::SystemTime};

use axum::{
    body::Body,
    extract::{FromRequestParts, OriginalUri, RawPathParams},
    response::Response,
};
use bytes::Bytes;
use http::{Extensions, HeaderMap, Method, Uri, header, request::Parts};
use http_body::Body as _;
use tracing::{Span, field};

#[cfg(feature = "rate-limit")]
use crate::receive::limit::Limiters;
use crate::{
    delivery::{Delivery, Rejection, Tenant, Verification},
    endpoint::Endpoint,
    receive::{
        body::{Bounds, drain, unread},
        source::{KeyRing, Tenants},
    },
    support::text::truncate,
    verify::{
        Clock, Secret,
        handshake::HandshakeRequest,
        scheme::{Claims, Keys, SignedRequest, Verified, Verifier, VerifyError},
    },
};

#[cfg(feature = "https-keys")]
pub use fetch::HttpsKeys;
#[cfg(feature = "rate-limit")]
pub use limit::Quota;
pub use source::{KeySource, SecretSource, SourceError};

/// What stands between the network and one handler.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) endpoint: Endpoint,
    pub(crate) verifier: Verifier,
    pub(crate) secrets: Secrets,
    pub(crate) key_ring: Option<Arc<KeyRing>>,
    pub(crate) verify_token: Option<Secret>,
    pub(crate) allowed_cloudevents_origins: Option<Arc<[String]>>,
    /// Scheme and authority of the public URL, where the provider signs URLs.
    pub(crate) public_url: Option<Arc<str>>,
    pub(crate) clock: Arc<dyn Clock>,
    /// What reading a body is bounded by.
    pub(crate) bounds: Bounds,
    #[cfg(feature = "rate-limit")]
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

/// What a request turned out to be.
#[allow(clippy::large_enum_variant, reason = "it is taken apart where it arrives")]
pub(crate) enum Received {
    /// A verified delivery, to be handled.
    Delivery(Delivery),
    /// A handshake, with its answer.
    Handshake(Response),
    /// Refused.
    Rejected(Rejection),
}

impl Receiver {
    /// Receives one request. Of its parts, the headers are gone afterwards if it is a delivery.
    pub(crate) async fn receive(&self, parts: &mut Parts, body: Body) -> Received {
        self.try_receive(parts, body).await.unwrap_or_else(Received::Rejected)
    }

    async fn try_receive(&self, parts: &mut Parts, body: Body) -> Result<Received, Rejection> {
        let judged = self.judge(parts, &body);
        let Parts { method, uri, headers, extensions, .. } = parts;
        let query = uri.query().unwrap_or_default();
        let head = judged.and_then(|()| self.read_head(headers, query));
        let asked = HandshakeRequest { method, query, headers, body: None };
        let claims = match head {
            Ok(claims) => {
                let answered = self.answer_unsigned(&asked, extensions).await;
                if let Some(received) = answered.transpose() {
                    drain(unread(headers, body)).await;
                    return received;
                }
                claims
            }
            Err(rejection) => {
                return self.answer_unclaimed(rejection, &asked, extensions, body).await;
            }
        };
        let (body, share) = self.bounds.read(body, self.endpoint.max_body, headers).await?;
        let tenant = self.tenant(extensions).await?;
        let keys = self.keys(&tenant).await?;
        let now = self.clock.now();
        let url = self.url_of(uri, extensions);
        let request =
            SignedRequest { method: method.as_str(), url: &url, headers, query, body: &body };
        let proof = self.prove(&claims, &request, &keys, now).await?;
        let asked = HandshakeRequest { body: Some(&body), ..asked };
        if let Some(answer) = self.answer_signed(&asked, &keys).await? {
            return Ok(Received::Handshake(answer));
        }
        let mut headers = std::mem::take(headers);
        self.verifier.mark_sensitive(&mut headers);
        // A GET has no body: its payload is the query.
        let query = (*method == Method::GET).then(|| uri.query()).flatten();
        let query = query.map(|query| Bytes::copy_from_slice(query.as_bytes()));
        let verified = Verification { proof, tenant, query, at: now };
        let Endpoint { provider, name, .. } = self.endpoint;
        let delivery = Delivery::new(provider, name, headers, body, verified).holding(share);
        #[cfg(feature = "testing")]
        let delivery = delivery.observed_by(extensions);
        tell(&delivery);
        Ok(Received::Delivery(delivery))
    }

    /// Refuses what no head can make good: too many requests, or one that no provider sends.
    fn judge(&self, parts: &Parts, body: &Body) -> Result<(), Rejection> {
        #[cfg(feature = "rate-limit")]
        self.limiters.admit(parts)?;
        let allow = self.endpoint.provider.methods();
        // Nearly always the only one.
        if parts.method != allow && !allow.split(", ").any(|method| parts.method == method) {
            return Err(Rejection::MethodNotAllowed { allow });
        }
        if parts.headers.contains_key(header::CONTENT_ENCODING) {
            return Err(Rejection::UnsupportedContentEncoding);
        }
        let limit = self.endpoint.max_body;
        // A layer around may hide the length from the body, and a body may know more than a header.
        let declared = declared_length(&parts.headers).unwrap_or(0).max(body.size_hint().lower());
        if usize::try_from(declared).map_or(true, |declared| declared > limit) {
            return Err(Rejection::TooLarge { limit });
        }
        Ok(())
    }

    /// Reads what the head claims, before a byte of the body is read.
    fn read_head<'r>(
        &'r self,
        headers: &'r HeaderMap,
        query: &'r str,
    ) -> Result<Claims<'r>, Rejection> {
        let claims = self.verifier.read_head(headers, query).map_err(Rejection::Unauthorized)?;
        claims.check_format().map_err(Rejection::Unauthorized)?;
        #[cfg(feature = "rate-limit")]
        self.limiters.spend()?;
        Ok(claims)
    }

    /// The live secrets of this request's tenant.
    async fn keys(&self, tenant: &Tenant) -> Result<Arc<Keys>, Rejection> {
        match &self.secrets {
            Secrets::Fixed(keys) => Ok(Arc::clone(keys)),
            Secrets::ByTenant(tenants) => tenants
                .keys(tenant, &self.verifier, self.clock.now())
                .await
                .map_err(|error| source_rejection(&error)),
        }
    }

    /// The parameters of the path, where secrets depend on them. A path that is not UTF-8 is
    /// nobody's.
    async fn tenant(&self, extensions: &mut Extensions) -> Result<Tenant, Rejection> {
        let mut params = Vec::new();
        if matches!(self.secrets, Secrets::ByTenant(_)) {
            // The extractor wants the parts of a request, of which it looks at the extensions only.
            let (mut parts, ()) = http::Request::new(()).into_parts();
            std::mem::swap(&mut parts.extensions, extensions);
            let found = RawPathParams::from_request_parts(&mut parts, &()).await;
            std::mem::swap(&mut parts.extensions, extensions);
            let found =
                found.map_err(|_| Rejection::Unauthorized(VerifyError::InvalidSignature))?;
            params.extend(found.iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
        }
        Ok(Tenant::new(self.endpoint.name, params))
    }

    /// Checks the signature, over the bytes as they came.
    async fn prove(
        &self,
        claims: &Claims<'_>,
        request: &SignedRequest<'_>,
        keys: &Keys,
        now: SystemTime,
    ) -> Result<Verified, Rejection> {
        let wanted = self.verifier.key_request(request).map_err(Rejection::Unauthorized)?;
        let key = match (wanted, &self.key_ring) {
            (None, _) => None,
            (Some(wanted), Some(ring)) => {
                let key = ring.key(&wanted, now).await.map_err(|error| source_rejection(&error))?;
                Some((ring, wanted, key))
            }
            (Some(_), None) => return Err(Rejection::Unavailable),
        };
        let fetched = key.as_ref().map(|(_, _, key)| &key[..]);
        let proof = claims.verify(request, keys, fetched, now);
        let proof = proof.map_err(|error| match error {
            VerifyError::KeyUnavailable => Rejection::Unavailable,
            error => Rejection::Unauthorized(error),
        })?;
        if let Some((ring, wanted, key)) = key {
            ring.remember(wanted, key, now);
        }
        Ok(proof)
    }

    /// The URL as the provider knows it: the configured public one with the path that was asked
    /// for. What the request says of its own host is never believed.
    fn url_of(&self, uri: &Uri, extensions: &Extensions) -> String {
        let Some(origin) = &self.public_url else { return String::new() };
        let uri = extensions.get::<OriginalUri>().map_or(uri, |original| &original.0);
        let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        format!("{origin}{path}")
    }

    pub(crate) fn span(&self) -> Span {
        tracing::info_span!(
            "webhook",
            endpoint = self.endpoint.name,
            provider = self.endpoint.provider.name(),
            delivery_id = field::Empty,
            event = field::Empty,
            secret_name = field::Empty,
            status = field::Empty,
        )
    }
}

/// The rejection of a request whose secret or key a source does not give.
fn source_rejection(error: &SourceError) -> Rejection {
    match error {
        SourceError::NotFound => Rejection::Unauthorized(VerifyError::InvalidSignature),
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
    span.record("secret_name", delivery.secret_name());
    if let Some(id) = delivery.id() {
        span.record("delivery_id", truncate(&id, MAX_TRACED));
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
