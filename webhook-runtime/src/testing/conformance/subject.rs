//! Who is tested: an endpoint of this framework, or any other receiver.

use std::{convert::Infallible, fmt, time::Duration};

use axum::{Router, body::Body, response::IntoResponse};
use http::Request;
use tower_service::Service;

use super::{CASES, draft::Draft, failure::Failure, ledger::Ledger};
use crate::{
    endpoint::{DEFAULT_MAX_BODY, Webhook},
    testing::{
        TestClock, TestDelivery, TestHooks,
        hooks::Desk,
        target::{Signing, TestEndpoint},
    },
    verify::{
        Provider, Secret,
        scheme::{Scheme, Timestamp},
    },
};

/// Makes a genuine delivery out of the least that the provider would send.
type Sample = Box<dyn for<'a> Fn(TestDelivery<'a>) -> TestDelivery<'a> + Send + Sync>;

/// A receiver under test.
///
/// That of a `#[webhook]` function is made by [`of`](Self::of), which
/// [`conformance!`](crate::testing::conformance!) calls; that of any other service by
/// [`service`](Self::service).
///
/// An endpoint of this framework is held to all that the framework promises: 401 for whatever is not
/// genuine, 405 with `Allow`, 413, 415, and one spelling of each signature. Of other receivers it is
/// asked that they do not take what is not genuine, with whatever 4xx they answer, and that their
/// refusals are all alike. [`strict`](Self::strict) asks of them what is asked of us, but for the
/// numbers.
pub struct Target {
    desk: Desk,
    target: TestEndpoint,
    sample: Sample,
    other_tenant: Option<Sample>,
    pub(super) effects: Option<Box<dyn Fn() -> usize + Send + Sync>>,
    pub(super) ledger: Ledger,
    expected: Vec<&'static str>,
    pub(crate) is_ours: bool,
    pub(crate) is_strict: bool,
}

impl Target {
    /// An endpoint of this framework, in webhooks that are ready for a test. They are used up.
    ///
    /// # Panics
    /// When the endpoint is not mounted.
    #[must_use]
    #[track_caller]
    pub fn of<H: Webhook<S>, S>(hooks: TestHooks<S>) -> Self {
        let (desk, target) = hooks.only(&H::endpoint());
        Self {
            desk,
            target,
            sample: Box::new(|delivery| delivery),
            other_tenant: None,
            effects: None,
            ledger: Ledger::default(),
            expected: Vec::new(),
            is_ours: true,
            is_strict: true,
        }
    }

    /// Any receiver: a complete application, or one that was not made with this framework. It takes
    /// deliveries of `provider` on `path`, signed with `secret` (or the private key that belongs to
    /// the public one that it knows).
    ///
    /// Its time is that of this machine unless it reads a [`clock`](Self::clock), and it takes 2 MiB
    /// unless [`max_body`](Self::max_body) says otherwise.
    #[must_use]
    pub fn service<T>(
        service: T,
        provider: &'static Provider,
        secret: Secret,
        path: &'static str,
    ) -> Self
    where
        T: Service<Request<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
        T::Response: IntoResponse,
        T::Future: Send + 'static,
    {
        let router = Router::new().fallback_service(service);
        Self {
            desk: Desk::new(router, None),
            target: TestEndpoint {
                name: "the receiver",
                module: "",
                provider,
                path: path.to_owned(),
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
            effects: None,
            ledger: Ledger::default(),
            expected: Vec::new(),
            is_ours: false,
            is_strict: false,
        }
    }

    /// A delivery that is taken: its body, event, parameters of the path and whatever else the
    /// handler looks for. Without one, it is the least that the provider would send.
    #[must_use]
    pub fn sample(
        mut self,
        sample: impl for<'a> Fn(TestDelivery<'a>) -> TestDelivery<'a> + Send + Sync + 'static,
    ) -> Self {
        self.sample = Box::new(sample);
        self
    }

