//! The builder: what is mounted, with which secrets, within which limits.

mod build;
mod check;
#[cfg(feature = "serve")]
mod error;
#[cfg(feature = "inbox")]
mod inbox;
mod pipeline;
pub(crate) mod problems;
#[cfg(feature = "rate-limit")]
mod quotas;
#[cfg(feature = "serve")]
mod serving;

use std::{sync::Arc, time::Duration};

#[cfg(feature = "inbox")]
use crate::inbox::Inbox;
use crate::{
    delivery::memory::MemoryBudget,
    dispatch::{
        background::BackgroundHandlers,
        layers::{EndpointLayer, LayerStack},
    },
    endpoint::{Endpoint, HandlerFuture, HandlerInput, Webhook},
    receive::{
        body::BodyLimits,
        key_source::{KeyRing, KeySource},
        secret_source::{SecretSource, TenantSecrets},
    },
    verify::{Clock, Secret, SystemClock},
};

#[cfg(feature = "testing")]
pub(crate) use build::Built;
#[cfg(feature = "serve")]
pub use error::Error;
pub use problems::{StartError, StartProblem};

/// How long a body may take to arrive, unless told otherwise. Providers send bodies of a few
/// kilobytes at once; this is for their worst network.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// How many bytes of bodies there may be, unless told otherwise: those of 128 requests that are as
/// large as they may be by default.
const MAX_BYTES_IN_FLIGHT: usize = 256 * 1024 * 1024;

/// How many handlers may run longer than their answers wait, unless told otherwise: each holds the
/// body of its delivery.
const MAX_BACKGROUND_HANDLERS: usize = 1024;

/// The webhooks of a program: functions marked [`#[webhook]`](crate::webhook), mounted.
///
/// ```
/// # use webhook_runtime::{Secret, Webhooks, webhook};
/// #[webhook(path = "/webhook", secret_env = "SECRET")]
/// async fn order_paid(order: serde_json::Value) -> &'static str {
///     "OK"
/// }
///
/// let router: axum::Router = Webhooks::new()
///     .mount::<order_paid>()
///     .secrets::<order_paid>([Secret::new("for this test")])
///     .into_router()?;
/// # Ok::<(), webhook_runtime::StartError>(())
/// ```
#[must_use]
pub struct Webhooks<S = ()> {
    mounts: Vec<Mount<S>>,
    pub(crate) secrets: Vec<(Endpoint, Vec<Secret>)>,
    pub(crate) secret_sources: Vec<(Endpoint, Arc<TenantSecrets>)>,
    pub(crate) verify_tokens: Vec<(Endpoint, Secret)>,
    pub(crate) key_ring: Option<Arc<KeyRing>>,
    allowed_cloudevents_origins: Option<Arc<[String]>>,
    pub(crate) public_url: Option<String>,
    pub(crate) clock: Arc<dyn Clock>,
    body_limits: BodyLimits,
    layers: LayerStack<S>,
    verified_layers: LayerStack<S>,
    background_handlers: BackgroundHandlers,
    #[cfg(feature = "rate-limit")]
    quotas: crate::receive::rate_limit::Quotas,
    #[cfg(feature = "inbox")]
    pub(crate) inbox: Option<Inbox>,
    pub(crate) state: Option<S>,
    #[cfg(feature = "serve")]
    server: crate::serve::ServerConfig,
}

struct Mount<S> {
    endpoint: Endpoint,
    call: fn(HandlerInput<S>) -> HandlerFuture,
}

impl<S> Default for Webhooks<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Webhooks<S> {
    /// No webhooks yet.
    pub fn new() -> Self {
        Self {
            mounts: Vec::new(),
            secrets: Vec::new(),
            secret_sources: Vec::new(),
            verify_tokens: Vec::new(),
            key_ring: None,
            allowed_cloudevents_origins: None,
            public_url: None,
            clock: Arc::new(SystemClock),
            body_limits: BodyLimits {
                timeout: BODY_TIMEOUT,
                memory: MemoryBudget::new(MAX_BYTES_IN_FLIGHT),
            },
            layers: LayerStack::new(),
            verified_layers: LayerStack::new(),
            background_handlers: BackgroundHandlers::new(MAX_BACKGROUND_HANDLERS),
            #[cfg(feature = "rate-limit")]
            quotas: crate::receive::rate_limit::Quotas::default(),
            #[cfg(feature = "inbox")]
            inbox: None,
            state: None,
            #[cfg(feature = "serve")]
            server: crate::serve::ServerConfig::default(),
        }
    }

