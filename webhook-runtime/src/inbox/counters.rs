//! What has happened, in numbers.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::inbox::store::QueueDepth;

/// What this process has done since it opened the inbox.
#[derive(Default)]
pub(crate) struct InboxMetrics {
    stored: AtomicU64,
    duplicate: AtomicU64,
    done: AtomicU64,
    retried: AtomicU64,
    dead: AtomicU64,
}

/// The inbox in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InboxStats {
    /// Stored by this process.
    pub stored: u64,
    /// Recognised by this process as stored before.
    pub duplicates: u64,
    /// Completed by this process.
    pub completed: u64,
    /// Failed in this process, and to be tried again.
    pub retried: u64,
    /// Given up by this process.
    pub dead_lettered: u64,
    /// What there is in the store, whoever put it there.
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

    pub(crate) fn with(&self, now: QueueDepth) -> InboxStats {
        tell(&now);
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        InboxStats {
            stored: read(&self.stored),
            duplicates: read(&self.duplicate),
            completed: read(&self.done),
            retried: read(&self.retried),
            dead_lettered: read(&self.dead),
            depth: now,
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
pub(crate) fn tell(queue_depth: &QueueDepth) {
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
