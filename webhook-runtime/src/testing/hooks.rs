//! The kit: webhooks that a test delivers to.

use std::{
    fmt,
    marker::PhantomData,
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
    answer::{TestResponse, ask},
    clock::TestClock,
    delivery::TestDelivery,
    keys::{Pair, Whose},
    target::{Signing, TestEndpoint},
};
use crate::{
    endpoint::{Endpoint, Webhook},
    inbox::{Inbox, JobHandlers},
    receive::{KeySource, SourceError},
    verify::{Secret, handshake::Handshake, scheme::KeyRequest},
    webhooks::{Built, Webhooks, given},
};

/// The public URL of a test, unless it gives one.
pub(crate) const PUBLIC_URL: &str = "https://hooks.test";

/// Webhooks in a test: see [`Webhooks::test`].
pub struct TestHooks<S = ()> {
    desk: Desk,
    clock: TestClock,
    targets: Vec<TestEndpoint>,
    inbox: Option<Inbox>,
    /// What runs behind the inbox.
    processes: JobHandlers,
    state: PhantomData<fn(S)>,
}

/// What all deliveries of a test have in common.
pub(crate) struct Desk {
    pub(crate) router: Router,
    /// The time of this machine, unless there is a clock.
    pub(crate) clock: Option<TestClock>,
    sent: AtomicUsize,
}

impl Desk {
    pub(crate) fn new(router: Router, clock: Option<TestClock>) -> Self {
        Self { router, clock, sent: AtomicUsize::new(0) }
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.clock.as_ref().map_or_else(SystemTime::now, TestClock::now)
    }