    /// A delivery that another tenant takes, who has another secret. It is asked whether that secret
    /// opens the sample's.
    #[must_use]
    pub fn other_tenant(
        mut self,
        sample: impl for<'a> Fn(TestDelivery<'a>) -> TestDelivery<'a> + Send + Sync + 'static,
    ) -> Self {
        self.other_tenant = Some(Box::new(sample));
        self
    }

    /// Counts the deliveries that were handled so far: one for each, or one for each item of a
    /// batch. It may be counted after the answer, as by a worker behind a queue. The calls of our own
    /// endpoints are counted anyway, but for those that come from an inbox.
    #[must_use]
    pub fn handled_count(mut self, count: impl Fn() -> usize + Send + Sync + 'static) -> Self {
        self.effects = Some(Box::new(count));
        self
    }

    /// A secret that the receiver believes beside the first one, while it is rotated. Of our own
    /// endpoints, those that they were given are known.
    #[must_use]
    pub fn older_secret(mut self, secret: Secret) -> Self {
        self.target.older.push(secret);
        self
    }

    /// The cases that have to have something to ask: if one of them does not apply, it fails. So a
    /// sample that has become too small for a case is noticed.
    ///
    /// # Panics
    /// When there is no case of such a name.
    #[must_use]
    #[track_caller]
    pub fn expect_cases(mut self, cases: impl IntoIterator<Item = &'static str>) -> Self {
        for name in cases {
            assert!(CASES.iter().any(|case| case.name() == name), "there is no case {name}");
            self.expected.push(name);
        }
        self
    }

    /// The clock that the receiver reads. With it, the edges of the window are tried to the second,
    /// and what was recorded is sent again after it.
    #[must_use]
    pub fn clock(mut self, clock: TestClock) -> Self {
        self.desk.clock = Some(clock);
        self
    }

    /// The largest body that the receiver takes, in bytes.
    #[must_use]
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.target.max_body = bytes;
        self
    }

    /// The window that the receiver has instead of the provider's.
    #[must_use]
    pub fn tolerance(mut self, window: Duration) -> Self {
        self.target.tolerance = Some(window);
        self
    }

    /// The URL under which the provider knows the receiver, without the path. It is
    /// `https://hooks.test` unless this says otherwise.
    #[must_use]
    pub fn public_url(mut self, url: &str) -> Self {
        url.trim_end_matches('/').clone_into(&mut self.target.origin);
        self
    }

    /// The verify token that the receiver expects in the provider's handshake.
    #[must_use]
    pub fn verify_token(mut self, token: Secret) -> Self {
        self.target.verify_token = Some(token);
        self
    }

    /// Asks that lenient readings, which are no forgeries, are refused as well: other spellings of a
    /// signature, headers that are sent twice, compressed bodies.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.is_strict = true;
        self
    }

    pub(crate) fn desk(&self) -> &Desk {
        &self.desk
    }

    pub(crate) fn target(&self) -> &TestEndpoint {
        &self.target
    }

    pub(crate) fn provider(&self) -> &'static Provider {
        self.target.provider
    }

    pub(crate) fn scheme(&self) -> Option<&'static Scheme> {
        self.target.provider.scheme()
    }

    pub(crate) fn count(&self) -> Option<usize> {
        match &self.effects {
            Some(count) => Some(count()),
            // What is stored is handled later, by nobody whom the test knows.
            None => (self.is_ours && !self.target.is_stored).then(|| self.ledger.runs.count()),
        }
    }

    pub(crate) fn is_expected(&self, case: &str) -> bool {
        self.expected.contains(&case)
    }

    /// The window, where there is one that is known: into the past and into the future.
    pub(crate) fn window(&self) -> Option<(Option<Duration>, Option<Duration>)> {
        let tolerance = self.target.tolerance;
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

    /// Everything that a genuine delivery is made from.
    pub(crate) async fn draft(&self) -> Result<Draft<'_>, Failure> {
        self.draft_of(&self.sample).await
    }

    /// The same for the other tenant.
    pub(crate) async fn other_draft(&self) -> Result<Option<Draft<'_>>, Failure> {
        match &self.other_tenant {
            Some(sample) => self.draft_of(sample).await.map(Some),
            None => Ok(None),
        }
    }

    async fn draft_of(&self, sample: &Sample) -> Result<Draft<'_>, Failure> {
        let delivery = sample(TestDelivery::new(&self.desk, &self.target));
        let made = async {
            let (letter, tenant) = delivery.letter()?;
            let secret = delivery.secret(&tenant).await?;
            let older = self.target.older(&tenant).await;
            Ok::<_, String>(Draft { subject: self, letter, secret, older })
        };
        made.await.map_err(|problem| Failure::new(format!("there is no sample: {problem}")))
    }
}

/// Shows no secret.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("provider", &self.provider().name())
            .field("path", &self.target.path)
            .finish_non_exhaustive()
    }
}
