//! The metrics of an endpoint's requests.

use std::sync::{PoisonError, RwLock};

use super::{
    CachedCounter, CachedHistogram, ENABLED, Outcome, Stopwatch,
    table::{BODY_BYTES, Metric, REQUEST_DURATION, REQUESTS, VERIFY_DURATION},
};

/// The metrics of an endpoint's requests.
#[derive(Debug)]
pub(crate) struct EndpointMetrics {
    endpoint: &'static str,
    provider: &'static str,
    accepted: CachedCounter,
    duplicate: CachedCounter,
    /// The other outcomes, once there was one of them.
    others: RwLock<Vec<(Outcome, CachedCounter)>>,
    request_duration: CachedHistogram,
    verify_duration: CachedHistogram,
    body_bytes: CachedHistogram,
}

impl EndpointMetrics {
    pub(crate) fn new(endpoint: &'static str, provider: &'static str) -> Self {
        let requests =
            |outcome| CachedCounter::new(&REQUESTS, &labels(endpoint, provider, outcome));
        let series = |metric: &Metric| {
            CachedHistogram::new(metric, &[("endpoint", endpoint), ("provider", provider)])
        };
        Self {
            endpoint,
            provider,
            accepted: requests(Outcome::Accepted),
            duplicate: requests(Outcome::Duplicate),
            others: RwLock::default(),
            request_duration: series(&REQUEST_DURATION),
            verify_duration: series(&VERIFY_DURATION),
            body_bytes: series(&BODY_BYTES),
        }
    }

    /// Begins to count a request.
    pub(crate) fn begin(&self) -> CountedRequest<'_> {
        CountedRequest {
            metrics: self,
            since: Stopwatch::start(),
            outcome: Outcome::Refused(NO_RESPONSE),
        }
    }

    /// Records a verified delivery, whose verification began with `since`.
    #[allow(clippy::cast_precision_loss, reason = "bodies are much smaller than 2^52 bytes")]
    pub(crate) fn verified(&self, since: Stopwatch, body_bytes: usize) {
        let now = Stopwatch::start();
        self.verify_duration.record(since.until(now).as_secs_f64(), now);
        self.body_bytes.record(body_bytes as f64, now);
    }

    fn count(&self, outcome: Outcome, now: Stopwatch) {
        match outcome {
            Outcome::Accepted => self.accepted.add(1, now),
            Outcome::Duplicate => self.duplicate.add(1, now),
            other => self.count_other(other, now),
        }
    }

    fn count_other(&self, outcome: Outcome, now: Stopwatch) {
        let count_if_same = |(known, counter): &(Outcome, CachedCounter)| {
            let is_this = *known == outcome;
            if is_this {
                counter.add(1, now);
            }
            is_this
        };
        if self.others.read().unwrap_or_else(PoisonError::into_inner).iter().any(count_if_same) {
            return;
        }
        let mut others = self.others.write().unwrap_or_else(PoisonError::into_inner);
        // Another request may have been first.
        if !others.iter().any(count_if_same) {
            let labels = labels(self.endpoint, self.provider, outcome);
            let new = (outcome, CachedCounter::new(&REQUESTS, &labels));
            count_if_same(&new);
            others.push(new);
        }
    }
}

/// The reason of a request that ends without a response.
const NO_RESPONSE: &str = "no_response";

/// One request. Its drop counts it, so that each is counted once, even if its connection is closed in the
/// middle, or something in the application around it panics.
pub(crate) struct CountedRequest<'a> {
    metrics: &'a EndpointMetrics,
    since: Stopwatch,
    outcome: Outcome,
}

impl CountedRequest<'_> {
    /// Notes that the request is a verified delivery.
    pub(crate) fn verified(&mut self) {
        self.outcome = Outcome::Failed(NO_RESPONSE);
    }

    /// Counts the request with the outcome of its response.
    pub(crate) fn answered(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for CountedRequest<'_> {
    fn drop(&mut self) {
        if !ENABLED {
            return;
        }
        let now = Stopwatch::start();
        self.metrics.count(self.outcome, now);
        self.metrics.request_duration.record(self.since.until(now).as_secs_f64(), now);
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
