//! The receiver under test: an endpoint of this framework, or any other.

use std::{convert::Infallible, fmt, time::Duration};

use axum::{Router, body::Body, response::IntoResponse};
use http::Request;
use tower_service::Service;

use super::{CASES, failure::Failure, ledger::Ledger, sample::SampleDelivery, throttle::Throttle};
use crate::{
    endpoint::{DEFAULT_MAX_BODY, Webhook},
    testing::{
        TestClock, TestDelivery, TestHooks,
        hooks::TestContext,
        target::{Signing, TestEndpoint},
    },
    verify::{
        Provider, Secret,
        scheme::{Scheme, Timestamp},
    },
};

/// A function that completes the smallest delivery of the provider to a genuine one.
type Sample = Box<dyn for<'a> Fn(TestDelivery<'a>) -> TestDelivery<'a> + Send + Sync>;

/// A receiver under test.
///
/// [`of`](Self::of) creates one of a `#[webhook]` function;
/// [`conformance!`](crate::testing::conformance!) calls it. [`service`](Self::service) creates one
/// of any other service.
///
/// An endpoint of this framework must do everything that the framework promises: 401 for every
/// forgery, 405 with `Allow`, 413, 415, and only one spelling of each signature. Another receiver
/// must refuse forgeries with any 4xx, and all refusals must be alike. [`strict`](Self::strict)
/// applies our rules to it, except for the exact statuses.
pub struct Target {
    context: TestContext,
    endpoint: TestEndpoint,
    sample: Sample,
    other_tenant: Option<Sample>,
    pub(super) handled_count: Option<Box<dyn Fn() -> usize + Send + Sync>>,
    pub(super) ledger: Ledger,
    pub(super) throttle: Throttle,
    expected: Vec<&'static str>,
    kind: Kind,
    pub(crate) is_strict: bool,
    pub(super) deduplicates: bool,
    /// The limit for bodies is the receiver's, and not a guess.
    pub(crate) knows_max_body: bool,
    /// The query of every delivery.
    query: String,
    /// The maximum time to a response.
    pub(super) response_timeout: Duration,
    /// The maximum time to handle an accepted delivery.
    pub(super) handling_timeout: Duration,
}

/// The place of a receiver.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It is an endpoint of this framework.
    Ours,
    /// It is a service in this process.
    Service,
    /// Requests travel over a network.
    Remote,
}

/// The default of [`Target::response_timeout`].
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(20);

/// The default of [`Target::handling_timeout`].
const HANDLING_TIMEOUT: Duration = Duration::from_secs(5);

impl Target {
    /// Creates the target of an endpoint of this framework, from webhooks that are prepared for a
    /// test.
    ///
    /// # Panics
    /// If the endpoint is not mounted.
    #[must_use]
    #[track_caller]
    pub fn of<H: Webhook<S>, S>(hooks: TestHooks<S>) -> Self {
        let (context, endpoint) = hooks.into_parts(&H::endpoint());
        Self {
            context,
            endpoint,
            sample: Box::new(|delivery| delivery),
            other_tenant: None,
            handled_count: None,
            ledger: Ledger::default(),
            throttle: Throttle::default(),
            expected: Vec::new(),
            kind: Kind::Ours,
            is_strict: true,
            deduplicates: false,
            knows_max_body: true,
            query: String::new(),
            response_timeout: RESPONSE_TIMEOUT,
            handling_timeout: HANDLING_TIMEOUT,
        }
    }

    /// Creates the target of any receiver: a complete application, or one without this framework.
    /// It accepts deliveries of `provider` on `path`, signed with `secret` (or the private key to
    /// its public key).
    ///
    /// By default its clock is that of this machine, and its limit for bodies is 2 MiB.
    /// [`clock`](Self::clock) and [`max_body`](Self::max_body) set others.
    #[must_use]
    pub fn service<T>(
        service: T,
        provider: &'static Provider,
        secret: Secret,
        path: impl Into<String>,
    ) -> Self
    where
        T: Service<Request<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
        T::Response: IntoResponse,
        T::Future: Send + 'static,
    {
        let router = Router::new().fallback_service(service);
        Self {
            context: TestContext::new(router, None),
            endpoint: TestEndpoint {
                name: "the receiver",
                function: "the receiver",
                module: "",
                provider,
                path: path.into(),
                origin: super::super::hooks::PUBLIC_URL.to_owned(),
                signing: Signing::Secret(secret),
                older: Vec::new(),
                tolerance: None,
                max_body: DEFAULT_MAX_BODY,
                verify_token: None,
                is_stored: false,
            },
            sample: Box::new(|delivery| delivery),
            other_tenant: None,
            handled_count: None,
            ledger: Ledger::default(),
            throttle: Throttle::default(),
            expected: Vec::new(),
            kind: Kind::Service,
            is_strict: false,
            deduplicates: false,
            knows_max_body: true,
            query: String::new(),
            response_timeout: RESPONSE_TIMEOUT,
            handling_timeout: HANDLING_TIMEOUT,
        }
    }

