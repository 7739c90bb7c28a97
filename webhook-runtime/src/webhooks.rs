//! The builder: what is mounted, with which secrets. Every problem is found here, before the first
//! request, and all of them are told at once.

use std::{any::Any, env, sync::Arc, time::Duration};

use axum::Router;
use http::Uri;

#[cfg(feature = "inbox")]
use crate::inbox::{Inbox, Processes};
use crate::{
    body::{Bounds, Budget},
    clock::{Clock, SystemClock},
    endpoint::{Endpoint, HandlerFuture, Verified, Webhook},
    handshake::Handshake,
    late::{LateHandlers, Patience},
    layers::{EndpointLayer, Layers},
    mounted::{Front, Inner},
    payload::Unit,
    receive::{Gate, Secrets},
    scheme::{Scheme, Verifier},
    secret::{Secret, SecretError},
    serve::Limits,
    source::{KeyRing, KeySource, SecretSource, Tenants},
    start::{StartError, StartProblem},
};

/// How long a body may take to arrive, unless told otherwise. Providers send bodies of a few
/// kilobytes at once; this is for their worst network.
const BODY_DEADLINE: Duration = Duration::from_secs(10);

/// How many bytes of bodies there may be, unless told otherwise: those of 128 requests that are as
/// large as they may be by default.
const BODIES: usize = 256 * 1024 * 1024;

/// How long the head of a request may take, unless told otherwise: `timeout http-request` in the
/// examples of `HAProxy`'s documentation.
const HEADER_DEADLINE: Duration = Duration::from_secs(10);

/// How many connections there may be, unless told otherwise: a process may have 1,024 open files
/// on most systems, and needs some for other things.
const CONNECTIONS: usize = 900;

/// How long open connections are waited for, unless told otherwise: what supervisors such as
/// Kubernetes allow before they kill.
const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(30);

/// How many handlers may run longer than their answers wait, unless told otherwise: each holds the
/// body of its delivery.
const MOST_LATE: usize = 1024;

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
    pub(crate) sources: Vec<(Endpoint, Arc<Tenants>)>,
    pub(crate) verify_tokens: Vec<(Endpoint, Secret)>,
    pub(crate) key_ring: Option<Arc<KeyRing>>,
    allowed_origins: Option<Arc<[String]>>,
    pub(crate) public_url: Option<String>,
    pub(crate) clock: Arc<dyn Clock>,
    bounds: Bounds,
    layers: Layers<S>,
    verified_layers: Layers<S>,
    late: LateHandlers,
    #[cfg(feature = "inbox")]
    pub(crate) inbox: Option<Inbox>,
    pub(crate) state: Option<S>,
    pub(crate) limits: Limits,
    pub(crate) shutdown_deadline: Duration,
}

