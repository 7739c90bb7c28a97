//! Tells a recorder the kinds, the units and the meanings of all metrics.

use metrics::{SharedString, Unit, with_recorder};

use super::table::{ALL, Metric, MetricKind};

/// Describes all metrics to the recorder of the program. Building a router does this: call it only if the
/// recorder is installed later.
pub fn describe() {
    with_recorder(|recorder| {
        for metric in ALL {
            let (name, text) = (metric.name.into(), SharedString::const_str(metric.description));
            match metric.kind {
                MetricKind::Counter => recorder.describe_counter(name, None, text),
                MetricKind::Gauge => recorder.describe_gauge(name, unit(metric), text),
                MetricKind::Histogram => recorder.describe_histogram(name, unit(metric), text),
            }
        }
    });
}

/// The unit, which is the last word of the name.
fn unit(metric: &Metric) -> Option<Unit> {
    if metric.name.ends_with("_seconds") {
        Some(Unit::Seconds)
    } else if metric.name.ends_with("_bytes") {
        Some(Unit::Bytes)
    } else {
        None
    }
}
