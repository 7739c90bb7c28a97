//! All metrics, in one list: what is emitted, what is described to the recorder, and what
//! `docs/metrics.md` shows.

use metrics::{SharedString, Unit, with_recorder};

/// A metric that the crate emits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metric {
    /// The name.
    pub name: &'static str,
    /// The kind.
    pub kind: MetricKind,
    /// The names of the labels.
    pub labels: &'static [&'static str],
    /// The meaning, in a sentence.
    pub description: &'static str,
}

/// The kind of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetricKind {
    /// A number that only grows.
    Counter,
    /// A number that rises and falls.
    Gauge,
    /// A distribution of values: seconds or bytes, as the name says.
    Histogram,
}

impl Metric {
    const fn counter(
        name: &'static str,
        labels: &'static [&'static str],
        description: &'static str,
    ) -> Self {
        Self { name, kind: MetricKind::Counter, labels, description }
    }

    const fn histogram(
        name: &'static str,
        labels: &'static [&'static str],
        description: &'static str,
    ) -> Self {
        Self { name, kind: MetricKind::Histogram, labels, description }
    }
}

impl Metric {
    /// The unit, which is the last word of the name.
    fn unit(&self) -> Option<Unit> {
        if self.name.ends_with("_seconds") {
            Some(Unit::Seconds)
        } else if self.name.ends_with("_bytes") {
            Some(Unit::Bytes)
        } else {
            None
        }
    }
}

const OF_ENDPOINT: &[&str] = &["endpoint", "provider"];

pub(super) const REQUESTS: Metric = Metric::counter(
    "webhook_requests_total",
    &["endpoint", "provider", "outcome", "reason"],
    "Requests. `outcome` is `accepted`, `duplicate`, `handshake`, `refused` or `failed`; `reason` says why \
     one was refused or failed, and is empty otherwise.",
);

pub(super) const REQUEST_DURATION: Metric = Metric::histogram(
    "webhook_request_duration_seconds",
    OF_ENDPOINT,
    "The time from the head of a request to its response, with the body and the handler.",
);

pub(super) const VERIFY_DURATION: Metric = Metric::histogram(
    "webhook_verify_duration_seconds",
    OF_ENDPOINT,
    "The time to verify a signature, with the secret or key that is fetched for it.",
);

pub(super) const BODY_BYTES: Metric =
    Metric::histogram("webhook_body_bytes", OF_ENDPOINT, "The sizes of verified bodies.");

/// All metrics.
pub const ALL: &[Metric] = &[REQUESTS, REQUEST_DURATION, VERIFY_DURATION, BODY_BYTES];

/// Describes all metrics to the recorder of the program. A router does it when it is built: install
/// the recorder before.
pub fn describe() {
    with_recorder(|recorder| {
        for metric in ALL {
            let (name, text) = (metric.name.into(), SharedString::const_str(metric.description));
            match metric.kind {
                MetricKind::Counter => recorder.describe_counter(name, None, text),
                MetricKind::Gauge => recorder.describe_gauge(name, metric.unit(), text),
                MetricKind::Histogram => recorder.describe_histogram(name, metric.unit(), text),
            }
        }
    });
}
