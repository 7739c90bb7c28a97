//! Regular work: renews leases, watches the clock, deletes what is old.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::time::Instant;

use crate::inbox::{CHUNK, Shared, error::InboxError, store::PruneResult, worker::leases::Running};

/// The interval at which old records are deleted and implausible due times are reset.
const TIDY_EVERY: Duration = Duration::from_secs(60);

/// Compares the wall clock, which can be set, with the monotonic clock.
struct ClockWatch {
    wall: SystemTime,
    passing: Instant,
}

impl ClockWatch {
    fn new(now: SystemTime) -> Self {
        Self { wall: now, passing: Instant::now() }
    }

    /// Returns by how much the clock was set since the last look.
    fn jump(&mut self, now: SystemTime) -> Duration {
        let passed = self.passing.elapsed();
        let expected = self.wall.checked_add(passed).unwrap_or(self.wall);
        *self = Self::new(now);
        now.duration_since(expected).unwrap_or_else(|behind| behind.duration())
    }
}

/// Renews leases and tidies up until it is dropped.
pub(crate) async fn keep(shared: Arc<Shared>, running: Running) {
    let lease = shared.settings.lease;
    let tick = (lease / 3).min(Duration::from_secs(1));
    let mut clock = ClockWatch::new(shared.settings.clock.now());
    let (mut renewed, mut tidied) = (Instant::now(), Instant::now());
    // A clock that has just been set is not trusted with what cannot be undone.
    let mut set = None;
    clamp_future_due_times(&shared).await;
    loop {
        tokio::time::sleep(tick).await;
        let jumped = clock.jump(shared.settings.clock.now()) > lease / 4;
        if jumped {
            set = Some(Instant::now());
            tracing::warn!("the clock was set; leases are renewed");
        }
        if (jumped || renewed.elapsed() >= lease / 3) && running.renew(&shared).await {
            renewed = Instant::now();
        }
        if jumped {
            clamp_future_due_times(&shared).await;
        }
        if tidied.elapsed() >= TIDY_EVERY {
            tidied = Instant::now();
            clamp_future_due_times(&shared).await;
            let believed = set.is_none_or(|since: Instant| since.elapsed() > 10 * TIDY_EVERY);
            if believed && let Err(error) = prune(&shared).await {
                tracing::warn!(%error, "old records could not be deleted");
            }
        }
    }
}

async fn clamp_future_due_times(shared: &Shared) {
    match shared.store.clamp_future_due_times(shared.bounds()).await {
        Ok(0) => {}
        Ok(count) => {
            tracing::warn!(count, "implausible due times were reset; a clock was wrong");
            shared.wake.notify_one();
        }
        Err(error) => tracing::warn!(%error, "implausible due times could not be reset"),
    }
}

pub(crate) async fn prune(shared: &Shared) -> Result<PruneResult, InboxError> {
    let mut total = PruneResult::default();
    loop {
        let pruned = shared.store.prune(&shared.settings.retention, CHUNK).await?;
        total.records += pruned.records;
        total.dedup_keys += pruned.dedup_keys;
        if pruned.records + pruned.dedup_keys == 0 {
            return Ok(total);
        }
        tokio::task::yield_now().await;
    }
}
