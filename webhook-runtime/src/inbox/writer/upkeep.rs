//! What has its time: due deliveries, leases, and tidying up.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{Instant, timeout_at},
};

use crate::{
    inbox::{
        store::Notifies,
        worker::{
            maintenance::{ClockWatch, clamp_future_due_times, prune, release_space},
            pool::{LONG, UNCOUNTED},
        },
        writer::{Queued, engine::Engine, gauges::refresh_gauges},
    },
    support::metrics::ENABLED,
};

/// The interval at which old records are deleted or implausible due times are reset, in turns, while
/// there is something to do.
const TIDY_EVERY: Duration = Duration::from_secs(60);

/// The same while there is nothing to do: it grows up to this.
const IDLE: Duration = Duration::from_secs(600);

/// How often a store is polled that tells of everything but of claims.
const POLL_AT_LEAST: Duration = Duration::from_secs(30);

/// The interval at which the claims of what runs are looked at, if something has changed in the store.
const CHECK_AT_MOST_EVERY: Duration = Duration::from_secs(1);

/// Times that the thread of the inbox keeps.
#[derive(Default)]
pub(crate) struct Upkeep {
    times: Mutex<Times>,
    changed: Notify,
    /// False if the store fails to tell what is new.
    notified: AtomicBool,
    /// True if something was stored or settled.
    active: AtomicBool,
    /// True if the next commit counts what has begun: until then there is nothing to wait for.
    counts: AtomicBool,
}

#[derive(Default)]
struct Times {
    /// When something becomes due.
    due: Option<Instant>,
    /// When a lease runs out.
    lapse: Option<Instant>,
    /// When there is something else to do.
    nudge: Option<Instant>,
    /// True if leases are to be renewed with the next commit.
    renew: bool,
    /// When leases were renewed.
    renewed: Option<Instant>,
    /// The time to look at the claims of what has run for long.
    check: Option<Instant>,
    /// True if that is done with the next commit.
    checks: bool,
    /// The time at which that was done.
    checked: Option<Instant>,
}

/// When and how often to tidy up.
struct Tidy {
    done: Instant,
    every: Duration,
    /// True if old records were deleted last; resetting due times is next.
    prunes: bool,
}

impl Upkeep {
    fn times(&self) -> MutexGuard<'_, Times> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The times may have changed.
    pub(super) fn changed(&self) {
        self.changed.notify_one();
    }

    /// Something was stored or settled.
    pub(super) fn set_active(&self) {
        self.active.store(true, Ordering::Relaxed);
    }

    /// A commit counts what has begun.
    pub(super) fn counted(&self) {
        if self.counts.swap(false, Ordering::Relaxed) {
            self.changed();
        }
    }

    /// Whether the store tells what is new.
    pub(super) fn set_notified(&self, notified: bool) {
        if self.notified.swap(notified, Ordering::Relaxed) != notified {
            self.changed();
        }
    }

    /// Something is due in this time.
    pub(super) fn due_in(&self, wait: Duration) {
        let Some(due) = Instant::now().checked_add(wait) else { return };
        let mut times = self.times();
        if times.due.is_none_or(|known| due < known) {
            times.due = Some(due);
            drop(times);
            self.changed();
        }
    }

    /// The store was asked when something becomes due next, and when a lease runs out.
    pub(super) fn looked(&self, next_due: Option<Duration>, next_lapse: Option<Duration>) {
        if let Some(wait) = next_due {
            self.due_in(wait);
        }
        self.times().lapse = next_lapse.and_then(|wait| Instant::now().checked_add(wait));
        self.changed();
    }

    /// Sees in this time what else there is to do.
    pub(super) fn nudge_in(&self, wait: Duration) {
        let Some(at) = Instant::now().checked_add(wait) else { return };
        let mut times = self.times();
        if times.nudge.is_none_or(|known| at < known) {
            times.nudge = Some(at);
            drop(times);
            self.changed();
        }
    }

    /// True if leases are to be renewed now.
    pub(super) fn take_renewal(&self) -> bool {
        std::mem::take(&mut self.times().renew)
    }

    /// True if the claims of what has run for long are to be looked at now.
    pub(super) fn take_check(&self) -> bool {
        std::mem::take(&mut self.times().checks)
    }

    /// Looks soon at the claims of what runs, at most once a second. What has just begun is looked at
    /// as well if it still runs then.
    fn check_soon(&self) {
        let now = Instant::now();
        let mut times = self.times();
        let soonest = times.checked.map_or(now, |at| at + CHECK_AT_MOST_EVERY);
        if times.check.is_none() {
            times.check = Some(soonest.max(now + LONG));
            drop(times);
            self.changed();
        }
    }

    /// The leases were not renewed, or are to be renewed out of turn.
    pub(super) fn renew_again(&self) {
        self.times().renewed = None;
        self.nudge_in(Duration::from_millis(200));
    }
}

