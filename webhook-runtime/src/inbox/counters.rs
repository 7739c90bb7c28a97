//! Counters of what has happened.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::inbox::store::QueueDepth;

/// Counts what this process has done since it opened the inbox.
#[derive(Default)]
pub(crate) struct InboxMetrics {
    stored: AtomicU64,
    duplicate: AtomicU64,
    done: AtomicU64,
    retried: AtomicU64,
    dead: AtomicU64,
}

/// The inbox in numbers: what this process has done, and what the store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InboxStats {
    /// Deliveries that this process has stored.
    pub stored: u64,
    /// Copies that this process has recognised.
    pub duplicates: u64,
    /// Deliveries that this process has completed.
    pub completed: u64,
    /// Attempts that failed in this process and are retried.
    pub retried: u64,
    /// Deliveries that this process has given up.
    pub dead_lettered: u64,
    /// Hooks that this process has not called, because too many ran.
    pub hooks_dropped: u64,
    /// The contents of the store, of all processes.
    pub depth: QueueDepth,
}

impl InboxMetrics {
    pub(crate) fn enqueued(&self, stored: usize, duplicate: usize) {
        add(&self.stored, "webhook_inbox_stored_total", stored as u64);
        add(&self.duplicate, "webhook_inbox_duplicates_total", duplicate as u64);
    }

    pub(crate) fn done(&self) {
        add(&self.done, "webhook_inbox_completed_total", 1);
    }

    pub(crate) fn retried(&self) {
        add(&self.retried, "webhook_inbox_retried_total", 1);
    }

    pub(crate) fn dead(&self, count: u64) {
        add(&self.dead, "webhook_inbox_dead_lettered_total", count);
    }

    pub(crate) fn with(&self, depth: QueueDepth) -> InboxStats {
        set_gauges(&depth);
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        InboxStats {
            stored: read(&self.stored),
            duplicates: read(&self.duplicate),
            completed: read(&self.done),
            retried: read(&self.retried),
            dead_lettered: read(&self.dead),
            hooks_dropped: 0,
            depth,
        }
    }
}

#[cfg_attr(not(feature = "metrics"), allow(unused_variables, reason = "the name is for metrics"))]
pub(crate) fn add(counter: &AtomicU64, name: &'static str, count: u64) {
    if count > 0 {
        counter.fetch_add(count, Ordering::Relaxed);
        #[cfg(feature = "metrics")]
        metrics::counter!(name).increment(count);
    }
}

/// Sets the gauges of the `metrics` facade.
#[cfg_attr(not(feature = "metrics"), allow(unused_variables, reason = "it is for metrics"))]
fn set_gauges(queue_depth: &QueueDepth) {
    #[cfg(feature = "metrics")]
    #[allow(clippy::cast_precision_loss, reason = "a gauge is a float")]
    {
        metrics::gauge!("webhook_inbox_pending").set(queue_depth.pending as f64);
        metrics::gauge!("webhook_inbox_running").set(queue_depth.running as f64);
        metrics::gauge!("webhook_inbox_blocked").set(queue_depth.blocked as f64);
        metrics::gauge!("webhook_inbox_dead_letters").set(queue_depth.dead as f64);
        metrics::gauge!("webhook_inbox_lag_seconds").set(queue_depth.lag.as_secs_f64());
    }
}
