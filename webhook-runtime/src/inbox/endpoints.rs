//! The endpoints that this process handles, for operators.

use std::{
    sync::LazyLock,
    time::{Duration, SystemTime},
};

use crate::{
    endpoint::{Backoff, Endpoint, EndpointOptions, Rate},
    inbox::{Inbox, options::Settings, store::Retention, worker::options::JobOptions},
    verify::{Field, Provider},
};

/// The options of an endpoint where neither it nor the inbox sets any.
static DEFAULTS: LazyLock<(JobOptions, Retention)> = LazyLock::new(|| {
    let settings = Settings::default();
    (JobOptions::new(&EndpointOptions::new(), &settings), settings.retention)
});

/// An endpoint whose deliveries this process runs, and the options that hold for it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EndpointInfo {
    /// The name.
    pub name: String,
    /// The path at which it is mounted, without the prefix of a nested router; `None` for a
    /// [handler](crate::inbox::JobHandlers) without the attribute `#[webhook]`.
    pub path: Option<&'static str>,
    /// The provider; `None` as above.
    pub provider: Option<&'static Provider>,
    /// The environment variables of its secrets.
    pub secret_env: &'static [&'static str],
    /// The largest body, in bytes; `None` as above.
    pub max_body: Option<usize>,
    /// The replay window, if it is not the provider's.
    pub tolerance: Option<Duration>,
    /// The number of deliveries that run at a time in this process.
    pub concurrency: usize,
    /// The limit of starts.
    pub rate: Option<Rate>,
    /// The number of attempts before a delivery becomes a dead letter.
    pub max_attempts: u32,
    /// The pauses between attempts.
    pub backoff: Backoff,
    /// The longest time of an attempt.
    pub timeout: Duration,
    /// The age at which a delivery is not started any more.
    pub max_age: Option<Duration>,
    /// The location of the ordering key.
    pub order_by: Option<Field>,
    /// The time that completed and cancelled deliveries are kept.
    pub completed_retention: Duration,
    /// The time that dead letters are kept.
    pub dead_letter_retention: Duration,
    /// The time that duplicates are detected.
    pub dedup_retention: Duration,
    /// True if the body is deleted when the delivery completes.
    pub drop_body: bool,
    own: EndpointOptions,
}

/// An option of an endpoint of an inbox, named as its method in [`EndpointOptions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndpointOption {
    /// [`EndpointOptions::concurrency`]
    Concurrency,
    /// [`EndpointOptions::rate`]
    Rate,
    /// [`EndpointOptions::max_attempts`]
    MaxAttempts,
    /// [`EndpointOptions::backoff`]
    Backoff,
    /// [`EndpointOptions::timeout`]
    Timeout,
    /// [`EndpointOptions::max_age`]
    MaxAge,
    /// [`EndpointOptions::order_by`]
    OrderBy,
    /// [`EndpointOptions::keep`]
    Keep,
    /// [`EndpointOptions::keep_dead`]
    KeepDead,
    /// [`EndpointOptions::drop_body`]
    DropBody,
}

/// The place that sets an option of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OptionOrigin {
    /// No place: the value is the default.
    Default,
    /// The inbox, for all endpoints that do not set it themselves.
    Inbox,
    /// The endpoint: its attribute, or the [`EndpointOptions`] of its handler.
    Endpoint,
}

impl EndpointInfo {
    /// Says which place sets an option. An inbox that sets the default is as one that sets nothing.
    #[must_use]
    pub fn origin(&self, option: EndpointOption) -> OptionOrigin {
        let (own, (runs, retention)) = (&self.own, &*DEFAULTS);
        let (is_own, is_default) = match option {
            EndpointOption::Concurrency => {
                (own.concurrency.is_some(), self.concurrency == runs.concurrency)
            }
            EndpointOption::MaxAttempts => {
                (own.max_attempts.is_some(), self.max_attempts == runs.max_attempts)
            }
            EndpointOption::Backoff => (own.backoff.is_some(), self.backoff == runs.backoff),
            EndpointOption::Timeout => (own.timeout.is_some(), self.timeout == runs.timeout),
            EndpointOption::Keep => {
                (own.keep.is_some(), self.completed_retention == retention.completed)
            }
            EndpointOption::KeepDead => {
                (own.keep_dead.is_some(), self.dead_letter_retention == retention.dead_letters)
            }
            // An inbox cannot set these.
            EndpointOption::Rate => (own.rate.is_some(), true),
            EndpointOption::MaxAge => (own.max_age.is_some(), true),
            EndpointOption::OrderBy => (own.order_by.is_some(), true),
            EndpointOption::DropBody => (own.drop_body.is_some(), true),
        };
        match (is_own, is_default) {
            (true, _) => OptionOrigin::Endpoint,
            (false, true) => OptionOrigin::Default,
            (false, false) => OptionOrigin::Inbox,
        }
    }
}

impl Inbox {
    /// Lists the endpoints whose workers run in this process, by name, with the options that hold for
    /// them.
    #[must_use]
    pub fn endpoints(&self) -> Vec<EndpointInfo> {
        let all = self.shared.handled.all();
        all.into_iter()
            .map(|(name, (own, mounted))| self.info_of(name, own, mounted.as_ref()))
            .collect()
    }

    /// The options that hold for one endpoint.
    pub(crate) fn info_of(
        &self,
        name: String,
        own: EndpointOptions,
        mounted: Option<&Endpoint>,
    ) -> EndpointInfo {
        let settings = &self.shared.settings;
        let runs = JobOptions::new(&own, settings);
        let provider = mounted.map(|endpoint| endpoint.provider);
        let horizon = provider.and_then(Provider::retry_period).unwrap_or_default();
        EndpointInfo {
            name,
            path: mounted.map(|endpoint| endpoint.path),
            provider,
            secret_env: mounted.map_or(&[], |endpoint| endpoint.secret_env),
            max_body: mounted.map(|endpoint| endpoint.max_body),
            tolerance: mounted.and_then(|endpoint| endpoint.tolerance),
            concurrency: runs.concurrency,
            rate: runs.rate,
            max_attempts: runs.max_attempts,
            backoff: runs.backoff,
            timeout: runs.timeout,
            max_age: runs.max_age,
            order_by: own.order_by,
            completed_retention: own.keep.unwrap_or(settings.retention.completed),
            dead_letter_retention: own.keep_dead.unwrap_or(settings.retention.dead_letters),
            dedup_retention: settings.dedup_retention.max(horizon),
            drop_body: runs.drop_body,
            own,
        }
    }

    /// The time that finished deliveries are kept, at endpoints that set no time of their own.
    #[must_use]
    pub fn retention(&self) -> Retention {
        self.shared.settings.retention
    }

    /// The time by the [clock](crate::inbox::InboxBuilder::clock) of this inbox.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.shared.settings.clock.now()
    }
}