impl Engine {
    /// Keeps the times until it is dropped.
    pub(super) async fn keep(self: Arc<Self>) {
        let lease = self.settings.lease;
        let tick = (lease / 3).min(Duration::from_secs(1));
        let mut clock = ClockWatch::new(self.settings.clock.now());
        let (mut ticked, mut looked) = (Instant::now(), Instant::now());
        let mut tidy = Tidy { done: Instant::now(), every: TIDY_EVERY, prunes: true };
        // A clock that has just been set is not trusted with what cannot be undone.
        let mut set: Option<Instant> = None;
        let mut begun = false;
        // Its tasks end with this future.
        let mut tasks = JoinSet::new();
        if ENABLED {
            tasks.spawn(refresh_gauges(Arc::clone(&self)));
        }
        loop {
            let now = Instant::now();
            if !self.pools.is_empty() {
                self.pools.start_due();
                if !begun {
                    begun = true;
                    self.clamp().await;
                }
                if ticked.elapsed() >= tick {
                    let jumped = clock.jump(self.settings.clock.now()) > lease / 4;
                    ticked = now;
                    if jumped {
                        set = Some(now);
                        tracing::warn!("the clock was set; leases are renewed");
                        self.upkeep.times().renewed = None;
                        self.clamp().await;
                        self.pools.look();
                    }
                }
                self.renew(lease / 3);
                if looked.elapsed() >= self.poll_interval(&tidy) {
                    looked = now;
                    // Instead of a look, not beside it: an idle inbox does one thing at a time.
                    if tidy.done.elapsed() < tidy.every {
                        self.look_around();
                    } else {
                        let believed =
                            set.is_none_or(|since: Instant| since.elapsed() > 10 * TIDY_EVERY);
                        self.tidy(&mut tidy, believed).await;
                    }
                }
            }
            self.nudge_when_due();
            if self.heart.begin(self.pools.holds_any()) {
                self.nudge();
            }
            let deadline = self.deadline(tick, ticked, looked, &tidy);
            let changed = self.upkeep.changed.notified();
            match deadline {
                Some(deadline) => {
                    let _ = timeout_at(deadline, changed).await;
                }
                None => changed.await,
            }
        }
    }

    /// Looks for what other processes have changed: what is due, and claims that are no longer good.
    pub(super) fn look_around(&self) {
        self.pools.look();
        if self.pools.runs_any() {
            self.upkeep.check_soon();
        }
    }

    /// Resets implausible due times, or deletes old records.
    async fn tidy(&self, tidy: &mut Tidy, may_prune: bool) {
        let active = self.upkeep.active.swap(false, Ordering::Relaxed);
        tidy.done = Instant::now();
        tidy.every = if active { TIDY_EVERY } else { (tidy.every * 2).min(IDLE) };
        tidy.prunes = !tidy.prunes;
        if !tidy.prunes {
            self.clamp().await;
        } else if may_prune {
            match prune(&*self.store, &self.settings.retention).await {
                // Beside, because it takes its time, and leases have to be renewed.
                Ok(_) => {
                    let store = Arc::clone(&self.store);
                    tokio::spawn(async move { release_space(&*store).await });
                }
                Err(error) => tracing::warn!(%error, "old records could not be deleted"),
            }
        }
    }

    /// How often the store is asked without a reason.
    fn poll_interval(&self, tidy: &Tidy) -> Duration {
        let interval = self.settings.poll_interval;
        if !self.upkeep.notified.load(Ordering::Relaxed) {
            return interval;
        }
        match self.store.notifies() {
            Notifies::Nothing => interval,
            // In time to learn when the leases of a process run out that has ended.
            Notifies::Due => POLL_AT_LEAST.min(self.settings.lease),
            Notifies::Everything => interval.max(tidy.every),
        }
    }

    /// Renews leases with the next commit, if it is time.
    fn renew(&self, every: Duration) {
        if !self.pools.holds_any() {
            // What is claimed from now on has a fresh lease.
            self.upkeep.times().renewed = Some(Instant::now());
            return;
        }
        let mut times = self.upkeep.times();
        if times.renewed.is_none_or(|at| at.elapsed() >= every) {
            (times.renewed, times.renew) = (Some(Instant::now()), true);
            drop(times);
            self.nudge();
        }
    }

    fn nudge_when_due(&self) {
        let now = Instant::now();
        let mut times = self.upkeep.times();
        let due = times.due.take_if(|due| *due <= now).is_some();
        let due = times.lapse.take_if(|lapse| *lapse <= now).is_some() || due;
        let check = times.check.take_if(|at| *at <= now).is_some();
        if check {
            (times.checks, times.checked) = (true, Some(now));
        }
        let nudge = times.nudge.take_if(|at| *at <= now).is_some() || check;
        drop(times);
        if due {
            self.pools.look();
        } else if self.count_at().is_some_and(|at| at <= now) {
            self.upkeep.counts.store(true, Ordering::Relaxed);
            self.nudge();
        } else if nudge {
            self.nudge();
        }
    }

    /// When the next running attempt is to be counted, unless the next commit does it.
    fn count_at(&self) -> Option<Instant> {
        if self.upkeep.counts.load(Ordering::Relaxed) {
            return None;
        }
        self.pools.first_uncounted().map(|at| at + UNCOUNTED)
    }

    fn nudge(&self) {
        let _ = self.queue.push_beside(Queued::Nudge);
    }

    /// When to look at the times again; `None` if nothing has its time.
    fn deadline(
        &self,
        tick: Duration,
        ticked: Instant,
        looked: Instant,
        tidy: &Tidy,
    ) -> Option<Instant> {
        if self.pools.is_empty() {
            return self.upkeep.times().nudge;
        }
        let (due, lapse, nudge, renewed, check) = {
            let times = self.upkeep.times();
            (times.due, times.lapse, times.nudge, times.renewed, times.check)
        };
        let holds = self.pools.holds_any();
        let ticks = (holds || due.is_some()).then(|| ticked + tick);
        let renew = renewed.filter(|_| holds).map(|at| at + self.settings.lease / 3);
        let poll = looked.checked_add(self.poll_interval(tidy));
        let (start, heart) = (self.pools.next_start(), self.heart.due_at(holds));
        [due, lapse, nudge, ticks, renew, self.count_at(), start, poll, heart, check]
            .into_iter()
            .flatten()
            .min()
    }

    async fn clamp(&self) {
        let limits = self.settings.due_time_limits(self.pools.longest_pause());
        if clamp_future_due_times(&*self.store, limits).await > 0 {
            self.pools.look();
        }
    }
}
