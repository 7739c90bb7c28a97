//! A series that every request uses, with the feature `metrics`. A recorder takes longer to find a
//! series than to count, so its handle is cached.

use std::{
    fmt, ptr,
    sync::{
        LazyLock, PoisonError, RwLock,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use metrics::{Counter, Histogram, Key, Metadata, Recorder, with_recorder};

use super::{
    series::{METADATA, Series, Stopwatch},
    table::Metric,
};

/// The time without use after which a handle is not used again. An exporter may forget a series that is
/// not in use, and then its old handle counts nothing. No exporter does so within a second.
const MAX_UNUSED: Duration = Duration::from_secs(1);

pub(crate) type CachedCounter = Cached<Counter>;
pub(crate) type CachedHistogram = Cached<Histogram>;

/// A series, and its handle of the recorder of the process.
pub(crate) struct Cached<H> {
    series: Series,
    handle: RwLock<Option<Handle<H>>>,
}

/// A counter or histogram of a recorder.
struct Handle<H> {
    inner: H,
    /// The last use, in milliseconds since the first use of any handle.
    last_used: AtomicU64,
}

impl<H> fmt::Debug for Cached<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.series.fmt(f)
    }
}

impl<H> Cached<H> {
    /// The series of a metric. The labels are in the order of the metric's.
    pub(crate) fn new(metric: &Metric, labels: &[(&'static str, &str)]) -> Self {
        Self { series: Series::new(metric, labels), handle: RwLock::new(None) }
    }

    fn with(
        &self,
        now: Stopwatch,
        register: impl FnOnce(&dyn Recorder, &Key, &Metadata<'_>) -> H,
        count: impl FnOnce(&H),
    ) {
        with_recorder(|recorder| {
            if !is_of_process(recorder) {
                return count(&register(recorder, self.series.key(), &METADATA));
            }
            let now = millis(now);
            let cached = self.handle.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(Handle { inner, last_used }) = &*cached {
                let last = last_used.load(Relaxed);
                if now.saturating_sub(last) < millis_of(MAX_UNUSED) {
                    // Written at most once a millisecond: a write takes the cache line from other cores.
                    if last < now {
                        last_used.store(now, Relaxed);
                    }
                    return count(inner);
                }
            }
            drop(cached);
            let inner = register(recorder, self.series.key(), &METADATA);
            count(&inner);
            let handle = Handle { inner, last_used: AtomicU64::new(now) };
            *self.handle.write().unwrap_or_else(PoisonError::into_inner) = Some(handle);
        });
    }
}

impl CachedCounter {
    /// Adds to the counter.
    pub(crate) fn add(&self, count: u64, now: Stopwatch) {
        self.with(
            now,
            |recorder, key, metadata| recorder.register_counter(key, metadata),
            |counter| {
                counter.increment(count);
            },
        );
    }
}

impl CachedHistogram {
    /// Records a value of the histogram.
    pub(crate) fn record(&self, value: f64, now: Stopwatch) {
        self.with(
            now,
            |recorder, key, metadata| recorder.register_histogram(key, metadata),
            |histogram| {
                histogram.record(value);
            },
        );
    }
}

fn millis(at: Stopwatch) -> u64 {
    static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);
    millis_of(at.since(*FIRST))
}

fn millis_of(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// True for the recorder of the process, which is never removed. The recorder of a thread, which tests
/// install, is removed, and the next one may have its address.
fn is_of_process(recorder: &dyn Recorder) -> bool {
    static OF_PROCESS: AtomicUsize = AtomicUsize::new(0);
    static OF_THREAD: AtomicUsize = AtomicUsize::new(0);
    // A recorder without a size, such as the no-op one, may share its address with anything.
    let address = address(recorder);
    if address == 0 || address == OF_THREAD.load(Relaxed) {
        return false;
    }
    if address == OF_PROCESS.load(Relaxed) {
        return true;
    }
    // A new thread has no recorder of its own, so it sees that of the process.
    let of_process =
        thread::Builder::new().spawn(|| with_recorder(|recorder| self::address(recorder)));
    let is_same = of_process.is_ok_and(|of_process| of_process.join().ok() == Some(address));
    let known = if is_same { &OF_PROCESS } else { &OF_THREAD };
    known.store(address, Relaxed);
    is_same
}

/// The address of a recorder; 0 if it has no size.
fn address(recorder: &dyn Recorder) -> usize {
    if size_of_val(recorder) == 0 { 0 } else { ptr::from_ref(recorder).cast::<()>().addr() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use metrics::{Gauge, KeyName, SharedString, Unit, with_local_recorder};

    use super::*;
    use crate::support::metrics::table::REQUESTS;

    /// A recorder of one counter.
    #[derive(Default)]
    struct One(Arc<AtomicU64>);

    impl Recorder for One {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

        fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
            Counter::from_arc(Arc::clone(&self.0))
        }

        fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
            Gauge::noop()
        }

        fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
            Histogram::noop()
        }
    }

    #[test]
    fn handles_of_a_threads_recorder_are_not_cached() {
        let labels = [("endpoint", ""), ("provider", ""), ("outcome", ""), ("reason", "")];
        let requests = CachedCounter::new(&REQUESTS, &labels);
        let mut recorder = One::default();
        for _ in 0..3 {
            // The next recorder has the address of this one.
            recorder.0 = Arc::default();
            with_local_recorder(&recorder, || {
                requests.add(1, Stopwatch::start());
                requests.add(1, Stopwatch::start());
            });
            assert_eq!(recorder.0.load(Relaxed), 2);
        }
        requests.add(1, Stopwatch::start());
        assert_eq!(recorder.0.load(Relaxed), 2, "without a recorder, nothing is counted");
    }
}
