//! The metrics of an endpoint's requests.

use super::{
    Outcome, Series, Stopwatch,
    table::{BODY_BYTES, Metric, REQUEST_DURATION, REQUESTS, VERIFY_DURATION},
};

/// The metrics of an endpoint's requests.
#[derive(Debug)]
pub(crate) struct EndpointMetrics {
    endpoint: &'static str,
    provider: &'static str,
    accepted: Series,
    duplicate: Series,
    request_duration: Series,
    verify_duration: Series,
    body_bytes: Series,
}

impl EndpointMetrics {
    pub(crate) fn new(endpoint: &'static str, provider: &'static str) -> Self {
        let series = |metric: &Metric| {
            Series::new(metric, &[("endpoint", endpoint), ("provider", provider)])
        };
        Self {
            endpoint,
            provider,
            accepted: requests(endpoint, provider, Outcome::Accepted),
            duplicate: requests(endpoint, provider, Outcome::Duplicate),
            request_duration: series(&REQUEST_DURATION),
            verify_duration: series(&VERIFY_DURATION),
            body_bytes: series(&BODY_BYTES),
        }
    }

    /// Counts a response to a request that began with `since`.
    pub(crate) fn answered(&self, outcome: Outcome, since: Stopwatch) {
        match outcome {
            Outcome::Accepted => self.accepted.add(1),
            Outcome::Duplicate => self.duplicate.add(1),
            seldom => requests(self.endpoint, self.provider, seldom).add(1),
        }
        self.request_duration.record_time(since.elapsed());
    }

    /// Records a verified delivery, whose verification began with `since`.
    #[allow(clippy::cast_precision_loss, reason = "bodies are much smaller than 2^52 bytes")]
    pub(crate) fn verified(&self, since: Stopwatch, body_bytes: usize) {
        self.verify_duration.record_time(since.elapsed());
        self.body_bytes.record(body_bytes as f64);
    }
}

fn requests(endpoint: &'static str, provider: &'static str, outcome: Outcome) -> Series {
    let (outcome, reason) = outcome.names();
    let labels =
        [("endpoint", endpoint), ("provider", provider), ("outcome", outcome), ("reason", reason)];
    Series::new(&REQUESTS, &labels)
}
