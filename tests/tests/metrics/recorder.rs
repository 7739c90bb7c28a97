//! A recorder for the whole program, because inboxes and servers have threads of their own. Each test
//! looks at the series of its own endpoints.
//!
//! It notes every series that the table does not have.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, Once, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use metrics::{
    Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use webhook_runtime::metrics::{ALL, MetricKind};

/// The values of all series, by name and labels: `name{label=value}`.
static SERIES: Mutex<BTreeMap<String, Value>> = Mutex::new(BTreeMap::new());

/// The descriptions: the name, the unit and the text.
static DESCRIBED: Mutex<Vec<(String, Option<Unit>, String)>> = Mutex::new(Vec::new());

/// The number of times that a series was asked for.
static ASKED: Mutex<BTreeMap<String, u32>> = Mutex::new(BTreeMap::new());

/// Series that the table does not have.
static UNKNOWN: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[derive(Clone)]
enum Value {
    Counter(Arc<AtomicU64>),
    Gauge(Arc<AtomicU64>),
    Histogram(Arc<Values>),
}

#[derive(Default)]
struct Values(Mutex<Vec<f64>>);

impl HistogramFn for Values {
    fn record(&self, value: f64) {
        lock(&self.0).push(value);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Not of size 0, as no recorder is that keeps something.
struct All(#[allow(dead_code, reason = "for its size")] u8);

/// Installs the recorder, once.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| metrics::set_global_recorder(All(0)).expect("the first one"));
}

/// The value of a counter or a gauge, or the number of values of a histogram; `None` if nobody has
/// asked for it.
pub(crate) fn value(series: &str) -> Option<f64> {
    let value = lock(&SERIES).get(series).cloned()?;
    #[allow(clippy::cast_precision_loss, reason = "tests count little")]
    Some(match value {
        Value::Counter(count) => count.load(Ordering::SeqCst) as f64,
        Value::Gauge(bits) => f64::from_bits(bits.load(Ordering::SeqCst)),
        Value::Histogram(values) => lock(&values.0).len() as f64,
    })
}

/// The number of times that a series was asked for.
pub(crate) fn asked(series: &str) -> u32 {
    lock(&ASKED).get(series).copied().unwrap_or_default()
}

/// Forgets a series, as an exporter does with one that is not used.
pub(crate) fn forget(series: &str) {
    lock(&SERIES).remove(series);
}

/// Waits until something holds, for half a minute.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..3000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what}: not in time: {:#?}", with("webhook_"));
}

/// The values of a histogram.
pub(crate) fn values(series: &str) -> Vec<f64> {
    match lock(&SERIES).get(series).cloned() {
        Some(Value::Histogram(values)) => lock(&values.0).clone(),
        _ => Vec::new(),
    }
}

/// The counters, gauges and counts whose names and labels have this text, if they are not zero.
pub(crate) fn with(text: &str) -> BTreeMap<String, f64> {
    let names: Vec<_> = lock(&SERIES).keys().filter(|name| name.contains(text)).cloned().collect();
    let valued = names.into_iter().map(|name| (name.clone(), value(&name).unwrap_or_default()));
    valued.filter(|(_, value)| *value != 0.0).collect()
}

/// All names and labels, as one text.
pub(crate) fn everything() -> String {
    lock(&SERIES).keys().cloned().collect::<Vec<_>>().join("\n")
}

/// The series that the table does not have, with other labels or of another kind.
pub(crate) fn unknown() -> Vec<String> {
    lock(&UNKNOWN).clone()
}

/// The descriptions.
pub(crate) fn described() -> Vec<(String, Option<Unit>, String)> {
    lock(&DESCRIBED).clone()
}

fn series(key: &Key, kind: MetricKind, new: impl FnOnce() -> Value) -> Value {
    let labels: Vec<_> = key.labels().map(metrics::Label::key).collect();
    let known = ALL
        .iter()
        .any(|metric| metric.name == key.name() && metric.kind == kind && metric.labels == labels);
    let labels: Vec<_> =
        key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
    let name = match &labels[..] {
        [] => key.name().to_owned(),
        labels => format!("{}{{{}}}", key.name(), labels.join(",")),
    };
    if !known {
        lock(&UNKNOWN).push(format!("{name} {kind:?}"));
    }
    *lock(&ASKED).entry(name.clone()).or_default() += 1;
    lock(&SERIES).entry(name).or_insert_with(new).clone()
}

fn describe(name: &KeyName, unit: Option<Unit>, text: &SharedString) {
    lock(&DESCRIBED).push((name.as_str().to_owned(), unit, text.to_string()));
}

impl Recorder for All {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        describe(&name, unit, &text);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        describe(&name, unit, &text);
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        describe(&name, unit, &text);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        match series(key, MetricKind::Counter, || Value::Counter(Arc::default())) {
            Value::Counter(count) => Counter::from_arc(count),
            _ => Counter::noop(),
        }
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        match series(key, MetricKind::Gauge, || Value::Gauge(Arc::default())) {
            Value::Gauge(bits) => Gauge::from_arc(bits),
            _ => Gauge::noop(),
        }
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        match series(key, MetricKind::Histogram, || Value::Histogram(Arc::default())) {
            Value::Histogram(values) => Histogram::from_arc(values),
            _ => Histogram::noop(),
        }
    }
}
