//! Counters of what has happened.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::inbox::store::Census;

/// Counts what this process has done since it opened the inbox.
#[derive(Default)]
pub(crate) struct Counters {
    stored: AtomicU64,
    duplicate: AtomicU64,
    done: AtomicU64,
    retried: AtomicU64,
    dead: AtomicU64,
}

/// The inbox in numbers: what this process has done, and what the store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Deliveries that this process has stored.
    pub stored: u64,
    /// Copies that this process has recognised.
    pub duplicate: u64,
    /// Deliveries that this process has completed.
    pub done: u64,
    /// Attempts that failed in this process and are retried.
    pub retried: u64,
    /// Deliveries that this process has given up.
    pub dead: u64,
    /// The contents of the store, of all processes.
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
        set_gauges(&now);
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

/// Sets the gauges of the `metrics` facade.
#[cfg_attr(not(feature = "metrics"), allow(unused_variables, reason = "it is for metrics"))]
fn set_gauges(census: &Census) {
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