struct Mount<S> {
    endpoint: Endpoint,
    call: fn(Verified<S>) -> HandlerFuture,
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
            sources: Vec::new(),
            verify_tokens: Vec::new(),
            key_ring: None,
            allowed_origins: None,
            public_url: None,
            clock: Arc::new(SystemClock),
            bounds: Bounds { deadline: BODY_DEADLINE, budget: Budget::new(BODIES) },
            layers: Layers::new(),
            verified_layers: Layers::new(),
            late: LateHandlers::new(MOST_LATE),
            #[cfg(feature = "inbox")]
            inbox: None,
            state: None,
            limits: Limits { header_deadline: HEADER_DEADLINE, connections: CONNECTIONS },
            shutdown_deadline: SHUTDOWN_DEADLINE,
        }
    }

    /// Mounts a function marked [`#[webhook]`](crate::webhook) on its path.
    pub fn mount<H: Webhook<S>>(mut self) -> Self {
        self.push(H::endpoint, H::call);
        self
    }

    /// Not generic over the handler, so that it is compiled once.
    fn push(&mut self, endpoint: fn() -> Endpoint, call: fn(Verified<S>) -> HandlerFuture) {
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
        self.sources.push((H::endpoint(), Arc::new(Tenants::new(source))));
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
    pub fn allowed_origins<T: Into<String>>(
        mut self,
        origins: impl IntoIterator<Item = T>,
    ) -> Self {
        self.allowed_origins = Some(origins.into_iter().map(Into::into).collect());
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
    pub fn body_deadline(mut self, deadline: Duration) -> Self {
        self.bounds.deadline = deadline;
        self
    }

    /// How many bytes of bodies may be in memory, of all requests and deliveries together: 256 MiB
    /// unless told otherwise. What comes beyond that is answered by 503, and the provider sends it
    /// again.
    pub fn max_bytes_in_flight(mut self, bytes: usize) -> Self {
        self.bounds.budget = Budget::new(bytes);
        self
    }

    /// How long a connection of [`serve`](Webhooks::serve) may take to send the head of a request, and
    /// how long it may be silent: 10 seconds unless told otherwise. Then it is closed.
    pub fn header_deadline(mut self, deadline: Duration) -> Self {
        self.limits.header_deadline = deadline;
        self
    }

    /// How many connections [`serve`](Webhooks::serve) has open at a time: 900 unless told otherwise,
    /// which is just below the number of open files that a process usually may have. One more takes
    /// the place of the one that has asked for nothing for the longest time, and waits where all have a
    /// request that is being answered.
    pub fn max_connections(mut self, most: usize) -> Self {
        self.limits.connections = most;
        self
    }

    /// How long [`serve`](Webhooks::serve) waits for open connections when it is asked to stop: 30
    /// seconds unless told otherwise.
    pub fn shutdown_deadline(mut self, deadline: Duration) -> Self {
        self.shutdown_deadline = deadline;
        self
    }

    /// How many handlers of endpoints with `answer_within` may run at a time: 1,024 unless told
    /// otherwise. What comes beyond that is answered by 503, and the provider sends it again.
    pub fn most_late_handlers(mut self, most: usize) -> Self {
        self.late = LateHandlers::new(most);
        self
    }

    /// The running handlers of endpoints with `answer_within`, for programs that serve the router
    /// by themselves: wait for them before the program ends.
    #[must_use]
    pub fn late_handlers(&self) -> LateHandlers {
        self.late.clone()
    }

    /// The endpoints, to be told at start.
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.mounts.iter().map(|mount| &mount.endpoint)
    }

    /// Reads the secrets and checks everything that spans endpoints.
    fn gates(&self) -> Result<Vec<Gate>, StartError> {
        let mut problems = Vec::new();
        let public_url = self.checked_public_url(&mut problems);
        let mut paths = matchit::Router::new();
        let mut gates = Vec::with_capacity(self.mounts.len());
        for endpoint in self.endpoints() {
            check_path(&mut paths, endpoint, &mut problems, |path| self.mounted_on(path));
            self.check_needs(endpoint, &mut problems);
            let verify_token = self.verify_token_of(endpoint, &mut problems);
            let verifier = verifier_of(endpoint, &mut problems);
            let secrets = self.keys_of(endpoint, verifier.as_ref(), &mut problems);
            let (Some(verifier), Some(secrets)) = (verifier, secrets) else { continue };
            gates.push(Gate {
                endpoint: endpoint.clone(),
                verifier,
                secrets,
                key_ring: self.key_ring.clone(),
                verify_token,
                allowed_origins: self.allowed_origins.clone(),
                public_url: public_url.clone(),
                clock: Arc::clone(&self.clock),
                bounds: self.bounds.clone(),
            });
        }
        let secrets = self.secrets.iter().map(|(endpoint, _)| endpoint);
        let sources = self.sources.iter().map(|(endpoint, _)| endpoint);
        let tokens = self.verify_tokens.iter().map(|(endpoint, _)| endpoint);
        let layers = self.layers.endpoints().chain(self.verified_layers.endpoints());
        for endpoint in secrets.chain(sources).chain(tokens).chain(layers) {
            if !self.endpoints().any(|mounted| mounted.is(endpoint)) {
                problems.push(StartProblem::NotMounted { endpoint: endpoint.name });
            }
        }
        if problems.is_empty() { Ok(gates) } else { Err(StartError { problems }) }
    }

    /// The name of the endpoint that was mounted on a path first.
    fn mounted_on(&self, path: &str) -> &'static str {
        self.endpoints().find(|endpoint| endpoint.path == path).map_or("", |first| first.name)
    }

    /// Checks that what the provider needs beside secrets was given.
    fn check_needs(&self, endpoint: &Endpoint, problems: &mut Vec<StartProblem>) {
        let (name, provider) = (endpoint.name, endpoint.provider);
        let traits = provider.traits();
        if traits.signs_url && self.public_url.is_none() {
            let provider = provider.name();
            problems.push(StartProblem::NoPublicUrl { endpoint: name, provider });
        }
        #[cfg(feature = "inbox")]
        let has_inbox = self.inbox.is_some();
        #[cfg(not(feature = "inbox"))]
        let has_inbox = false;
        if endpoint.inbox && !has_inbox {
            problems.push(StartProblem::NoInbox { endpoint: name });
        }
        let takes = endpoint.takes;
        let items = provider.items_source();
        if takes.unit == Unit::Batch && items.is_none() {
            let provider = provider.name();
            problems.push(StartProblem::NoItems { endpoint: name, provider });
        }
        let names_events = provider.event_source().is_some()
            || items.is_some_and(|items| items.event_pointer().is_some());
        if takes.by_event && !names_events {
            let provider = provider.name();
            problems.push(StartProblem::NoEventName { endpoint: name, provider });
        }
        if let (Some(limit), Some(patience)) = (endpoint.answer_within, provider.time_out())
            && limit >= patience
        {
            let provider = provider.name();
            problems.push(StartProblem::AnswersTooLate { endpoint: name, provider, patience });
        }
        if traits.fetches_keys && self.key_ring.is_none() {
            let provider = provider.name();
            problems.push(StartProblem::NoKeySource { endpoint: name, provider });
        }
    }

    /// The verify token of an endpoint: given in code, or in a variable.
    fn verify_token_of(
        &self,
        endpoint: &Endpoint,
        problems: &mut Vec<StartProblem>,
    ) -> Option<Secret> {
        let (name, provider) = (endpoint.name, endpoint.provider);
        let is_wanted = provider.known_handshakes().iter().any(Handshake::wants_verify_token);
        let token = match (given(&self.verify_tokens, endpoint), endpoint.verify_token_env) {
            (Some(token), _) => Some(token.clone()),
            (None, Some(variable)) => {
                if let Ok(text) = env::var(variable) {
                    Some(Secret::new(text).named(variable))
                } else {
                    problems.push(StartProblem::MissingVariable { endpoint: name, variable });
                    return None;
                }
            }
            (None, None) => None,
        };
        match &token {
            None if is_wanted => {
                let provider = provider.name();
                problems.push(StartProblem::NoVerifyToken { endpoint: name, provider });
            }
            Some(token) if token.is_blank() || token.is_padded() => {
                let error = if token.is_blank() { SecretError::Blank } else { SecretError::Padded };
                let secret = token.shared_name();
                problems.push(StartProblem::Secret { endpoint: name, secret, error });
            }
            _ => {}
        }
        token
    }

    fn keys_of(
        &self,
        endpoint: &Endpoint,
        verifier: Option<&Verifier>,
        problems: &mut Vec<StartProblem>,
    ) -> Option<Secrets> {
        let mut sources = self.sources.iter().filter(|(known, _)| known.is(endpoint));
        let both = sources.next().is_some()
            && (sources.next().is_some() || given(&self.secrets, endpoint).is_some());
        if both {
            problems.push(StartProblem::Ambiguous { endpoint: endpoint.name });
        }
        if let Some(source) = given(&self.sources, endpoint) {
            return Some(Secrets::ByTenant(Arc::clone(source)));
        }
        let secrets = if endpoint.provider.traits().needs_secret {
            self.secrets_of(endpoint, problems)
        } else {
            Vec::new()
        };
        let most = endpoint.provider.scheme().and_then(Scheme::most_secrets);
        if let Some(most) = most.filter(|most| secrets.len() > *most) {
            problems.push(StartProblem::TooManySecrets { endpoint: endpoint.name, most });
        }
        match verifier?.prepare(&secrets) {
            Ok(keys) => Some(Secrets::Fixed(Arc::new(keys))),
            Err(errors) => {
                problems.extend(errors.into_iter().map(|(secret, error)| StartProblem::Secret {
                    endpoint: endpoint.name,
                    secret,
                    error,
                }));
                None
            }
        }
    }

    fn secrets_of(&self, endpoint: &Endpoint, problems: &mut Vec<StartProblem>) -> Vec<Secret> {
        let before = problems.len();
        let secrets = match given(&self.secrets, endpoint) {
            Some(given) => given.clone(),
            None => secrets_from_env(endpoint, problems),
        };
        if secrets.is_empty() && problems.len() == before {
            problems.push(StartProblem::NoSecret { endpoint: endpoint.name });
        }
        let padded = secrets.iter().filter(|secret| !secret.is_blank() && secret.is_padded());
        problems.extend(padded.map(|secret| {
            let (endpoint, secret) = (endpoint.name, secret.shared_name());
            StartProblem::Secret { endpoint, secret, error: SecretError::Padded }
        }));
        secrets
    }

    fn checked_public_url(&self, problems: &mut Vec<StartProblem>) -> Option<Arc<str>> {
        let url = self.public_url.as_deref()?;
        let is_origin = url.parse::<Uri>().is_ok_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https")) && uri.query().is_none()
        });
        if !is_origin || url.contains('#') {
            problems.push(StartProblem::BadPublicUrl { url: url.to_owned() });
        }
        Some(url.trim_end_matches('/').into())
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

    /// A router of the mounted webhooks, to be merged into an axum application or served.
    ///
    /// # Errors
    /// With every problem at once: variables that are missing or blank, secrets that are not of
    /// their scheme's form, paths that clash or cannot be routed.
    pub fn into_router(self) -> Result<Router<S>, StartError> {
        #[cfg(feature = "inbox")]
        {
            let inbox = self.inbox.clone();
            let Built { router, processes } = self.build()?;
            if let Some(inbox) = inbox {
                inbox.keep_working(processes);
            }
            Ok(router)
        }
        #[cfg(not(feature = "inbox"))]
        Ok(self.build()?.router)
    }

    /// Everything that the mounted functions become, before anything of it runs.
    pub(crate) fn build(mut self) -> Result<Built<S>, StartError> {
        if self.state.is_none() {
            // There is only one state of this type.
            let nothing: Box<dyn Any> = Box::new(());
            self.state = nothing.downcast::<S>().ok().map(|state| *state);
        }
        let gates = self.checked_gates()?;
        let mut built = Built {
            router: Router::new(),
            #[cfg(feature = "inbox")]
            processes: Processes::new(),
        };
        for (mount, gate) in self.mounts.iter().zip(gates) {
            let endpoint = &mount.endpoint;
            let inner = Inner::new(endpoint, mount.call);
            let verified_layers = self.verified_layers.of(endpoint);
            let front = Front {
                gate: Arc::new(gate),
                patience: self.patience_of(endpoint),
                #[cfg(feature = "inbox")]
                inbox: self.inbox.clone().filter(|_| endpoint.inbox),
            };
            let mounted = if verified_layers.is_empty() || endpoint.inbox {
                front.before(inner)
            } else {
                front.before_layers(inner.within(verified_layers.clone()))
            };
            #[cfg(feature = "inbox")]
            if endpoint.inbox
                && let Some(state) = &self.state
            {
                let stored = inner.within(verified_layers);
                built.processes = built.processes.with(endpoint, stored, state.clone());
            }
            let layers = self.layers.of(endpoint).into_iter();
            let mut route = layers.fold(mounted, |inside, around| around(inside));
            if let Some(state) = &self.state {
                // Now, and not anew for each request: layers would lose what they keep in their
                // services.
                route = route.with_state(state.clone());
            }
            built.router = built.router.route(endpoint.path, route);
        }
        Ok(built)
    }

    fn patience_of(&self, endpoint: &Endpoint) -> Option<Patience> {
        let status = endpoint.provider.acknowledgement();
        let late = self.late.clone();
        endpoint.answer_within.map(|limit| Patience { limit, status, late })
    }

    fn checked_gates(&self) -> Result<Vec<Gate>, StartError> {
        #[cfg(not(feature = "inbox"))]
        return self.gates();
        #[cfg(feature = "inbox")]
        match (self.gates(), self.inbox_problems()) {
            (Ok(gates), more) if more.is_empty() => Ok(gates),
            (gates, more) => {
                let mut problems = gates.err().map(|error| error.problems).unwrap_or_default();
                problems.extend(more);
                Err(StartError { problems })
            }
        }
    }
}