    /// Mounts a function marked [`#[webhook]`](crate::webhook) on its path.
    pub fn mount<H: Webhook<S>>(mut self) -> Self {
        self.push(H::endpoint, H::call);
        self
    }

    /// Not generic over the handler, so that it is compiled once.
    fn push(&mut self, endpoint: fn() -> Endpoint, call: fn(HandlerInput<S>) -> HandlerFuture) {
        self.mounts.push(Mount { endpoint: endpoint(), call });
    }

    /// Gives the live secrets of one endpoint in code, for tests and secret managers. Its
    /// `secret_env` is not read then.
    pub fn secrets<H: Webhook<S>>(mut self, secrets: impl IntoIterator<Item = Secret>) -> Self {
        let endpoint = H::endpoint();
        let secrets = secrets.into_iter();
        match self.secrets.iter_mut().find(|(known, _)| known.is(&endpoint)) {
            Some((_, list)) => list.extend(secrets),
            None => self.secrets.push((endpoint, secrets.collect())),
        }
        self
    }

    /// Finds the secrets of one endpoint by the parameters of its path, for programs with a secret
    /// for each tenant, and for providers that hand out the secret in a handshake. Its
    /// `secret_env` is not read then.
    pub fn secret_source<H: Webhook<S>>(mut self, source: impl SecretSource) -> Self {
        self.secret_sources.push((H::endpoint(), Arc::new(TenantSecrets::new(source))));
        self
    }

    /// Fetches the keys that providers publish: AWS SNS, PayPal, Plaid.
    pub fn key_source(mut self, source: impl KeySource) -> Self {
        self.key_ring = Some(Arc::new(KeyRing::new(source)));
        self
    }

    /// The verify token of one endpoint, which the provider repeats when it asks whether the
    /// endpoint is ours (Meta).
    pub fn verify_token<H: Webhook<S>>(mut self, token: Secret) -> Self {
        self.verify_tokens.push((H::endpoint(), token));
        self
    }

    /// The only origins that are given permission to deliver when they ask for it (`CloudEvents`).
    /// Every origin is, unless this is called.
    pub fn allowed_cloudevents_origins<T: Into<String>>(
        mut self,
        origins: impl IntoIterator<Item = T>,
    ) -> Self {
        self.allowed_cloudevents_origins = Some(origins.into_iter().map(Into::into).collect());
        self
    }

    /// The state of the router, for handlers that run behind an inbox: they do not wait for a
    /// request that brings it. Give the same one to the router.
    pub fn with_state(mut self, state: S) -> Self {
        self.state = Some(state);
        self
    }

    /// The URL under which the providers know this program, such as `https://hooks.example.com`,
    /// for schemes that sign it. Paths and queries are added as they are asked for; if a proxy in
    /// front removes a prefix from the path, the URL ends with that prefix.
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.public_url = Some(url.into());
        self
    }

    /// Judges the age of deliveries by this clock.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// How long a body may take to arrive: 10 seconds unless told otherwise. Later, the request is
    /// answered by 408.
    pub fn body_timeout(mut self, timeout: Duration) -> Self {
        self.body_limits.timeout = timeout;
        self
    }

    /// How many bytes of bodies may be in memory, of all requests and deliveries together: 256 MiB
    /// unless told otherwise. What comes beyond that is answered by 503, and the provider sends it
    /// again.
    pub fn max_bytes_in_flight(mut self, bytes: usize) -> Self {
        self.body_limits.memory = MemoryBudget::new(bytes);
        self
    }

    /// How many handlers of endpoints with `respond_within` may run at a time: 1,024 unless told
    /// otherwise. What comes beyond that is answered by 503, and the provider sends it again.
    pub fn max_background_handlers(mut self, max: usize) -> Self {
        self.background_handlers = BackgroundHandlers::new(max);
        self
    }

    /// The running handlers of endpoints with `respond_within`, for programs that serve the router
    /// by themselves: wait for them before the program ends.
    #[must_use]
    pub fn background_handlers(&self) -> BackgroundHandlers {
        self.background_handlers.clone()
    }

    /// The mounted endpoints.
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.mounts.iter().map(|mount| &mount.endpoint)
    }
}

