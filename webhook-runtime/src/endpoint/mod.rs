//! The attribute's options as data, and the trait that the attribute implements.

mod checks;
mod inbox_options;
mod message;
#[cfg(any(feature = "openapi", feature = "serve", feature = "testing"))]
mod path;

use std::{ops::Range, time::Duration};

use axum::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::request::Parts;

pub use self::checks::unlisted_events;
pub use self::inbox_options::EndpointOptions;
#[cfg(feature = "inbox")]
pub use self::inbox_options::{Backoff, Rate};
#[cfg(any(feature = "openapi", feature = "serve", feature = "testing"))]
pub(crate) use self::path::fill_path;
use crate::{
    delivery::{Delivery, PayloadShape},
    verify::{Provider, providers::HMAC_SHA256_HEX},
};

/// The default limit to the size of a body: 2 MiB, as in axum. GitHub sends up to 25 MB: set
/// `max_body` for it.
pub const DEFAULT_MAX_BODY: usize = 2 * 1024 * 1024;

/// A function marked [`#[webhook]`](crate::webhook), which can be mounted. `S` is the state of the
/// router.
///
/// Only the attribute implements this trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a function marked `#[webhook]`",
    label = "cannot be mounted",
    note = "put the name of the function here: `mount::<order_paid>()`"
)]
pub trait Webhook<S>: 'static {
    /// Returns the options of the attribute.
    fn endpoint() -> Endpoint;

    /// Runs the function for a verified delivery.
    #[doc(hidden)]
    fn call(verified: HandlerInput<S>) -> HandlerFuture;
}

/// An extractor that a router with the state `S` can serve.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument before the payload here",
    label = "takes `{Self}`, which is no extractor for a router with the state `{S}`",
    note = "a `State<T>` is the state of the router, `Webhooks<T>`, or a part of it by \
            `axum::extract::FromRef`",
    note = "a type of your own implements `axum::extract::FromRequestParts`"
)]
pub trait Extractor<S>: FromRequestParts<S> {}

#[diagnostic::do_not_recommend]
impl<S, T: FromRequestParts<S>> Extractor<S> for T {}

/// A running handler: one boxed future for each delivery.
#[doc(hidden)]
pub type HandlerFuture = std::pin::Pin<Box<dyn Future<Output = Response> + Send>>;

/// The options of one endpoint.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The name in traces and in the inbox.
    pub(crate) name: &'static str,
    /// The name of the function.
    pub(crate) function: &'static str,
    pub(crate) module: &'static str,
    pub(crate) path: &'static str,
    /// The doc comment of the function.
    #[cfg_attr(not(feature = "openapi"), allow(dead_code, reason = "documents show it"))]
    pub(crate) description: &'static str,
    pub(crate) secret_env: &'static [&'static str],
    pub(crate) verify_token_env: Option<&'static str>,
    pub(crate) provider: &'static Provider,
    pub(crate) tolerance: Option<Duration>,
    pub(crate) max_body: usize,
    pub(crate) max_in_flight: Option<usize>,
    pub(crate) respond_within: Option<Duration>,
    /// Store deliveries in the inbox before the response.
    pub(crate) inbox: bool,
    pub(crate) inbox_options: EndpointOptions,
    pub(crate) payload_shape: PayloadShape,
}

impl Endpoint {
    /// Creates an endpoint with default options. Its name is that of its function.
    #[must_use]
    pub const fn new(function: &'static str, module: &'static str, path: &'static str) -> Self {
        Self {
            name: function,
            function,
            module,
            path,
            description: "",
            secret_env: &[],
            verify_token_env: None,
            provider: &HMAC_SHA256_HEX,
            tolerance: None,
            max_body: DEFAULT_MAX_BODY,
            max_in_flight: None,
            respond_within: None,
            inbox: false,
            inbox_options: EndpointOptions::new(),
            payload_shape: PayloadShape::DELIVERY,
        }
    }

