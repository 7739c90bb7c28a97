//! Regular work: watches the clock, resets what a wrong one has written, deletes what is old.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::inbox::{
    CHUNK,
    error::InboxError,
    store::{DueTimeLimits, InboxStore, PruneResult, Retention},
};

/// Compares the wall clock, which can be set, with the monotonic clock.
pub(crate) struct ClockWatch {
    wall: SystemTime,
    passing: Instant,
}

impl ClockWatch {
    pub(crate) fn new(now: SystemTime) -> Self {
        Self { wall: now, passing: Instant::now() }
    }

    /// Returns by how much the clock was set since the last look.
    pub(crate) fn jump(&mut self, now: SystemTime) -> Duration {
        let passed = self.passing.elapsed();
        let expected = self.wall.checked_add(passed).unwrap_or(self.wall);
        *self = Self::new(now);
        now.duration_since(expected).unwrap_or_else(|behind| behind.duration())
    }
}

/// Resets due times that lie implausibly far ahead, and returns their number.
pub(crate) async fn clamp_future_due_times(store: &dyn InboxStore, limits: DueTimeLimits) -> u64 {
    match store.clamp_future_due_times(limits).await {
        Ok(0) => 0,
        Ok(count) => {
            tracing::warn!(count, "implausible due times were reset; a clock was wrong");
            count
        }
        Err(error) => {
            tracing::warn!(%error, "implausible due times could not be reset");
            0
        }
    }
}

/// Deletes what has been kept long enough, a part at a time.
pub(crate) async fn prune(
    store: &dyn InboxStore,
    retention: &Retention,
) -> Result<PruneResult, InboxError> {
    let mut total = PruneResult::default();
    loop {
        let pruned = store.prune(retention, CHUNK).await?;
        total.records += pruned.records;
        total.dedup_keys += pruned.dedup_keys;
        if !pruned.more {
            return Ok(total);
        }
        tokio::task::yield_now().await;
    }
}

/// Gives the space of deleted records back. What is deleted is deleted, whatever becomes of this.
pub(crate) async fn release_space(store: &dyn InboxStore) {
    if let Err(error) = store.release_space().await {
        tracing::warn!(%error, "the space of deleted deliveries could not be released");
    }
}
