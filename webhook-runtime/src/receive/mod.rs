//! The path of one request until it is verified.
//!
//! Each step rejects the request or passes it on. Nothing of a request is trusted, decoded or shown
//! to the handler before its signature has been verified over the raw bytes.

pub(crate) mod body;
mod cache;
mod handshakes;
#[cfg(feature = "https-keys")]
mod https_keys;
pub(crate) mod key_source;
pub(crate) mod peer;
mod public_url;
#[cfg(feature = "rate-limit")]
pub(crate) mod rate_limit;
#[cfg(not(feature = "rate-limit"))]
#[path = "no_rate_limit.rs"]
pub(crate) mod rate_limit;
pub(crate) mod secret_source;
mod source_error;

use std::{pin::pin, sync::Arc, time::SystemTime};

use axum::{
    body::Body,
    extract::{FromRequestParts, RawPathParams},
    response::Response,
};
use bytes::Bytes;
use http::{Extensions, HeaderMap, HeaderValue, Method, Uri, header, request::Parts};
use http_body::Body as _;
use tracing::{Span, field};

use crate::{
    delivery::{Delivery, MAX_TRACED, Rejection, Tenant, VerificationResult},
    endpoint::Endpoint,
    receive::{
        body::{BodyLimits, drain, is_encoded, unread},
        key_source::KeyRing,
        peer::{PeerIpFn, sender},
        rate_limit::{Limiters, RequestQuota},
        secret_source::TenantSecrets,
    },
    support::{
        console,
        metrics::{EndpointMetrics, SourceMetrics, Stopwatch},
        peer::Peer,
        shares::Full,
        text::truncate,
        trace,
        trust::{sent_by, trust},
    },
    verify::{
        Clock, Secret,
        handshake::{Handshake, HandshakeRequest},
        scheme::{Claims, Keys, SignedRequest, Verified, Verifier, VerifyError},
    },
};

#[cfg(feature = "https-keys")]
pub use https_keys::HttpsKeys;
pub use key_source::KeySource;
#[cfg(feature = "rate-limit")]
pub use rate_limit::Quota;
pub use secret_source::SecretSource;
pub use source_error::SourceError;

/// The receiver of one endpoint's requests.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) endpoint: Endpoint,
    pub(crate) metrics: Arc<EndpointMetrics>,
    pub(crate) secret_metrics: SourceMetrics,
    pub(crate) key_metrics: SourceMetrics,
    pub(crate) verifier: Verifier,
    pub(crate) secrets: Secrets,
    pub(crate) key_ring: Option<Arc<KeyRing>>,
    pub(crate) verify_token: Option<Secret>,
    pub(crate) allowed_cloudevents_origins: Option<Arc<[String]>>,
    /// The scheme, authority and prefix of the public URL, for providers that sign or hash URLs.
    pub(crate) public_url: Option<Arc<str>>,
    pub(crate) clock: Arc<dyn Clock>,
    /// The limits to reading a body.
    pub(crate) body_limits: BodyLimits,
    pub(crate) peer_ip: Option<PeerIpFn>,
    pub(crate) limiters: Limiters,
}

/// The secrets of an endpoint.
#[derive(Clone)]
pub(crate) enum Secrets {
    /// The same secrets for all requests, known since the start.
    Fixed(Arc<Keys>),
    /// The secrets of the tenant, from a source.
    ByTenant(Arc<TenantSecrets>),
}

/// The result of receiving a request.
#[allow(clippy::large_enum_variant, reason = "it is matched at once, and not stored")]
pub(crate) enum Received {
    /// A verified delivery.
    Delivery(Delivery),
    /// A handshake, with its response.
    Handshake(Response),
    /// A rejected request.
    Rejected(Rejection),
}

impl Receiver {
    /// Receives one request. It takes the headers out of `parts` if the request is a delivery.
    pub(crate) async fn receive(&self, parts: &mut Parts, body: Body) -> Received {
        let sender = sender(self.peer_ip.as_ref(), parts);
        if self.peer_ip.is_some() {
            sent_by(&parts.extensions, sender);
        }
        let mut quota = self.limiters.of_request(sender);
        let result = self.try_receive(parts, body, &mut quota).await;
        let received = result.unwrap_or_else(Received::Rejected);
        quota.settle(&received);
        received
    }

