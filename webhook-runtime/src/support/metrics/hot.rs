//! A series that every request uses, with the feature `metrics`. A recorder takes longer to find a
//! series than to count, so what it found is kept.

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

/// Kept for as long as it is in use. An exporter may forget a series that nobody uses, and then what was
/// kept of it counts for nobody; none does so within a second.
const MAX_UNUSED: Duration = Duration::from_secs(1);

pub(crate) type HotCounter = Hot<Counter>;
pub(crate) type HotHistogram = Hot<Histogram>;

/// A series, and what the recorder of the process has for it.
pub(crate) struct Hot<H> {
    series: Series,
    kept: RwLock<Option<Kept<H>>>,
}

struct Kept<H> {
    handle: H,
    /// In milliseconds since the first use of any.
    used: AtomicU64,
}

impl<H> fmt::Debug for Hot<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.series.fmt(f)
    }
}

impl<H> Hot<H> {
    /// The series of a metric. The labels are in the order of the metric's.
    pub(crate) fn new(metric: &Metric, labels: &[(&'static str, &str)]) -> Self {
        Self { series: Series::new(metric, labels), kept: RwLock::new(None) }
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
            let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(Kept { handle, used }) = &*kept {
                let last = used.load(Relaxed);
                if now.saturating_sub(last) < millis_of(MAX_UNUSED) {
                    // Others read it, and wait for what is written.
                    if last < now {
                        used.store(now, Relaxed);
                    }
                    return count(handle);
                }
            }
            drop(kept);
            let handle = register(recorder, self.series.key(), &METADATA);
            count(&handle);
            let kept = Kept { handle, used: AtomicU64::new(now) };
            *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        });
    }
}

impl HotCounter {
    /// Adds to the counter.
    pub(crate) fn add(&self, count: u64, now: Stopwatch) {
        self.with(
            now,
            |all, key, about| all.register_counter(key, about),
            |counter| {
                counter.increment(count);
            },
        );
    }
}

impl HotHistogram {
    /// Records a value of the histogram.
    pub(crate) fn record(&self, value: f64, now: Stopwatch) {
        self.with(
            now,
            |all, key, about| all.register_histogram(key, about),
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

/// True if a recorder is the one that is installed for the process, which stays. One that is installed for
/// a thread, as tests do, goes away, and the next one may have its address.
fn is_of_process(recorder: &dyn Recorder) -> bool {
    static OF_PROCESS: AtomicUsize = AtomicUsize::new(0);
    static OF_THREAD: AtomicUsize = AtomicUsize::new(0);
    // One without a size, such as the one that does nothing, may have the address of anything.
    let address = address(recorder);
    if address == 0 || address == OF_THREAD.load(Relaxed) {
        return false;
    }
    if address == OF_PROCESS.load(Relaxed) {
        return true;
    }
    // Once: a new thread sees no recorder but that of the process.
    let of_process =
        thread::Builder::new().spawn(|| with_recorder(|recorder| self::address(recorder)));
    let is_it = of_process.is_ok_and(|of_process| of_process.join().ok() == Some(address));
    let known = if is_it { &OF_PROCESS } else { &OF_THREAD };
    known.store(address, Relaxed);
    is_it
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
    fn what_a_recorder_of_a_thread_has_is_not_kept() {
        let labels = [("endpoint", ""), ("provider", ""), ("outcome", ""), ("reason", "")];
        let requests = HotCounter::new(&REQUESTS, &labels);
        let mut recorder = One::default();
        for _ in 0..3 {
            // The next one has the address of the one before.
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