/// What mounted functions become.
pub(crate) struct Built<S> {
    pub(crate) router: Router<S>,
    /// What runs behind the inbox.
    #[cfg(feature = "inbox")]
    pub(crate) processes: Processes,
}

/// What was given for an endpoint.
pub(crate) fn given<'a, T>(all: &'a [(Endpoint, T)], endpoint: &Endpoint) -> Option<&'a T> {
    all.iter().find(|(known, _)| known.is(endpoint)).map(|(_, found)| found)
}

fn verifier_of(endpoint: &Endpoint, problems: &mut Vec<StartProblem>) -> Option<Verifier> {
    let verifier = endpoint.provider.for_endpoint(endpoint.tolerance);
    if verifier.is_none() {
        let (endpoint, provider) = (endpoint.name, endpoint.provider.name());
        problems.push(StartProblem::NoTimestamp { endpoint, provider });
    }
    verifier
}

fn secrets_from_env(endpoint: &Endpoint, problems: &mut Vec<StartProblem>) -> Vec<Secret> {
    let mut secrets = Vec::new();
    for (at, &variable) in endpoint.secret_env.iter().enumerate() {
        let problem = |error| StartProblem::Secret {
            endpoint: endpoint.name,
            secret: variable.into(),
            error,
        };
        match env::var(variable) {
            Err(env::VarError::NotPresent) if at == 0 => {
                problems.push(StartProblem::MissingVariable { endpoint: endpoint.name, variable });
            }
            Err(env::VarError::NotPresent) => {}
            Err(env::VarError::NotUnicode(_)) => {
                problems.push(StartProblem::NotUnicode { endpoint: endpoint.name, variable });
            }
            Ok(text) if text.trim().is_empty() => problems.push(problem(SecretError::Blank)),
            Ok(text) if text.trim() != text && !text.starts_with("-----BEGIN") => {
                problems.push(problem(SecretError::Padded));
            }
            Ok(text) => secrets.push(Secret::new(text).named(variable)),
        }
    }
    secrets
}

fn check_path(
    paths: &mut matchit::Router<()>,
    endpoint: &Endpoint,
    problems: &mut Vec<StartProblem>,
    mounted_on: impl Fn(&str) -> &'static str,
) {
    let (name, path) = (endpoint.name, endpoint.path);
    if !path.starts_with('/') {
        problems.push(StartProblem::BadPath {
            endpoint: name,
            path,
            detail: "a path starts with `/`".to_owned(),
        });
        return;
    }
    match paths.insert(path, ()) {
        Ok(()) => {}
        Err(matchit::InsertError::Conflict { with }) => {
            let taken_by = mounted_on(&with);
            problems.push(StartProblem::PathTaken { endpoint: name, path, taken_by });
        }
        Err(error) => {
            problems.push(StartProblem::BadPath {
                endpoint: name,
                path,
                detail: error.to_string(),
            });
        }
    }
}