    async fn try_receive(
        &self,
        parts: &mut Parts,
        body: Body,
        quota: &mut RequestQuota<'_>,
    ) -> Result<Received, Rejection> {
        let peer = quota.peer();
        let checked = quota.admit().and_then(|()| self.check_head(parts, &body));
        let Parts { method, uri, headers, extensions, .. } = parts;
        let query = uri.query().unwrap_or_default();
        let head = checked.and_then(|()| self.read_head(headers, query));
        let handshake_url = self.handshake_url(uri, extensions);
        let url = handshake_url.as_deref();
        let asked = HandshakeRequest { method, query, headers, url, body: None };
        let claims = match head {
            Ok(claims) => {
                let handshake = self.run_unsigned_handshake(&asked, extensions, quota).await;
                if let Some(received) = handshake.transpose() {
                    drain(unread(headers, body)).await;
                    return received;
                }
                claims
            }
            Err(rejection) => {
                let asked = &asked;
                return self
                    .respond_to_invalid_head(rejection, asked, extensions, body, quota)
                    .await;
            }
        };
        quota.await_body();
        let max_body = self.endpoint.max_body;
        let (body, mut memory) = self.body_limits.read(body, headers, max_body, peer).await?;
        if *method == Method::GET && !body.is_empty() {
            return Err(Rejection::Unauthorized(VerifyError::MalformedBody));
        }
        let tenant = self.tenant(extensions).await?;
        let now = self.clock.now();
        let url = self.signed_url(uri, extensions);
        let request =
            SignedRequest { method: method.as_str(), url: &url, headers, query, body: &body };
        let verified = {
            let verifying = pin!(async {
                quota.reserve().await?;
                let since = Stopwatch::start();
                let keys = self.keys(&tenant, peer).await?;
                let proof = self.verify_signature(&claims, &request, &keys, now, peer).await;
                let proof = proof.inspect_err(|_| self.show_signed_url(&url))?;
                self.metrics.verified(since, body.len());
                Ok((keys, proof))
            });
            memory.unless_taken(verifying).await
        };
        let (keys, mut proof) = verified.map_err(|Full| Rejection::Overloaded)??;
        memory.keep().map_err(|Full| Rejection::Overloaded)?;
        trust(extensions);
        let asked = HandshakeRequest { body: Some(&body), ..asked };
        if let Some(answer) = self.run_signed_handshake(&asked, &keys).await? {
            return Ok(Received::Handshake(answer));
        }
        let mut headers = std::mem::take(headers);
        self.verifier.unify_headers(&mut headers);
        self.verifier.mark_sensitive(&mut headers);
        let query = self.payload_in_query(method, uri, &body);
        let query = query.map(|query| Bytes::copy_from_slice(query.as_bytes()));
        let body = match proof.payload.take() {
            // The rest of the body is not to be believed.
            Some(payload) => {
                let media_type = self.endpoint.provider.scheme_info().payload_media_type;
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
                Bytes::from(payload)
            }
            None => body,
        };
        let verified = VerificationResult { proof, tenant, query, at: now };
        let Endpoint { provider, name, .. } = self.endpoint;
        let delivery = Delivery::new(provider, name, headers, body, verified).with_memory(memory);
        #[cfg(feature = "testing")]
        let delivery = delivery.observed_by(extensions);
        record_on_span(&delivery);
        Ok(Received::Delivery(delivery))
    }

    /// Rejects requests that the provider never sends.
    fn check_head(&self, parts: &Parts, body: &Body) -> Result<(), Rejection> {
        let allow = self.endpoint.provider.methods();
        // There is nearly always only one method.
        if parts.method != allow && !allow.split(", ").any(|method| parts.method == method) {
            return Err(Rejection::MethodNotAllowed { allow });
        }
        if is_encoded(&parts.headers) {
            return Err(Rejection::UnsupportedContentEncoding);
        }
        let limit = self.endpoint.max_body;
        // A layer around may hide the length of the body, and a body may know more than the header.
        let declared = declared_length(&parts.headers).unwrap_or(0).max(body.size_hint().lower());
        if usize::try_from(declared).map_or(true, |declared| declared > limit) {
            return Err(Rejection::TooLarge { limit });
        }
        Ok(())
    }