    /// Creates the target of a receiver at a URL, in any language. `client` sends each request over
    /// the network: it gets a path and a query, and where there is no response, it puts a
    /// [`NoAnswer`](super::NoAnswer) into the extensions of one that it makes up.
    ///
    /// The receiver's limits are not known. Unless [`max_body`](Self::max_body) sets one, bodies
    /// that are merely large may be accepted; unless [`tolerance`](Self::tolerance) does, only
    /// deliveries that are hours old must be refused. The ids of a run are its own, because the
    /// receiver may remember earlier ones.
    ///
    /// # Errors
    /// If the URL has no scheme and host.
    pub fn remote<T>(
        client: T,
        provider: &'static Provider,
        secret: Secret,
        url: &str,
    ) -> Result<Self, Failure>
    where
        T: Service<Request<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
        T::Response: IntoResponse,
        T::Future: Send + 'static,
    {
        let uri = url.parse::<http::Uri>();
        let uri = uri.map_err(|error| Failure::new(format!("{url}: {error}")))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(Failure::new(format!("{url} has no scheme and host")));
        };
        let origin = format!("{scheme}://{authority}");
        // Braces are no parameters here.
        let path = uri.path().replace('{', "{{").replace('}', "}}");
        let mut target = Self::service(client, provider, secret, path).public_url(&origin);
        uri.query().unwrap_or_default().clone_into(&mut target.query);
        target.context = target.context.with_own_ids();
        target.kind = Kind::Remote;
        target.knows_max_body = false;
        Ok(target)
    }

    /// Sets a delivery that the receiver accepts: its body, event, path parameters and everything
    /// else that the handler needs. The default is the smallest delivery of the provider.
    #[must_use]
    pub fn sample(
        mut self,
        sample: impl for<'a> Fn(TestDelivery<'a>) -> TestDelivery<'a> + Send + Sync + 'static,
    ) -> Self {
        self.sample = Box::new(sample);
        self
    }

    /// Sets a delivery to another tenant, with another secret. The suite checks that this secret
    /// does not work for the sample's tenant.
    #[must_use]
    pub fn other_tenant(
        mut self,
        sample: impl for<'a> Fn(TestDelivery<'a>) -> TestDelivery<'a> + Send + Sync + 'static,
    ) -> Self {
        self.other_tenant = Some(Box::new(sample));
        self
    }

    /// Sets the function that returns the number of handled deliveries (or batch items) so far. It
    /// may count after the response, like a worker behind a queue. Calls of our own endpoints are
    /// counted automatically, except behind an inbox.
    #[must_use]
    pub fn handled_count(mut self, count: impl Fn() -> usize + Send + Sync + 'static) -> Self {
        self.handled_count = Some(Box::new(count));
        self
    }

    /// Adds a secret that the receiver also accepts, during a rotation. Those of our own endpoints
    /// are known.
    #[must_use]
    pub fn older_secret(mut self, secret: Secret) -> Self {
        self.endpoint.older.push(secret);
        self
    }

    /// Sets cases that must apply: if one does not, it fails. This detects a sample that is too
    /// small for a case.
    ///
    /// # Panics
    /// If there is no case of that name.
    #[must_use]
    #[track_caller]
    pub fn expect_cases(mut self, cases: impl IntoIterator<Item = &'static str>) -> Self {
        for name in cases {
            assert!(CASES.iter().any(|case| case.name() == name), "there is no case {name}");
            self.expected.push(name);
        }
        self
    }

    /// Sets the clock that the receiver reads. With it, the edges of the replay window are tested
    /// to the second, and a recorded delivery is replayed after the window.
    #[must_use]
    pub fn clock(mut self, clock: TestClock) -> Self {
        self.context.clock = Some(clock);
        self
    }

    /// Sets the receiver's limit for bodies, in bytes.
    #[must_use]
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.endpoint.max_body = bytes;
        self.knows_max_body = true;
        self
    }

    /// Sets the receiver's replay window, if it differs from the provider's.
    #[must_use]
    pub fn tolerance(mut self, window: Duration) -> Self {
        self.endpoint.tolerance = Some(window);
        self
    }

    /// Sets the maximum time to a response. The default is 20 seconds.
    #[must_use]
    pub fn response_timeout(mut self, time: Duration) -> Self {
        self.response_timeout = time;
        self
    }

    /// Sets the maximum time from the response to an accepted delivery until it is
    /// [handled](Self::handled_count). The default is 5 seconds.
    #[must_use]
    pub fn handling_timeout(mut self, time: Duration) -> Self {
        self.handling_timeout = time;
        self
    }

    /// Sets the public URL of the receiver, without the path. The default is `https://hooks.test`.
    #[must_use]
    pub fn public_url(mut self, url: &str) -> Self {
        url.trim_end_matches('/').clone_into(&mut self.endpoint.origin);
        self
    }

    /// Sets the verify token that the receiver expects in the provider's handshake.
    #[must_use]
    pub fn verify_token(mut self, token: Secret) -> Self {
        self.endpoint.verify_token = Some(token);
        self
    }

    /// The receiver promises to recognise deliveries that it has handled: none is handled twice.
    #[must_use]
    pub fn deduplicates(mut self) -> Self {
        self.deduplicates = true;
        self
    }

    /// Also checks that lenient parsing, which is no forgery, is refused: other spellings of a
    /// signature, duplicate headers, compressed bodies.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.is_strict = true;
        self
    }

    pub(crate) fn is_ours(&self) -> bool {
        self.kind == Kind::Ours
    }

    pub(crate) fn is_remote(&self) -> bool {
        self.kind == Kind::Remote
    }

    /// Returns whether only what is a flaw of any receiver counts: not what this framework promises
    /// beyond that.
    pub(crate) fn is_lenient(&self) -> bool {
        !self.is_ours() && !self.is_strict
    }

    /// Returns whether the edges of the replay window are known to be the receiver's.
    pub(crate) fn knows_window(&self) -> bool {
        !self.is_remote() || self.endpoint.tolerance.is_some()
    }

    pub(crate) fn context(&self) -> &TestContext {
        &self.context
    }

    pub(crate) fn endpoint(&self) -> &TestEndpoint {
        &self.endpoint
    }

    pub(crate) fn provider(&self) -> &'static Provider {
        self.endpoint.provider
    }

    pub(crate) fn scheme(&self) -> Option<&'static Scheme> {
        self.endpoint.provider.scheme()
    }

    pub(crate) fn count(&self) -> Option<usize> {
        match &self.handled_count {
            Some(count) => Some(count()),
            // Stored deliveries are handled later, which the test cannot see.
            None => (self.is_ours() && !self.endpoint.is_stored).then(|| self.ledger.runs.count()),
        }
    }

    pub(crate) fn is_expected(&self, case: &str) -> bool {
        self.expected.contains(&case)
    }

    /// The replay window into the past and into the future, if it is known.
    pub(crate) fn window(&self) -> Option<(Option<Duration>, Option<Duration>)> {
        let tolerance = self.endpoint.tolerance;
        match self.scheme() {
            Some(scheme) => {
                let time: Timestamp = scheme.signed_timestamp()?.with_optional_tolerance(tolerance);
                Some((time.max_age(), time.max_ahead()))
            }
            None if self.provider().scheme_info().signs_time => {
                tolerance.map(|it| (Some(it), Some(it)))
            }
            None => None,
        }
    }

    /// The sample, in parts.
    pub(crate) async fn sample_delivery(&self) -> Result<SampleDelivery<'_>, Failure> {
        self.sample_delivery_of(&self.sample).await
    }

    /// The sample of the other tenant.
    pub(crate) async fn other_sample_delivery(
        &self,
    ) -> Result<Option<SampleDelivery<'_>>, Failure> {
        match &self.other_tenant {
            Some(sample) => self.sample_delivery_of(sample).await.map(Some),
            None => Ok(None),
        }
    }

    async fn sample_delivery_of(&self, sample: &Sample) -> Result<SampleDelivery<'_>, Failure> {
        let delivery = TestDelivery::new(&self.context, &self.endpoint).query(self.query.clone());
        let delivery = sample(delivery);
        let made = async {
            let (unsigned, tenant) = delivery.unsigned_request()?;
            let secret = delivery.secret(&tenant).await?;
            let older = self.endpoint.older(&tenant).await;
            Ok::<_, String>(SampleDelivery { target: self, unsigned, secret, older })
        };
        made.await.map_err(|problem| Failure::new(format!("the sample is invalid: {problem}")))
    }
}

/// Shows no secrets.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("provider", &self.provider().name())
            .field("path", &self.endpoint.path)
            .finish_non_exhaustive()
    }
}
