//! The builder: mounted functions, their secrets, and limits.

mod build;
mod check;
#[cfg(feature = "openapi")]
mod described;
#[cfg(feature = "serve")]
mod error;
mod health;
#[cfg(feature = "inbox")]
pub(crate) mod inbox;
mod mounted;
mod peers;
mod pipeline;
pub(crate) mod problems;
#[cfg(feature = "rate-limit")]
mod quotas;
#[cfg(any(feature = "openapi", feature = "serve", feature = "testing"))]
#[cfg_attr(not(feature = "testing"), allow(dead_code, reason = "the test kit uses the rest of it"))]
mod sample;
#[cfg(feature = "serve")]
mod serving;

use std::{sync::Arc, time::Duration};

use axum::Router;

use crate::{
    dispatch::{
        background::BackgroundHandlers,
        layers::{EndpointLayer, LayerStack},
    },
    endpoint::{Endpoint, HandlerFuture, HandlerInput, Webhook},
    receive::{
        body::BodyLimits,
        key_source::{KeyRing, KeySource},
        peer::PeerIpFn,
        secret_source::{SecretSource, TenantSecrets},
    },
    support::{
        metrics::{UpDown, table::BYTES_IN_FLIGHT},
        shares::Shares,
    },
    verify::{Clock, Secret, SystemClock},
};

#[cfg(feature = "testing")]
pub(crate) use build::Built;
#[cfg(feature = "openapi")]
pub(crate) use described::{DescribedEndpoint, DescribedQuota};
#[cfg(feature = "serve")]
pub use error::Error;
pub use health::{HealthCheck, Unhealthy};
pub use mounted::MountedWebhook;
pub use problems::{StartError, StartProblem};
#[cfg(feature = "openapi")]
pub(crate) use sample::signed_time;
#[cfg(feature = "testing")]
pub(crate) use sample::{Content, EventFields};
#[cfg(any(feature = "openapi", feature = "testing"))]
pub(crate) use sample::{FORM, form, put};

/// The default of `body_timeout`. Providers send bodies of a few kilobytes at once; this is enough
/// for a bad network.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// The default of `max_bytes_in_flight`: 128 requests with bodies of the default maximum size.
const MAX_BYTES_IN_FLIGHT: usize = 256 * 1024 * 1024;

/// The default of `max_background_handlers`. Each handler holds the body of its delivery.
const MAX_BACKGROUND_HANDLERS: usize = 1024;

/// The webhooks of a program: mounts functions marked [`#[webhook]`](crate::webhook), and
/// configures them.
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
///
/// `S` is the state of the router, and `HAS_STATE` is true after [`with_state`](Self::with_state).
#[must_use]
pub struct Webhooks<S = (), const HAS_STATE: bool = false> {
    mounts: Vec<Mount<S>>,
    routes: Vec<Router<S>>,
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
    peer_ip: Option<PeerIpFn>,
    #[cfg(feature = "rate-limit")]
    quotas: crate::receive::rate_limit::Quotas,
    #[cfg(feature = "inbox")]
    pub(crate) inboxes: inbox::Inboxes,
    health: HealthCheck,
    pub(crate) state: Option<S>,
    #[cfg(feature = "serve")]
    server: crate::serve::Server,
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
    /// Creates a builder without webhooks.
    pub fn new() -> Self {
        Self {
            mounts: Vec::new(),
            routes: Vec::new(),
            secrets: Vec::new(),
            secret_sources: Vec::new(),
            verify_tokens: Vec::new(),
            key_ring: None,
            allowed_cloudevents_origins: None,
            public_url: None,
            clock: Arc::new(SystemClock),
            body_limits: BodyLimits {
                timeout: BODY_TIMEOUT,
                memory: bytes_in_flight(MAX_BYTES_IN_FLIGHT),
            },
            layers: LayerStack::new(),
            verified_layers: LayerStack::new(),
            background_handlers: BackgroundHandlers::new(MAX_BACKGROUND_HANDLERS),
            peer_ip: None,
            #[cfg(feature = "rate-limit")]
            quotas: crate::receive::rate_limit::Quotas::default(),
            #[cfg(feature = "inbox")]
            inboxes: inbox::Inboxes::default(),
            health: HealthCheck::default(),
            state: None,
            #[cfg(feature = "serve")]
            server: crate::serve::Server::new(Router::new()).with_thread_name("webhooks"),
        }
    }
}

impl<S, const HAS_STATE: bool> Webhooks<S, HAS_STATE> {
    /// Mounts a function marked [`#[webhook]`](crate::webhook) on its path.
    pub fn mount<H: Webhook<S>>(mut self) -> Self {
        self.push(H::endpoint, H::call);
        self
    }