    /// Sets the name in traces and in the inbox, where stored deliveries find their function by it.
    /// The default is the name of the function: with a name of its own, the function can be renamed.
    #[must_use]
    pub const fn name(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Sets the description of the endpoint for documents about it. Its first paragraph is the summary.
    /// The attribute takes it from the doc comment of the function.
    #[must_use]
    pub const fn description(mut self, text: &'static str) -> Self {
        self.description = text;
        self
    }

    /// Sets the environment variables with the secrets. The first variable is required, the others
    /// are optional.
    #[must_use]
    pub const fn secret_env(mut self, names: &'static [&'static str]) -> Self {
        self.secret_env = names;
        self
    }

    /// Sets the environment variable with the verify token, for providers that send one.
    #[must_use]
    pub const fn verify_token_env(mut self, name: &'static str) -> Self {
        self.verify_token_env = Some(name);
        self
    }

    /// Sets the provider.
    #[must_use]
    pub const fn provider(mut self, provider: &'static Provider) -> Self {
        self.provider = provider;
        self
    }

    /// Replaces the provider's replay window: the signed time may differ from now by this much.
    #[must_use]
    pub const fn tolerance(mut self, window: Duration) -> Self {
        self.tolerance = Some(window);
        self
    }

    /// Limits the size of a body, in bytes.
    #[must_use]
    pub const fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Limits how many verified deliveries are handled at a time, so that a slow endpoint leaves something
    /// for others. Beyond it, the response is a 503 with `Retry-After`, and the provider retries.
    ///
    /// A delivery counts until its handler ends, also after an early response. With an inbox, it counts
    /// until it is stored.
    #[must_use]
    pub const fn max_in_flight(mut self, max: usize) -> Self {
        self.max_in_flight = Some(max);
        self
    }

    /// Limits the time until the response. A slower handler runs to its end in the background.
    ///
    /// The early response has no body and the [status](Provider::with_ack_status) that the provider
    /// takes as a success. After it, failures are invisible to the provider, and if the process
    /// ends before the handler, the delivery is lost.
    #[must_use]
    pub const fn respond_within(mut self, limit: Duration) -> Self {
        self.respond_within = Some(limit);
        self
    }

    /// Stores deliveries in the inbox before the response. The handler runs afterwards, and is
    /// retried until it succeeds: see the feature `inbox`.
    #[must_use]
    pub const fn inbox(mut self) -> Self {
        self.inbox = true;
        self
    }

    /// Sets the options of the endpoint behind the inbox.
    #[must_use]
    pub const fn inbox_options(mut self, options: EndpointOptions) -> Self {
        self.inbox_options = options;
        self
    }

    /// Sets the part of a delivery that the payload type takes.
    #[doc(hidden)]
    #[must_use]
    pub const fn payload_shape(mut self, payload_shape: PayloadShape) -> Self {
        self.payload_shape = payload_shape;
        self
    }

    /// Returns whether both endpoints belong to the same function.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.function == other.function && self.module == other.module
    }
}

/// The input of a handler: a verified delivery, and the request parts and state for extractors.
#[doc(hidden)]
pub struct HandlerInput<S> {
    delivery: Delivery,
    parts: Parts,
    state: S,
    /// `parts` has all headers and extensions. They are only added for handlers with extractors.
    parts_complete: bool,
}

impl<S: Clone> HandlerInput<S> {
    /// The input for one item of a batch.
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

    /// Creates an input from complete parts, with the delivery in their extensions.
    pub(crate) fn with_complete_parts(delivery: Delivery, parts: Parts, state: S) -> Self {
        Self { delivery, parts, state, parts_complete: true }
    }

    pub(crate) fn delivery(&self) -> &Delivery {
        &self.delivery
    }

    /// Runs one extractor.
    #[allow(clippy::missing_errors_doc, reason = "not for users")]
    pub async fn extract<T: Extractor<S>>(&mut self) -> Result<T, Response> {
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
