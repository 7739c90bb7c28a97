//! The metrics of an endpoint.

use std::time::Instant;

use metrics::{Key, Label, Level, Metadata, with_recorder};

use super::{
    Outcome,
    table::{BODY_BYTES, Metric, REQUEST_DURATION, REQUESTS, VERIFY_DURATION},
};

const METADATA: Metadata<'static> =
    Metadata::new("webhook_runtime", Level::INFO, Some("webhook_runtime"));

/// The metrics of an endpoint. Their keys are built once, since each request needs them.
#[derive(Clone, Debug)]
pub(crate) struct EndpointMetrics {
    labels: [Label; 2],
    accepted: Key,
    request_duration: Key,
    verify_duration: Key,
    body_bytes: Key,
}

/// The time since a beginning.
#[derive(Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }
}

impl EndpointMetrics {
    pub(crate) fn new(endpoint: &'static str, provider: &'static str) -> Self {
        let labels = [
            Label::from_static_parts("endpoint", endpoint),
            Label::from_static_parts("provider", provider),
        ];
        let key = |metric: Metric| Key::from_parts(metric.name, labels.to_vec());
        Self {
            accepted: requests(&labels, "accepted", ""),
            request_duration: key(REQUEST_DURATION),
            verify_duration: key(VERIFY_DURATION),
            body_bytes: key(BODY_BYTES),
            labels,
        }
    }

    /// Counts a response to a request that began with `since`.
    pub(crate) fn answered(&self, outcome: Outcome, since: Stopwatch) {
        let other;
        let key = match outcome {
            Outcome::Accepted => &self.accepted,
            Outcome::Duplicate => {
                other = requests(&self.labels, "duplicate", "");
                &other
            }
            Outcome::Handshake => {
                other = requests(&self.labels, "handshake", "");
                &other
            }
            Outcome::Refused(reason) => {
                other = requests(&self.labels, "refused", reason);
                &other
            }
            Outcome::Failed(reason) => {
                other = requests(&self.labels, "failed", reason);
                &other
            }
        };
        with_recorder(|recorder| {
            recorder.register_counter(key, &METADATA).increment(1);
            recorder
                .register_histogram(&self.request_duration, &METADATA)
                .record(since.0.elapsed().as_secs_f64());
        });
    }

    /// Records a verified delivery, whose verification began with `since`.
    #[allow(clippy::cast_precision_loss, reason = "bodies are much smaller than 2^52 bytes")]
    pub(crate) fn verified(&self, since: Stopwatch, body_bytes: usize) {
        with_recorder(|recorder| {
            recorder
                .register_histogram(&self.verify_duration, &METADATA)
                .record(since.0.elapsed().as_secs_f64());
            recorder.register_histogram(&self.body_bytes, &METADATA).record(body_bytes as f64);
        });
    }
}

fn requests(labels: &[Label; 2], outcome: &'static str, reason: &'static str) -> Key {
    let more =
        [Label::from_static_parts("outcome", outcome), Label::from_static_parts("reason", reason)];
    Key::from_parts(REQUESTS.name, [&labels[..], &more].concat())
}
