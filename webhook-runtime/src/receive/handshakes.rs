//! Requests that prove who owns the endpoint, and their answers.

use std::sync::Arc;

use axum::{body::Body, response::Response};
use http::Extensions;

use super::{
    Received, Receiver, Secrets,
    body::{drain, unread},
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
        scheme::{Keys, VerifyError},
    },
};

impl Receiver {
    fn handshakes(&self) -> &'static [Handshake] {
        self.endpoint.provider.handshakes()
    }

    /// Answers a request whose head is refused, in case it is a handshake all the same.
    pub(super) async fn answer_unclaimed(
        &self,
        rejection: Rejection,
        asked: &HandshakeRequest<'_>,
        extensions: &mut Extensions,
        body: Body,
    ) -> Result<Received, Rejection> {
        let may_be_handshake =
            !self.handshakes().is_empty() && !matches!(rejection, Rejection::RateLimited { .. });
        if may_be_handshake {
            if let Some(received) = self.answer_unsigned(asked, extensions).await.transpose() {
                drain(unread(asked.headers, body)).await;
                return received;
            }
            if may_be_in_body(self.handshakes(), &rejection) {
                let read = self.bounds.read(body, MAX_UNSIGNED_BODY, asked.headers).await;
                let Ok((body, _share)) = read else { return Err(rejection) };
                let asked = HandshakeRequest { body: Some(&body), ..*asked };
                return self.answer_unsigned(&asked, extensions).await?.ok_or(rejection);
            }
        }
        drain(unread(asked.headers, body)).await;
        Err(rejection)
    }

    /// Answers a handshake that nobody signs, judged by the head or, where it is there, the body.
    pub(super) async fn answer_unsigned(
        &self,
        asked: &HandshakeRequest<'_>,
        extensions: &mut Extensions,
    ) -> Result<Option<Received>, Rejection> {
        let Some(found) = handshake::find_unsigned(self.handshakes(), asked) else {
            return Ok(None);
        };
        let mut keys = None;
        if found.needs_secret() {
            let tenant = self.tenant(extensions).await?;
            keys = Some(self.keys(&tenant).await?);
        }
        let step =
            found.respond(asked, self.known(keys.as_deref())).map_err(handshake_rejection)?;
        Ok(match step {
            HandshakeStep::StoreSecret { secret, reply } => {
                self.store_secret(extensions, secret, reply).await?
            }
            step => Some(Received::Handshake(self.run_handshake(step).await?)),
        })
    }

    /// Answers a handshake that is signed like any delivery.
    pub(super) async fn answer_signed(
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

    /// Does what a handshake asks for.
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

    /// Offers a secret to the source. Where secrets are fixed there is nothing to offer it to, and
    /// the request is judged like any other.
    async fn store_secret(
        &self,
        extensions: &mut Extensions,
        secret: String,
        answer: Reply,
    ) -> Result<Option<Received>, Rejection> {
        let Secrets::ByTenant(tenants) = &self.secrets else { return Ok(None) };
        let tenants = Arc::clone(tenants);
        let tenant = self.tenant(extensions).await?;
        tenants
            .store(&tenant, Secret::new(secret))
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
        HandshakeError::NoSecret => Rejection::Unavailable,
    }
}

/// Whether the body could tell that a request with this fault is a handshake.
fn may_be_in_body(handshakes: &[Handshake], fault: &Rejection) -> bool {
    matches!(fault, Rejection::Unauthorized(VerifyError::MissingHeader(_)))
        && handshake::any_needs_body(handshakes)
}