    /// An id that no other delivery has.
    pub(crate) fn next_id(&self) -> String {
        format!("delivery-{}", self.sent.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

impl<S: Clone + Send + Sync + 'static> Webhooks<S> {
    /// Makes the webhooks ready for tests: with a clock that stands still in the test's hand, and
    /// without sockets or environment variables.
    ///
    /// Every endpoint that was given neither [`secrets`](Self::secrets) nor a
    /// [`secret_source`](Self::secret_source) gets a secret of the form that its provider's scheme
    /// asks for: the variables of `secret_env` are not read. In the same way there is a verify
    /// token, a public URL (`https://hooks.test`) and a key source that knows no key, where one is
    /// needed and none was given.
    ///
    /// The clock starts at the time of [`clock`](Self::clock), or else at the present.
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
    /// let answer = hooks.deliver::<order_paid>().json(&order).await;
    /// assert_eq!(answer.status(), 200);
    /// assert_eq!(answer.text(), "paid: 7");
    ///
    /// let answer = hooks.deliver::<order_paid>().json(&order).forged().await;
    /// assert_eq!(answer.status(), 401);
    /// assert!(!answer.handler_ran());
    /// # }
    /// ```
    ///
    /// # Panics
    /// When the webhooks could not start, with every problem.
    #[must_use]
    #[track_caller]
    pub fn test(mut self, state: S) -> TestHooks<S> {
        let clock = TestClock::new(self.clock.now());
        let targets = self.provide();
        if self.inbox.is_none() && self.endpoints().any(|endpoint| endpoint.inbox) {
            self.inbox = Some(in_memory(&clock));
        }
        let inbox = self.inbox.clone();
        match self.clock(clock.clone()).with_state(state.clone()).build() {
            Ok(Built { router, processes }) => TestHooks {
                desk: Desk::new(router.with_state(state), Some(clock.clone())),
                clock,
                targets,
                inbox,
                processes,
                state: PhantomData,
            },
            Err(error) => panic!("{error}"),
        }
    }

    /// Gives whatever the endpoints need and were not given, and says how to deliver to each.
    fn provide(&mut self) -> Vec<TestEndpoint> {
        let origin = self.public_url.get_or_insert_with(|| PUBLIC_URL.to_owned()).clone();
        let endpoints: Vec<Endpoint> = self.endpoints().cloned().collect();
        if self.key_ring.is_none()
            && endpoints.iter().any(|endpoint| endpoint.provider.scheme_info().fetches_keys)
        {
            self.key_ring = Some(Arc::new(crate::receive::source::KeyRing::new(NoKeys)));
        }
        endpoints.iter().map(|endpoint| self.provide_for(endpoint, &origin)).collect()
    }

    fn provide_for(&mut self, endpoint: &Endpoint, origin: &str) -> TestEndpoint {
        let provider = endpoint.provider;
        let wants_token = provider.handshakes().iter().any(Handshake::needs_verify_token);
        if wants_token && given(&self.verify_tokens, endpoint).is_none() {
            let token = Secret::new(format!("token-of-{}", endpoint.name));
            self.verify_tokens.push((endpoint.clone(), token));
        }
        let token = given(&self.verify_tokens, endpoint).cloned();
        let mut target = TestEndpoint::new(endpoint, origin, self.signing(endpoint), token);
        if let (Signing::Secret(_), Some(secrets)) =
            (&target.signing, given(&self.secrets, endpoint))
        {
            target.older = secrets.iter().skip(1).cloned().collect();
        }
        target
    }

    fn signing(&mut self, endpoint: &Endpoint) -> Signing {
        let provider = endpoint.provider;
        if let Some(source) = given(&self.sources, endpoint) {
            return Signing::Source(Arc::clone(source));
        }
        if !provider.scheme_info().needs_secret {
            return Signing::Secret(Secret::none());
        }
        if let Some(secrets) = given(&self.secrets, endpoint) {
            return match secrets.first() {
                Some(secret) if !TestEndpoint::has_key_pair(provider) => {
                    Signing::Secret(secret.clone())
                }
                _ => Signing::PublicKey,
            };
        }
        let name = format!("{}::{}", endpoint.module, endpoint.name);
        let pair = Pair::new(provider, &name, Whose::Ours);
        self.secrets.push((endpoint.clone(), vec![pair.verifies]));
        Signing::Secret(pair.signs)
    }
}

impl<S> TestHooks<S> {
    /// A delivery to one endpoint, genuine unless told otherwise. It is sent when it is awaited.
    ///
    /// An endpoint with a secret source is delivered to with the first secret that the source has
    /// for the parameters of the path.
    ///
    /// # Panics
    /// When the endpoint is not mounted.
    #[track_caller]
    pub fn deliver<H: Webhook<S>>(&self) -> TestDelivery<'_> {
        TestDelivery::new(&self.desk, self.target(&H::endpoint()))
    }

    /// Sends any other request: handshakes, recorded deliveries, nonsense.
    pub async fn send(&self, request: Request<Body>) -> TestResponse {
        ask(&self.desk.router, request).await
    }

    /// The clock by which deliveries are signed and judged.
    #[must_use]
    pub fn clock(&self) -> &TestClock {
        &self.clock
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Sets the time.
    pub fn set_time(&self, time: SystemTime) {
        self.clock.set(time);
    }

    /// The inbox of the endpoints that are marked `inbox`: one in memory, at the clock of the test,
    /// unless [`Webhooks::inbox`] gave another.
    ///
    /// # Panics
    /// When no endpoint is marked `inbox`.
    #[must_use]
    #[track_caller]
    pub fn inbox(&self) -> &Inbox {
        self.inbox.as_ref().expect("no endpoint is marked `inbox`")
    }

    /// Runs the handlers of stored deliveries that are due, until none is, and says how many
    /// attempts that took. In a test they run in no other way; what has failed is due again after a
    /// while: [`advance`](Self::advance).
    ///
    /// # Panics
    /// When the inbox fails, or no endpoint is marked `inbox`.
    #[track_caller]
    pub fn drain(&self) -> impl Future<Output = u64> {
        let inbox = self.inbox();
        async move { inbox.drain(&self.processes).await.expect("the inbox of a test") }
    }

    /// The webhooks as a router, for tests that put something around them.
    pub fn router(&self) -> &Router {
        &self.desk.router
    }

    /// The verify token of an endpoint, for tests of its handshake.
    ///
    /// # Panics
    /// When the endpoint is not mounted.
    #[must_use]
    #[track_caller]
    pub fn verify_token<H: Webhook<S>>(&self) -> Option<&Secret> {
        self.target(&H::endpoint()).verify_token.as_ref()
    }

    /// What is left when the test needs to know of one endpoint only.
    #[track_caller]
    pub(crate) fn only(self, endpoint: &Endpoint) -> (Desk, TestEndpoint) {
        let target = self.target(endpoint).clone();
        (self.desk, target)
    }

    #[track_caller]
    pub(crate) fn target(&self, endpoint: &Endpoint) -> &TestEndpoint {
        let (name, module) = (endpoint.name, endpoint.module);
        let found = self.targets.iter().find(|it| it.name == name && it.module == module);
        found.unwrap_or_else(|| panic!("`{name}` is not mounted"))
    }
}

/// Shows the endpoints, and no secret.
impl<S> fmt::Debug for TestHooks<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.targets.iter().map(|target| target.name);
        f.debug_list().entries(names).finish()
    }
}

/// An inbox that a test loses with itself.
fn in_memory(clock: &TestClock) -> Inbox {
    Inbox::builder("")
        .clock(clock.clone())
        .open_in_memory()
        .expect("nothing is wrong with its options")
}

/// Knows no key.
struct NoKeys;

impl KeySource for NoKeys {
    async fn fetch(&self, _: &KeyRequest) -> Result<Bytes, SourceError> {
        Err(SourceError::NotFound)
    }
}
