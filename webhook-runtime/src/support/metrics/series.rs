//! One series of a metric, with the feature `metrics`.

#![cfg_attr(
    not(feature = "inbox"),
    allow(dead_code, reason = "an inbox has gauges of what it holds")
)]

use std::{
    cell::Cell,
    sync::OnceLock,
    time::{Duration, Instant},
};

use metrics::{Gauge, IntoF64, Key, Label, Level, Metadata, with_recorder};

use super::table::Metric;

/// False without the feature.
pub(crate) const ENABLED: bool = true;

pub(super) const METADATA: Metadata<'static> =
    Metadata::new("webhook_runtime", Level::INFO, Some("webhook_runtime"));

/// A metric with the values of its labels. Keep it where something is counted often: making one hashes its
/// key. Each use asks the recorder for it, because a program may install one late.
#[derive(Clone, Debug)]
pub(crate) struct Series(Key);

impl Series {
    /// The series of a metric. The labels are in the order of the metric's.
    pub(crate) fn new(metric: &Metric, labels: &[(&'static str, &str)]) -> Self {
        debug_assert!(
            labels.iter().map(|(name, _)| name).eq(metric.labels),
            "{} has other labels",
            metric.name
        );
        let labels = labels.iter().map(|(name, value)| Label::new(*name, (*value).to_owned()));
        Self(Key::from_parts(metric.name, labels.collect::<Vec<_>>()))
    }

    pub(super) const fn key(&self) -> &Key {
        &self.0
    }

    /// Adds to a counter.
    pub(crate) fn add(&self, count: u64) {
        with_recorder(|recorder| recorder.register_counter(&self.0, &METADATA).increment(count));
    }

    /// Sets a gauge.
    pub(crate) fn set(&self, value: f64) {
        with_recorder(|recorder| recorder.register_gauge(&self.0, &METADATA).set(value));
    }

    /// Records a time of a histogram.
    pub(crate) fn record_time(&self, time: Duration) {
        let seconds = time.as_secs_f64();
        with_recorder(|recorder| recorder.register_histogram(&self.0, &METADATA).record(seconds));
    }

    /// True if a recorder is installed that keeps this gauge. The gauge does not change.
    pub(crate) fn has_recorder(&self) -> bool {
        let was_read = Cell::new(false);
        let zero = ObservedZero(&was_read);
        with_recorder(|recorder| recorder.register_gauge(&self.0, &METADATA).increment(zero));
        was_read.get()
    }
}

/// Zero, which notes that it was read: without a recorder, nothing reads it.
struct ObservedZero<'a>(&'a Cell<bool>);

impl IntoF64 for ObservedZero<'_> {
    fn into_f64(self) -> f64 {
        self.0.set(true);
        0.0
    }
}

/// A gauge that rises and falls. It belongs to the recorder that is installed at its first use: a later
/// recorder would see it fall without having seen it rise.
#[derive(Debug)]
pub(crate) struct UpDown {
    series: Series,
    gauge: OnceLock<Gauge>,
}

impl UpDown {
    /// The gauge, which has no labels.
    pub(crate) fn new(metric: &Metric) -> Self {
        Self { series: Series::new(metric, &[]), gauge: OnceLock::new() }
    }

    fn gauge(&self) -> &Gauge {
        let Self { series: Series(key), gauge } = self;
        gauge.get_or_init(|| with_recorder(|recorder| recorder.register_gauge(key, &METADATA)))
    }

    /// Raises the gauge.
    #[allow(clippy::cast_precision_loss, reason = "a gauge is a float")]
    pub(crate) fn add(&self, amount: usize) {
        self.gauge().increment(amount as f64);
    }

    /// Lowers the gauge.
    #[allow(clippy::cast_precision_loss, reason = "a gauge is a float")]
    pub(crate) fn subtract(&self, amount: usize) {
        self.gauge().decrement(amount as f64);
    }
}

/// A time that is measured from its start.
#[derive(Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    /// The time until the start of a later one.
    pub(crate) fn until(self, later: Self) -> Duration {
        later.since(self.0)
    }

    pub(super) fn since(self, earlier: Instant) -> Duration {
        self.0.saturating_duration_since(earlier)
    }
}
