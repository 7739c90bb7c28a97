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

    /// A request begins.
    pub(crate) fn begin(&self) -> CountedRequest<'_> {
        CountedRequest { of: self, since: Stopwatch::start(), end: Outcome::Refused(NO_RESPONSE) }
    }

    /// Records a verified delivery, whose verification began with `since`.
    #[allow(clippy::cast_precision_loss, reason = "bodies are much smaller than 2^52 bytes")]
    pub(crate) fn verified(&self, since: Stopwatch, body_bytes: usize) {
        let now = Stopwatch::start();
        self.verify_duration.record(since.until(now).as_secs_f64(), now);
        self.body_bytes.record(body_bytes as f64, now);
    }
}

/// The reason of a request that is given up before it has a response.
const NO_RESPONSE: &str = "no_response";

/// One request. It is counted when this is dropped, so that each is counted once: also if its connection
/// is closed in the middle, or something in the application around it panics.
pub(crate) struct CountedRequest<'a> {
    of: &'a EndpointMetrics,
    since: Stopwatch,
    end: Outcome,
}

impl CountedRequest<'_> {
    /// It is a genuine delivery.
    pub(crate) fn verified(&mut self) {
        self.end = Outcome::Failed(NO_RESPONSE);
    }

    /// It has a response.
    pub(crate) fn answered(mut self, outcome: Outcome) {
        self.end = outcome;
    }
}

impl Drop for CountedRequest<'_> {
    fn drop(&mut self) {
        let EndpointMetrics { endpoint, provider, .. } = self.of;
        let now = Stopwatch::start();
        match self.end {
            Outcome::Accepted => self.of.accepted.add(1, now),
            Outcome::Duplicate => self.of.duplicate.add(1, now),
            seldom => Series::new(&REQUESTS, &labels(endpoint, provider, seldom)).add(1),
        }
        self.of.request_duration.record(self.since.until(now).as_secs_f64(), now);
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
