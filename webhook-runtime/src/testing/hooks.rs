//! The test kit: webhooks that a test sends deliveries to.

use std::{
    fmt,
    hash::{BuildHasher as _, RandomState},
    marker::PhantomData,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use axum::{Router, body::Body};
use bytes::Bytes;
use http::Request;

use super::{
    clock::TestClock,
    delivery::TestDelivery,
    keys::{KeyOwner, KeyPair},
    recorded::{self, RecordedDelivery},
    response::{TestResponse, send_request},
    target::{Signing, TestEndpoint},
};
use crate::{
    endpoint::{Endpoint, Webhook},
    inbox::Inbox,
    receive::{KeySource, SourceError},
    verify::{Secret, scheme::KeyRequest},
    webhooks::{
        Built, Webhooks, find_for,
        inbox::{InboxHandlers, Inboxes},
    },
};

/// The default public URL of a test.
pub(crate) const PUBLIC_URL: &str = "https://hooks.test";

/// Webhooks in a test. [`Webhooks::test`] creates them.
pub struct TestHooks<S = ()> {
    context: TestContext,
    clock: TestClock,
    targets: Vec<TestEndpoint>,
    inboxes: Inboxes,
    inbox_handlers: InboxHandlers,
    state: PhantomData<fn(S)>,
}

/// The context of all deliveries of a test.
pub(crate) struct TestContext {
    pub(crate) router: Router,
    /// The clock; `None` for the time of this machine.
    pub(crate) clock: Option<TestClock>,
    /// The beginning of all ids.
    run: String,
    sent: AtomicUsize,
}

impl TestContext {
    pub(crate) fn new(router: Router, clock: Option<TestClock>) -> Self {
        Self { router, clock, run: "delivery".to_owned(), sent: AtomicUsize::new(0) }
    }

    /// Gives this run ids of its own: the receiver may remember those of the last one.
    pub(crate) fn with_own_ids(mut self) -> Self {
        // The standard library seeds every hasher anew.
        let run = RandomState::new().hash_one(SystemTime::now());
        self.run = format!("delivery-{run:016x}");
        self
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.clock.as_ref().map_or_else(SystemTime::now, TestClock::now)
    }

    /// Returns a new unique id.
    pub(crate) fn next_id(&self) -> String {
        format!("{}-{}", self.run, self.sent.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

impl<S: Clone + Send + Sync + 'static, const HAS_STATE: bool> Webhooks<S, HAS_STATE> {
    /// Prepares the webhooks for tests, with a clock that the test controls, and without sockets or
    /// environment variables.
    ///
    /// Every endpoint without [`secrets`](Self::secrets) and without a
    /// [`secret_source`](Self::secret_source) gets a secret of the form that its provider's scheme
    /// needs: the variables of `secret_env` are not read. If needed, it also gets a verify token, a
    /// public URL (`https://hooks.test`) and a key source without keys.
    ///
    /// The clock starts at the time of [`clock`](Self::clock), or at the current time.
    ///
    /// ```
    /// use serde::Deserialize;
    /// use webhook_runtime::{Webhooks, webhook};
    ///
    /// #[derive(Deserialize)]
    /// struct Order {
    ///     id: u64,
    /// }
    ///
    /// #[webhook(path = "/webhook", secret_env = "SECRET")]
    /// async fn order_paid(order: Order) -> String {
    ///     format!("paid: {}", order.id)
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let hooks = Webhooks::new().mount::<order_paid>().test(());
    /// let order = serde_json::json!({ "id": 7 });
    ///
    /// let response = hooks.deliver::<order_paid>().json(&order).await;
    /// assert_eq!(response.status(), 200);
    /// assert_eq!(response.text(), "paid: 7");
    ///
    /// let response = hooks.deliver::<order_paid>().json(&order).forged().await;
    /// assert_eq!(response.status(), 401);
    /// assert!(!response.handler_ran());
    /// # }
    /// ```
    ///
    /// # Panics
    /// If the webhooks cannot start, with every problem.
    #[must_use]
    #[track_caller]
    pub fn test(mut self, state: S) -> TestHooks<S> {
        let clock = TestClock::new(self.clock.now());
        let targets = self.fill_in_missing();
        let lacks_inbox =
            |endpoint: &Endpoint| endpoint.inbox && self.inboxes.of(endpoint).is_none();
        if self.endpoints().any(lacks_inbox) {
            self.inboxes.common = Some(memory_inbox(&clock));
        }
        let inboxes = self.inboxes.clone();
        match self.clock(clock.clone()).with_state(state.clone()).build() {
            Ok(Built { router, inbox_handlers }) => TestHooks {
                context: TestContext::new(router.with_state(state), Some(clock.clone())),
                clock,
                targets,
                inboxes,
                inbox_handlers,
                state: PhantomData,
            },
            Err(error) => panic!("{error}"),
        }
    }

    /// Adds everything that the endpoints need and that is not set, and returns their test
    /// endpoints.
    fn fill_in_missing(&mut self) -> Vec<TestEndpoint> {
        let origin = self.public_url.get_or_insert_with(|| PUBLIC_URL.to_owned()).clone();
        let endpoints: Vec<Endpoint> = self.endpoints().cloned().collect();
        if self.key_ring.is_none()
            && endpoints.iter().any(|endpoint| endpoint.provider.scheme_info().fetches_keys)
        {
            self.key_ring = Some(Arc::new(crate::receive::key_source::KeyRing::new(NoKeys)));
        }
        endpoints.iter().map(|endpoint| self.fill_in_endpoint(endpoint, &origin)).collect()
    }

    fn fill_in_endpoint(&mut self, endpoint: &Endpoint, origin: &str) -> TestEndpoint {
        let provider = endpoint.provider;
        if provider.needs_verify_token() && find_for(&self.verify_tokens, endpoint).is_none() {
            let token = Secret::new(format!("token-of-{}", endpoint.name));
            self.verify_tokens.push((endpoint.clone(), token));
        }
        let token = find_for(&self.verify_tokens, endpoint).cloned();
        let mut target = TestEndpoint::new(endpoint, origin, self.signing(endpoint), token);
        if let (Signing::Secret(_), Some(secrets)) =
            (&target.signing, find_for(&self.secrets, endpoint))
        {
            target.older = secrets.iter().skip(1).cloned().collect();
        }
        target
    }

    fn signing(&mut self, endpoint: &Endpoint) -> Signing {
        let provider = endpoint.provider;
        if let Some(source) = find_for(&self.secret_sources, endpoint) {
            return Signing::Source(Arc::clone(source));
        }
        if !provider.scheme_info().needs_secret {
            return Signing::Secret(Secret::none());
        }
        if let Some(secrets) = find_for(&self.secrets, endpoint) {
            return match secrets.first() {
                Some(secret) if !provider.has_key_pair() => Signing::Secret(secret.clone()),
                _ => Signing::PublicKey,
            };
        }
        let name = format!("{}::{}", endpoint.module, endpoint.function);
        let pair = KeyPair::new(provider, &name, KeyOwner::Endpoint);
        self.secrets.push((endpoint.clone(), vec![pair.verifying]));
        Signing::Secret(pair.signing)
    }
}

impl<S> TestHooks<S> {
    /// Creates a delivery to one endpoint. It is genuine by default, and is sent when it is
    /// awaited.
    ///
    /// For an endpoint with a secret source, the delivery is signed with the tenant's first secret.
    ///
    /// # Panics
    /// If the endpoint is not mounted.
    #[track_caller]
    pub fn deliver<H: Webhook<S>>(&self) -> TestDelivery<'_> {
        TestDelivery::new(&self.context, self.target(&H::endpoint()))
    }

    /// Creates a delivery from a recording of `webhook listen --record`, for the endpoint on its path.
    /// It is sent when it is awaited: at its own time, and signed anew with the secret of the test.
    ///
    /// ```
    /// # use webhook_runtime::{Delivery, Webhooks, providers::GITHUB, webhook};
    /// #[webhook(path = "/github", provider = GITHUB, secret_env = "GITHUB_SECRET")]
    /// async fn github(delivery: &Delivery) -> String {
    ///     format!("{:?}", delivery.event().as_deref())
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let hooks = Webhooks::new().mount::<github>().test(());
    /// let response = hooks.deliver_recorded("src/guide/deliveries/push.http").await;
    /// assert_eq!(response.text(), r#"Some("push")"#);
    /// # }
    /// ```
    pub fn deliver_recorded(&self, file: impl AsRef<Path>) -> RecordedDelivery<'_> {
        let file = file.as_ref();
        RecordedDelivery::new(self, &file.to_string_lossy(), recorded::read(file))
    }

    /// Sends any other request, such as a handshake.
    pub async fn send(&self, request: Request<Body>) -> TestResponse {
        send_request(&self.context.router, request).await
    }

    /// The clock that deliveries are signed and verified by.
    #[must_use]
    pub fn clock(&self) -> &TestClock {
        &self.clock
    }

    /// Advances the clock.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Sets the time.
    pub fn set_time(&self, time: SystemTime) {
        self.clock.set(time);
    }

    /// The inbox of the endpoints that are marked `inbox`. By default it is in memory and uses the
    /// clock of the test; [`Webhooks::inbox`] sets another.
    ///
    /// # Panics
    /// If no endpoint uses it: none is marked `inbox`, or each has one of its own.
    #[must_use]
    #[track_caller]
    pub fn inbox(&self) -> &Inbox {
        self.inboxes.common.as_ref().expect("no endpoint is marked `inbox`, or each has its own")
    }

    /// Runs the handlers of due stored deliveries until none is due, in all inboxes, and returns the
    /// number of attempts. In a test, they only run in this call. Failed deliveries are due again
    /// later: call [`advance`](Self::advance) first.
    ///
    /// # Panics
    /// If an inbox fails, or no endpoint is marked `inbox`.
    #[track_caller]
    pub fn drain(&self) -> impl Future<Output = u64> {
        let mut inboxes = self.inbox_handlers.iter().peekable();
        assert!(inboxes.peek().is_some(), "no endpoint is marked `inbox`");
        async move {
            let mut attempts = 0;
            for (inbox, handlers) in inboxes {
                attempts += inbox.drain(handlers).await.expect("the inbox of a test");
            }
            attempts
        }
    }

    /// The router of the webhooks, for tests that wrap it.
    pub fn router(&self) -> &Router {
        &self.context.router
    }

    /// The verify token of an endpoint, for tests of its handshake.
    ///
    /// # Panics
    /// If the endpoint is not mounted.
    #[must_use]
    #[track_caller]
    pub fn verify_token<H: Webhook<S>>(&self) -> Option<&Secret> {
        self.target(&H::endpoint()).verify_token.as_ref()
    }

    /// The context, the clock, and all endpoints.
    pub(crate) fn parts(&self) -> (&TestContext, &TestClock, &[TestEndpoint]) {
        (&self.context, &self.clock, &self.targets)
    }

    /// Runs what is stored in the inboxes, and returns the number of deliveries that failed.
    pub(crate) async fn failed_in_inboxes(&self) -> u64 {
        let mut failed = 0;
        for (inbox, handlers) in self.inbox_handlers.iter() {
            inbox.drain(handlers).await.expect("the inbox of a test");
            let depth = inbox.stats().await.expect("the inbox of a test").depth;
            failed += depth.pending + depth.blocked + depth.dead;
        }
        failed
    }

    /// Splits the webhooks into the context and one endpoint.
    #[track_caller]
    pub(crate) fn into_parts(self, endpoint: &Endpoint) -> (TestContext, TestEndpoint) {
        let target = self.target(endpoint).clone();
        (self.context, target)
    }

    #[track_caller]
    pub(crate) fn target(&self, endpoint: &Endpoint) -> &TestEndpoint {
        let Endpoint { function, module, .. } = *endpoint;
        let found = self.targets.iter().find(|it| it.function == function && it.module == module);
        found.unwrap_or_else(|| panic!("`{function}` is not mounted"))
    }
}

/// Shows the endpoints, but no secrets.
impl<S> fmt::Debug for TestHooks<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.targets.iter().map(|target| target.name);
        f.debug_list().entries(names).finish()
    }
}

/// Creates an inbox in memory.
fn memory_inbox(clock: &TestClock) -> Inbox {
    Inbox::builder("")
        .clock(clock.clone())
        .open_in_memory()
        .expect("nothing is wrong with its options")
}

/// A key source without keys.
struct NoKeys;

impl KeySource for NoKeys {
    async fn fetch(&self, _: &KeyRequest) -> Result<Bytes, SourceError> {
        Err(SourceError::NotFound)
    }
}