    /// Reads the claims in the head, before any byte of the body is read.
    fn read_head<'r>(
        &'r self,
        headers: &'r HeaderMap,
        query: &'r str,
    ) -> Result<Claims<'r>, Rejection> {
        let claims = self.verifier.read_head(headers, query).map_err(unverified)?;
        claims.check_format().map_err(unverified)?;
        self.limiters.spend()?;
        Ok(claims)
    }

    /// The payload of a GET, which has no body. Not every provider that sends GETs signs the method,
    /// so that the method alone does not decide.
    fn payload_in_query<'u>(&self, method: &Method, uri: &'u Uri, body: &[u8]) -> Option<&'u str> {
        let sends_get = self.endpoint.provider.methods().split(", ").any(|method| method == "GET");
        let is_query = *method == Method::GET || sends_get;
        (is_query && body.is_empty()).then(|| uri.query().unwrap_or_default())
    }

    /// The secrets of the request's tenant.
    async fn keys(&self, tenant: &Tenant, peer: Peer) -> Result<Arc<Keys>, Rejection> {
        match &self.secrets {
            Secrets::Fixed(keys) => Ok(Arc::clone(keys)),
            Secrets::ByTenant(tenants) => tenants
                .keys(tenant, &self.verifier, self.clock.now(), peer, &self.secret_metrics)
                .await
                .map_err(|error| source_rejection(&error)),
        }
    }

    /// The tenant of the request. A path that is not UTF-8 belongs to no tenant.
    async fn tenant(&self, extensions: &mut Extensions) -> Result<Tenant, Rejection> {
        let mut params = Vec::new();
        if matches!(self.secrets, Secrets::ByTenant(_)) {
            // The extractor takes the parts of a request, but only reads the extensions.
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

    /// Verifies the signature over the raw bytes.
    async fn verify_signature(
        &self,
        claims: &Claims<'_>,
        request: &SignedRequest<'_>,
        keys: &Keys,
        now: SystemTime,
        peer: Peer,
    ) -> Result<Verified, Rejection> {
        let key_request = self.verifier.key_request(request).map_err(unverified)?;
        let key = match (key_request, &self.key_ring) {
            (None, _) => None,
            (Some(key_request), Some(ring)) => {
                let key = ring.key(&key_request, now, peer, &self.key_metrics).await;
                let key = key.map_err(|error| source_rejection(&error))?;
                Some((ring, key_request, key))
            }
            (Some(_), None) => return Err(Rejection::Unavailable),
        };
        let fetched = key.as_ref().map(|(_, _, key)| &key[..]);
        let proof = claims.verify(request, keys, fetched, now);
        if let Some((ring, key_request, key)) = key {
            match &proof {
                Ok(_) => ring.remember(key_request, key, now),
                Err(
                    VerifyError::InvalidSignature
                    | VerifyError::UntrustedKey
                    | VerifyError::KeyUnavailable,
                ) => ring.doubt(key_request, now, &self.key_metrics),
                Err(_) => {}
            }
        }
        proof.map_err(unverified)
    }

    /// The URL that the provider signs.
    fn signed_url(&self, uri: &Uri, extensions: &Extensions) -> String {
        let base = self.public_url.as_deref();
        base.map_or_else(String::new, |base| public_url::signed_url(base, uri, extensions))
    }

    /// The URL of the request, if a response to a handshake contains a hash of it.
    fn handshake_url(&self, uri: &Uri, extensions: &Extensions) -> Option<String> {
        let mut handshakes = self.endpoint.provider.handshakes().iter();
        handshakes.any(Handshake::needs_public_url).then(|| self.signed_url(uri, extensions))
    }

    /// Shows the URL of a refused signature: it is the first thing to compare with the provider's.
    #[cold]
    fn show_signed_url(&self, url: &str) {
        let Endpoint { name: endpoint, provider, .. } = self.endpoint;
        if provider.scheme_info().signs_url {
            let url = || public_url::shown(url);
            tracing::debug!(endpoint, url = url(), "the URL that should have been signed");
        }
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
            otel.name = field::Empty,
            otel.kind = field::Empty,
        )
    }
}

/// The rejection of a request that cannot be verified.
fn unverified(error: VerifyError) -> Rejection {
    match error {
        VerifyError::KeyUnavailable => Rejection::Unavailable,
        error => Rejection::Unauthorized(error),
    }
}

/// The rejection of a request when a source fails.
fn source_rejection(error: &SourceError) -> Rejection {
    match error {
        SourceError::NotFound => Rejection::Unauthorized(VerifyError::InvalidSignature),
        SourceError::Unavailable(reason) => {
            tracing::error!(%reason, "a secret or key source failed");
            console::failure(format_args!("a secret or key source failed: {reason}"));
            Rejection::Unavailable
        }
    }
}

/// Records the id, event and secret name of a delivery on the span.
fn record_on_span(delivery: &Delivery) {
    let span = Span::current();
    if span.is_disabled() {
        return;
    }
    trace::link_sender(&span, delivery.headers());
    span.record("secret_name", delivery.secret_name());
    if let Some(id) = delivery.traced_id() {
        span.record("delivery_id", id);
    }
    if let Some(event) = delivery.event() {
        span.record("event", truncate(&event, MAX_TRACED));
    }
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
