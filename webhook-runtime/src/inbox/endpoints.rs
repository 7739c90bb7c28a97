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

/// The options of an endpoint of which nobody says anything.
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
    /// [handler](crate::inbox::JobHandlers) that is no function.
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

impl EndpointInfo {
    /// True if the endpoint sets this option itself, by the name of its method in
    /// [`EndpointOptions`]; false if it is as the inbox has it.
    #[must_use]
    pub fn sets(&self, option: &str) -> bool {
        match option {
            "concurrency" => self.own.concurrency.is_some(),
            "rate" => self.own.rate.is_some(),
            "max_attempts" => self.own.max_attempts.is_some(),
            "backoff" => self.own.backoff.is_some(),
            "timeout" => self.own.timeout.is_some(),
            "max_age" => self.own.max_age.is_some(),
            "order_by" => self.own.order_by.is_some(),
            "keep" => self.own.keep.is_some(),
            "keep_dead" => self.own.keep_dead.is_some(),
            "drop_body" => self.own.drop_body.is_some(),
            _ => false,
        }
    }

    /// True if neither the endpoint nor the inbox says anything else of this option, by the same names.
    #[must_use]
    pub fn is_default(&self, option: &str) -> bool {
        let (runs, retention) = &*DEFAULTS;
        let is_as_without = match option {
            "concurrency" => self.concurrency == runs.concurrency,
            "max_attempts" => self.max_attempts == runs.max_attempts,
            "backoff" => self.backoff == runs.backoff,
            "timeout" => self.timeout == runs.timeout,
            "keep" => self.completed_retention == retention.completed,
            "keep_dead" => self.dead_letter_retention == retention.dead_letters,
            _ => true,
        };
        is_as_without && !self.sets(option)
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

    fn info_of(
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

    /// The time that finished deliveries are kept, of endpoints that say nothing else.
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
