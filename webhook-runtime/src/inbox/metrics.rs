//! The metrics of an inbox, by endpoint.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use tokio::sync::Notify;

use crate::{
    inbox::{
        record::AttemptResult,
        store::{Count, EndpointCounts},
    },
    support::metrics::{
        ENABLED, Series, Stopwatch,
        table::{
            INBOX_ACK_DURATION, INBOX_ACKNOWLEDGED, INBOX_COMMIT_FAILURES, INBOX_DELIVERIES,
            INBOX_DUPLICATES, INBOX_LAG, INBOX_OLDEST_AGE, INBOX_PAUSED, INBOX_RUN_DURATION,
            INBOX_RUNS, INBOX_WAIT_DURATION, Metric,
        },
    },
};

/// The outcome of a run, as metrics count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunOutcome {
    Completed,
    Retried,
    DeadLettered,
    /// It was too old to run.
    Expired,
    Snoozed,
    /// The process ended, or an operator cancelled it.
    Released,
    /// Its claim was stale.
    Lost,
}

impl RunOutcome {
    const ALL: [Self; 7] = [
        Self::Completed,
        Self::Retried,
        Self::DeadLettered,
        Self::Expired,
        Self::Snoozed,
        Self::Released,
        Self::Lost,
    ];

    /// The outcome of a run by its stored result; without one, its claim was lost.
    pub(crate) const fn of(stored: Option<&AttemptResult>) -> Self {
        match stored {
            Some(AttemptResult::Completed) => Self::Completed,
            Some(AttemptResult::Retry { .. }) => Self::Retried,
            Some(AttemptResult::Dead { .. }) => Self::DeadLettered,
            Some(AttemptResult::Expired { .. }) => Self::Expired,
            Some(AttemptResult::Snoozed { .. }) => Self::Snoozed,
            Some(AttemptResult::Released) => Self::Released,
            None => Self::Lost,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Retried => "retried",
            Self::DeadLettered => "dead_lettered",
            Self::Expired => "expired",
            Self::Snoozed => "snoozed",
            Self::Released => "released",
            Self::Lost => "lost",
        }
    }
}

/// The times of a run. One that did not start has none.
#[derive(Clone, Copy, Default)]
pub(crate) struct RunTimes {
    /// From the request to the begin of the first attempt.
    pub(crate) wait: Option<Duration>,
    pub(crate) run: Option<Duration>,
}

/// The series of the endpoints of an inbox.
#[derive(Default)]
pub(crate) struct AllEndpointSeries {
    by_name: RwLock<HashMap<String, EndpointSeries>>,
    /// Notified when an endpoint is added.
    added: Notify,
}

impl AllEndpointSeries {
    /// The series of an endpoint, with the feature `metrics`.
    pub(crate) fn of(&self, endpoint: &str) -> Option<EndpointSeries> {
        if !ENABLED {
            return None;
        }
        let known = self.by_name.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(of) = known.get(endpoint) {
            return Some(of.clone());
        }
        drop(known);
        let mut known = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            self.added.notify_one();
            EndpointSeries(Arc::new(Inner::new(endpoint)))
        };
        Some(known.entry(endpoint.to_owned()).or_insert_with(new).clone())
    }

    /// The names of the endpoints that this process has stored or run deliveries of.
    pub(crate) fn names(&self) -> Vec<String> {
        let known = self.by_name.read().unwrap_or_else(PoisonError::into_inner);
        known.keys().cloned().collect()
    }

    /// Waits for an endpoint to be added.
    pub(crate) async fn added(&self) {
        self.added.notified().await;
    }
}

/// The series of one endpoint of an inbox.
#[derive(Clone)]
pub(crate) struct EndpointSeries(Arc<Inner>);

struct Inner {
    acknowledged: Series,
    duplicates: Series,
    ack_duration: Series,
    wait_duration: Series,
    run_duration: Series,
    runs: [Series; 7],
}

impl Inner {
    fn new(endpoint: &str) -> Self {
        let series = |metric: &Metric| Series::new(metric, &[("endpoint", endpoint)]);
        let runs = |outcome: RunOutcome| {
            Series::new(&INBOX_RUNS, &[("endpoint", endpoint), ("outcome", outcome.name())])
        };
        Self {
            acknowledged: series(&INBOX_ACKNOWLEDGED),
            duplicates: series(&INBOX_DUPLICATES),
            ack_duration: series(&INBOX_ACK_DURATION),
            wait_duration: series(&INBOX_WAIT_DURATION),
            run_duration: series(&INBOX_RUN_DURATION),
            runs: RunOutcome::ALL.map(runs),
        }
    }
}

impl EndpointSeries {
    /// Counts a delivery that was stored, or a duplicate.
    pub(crate) fn enqueued(&self, is_new: bool) {
        (if is_new { &self.0.acknowledged } else { &self.0.duplicates }).add(1);
    }