    /// Not generic over the handler, so that it is compiled once.
    fn push(&mut self, endpoint: fn() -> Endpoint, call: fn(HandlerInput<S>) -> HandlerFuture) {
        self.mounts.push(Mount { endpoint: endpoint(), call });
    }

    /// Sets the secrets of one endpoint in code, for tests and secret managers. Its `secret_env` is
    /// then not read.
    pub fn secrets<H: Webhook<S>>(mut self, secrets: impl IntoIterator<Item = Secret>) -> Self {
        let endpoint = H::endpoint();
        let secrets = secrets.into_iter();
        match self.secrets.iter_mut().find(|(known, _)| known.is(&endpoint)) {
            Some((_, list)) => list.extend(secrets),
            None => self.secrets.push((endpoint, secrets.collect())),
        }
        self
    }

    /// Sets the source of one endpoint's secrets, for programs with a secret for each tenant, and
    /// for providers that send the secret in a handshake. The parameters of the path identify the
    /// tenant. The endpoint's `secret_env` is then not read.
    pub fn secret_source<H: Webhook<S>>(mut self, source: impl SecretSource) -> Self {
        self.secret_sources.push((H::endpoint(), Arc::new(TenantSecrets::new(source))));
        self
    }

    /// Sets the source of the keys that providers publish (AWS SNS, PayPal, Plaid, Google and others).
    pub fn key_source(mut self, source: impl KeySource) -> Self {
        self.key_ring = Some(Arc::new(KeyRing::new(source)));
        self
    }

    /// Sets the verify token of one endpoint. The provider (Meta, Lark) sends it in the handshake that
    /// checks who owns the endpoint, or asks for a hash of it (eBay).
    pub fn verify_token<H: Webhook<S>>(mut self, token: Secret) -> Self {
        self.verify_tokens.push((H::endpoint(), token));
        self
    }

    /// Sets the origins that may deliver, for the `CloudEvents` handshake. By default, every origin
    /// may.
    pub fn allowed_cloudevents_origins<T: Into<String>>(
        mut self,
        origins: impl IntoIterator<Item = T>,
    ) -> Self {
        self.allowed_cloudevents_origins = Some(origins.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the state of handlers and of [merged](Self::merge) routes.
    ///
    /// [`serve`](Self::serve) needs it if any of them takes `State`. With
    /// [`into_router`](Self::into_router), only handlers behind an inbox need it, which run without a
    /// request: give the same state to the router.
    pub fn with_state(self, state: S) -> Webhooks<S, true> {
        Webhooks {
            peer_ip: self.peer_ip,
            mounts: self.mounts,
            routes: self.routes,
            secrets: self.secrets,
            secret_sources: self.secret_sources,
            verify_tokens: self.verify_tokens,
            key_ring: self.key_ring,
            allowed_cloudevents_origins: self.allowed_cloudevents_origins,
            public_url: self.public_url,
            clock: self.clock,
            body_limits: self.body_limits,
            layers: self.layers,
            verified_layers: self.verified_layers,
            background_handlers: self.background_handlers,
            #[cfg(feature = "rate-limit")]
            quotas: self.quotas,
            #[cfg(feature = "inbox")]
            inboxes: self.inboxes,
            health: self.health,
            state: Some(state),
            #[cfg(feature = "serve")]
            server: self.server,
        }
    }

    /// Sets the public URL of the program, such as `https://hooks.example.com`, for schemes that
    /// sign it. The path and query of each request are appended, with the prefix of a nested router,
    /// which the URL may have at its end or not. If a proxy removes a prefix from the path, the URL
    /// must end with that prefix.
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.public_url = Some(url.into());
        self
    }

    /// Sets the clock that the age of deliveries is measured by.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Limits the time until a body has arrived. After it, the response is a 408. The default is 10
    /// seconds. A body of which more than 64 KiB have arrived must also bring 16 KiB every four
    /// seconds.
    pub fn body_timeout(mut self, timeout: Duration) -> Self {
        self.body_limits.timeout = timeout;
        self
    }

    /// Limits the memory of all bodies together, in bytes. The default is 256 MiB.
    ///
    /// When it is full, the peer with the most bytes of unverified bodies gives up its newest body: the
    /// response to that one is a 503, and the provider retries. Bodies of verified deliveries are kept.
    /// [`peer_ip`](Self::peer_ip) says who the peer is behind a proxy.
    pub fn max_bytes_in_flight(mut self, bytes: usize) -> Self {
        self.body_limits.memory = bytes_in_flight(bytes);
        self
    }

    /// Limits the number of running handlers of endpoints with `respond_within`. Beyond it, the
    /// response is a 503, and the provider retries. The default is 1,024.
    pub fn max_background_handlers(mut self, max: usize) -> Self {
        self.background_handlers = BackgroundHandlers::new(max);
        self
    }

    /// Returns the running handlers of endpoints with `respond_within`, for programs with their own
    /// server: wait for them before the program ends.
    #[must_use]
    pub fn background_handlers(&self) -> BackgroundHandlers {
        self.background_handlers.clone()
    }

    /// The mounted endpoints.
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.mounts.iter().map(|mount| &mount.endpoint)
    }
}

