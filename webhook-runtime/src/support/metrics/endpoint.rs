//! The metrics of an endpoint's requests.

use super::{
    HotCounter, HotHistogram, Outcome, Series, Stopwatch,
    table::{BODY_BYTES, Metric, REQUEST_DURATION, REQUESTS, VERIFY_DURATION},
};

/// The metrics of an endpoint's requests.
#[derive(Debug)]
pub(crate) struct EndpointMetrics {
    endpoint: &'static str,
    provider: &'static str,
    accepted: HotCounter,
    duplicate: HotCounter,
    request_duration: HotHistogram,
    verify_duration: HotHistogram,
    body_bytes: HotHistogram,
}

impl EndpointMetrics {
    pub(crate) fn new(endpoint: &'static str, provider: &'static str) -> Self {
        let requests = |outcome| HotCounter::new(&REQUESTS, &labels(endpoint, provider, outcome));
        let series = |metric: &Metric| {
            HotHistogram::new(metric, &[("endpoint", endpoint), ("provider", provider)])
        };
        Self {
            endpoint,
            provider,
            accepted: requests(Outcome::Accepted),
            duplicate: requests(Outcome::Duplicate),
            request_duration: series(&REQUEST_DURATION),
            verify_duration: series(&VERIFY_DURATION),
            body_bytes: series(&BODY_BYTES),
        }
    }

    /// Counts a response to a request that began with `since`.
    pub(crate) fn answered(&self, outcome: Outcome, since: Stopwatch) {
        let now = Stopwatch::start();
        match outcome {
            Outcome::Accepted => self.accepted.add(1, now),
            Outcome::Duplicate => self.duplicate.add(1, now),
            seldom => Series::new(&REQUESTS, &labels(self.endpoint, self.provider, seldom)).add(1),
        }
        self.request_duration.record(since.until(now).as_secs_f64(), now);
    }

    /// Records a verified delivery, whose verification began with `since`.
    #[allow(clippy::cast_precision_loss, reason = "bodies are much smaller than 2^52 bytes")]
    pub(crate) fn verified(&self, since: Stopwatch, body_bytes: usize) {
        let now = Stopwatch::start();
        self.verify_duration.record(since.until(now).as_secs_f64(), now);
        self.body_bytes.record(body_bytes as f64, now);
    }
}

/// The labels of a counter of requests.
fn labels(
    endpoint: &'static str,
    provider: &'static str,
    outcome: Outcome,
) -> [(&'static str, &'static str); 4] {
    let (outcome, reason) = outcome.names();
    [("endpoint", endpoint), ("provider", provider), ("outcome", outcome), ("reason", reason)]
}