    /// Records the time that deliveries took to be stored since they were handed over.
    pub(crate) fn acknowledged(&self, since: Stopwatch) {
        self.0.ack_duration.record_time(since.elapsed());
    }

    /// Counts a run.
    pub(crate) fn ran(&self, outcome: RunOutcome, times: RunTimes) {
        if let Some(place) = RunOutcome::ALL.iter().position(|one| *one == outcome) {
            self.0.runs[place].add(1);
        }
        if let Some(wait) = times.wait {
            self.0.wait_duration.record_time(wait);
        }
        if let Some(run) = times.run {
            self.0.run_duration.record_time(run);
        }
    }
}

/// One run. Its drop counts it, so that each is counted once. A run that is dropped without an outcome, such
/// as when its workers are dropped, is lost.
pub(crate) struct CountedRun {
    series: Option<EndpointSeries>,
    outcome: RunOutcome,
    times: RunTimes,
}

impl CountedRun {
    /// Begins to count a run.
    pub(crate) fn begin(series: Option<EndpointSeries>) -> Self {
        Self { series, outcome: RunOutcome::Lost, times: RunTimes::default() }
    }

    /// Counts the run with its outcome.
    pub(crate) fn ended(mut self, outcome: RunOutcome, times: RunTimes) {
        (self.outcome, self.times) = (outcome, times);
    }
}

impl Drop for CountedRun {
    fn drop(&mut self) {
        if let Some(series) = &self.series {
            series.ran(self.outcome, self.times);
        }
    }
}

/// Counts a commit that failed.
pub(crate) fn commit_failed() {
    Series::new(&INBOX_COMMIT_FAILURES, &[]).add(1);
}

/// The gauges of all endpoints that were ever seen. An endpoint without deliveries shows zeros.
#[derive(Default)]
pub(crate) struct Gauges {
    all: Vec<EndpointGauges>,
}

impl Gauges {
    /// Adds endpoints that are not known yet.
    pub(crate) fn add(&mut self, endpoints: impl IntoIterator<Item = String>) {
        for endpoint in endpoints {
            if !self.all.iter().any(|gauges| gauges.endpoint == endpoint) {
                self.all.push(EndpointGauges::new(endpoint));
            }
        }
    }

    /// True if no endpoint was seen.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// True if a recorder is installed that keeps them.
    pub(crate) fn have_recorder(&self) -> bool {
        self.all.first().is_some_and(|gauges| gauges.paused.has_recorder())
    }

    pub(crate) fn set(&mut self, counts: Vec<EndpointCounts>, paused: &[&str], now: SystemTime) {
        self.add(counts.iter().map(|counts| counts.endpoint.clone()));
        let mut counts: HashMap<_, _> =
            counts.into_iter().map(|counts| (counts.endpoint.clone(), counts)).collect();
        for gauges in &self.all {
            let counts = counts.remove(&gauges.endpoint).unwrap_or_default();
            gauges.set(&counts, paused.contains(&&*gauges.endpoint), now);
        }
    }
}

/// The gauges of one endpoint.
struct EndpointGauges {
    endpoint: String,
    pending: Series,
    retrying: Series,
    blocked: Series,
    running: Series,
    dead: Series,
    lag: Series,
    oldest_age: Series,
    paused: Series,
}

impl EndpointGauges {
    fn new(endpoint: String) -> Self {
        let series = |metric: &Metric| Series::new(metric, &[("endpoint", &endpoint)]);
        let state = |state: &str| {
            Series::new(&INBOX_DELIVERIES, &[("endpoint", &endpoint), ("state", state)])
        };
        Self {
            pending: state("pending"),
            retrying: state("retrying"),
            blocked: state("blocked"),
            running: state("running"),
            dead: state("dead"),
            lag: series(&INBOX_LAG),
            oldest_age: series(&INBOX_OLDEST_AGE),
            paused: series(&INBOX_PAUSED),
            endpoint,
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "a gauge is a float")]
    fn set(&self, counts: &EndpointCounts, is_paused: bool, now: SystemTime) {
        let count = |series: &Series, count: Count| series.set(count.number as f64);
        count(&self.pending, counts.pending);
        count(&self.retrying, counts.retrying);
        count(&self.blocked, counts.blocked);
        count(&self.running, counts.running);
        count(&self.dead, counts.dead);
        let passed = |since: Option<SystemTime>| {
            let passed = since.and_then(|since| now.duration_since(since).ok());
            passed.unwrap_or_default().as_secs_f64()
        };
        self.lag.set(passed(counts.first_due.filter(|_| !is_paused)));
        self.oldest_age.set(passed(counts.oldest));
        self.paused.set(f64::from(u8::from(is_paused)));
    }
}