impl<S: Clone + Send + Sync + 'static, const HAS_STATE: bool> Webhooks<S, HAS_STATE> {
    /// Adds routes of your own beside the webhooks, such as `/health`. Layers of the webhooks are not
    /// around them.
    ///
    /// ```no_run
    /// use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    ///
    /// use axum::{Router, extract::State, routing::get};
    /// use webhook_runtime::{Delivery, Error, Webhooks, webhook};
    ///
    /// static PAID: AtomicU64 = AtomicU64::new(0);
    ///
    /// #[webhook(path = "/webhook", secret_env = "SECRET")]
    /// async fn paid(State(paid): State<&'static AtomicU64>, _: &Delivery) {
    ///     paid.fetch_add(1, Relaxed);
    /// }
    ///
    /// async fn health(State(paid): State<&'static AtomicU64>) -> String {
    ///     format!("{} orders paid", paid.load(Relaxed))
    /// }
    ///
    /// # async fn serve() -> Result<(), Error> {
    /// Webhooks::new()
    ///     .mount::<paid>()
    ///     .merge(Router::new().route("/health", get(health)))
    ///     .with_state(&PAID)
    ///     .serve("127.0.0.1:3000")
    ///     .await
    /// # }
    /// ```
    ///
    /// # Panics
    /// When the router is built, as [`Router::merge`](axum::Router::merge) does: if a route has the path of an
    /// endpoint, or of another merged route.
    pub fn merge(mut self, routes: Router<S>) -> Self {
        self.routes.push(routes);
        self
    }

    /// Adds a [`tower`](https://docs.rs/tower) layer around every endpoint. It sees requests before
    /// they are verified, and every response: use it for rate limits, lists of addresses, metrics.
    /// Later layers are outside earlier ones.
    ///
    /// The response to a rejected request has the [`Rejection`](crate::Rejection) in its
    /// extensions. A layer that changes the body breaks the signature.
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
    /// /// Accepts only requests that the proxy has forwarded.
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

    /// Adds a [`layer`](Self::layer) around one endpoint only.
    pub fn layer_on<H: Webhook<S>>(mut self, layer: impl EndpointLayer) -> Self {
        self.layers.push(Some(H::endpoint()), layer);
        self
    }

    /// Adds a [`tower`](https://docs.rs/tower) layer around every handler. It only sees verified
    /// deliveries: use it for logs, locks, and decisions by sender. Later layers are outside
    /// earlier ones.
    ///
    /// The [`Delivery`](crate::Delivery) is in the extensions of the request, and its body is the
    /// body of the request. The layer runs once for each request: a batch passes through it as a
    /// whole. Handshakes and rejected requests do not reach it. If the layer changes the request,
    /// the handler's payload and `Delivery` stay as verified, and its other extractors see the
    /// changes.
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
    /// async fn log(request: Request, next: Next) -> Response {
    ///     let delivery = request.extensions().get::<Delivery>().cloned();
    ///     let response = next.run(request).await;
    ///     println!("{delivery:?}: {}", response.status());
    ///     response
    /// }
    ///
    /// let router: axum::Router = Webhooks::new()
    ///     .mount::<paid>()
    ///     .secrets::<paid>([Secret::new("for this test")])
    ///     .verified_layer(from_fn(log))
    ///     .into_router()?;
    /// # Ok::<(), webhook_runtime::StartError>(())
    /// ```
    pub fn verified_layer(mut self, layer: impl EndpointLayer) -> Self {
        self.verified_layers.push(None, layer);
        self
    }

    /// Adds a [`verified_layer`](Self::verified_layer) around one handler only.
    pub fn verified_layer_on<H: Webhook<S>>(mut self, layer: impl EndpointLayer) -> Self {
        self.verified_layers.push(Some(H::endpoint()), layer);
        self
    }
}

/// The value that was set for an endpoint.
pub(crate) fn find_for<'a, T>(all: &'a [(Endpoint, T)], endpoint: &Endpoint) -> Option<&'a T> {
    all.iter().find(|(known, _)| known.is(endpoint)).map(|(_, found)| found)
}

/// The memory of all bodies together.
fn bytes_in_flight(max: usize) -> Arc<Shares> {
    Shares::measured(max, UpDown::new(&BYTES_IN_FLIGHT))
}
