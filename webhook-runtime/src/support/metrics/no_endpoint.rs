//! The metrics of an endpoint, without the feature `metrics`: none.

use super::Outcome;

#[derive(Clone, Debug)]
pub(crate) struct EndpointMetrics;

/// No time is taken.
#[derive(Clone, Copy)]
pub(crate) struct Stopwatch;

impl Stopwatch {
    #[inline]
    pub(crate) fn start() -> Self {
        Self
    }
}

#[allow(clippy::unused_self, reason = "as with the feature")]
impl EndpointMetrics {
    #[inline]
    pub(crate) fn new(_endpoint: &'static str, _provider: &'static str) -> Self {
        Self
    }

    #[inline]
    pub(crate) fn answered(&self, _outcome: Outcome, _since: Stopwatch) {}

    #[inline]
    pub(crate) fn verified(&self, _since: Stopwatch, _body_bytes: usize) {}
}
