//! What has happened, in numbers.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::inbox::store::Census;

/// What this process has done since it opened the inbox.
#[derive(Default)]
pub(crate) struct Counters {
    stored: AtomicU64,
    duplicate: AtomicU64,
    done: AtomicU64,
    retried: AtomicU64,
    dead: AtomicU64,
}

/// The inbox in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Stored by this process.
    pub stored: u64,
    /// Recognised by this process as stored before.
    pub duplicate: u64,
    /// Completed by this process.
    pub done: u64,
    /// Failed in this process, and to be tried again.
    pub retried: u64,
    /// Given up by this process.
    pub dead: u64,
    /// What there is in the store, whoever put it there.
    pub now: Census,
}

impl Counters {
    pub(crate) fn enqueued(&self, stored: usize, duplicate: usize) {
        add(&self.stored, "webhook_inbox_stored_total", stored as u64);
        add(&self.duplicate, "webhook_inbox_duplicate_total", duplicate as u64);
    }

    pub(crate) fn done(&self) {
        add(&self.done, "webhook_inbox_done_total", 1);
    }

    pub(crate) fn retried(&self) {
        add(&self.retried, "webhook_inbox_retried_total", 1);
    }

    pub(crate) fn dead(&self, count: u64) {
        add(&self.dead, "webhook_inbox_dead_total", count);
    }

    pub(crate) fn with(&self, now: Census) -> Counts {
        tell(&now);
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            stored: read(&self.stored),
            duplicate: read(&self.duplicate),
            done: read(&self.done),
            retried: read(&self.retried),
            dead: read(&self.dead),
            now,
        }
    }
}

#[cfg_attr(not(feature = "metrics"), allow(unused_variables, reason = "the name is for metrics"))]
fn add(counter: &AtomicU64, name: &'static str, count: u64) {
    if count > 0 {
        counter.fetch_add(count, Ordering::Relaxed);
        #[cfg(feature = "metrics")]
        metrics::counter!(name).increment(count);
    }
}

/// Gauges go where the counters go.
#[cfg_attr(not(feature = "metrics"), allow(unused_variables, reason = "it is for metrics"))]
pub(crate) fn tell(census: &Census) {
    #[cfg(feature = "metrics")]
    #[allow(clippy::cast_precision_loss, reason = "a gauge is a float")]
    {
        metrics::gauge!("webhook_inbox_waiting").set(census.waiting as f64);
        metrics::gauge!("webhook_inbox_running").set(census.running as f64);
        metrics::gauge!("webhook_inbox_held").set(census.held as f64);
        metrics::gauge!("webhook_inbox_dead_letters").set(census.dead as f64);
        metrics::gauge!("webhook_inbox_lag_seconds").set(census.lag.as_secs_f64());
    }
}
