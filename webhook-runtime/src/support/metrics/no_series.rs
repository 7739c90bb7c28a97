//! A series without the feature `metrics`: nothing is measured.

#![cfg_attr(
    not(feature = "inbox"),
    allow(dead_code, reason = "an inbox has gauges of what it holds")
)]

use std::time::Duration;

use super::table::Metric;

pub(crate) const ENABLED: bool = false;

#[derive(Clone, Debug)]
pub(crate) struct Series;

#[allow(clippy::unused_self, reason = "as with the feature")]
impl Series {
    #[inline]
    pub(crate) fn new(_metric: &Metric, _labels: &[(&'static str, &str)]) -> Self {
        Self
    }

    #[inline]
    pub(crate) fn add(&self, _count: u64) {}

    #[inline]
    pub(crate) fn set(&self, _value: f64) {}

    #[inline]
    pub(crate) fn record_time(&self, _time: Duration) {}

    #[inline]
    pub(crate) fn has_recorder(&self) -> bool {
        false
    }
}

#[derive(Debug)]
pub(crate) struct CachedCounter;

#[allow(clippy::unused_self, reason = "as with the feature")]
impl CachedCounter {
    #[inline]
    pub(crate) fn new(_metric: &Metric, _labels: &[(&'static str, &str)]) -> Self {
        Self
    }

    #[inline]
    pub(crate) fn add(&self, _count: u64, _now: Stopwatch) {}
}

#[derive(Debug)]
pub(crate) struct CachedHistogram;

#[allow(clippy::unused_self, reason = "as with the feature")]
impl CachedHistogram {
    #[inline]
    pub(crate) fn new(_metric: &Metric, _labels: &[(&'static str, &str)]) -> Self {
        Self
    }

    #[inline]
    pub(crate) fn record(&self, _value: f64, _now: Stopwatch) {}
}

#[derive(Debug)]
pub(crate) struct UpDown;

#[allow(clippy::unused_self, reason = "as with the feature")]
impl UpDown {
    #[inline]
    pub(crate) fn new(_metric: &Metric) -> Self {
        Self
    }

    #[inline]
    pub(crate) fn add(&self, _amount: usize) {}

    #[inline]
    pub(crate) fn subtract(&self, _amount: usize) {}
}

/// Measures nothing.
#[derive(Clone, Copy)]
pub(crate) struct Stopwatch;

#[allow(clippy::unused_self, reason = "as with the feature")]
impl Stopwatch {
    #[inline]
    pub(crate) fn start() -> Self {
        Self
    }

    #[inline]
    pub(crate) fn elapsed(self) -> Duration {
        Duration::ZERO
    }

    #[inline]
    pub(crate) fn until(self, _later: Self) -> Duration {
        Duration::ZERO
    }
}
