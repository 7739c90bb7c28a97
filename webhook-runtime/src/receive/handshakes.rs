//! Handshakes: requests that check who owns the endpoint, and their responses.

use axum::{body::Body, response::Response};
use http::Extensions;

use super::{
    Received, Receiver, Secrets,
    body::{drain, unread},
    rate_limit::RequestQuota,
    source_rejection,
};
use crate::{
    delivery::Rejection,
    verify::{
        Secret,
        handshake::{
            self, Handshake, HandshakeContext, HandshakeError, HandshakeRequest, HandshakeStep,
            MAX_UNSIGNED_BODY, Reply,
        },
        scheme::Keys,
    },
};

impl Receiver {
    fn handshakes(&self) -> &'static [Handshake] {
        self.endpoint.provider.handshakes()
    }

    /// Responds to a request whose head was rejected. It may still be a handshake.
    pub(super) async fn respond_to_invalid_head(
        &self,
        rejection: Rejection,
        asked: &HandshakeRequest<'_>,
        extensions: &mut Extensions,
        body: Body,
        quota: &mut RequestQuota<'_>,
    ) -> Result<Received, Rejection> {
        let may_be_handshake =
            !self.handshakes().is_empty() && !matches!(rejection, Rejection::RateLimited { .. });
        if may_be_handshake {
            let handshake = self.run_unsigned_handshake(asked, extensions, quota).await;
            if let Some(received) = handshake.transpose() {
                drain(unread(asked.headers, body)).await;
                return received;
            }
            if may_be_in_body(self.handshakes(), &rejection, asked) {
                quota.await_body();
                let limits = &self.body_limits;
                let read = limits.read(body, asked.headers, MAX_UNSIGNED_BODY, quota.peer()).await;
                let Ok((body, _share)) = read else { return Err(rejection) };
                let asked = HandshakeRequest { body: Some(&body), ..*asked };
                let handshake = self.run_unsigned_handshake(&asked, extensions, quota).await;
                return handshake?.ok_or(rejection);
            }
        }
        drain(unread(asked.headers, body)).await;
        Err(rejection)
    }

    /// Runs an unsigned handshake, which is recognised by the head or, if it was read, the body.
    pub(super) async fn run_unsigned_handshake(
        &self,
        asked: &HandshakeRequest<'_>,
        extensions: &mut Extensions,
        quota: &mut RequestQuota<'_>,
    ) -> Result<Option<Received>, Rejection> {
        let Some(found) = handshake::find_unsigned(self.handshakes(), asked) else {
            return Ok(None);
        };
        let mut keys = None;
        if found.needs_secret() {
            quota.pay_for_handshake()?;
            let tenant = self.tenant(extensions).await?;
            keys = Some(self.keys(&tenant, quota.peer()).await?);
        }
        let step =
            found.respond(asked, self.known(keys.as_deref())).map_err(handshake_rejection)?;
        Ok(match step {
            HandshakeStep::StoreSecret { secret, reply } => {
                self.store_secret(extensions, secret, reply, quota).await?
            }
            step => Some(Received::Handshake(self.run_handshake(step).await?)),
        })
    }

    /// Runs a handshake that is signed like a delivery.
    pub(super) async fn run_signed_handshake(
        &self,
        asked: &HandshakeRequest<'_>,
        keys: &Keys,
    ) -> Result<Option<Response>, Rejection> {
        let Some(found) = handshake::find_signed(self.handshakes(), asked) else { return Ok(None) };
        let step = found.respond(asked, self.known(Some(keys))).map_err(handshake_rejection)?;
        self.run_handshake(step).await.map(Some)
    }

    fn known<'a>(&'a self, keys: Option<&'a Keys>) -> HandshakeContext<'a> {
        HandshakeContext {
            keys,
            verify_token: self.verify_token.as_ref(),
            allowed_cloudevents_origins: self.allowed_cloudevents_origins.as_deref(),
        }
    }

    /// Runs the action of a handshake.
    async fn run_handshake(&self, step: HandshakeStep) -> Result<Response, Rejection> {
        match step {
            HandshakeStep::Reply(answer) => Ok(response(answer)),
            // Only unsigned handshakes offer secrets.
            HandshakeStep::StoreSecret { .. } => Err(Rejection::Unavailable),
            HandshakeStep::ConfirmSubscription { url } => {
                let ring = self.key_ring.as_ref().ok_or(Rejection::Unavailable)?;
                ring.confirm_subscription(&url).await.map_err(|error| source_rejection(&error))?;
                Ok(Response::new(Body::empty()))
            }
        }
    }

    /// Offers a secret to the source. If secrets are fixed, there is no source, and the request is
    /// handled like any other.
    async fn store_secret(
        &self,
        extensions: &mut Extensions,
        secret: Secret,
        answer: Reply,
        quota: &mut RequestQuota<'_>,
    ) -> Result<Option<Received>, Rejection> {
        let Secrets::ByTenant(tenants) = &self.secrets else { return Ok(None) };
        quota.pay_for_handshake()?;
        let tenant = self.tenant(extensions).await?;
        tenants
            .store(&tenant, secret, quota.peer())
            .await
            .map_err(|error| source_rejection(&error))?;
        Ok(Some(Received::Handshake(response(answer))))
    }
}

fn response(reply: Reply) -> Response {
    reply.map(|body| if body.is_empty() { Body::empty() } else { Body::from(body) })
}

fn handshake_rejection(error: HandshakeError) -> Rejection {
    match error {
        HandshakeError::WrongToken => Rejection::Forbidden,
        HandshakeError::Malformed(detail) => Rejection::Malformed { detail: detail.to_owned() },
        HandshakeError::NoSecret | HandshakeError::NoPublicUrl => Rejection::Unavailable,
    }
}

/// Returns whether a request with this rejection could be a handshake that its body identifies.
fn may_be_in_body(
    handshakes: &[Handshake],
    rejection: &Rejection,
    asked: &HandshakeRequest<'_>,
) -> bool {
    matches!(rejection, Rejection::Unauthorized(error) if error.is_missing())
        && handshake::body_may_match(handshakes, asked)
}