impl<S: Clone + Send + Sync + 'static> Webhooks<S> {
    /// Puts a [`tower`](https://docs.rs/tower) layer around every endpoint, in front of everything:
    /// it sees requests before anything of them is verified, and every answer. For rate limits,
    /// lists of addresses, metrics. Later layers are put around earlier ones.
    ///
    /// An answer that refuses has its [`Rejection`](crate::Rejection) among its extensions. A layer
    /// that changes the body changes what was signed.
    ///
    /// ```
    /// use axum::{
    ///     extract::Request,
    ///     http::StatusCode,
    ///     middleware::{Next, from_fn},
    ///     response::{IntoResponse, Response},
    /// };
    /// use webhook_runtime::{Delivery, Secret, Webhooks, webhook};
    ///
    /// #[webhook(path = "/webhook")]
    /// async fn paid(_: &Delivery) {}
    ///
    /// /// Takes no more than what a proxy in front has let through.
    /// async fn through_the_proxy(request: Request, next: Next) -> Response {
    ///     if request.headers().contains_key("x-from-the-proxy") {
    ///         next.run(request).await
    ///     } else {
    ///         StatusCode::FORBIDDEN.into_response()
    ///     }
    /// }
    ///
    /// let router: axum::Router = Webhooks::new()
    ///     .mount::<paid>()
    ///     .secrets::<paid>([Secret::new("for this test")])
    ///     .layer(from_fn(through_the_proxy))
    ///     .into_router()?;
    /// # Ok::<(), webhook_runtime::StartError>(())
    /// ```
    pub fn layer(mut self, layer: impl EndpointLayer) -> Self {
        self.layers.push(None, layer);
        self
    }

    /// As [`layer`](Self::layer), around one endpoint alone.
    pub fn layer_on<H: Webhook<S>>(mut self, layer: impl EndpointLayer) -> Self {
        self.layers.push(Some(H::endpoint()), layer);
        self
    }

    /// Puts a [`tower`](https://docs.rs/tower) layer around every handler: it sees nothing that was
    /// not verified. For logs, locks, what depends on who sent. Later layers are put around earlier
    /// ones.
    ///
    /// The [`Delivery`](crate::Delivery) is among the extensions of the request, whose body is the
    /// delivery's. Once for each request: a batch passes through as a whole. Handshakes and
    /// refusals do not get here. Payload and `Delivery` of the handler are what was verified, though
    /// the layer may change the request; the other extractors see what it passes on.
    ///
    /// ```
    /// use axum::{
    ///     extract::Request,
    ///     middleware::{Next, from_fn},
    ///     response::Response,
    /// };
    /// use webhook_runtime::{Delivery, Secret, Webhooks, webhook};
    ///
    /// #[webhook(path = "/webhook")]
    /// async fn paid(_: &Delivery) {}
    ///
    /// async fn told(request: Request, next: Next) -> Response {
    ///     let delivery = request.extensions().get::<Delivery>().cloned();
    ///     let answer = next.run(request).await;
    ///     println!("{delivery:?} was answered by {}", answer.status());
    ///     answer
    /// }
    ///
    /// let router: axum::Router = Webhooks::new()
    ///     .mount::<paid>()
    ///     .secrets::<paid>([Secret::new("for this test")])
    ///     .verified_layer(from_fn(told))
    ///     .into_router()?;
    /// # Ok::<(), webhook_runtime::StartError>(())
    /// ```
    pub fn verified_layer(mut self, layer: impl EndpointLayer) -> Self {
        self.verified_layers.push(None, layer);
        self
    }

    /// As [`verified_layer`](Self::verified_layer), around one handler alone.
    pub fn verified_layer_on<H: Webhook<S>>(mut self, layer: impl EndpointLayer) -> Self {
        self.verified_layers.push(Some(H::endpoint()), layer);
        self
    }
}

/// What was given for an endpoint.
pub(crate) fn find_for<'a, T>(all: &'a [(Endpoint, T)], endpoint: &Endpoint) -> Option<&'a T> {
    all.iter().find(|(known, _)| known.is(endpoint)).map(|(_, found)| found)
}
