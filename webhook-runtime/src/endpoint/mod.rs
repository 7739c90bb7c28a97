//! What the attribute said, as data, and the trait that the attribute implements.

use std::{ops::Range, time::Duration};

use axum::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::request::Parts;

use crate::{
    delivery::{Delivery, PayloadShape},
    verify::{Field, Provider, providers::HMAC_SHA256_HEX},
};

/// The size of body that an endpoint takes unless told otherwise: 2 MiB, as axum does. GitHub
/// sends up to 25 MB; set `max_body` for it.
pub const DEFAULT_MAX_BODY: usize = 2 * 1024 * 1024;

/// A function marked [`#[webhook]`](crate::webhook), as something that can be mounted. `S` is the
/// state of the router.
///
/// Only the attribute implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a webhook for a router with the state `{S}`",
    label = "cannot be mounted here",
    note = "mount a function marked `#[webhook]`, whose extractors the state `{S}` can serve"
)]
pub trait Webhook<S>: 'static {
    /// What the attribute said.
    fn endpoint() -> Endpoint;

    /// Runs the function for a verified delivery.
    #[doc(hidden)]
    fn call(verified: HandlerInput<S>) -> HandlerFuture;
}

/// A running handler: the one boxed future that each delivery costs.
#[doc(hidden)]
pub type HandlerFuture = std::pin::Pin<Box<dyn Future<Output = Response> + Send>>;

/// What the attribute said about one endpoint.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub(crate) name: &'static str,
    pub(crate) module: &'static str,
    pub(crate) path: &'static str,
    pub(crate) secret_env: &'static [&'static str],
    pub(crate) verify_token_env: Option<&'static str>,
    pub(crate) provider: &'static Provider,
    pub(crate) tolerance: Option<Duration>,
    pub(crate) max_body: usize,
    pub(crate) respond_within: Option<Duration>,
    /// Whether deliveries are stored before they are answered.
    pub(crate) inbox: bool,
    /// What deliveries have in common that are to be handled one after another.
    pub(crate) order_by: Option<Field>,
    pub(crate) payload_shape: PayloadShape,
}

impl Endpoint {
    /// An endpoint with every option at its default.
    #[must_use]
    pub const fn new(name: &'static str, module: &'static str, path: &'static str) -> Self {
        Self {
            name,
            module,
            path,
            secret_env: &[],
            verify_token_env: None,
            provider: &HMAC_SHA256_HEX,
            tolerance: None,
            max_body: DEFAULT_MAX_BODY,
            respond_within: None,
            inbox: false,
            order_by: None,
            payload_shape: PayloadShape::DELIVERY,
        }
    }

    /// The environment variables that hold the live secrets: the first has to be set, the others
    /// may be.
    #[must_use]
    pub const fn secret_env(mut self, names: &'static [&'static str]) -> Self {
        self.secret_env = names;
        self
    }

    /// The environment variable that holds the verify token, for providers that ask for one.
    #[must_use]
    pub const fn verify_token_env(mut self, name: &'static str) -> Self {
        self.verify_token_env = Some(name);
        self
    }

    /// Who sends.
    #[must_use]
    pub const fn provider(mut self, provider: &'static Provider) -> Self {
        self.provider = provider;
        self
    }

    /// How far from now the signed time may be, instead of the provider's own window.
    #[must_use]
    pub const fn tolerance(mut self, window: Duration) -> Self {
        self.tolerance = Some(window);
        self
    }

    /// The largest body taken, in bytes.
    #[must_use]
    pub const fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// How long the handler may take until the delivery is answered without it. The handler then
    /// runs on to its end.
    ///
    /// The answer has no body and the status by which the
    /// [provider](Provider::with_ack_status) knows that the delivery was taken. It is a promise
    /// that nothing but this process keeps: what becomes of a handler after its answer, the
    /// provider never hears, and if the process ends first, the delivery is lost.
    #[must_use]
    pub const fn respond_within(mut self, limit: Duration) -> Self {
        self.respond_within = Some(limit);
        self
    }

    /// Stores deliveries in the inbox, and answers once they are safe there. The handler runs
    /// afterwards, and again until it succeeds: see the feature `inbox`.
    #[must_use]
    pub const fn inbox(mut self) -> Self {
        self.inbox = true;
        self
    }

    /// Has deliveries handled one after another, in the order in which they came, that have the same
    /// value at this source; others are handled at the same time. Those that have none there are in
    /// no order.
    #[must_use]
    pub const fn order_by(mut self, source: Field) -> Self {
        self.order_by = Some(source);
        self
    }

    /// As [`order_by`](Self::order_by), at a JSON pointer.
    #[doc(hidden)]
    #[must_use]
    pub const fn order_by_pointer(self, pointer: &'static str) -> Self {
        self.order_by(Field::pointer(pointer))
    }

    /// What the payload's type takes of a delivery.
    #[doc(hidden)]
    #[must_use]
    pub const fn payload_shape(mut self, payload_shape: PayloadShape) -> Self {
        self.payload_shape = payload_shape;
        self
    }

    /// Two endpoints are the same when one function is behind both.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.name == other.name && self.module == other.module
    }
}

/// A verified delivery on its way to a handler, with what its extractors need.
#[doc(hidden)]
pub struct HandlerInput<S> {
    delivery: Delivery,
    parts: Parts,
    state: S,
    /// Whether `parts` is complete: a handler without extractors never pays for it.
    parts_complete: bool,
}

impl<S: Clone> HandlerInput<S> {
    /// The same for one item of the batch that it is.
    pub(crate) fn of_item(&self, index: usize, json: Range<usize>) -> Self {
        let delivery = self.delivery.of_item(index, json);
        let mut parts = self.parts.clone();
        if self.parts_complete {
            parts.extensions.insert(delivery.clone());
        }
        Self { delivery, parts, state: self.state.clone(), parts_complete: self.parts_complete }
    }
}

impl<S: Send + Sync> HandlerInput<S> {
    pub(crate) fn new(delivery: Delivery, parts: Parts, state: S) -> Self {
        Self { delivery, parts, state, parts_complete: false }
    }

    /// With parts that are those of the request already, the delivery among their extensions.
    pub(crate) fn with_complete_parts(delivery: Delivery, parts: Parts, state: S) -> Self {
        Self { delivery, parts, state, parts_complete: true }
    }

    pub(crate) fn delivery(&self) -> &Delivery {
        &self.delivery
    }

    /// Runs one extractor.
    #[allow(clippy::missing_errors_doc, reason = "not for users")]
    pub async fn extract<T: FromRequestParts<S>>(&mut self) -> Result<T, Response> {
        if !self.parts_complete {
            self.parts_complete = true;
            self.parts.headers.clone_from(self.delivery.headers());
            self.parts.extensions.insert(self.delivery.clone());
        }
        T::from_request_parts(&mut self.parts, &self.state)
            .await
            .map_err(IntoResponse::into_response)
    }
}

/// Turns what a handler returned into an answer.
#[doc(hidden)]
pub fn respond<R: IntoResponse>(returned: R) -> Response {
    returned.into_response()
}
