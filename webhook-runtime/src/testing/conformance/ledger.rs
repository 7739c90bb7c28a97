//! Counts handled deliveries, and assigns them to the requests of a case.
//!
//! A receiver may handle a delivery after its response. That is right if it has a queue of verified
//! deliveries, and wrong if it has not verified them. So deliveries are not counted from one
//! response to the next, but over the whole case.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    time::{Duration, Instant},
};

use super::{exchange::Outcome, failure::Failure, target::Target};
use crate::testing::response::HandlerRuns;

/// The time in which an unexpected handler call must show. It is spent once or twice a case, and
/// slower calls are missed. A receiver with a slow queue gets more.
const SETTLING: Duration = Duration::from_millis(20);

/// The maximum wait for a call that most receivers make, but need not make. A receiver with a slow
/// queue gets more.
const AWAITING: Duration = Duration::from_secs(1);

/// The maximum wait for all deliveries in a queue.
const DRAINING: Duration = Duration::from_secs(60);

/// The longest delay that is no queue's.
const PROMPT: Duration = Duration::from_millis(50);

/// The number of yields to other tasks before a request counts as finished.
const TURNS: usize = 4;

/// The counts of one case.
#[derive(Default)]
pub(super) struct Ledger {
    /// The calls of the handler, for our endpoints.
    pub(super) runs: HandlerRuns,
    /// The part of the count that belongs to finished requests.
    seen: AtomicUsize,
    /// An earlier request may still be handled.
    is_open: AtomicBool,
    /// The number of these requests that were accepted and are not handled yet.
    awaited: AtomicUsize,
    /// Cases that accept nothing do not wait for late effects.
    settles_later: AtomicBool,
    /// Such cases have ended since the last wait.
    is_unsettled: AtomicBool,
    /// The case has sent a delivery that may be accepted.
    has_offered: AtomicBool,
    /// The number of requests.
    sent: AtomicUsize,
    /// The longest time from a response to its effect, in milliseconds.
    lag: AtomicU64,
}

impl Target {
    /// Starts a case.
    pub(super) fn open_ledger(&self) {
        self.ledger.sent.store(0, Relaxed);
        self.ledger.is_open.store(false, Relaxed);
        self.ledger.awaited.store(0, Relaxed);
        self.ledger.has_offered.store(false, Relaxed);
        if !self.ledger.is_unsettled.load(Relaxed) {
            self.absorb();
        }
    }

    /// Lets cases end before the late effects of their requests can show: a receiver with a slow
    /// queue is then waited for once for several cases. If there are some, a later case or
    /// [`settle_all`](Self::settle_all) fails with a failure that
    /// [is unassigned](Failure::is_unassigned). All cases since the last one that left the target
    /// [settled](Self::is_settled) have to be run again, without this.
    pub fn settle_later(&self, is_later: bool) {
        self.ledger.settles_later.store(is_later, Relaxed);
        self.ledger.is_unsettled.store(false, Relaxed);
    }

    /// Returns whether the last case has waited for late effects.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        !self.ledger.is_unsettled.load(Relaxed)
    }

    /// Waits for late effects of cases that have not waited.
    ///
    /// # Errors
    /// If there are some.
    pub async fn settle_all(&self) -> Result<(), Failure> {
        if self.ledger.is_unsettled.swap(false, Relaxed) {
            tokio::time::sleep(self.settling()).await;
            if let Some(late @ 1..) = self.take_handled_count() {
                return Err(Failure::unassigned(late));
            }
        }
        Ok(())
    }

    /// Notes a delivery that may be accepted. Effects until then belong to others.
    pub(super) async fn offer(&self) -> Result<(), Failure> {
        self.ledger.has_offered.store(true, Relaxed);
        self.settle_all().await
    }

    /// Ends a case, and returns the number of requests. It fails if a call belongs to no accepted
    /// delivery.
    pub(super) async fn close_ledger(&self) -> Result<usize, Failure> {
        let sent = self.ledger.sent.load(Relaxed);
        if self.settle().await {
            return Ok(sent);
        }
        let is_refusing = !self.ledger.has_offered.load(Relaxed) && sent > 0;
        if is_refusing && self.ledger.settles_later.load(Relaxed) && self.lag().is_some() {
            self.ledger.is_unsettled.store(true, Relaxed);
            return Ok(sent);
        }
        // Our own handlers are called before the response, or not at all.
        if self.handled_count.is_some() && sent > 0 {
            tokio::time::sleep(self.settling()).await;
        }
        match self.take_handled_count() {
            Some(late @ 1..) => Err(Failure::new(format!(
                "the receiver handled {late} more than it accepted, after its response: a request \
                 was handled and refused, or a delivery was handled twice"
            ))),
            _ => Ok(sent),
        }
    }

    pub(super) fn note_request(&self) {
        self.ledger.sent.fetch_add(1, Relaxed);
    }

    /// Notes that the last request may be handled later, which is likely if it was accepted.
    pub(super) fn leave_open(&self, was_taken: bool, effects: usize) {
        self.ledger.is_open.store(true, Relaxed);
        let awaited = self.ledger.awaited.load(Relaxed) + usize::from(was_taken);
        self.ledger.awaited.store(awaited.saturating_sub(effects), Relaxed);
    }

    /// Waits for late calls of earlier requests, and returns whether there may have been any.
    pub(super) async fn settle(&self) -> bool {
        let awaited = self.ledger.awaited.swap(0, Relaxed);
        if !self.ledger.is_open.swap(false, Relaxed) {
            return false;
        }
        if self.handled_count.is_some() {
            let mut effects = 0;
            // A queue may hold many of them: as long as some come, more do.
            let (start, mut last) = (Instant::now(), Instant::now());
            while effects < awaited
                && last.elapsed() < self.awaiting()
                && start.elapsed() < DRAINING
            {
                self.pause().await;
                let more = self.take_handled_count().unwrap_or_default();
                if more > 0 {
                    last = Instant::now();
                }
                effects += more;
            }
            tokio::time::sleep(self.settling()).await;
        }
        self.absorb();
        true
    }

    /// The number of handled deliveries since the last call; `None` if they are not counted.
    pub(super) fn take_handled_count(&self) -> Option<usize> {
        let now = self.count()?;
        Some(now.saturating_sub(self.ledger.seen.swap(now, Relaxed)))
    }

    fn absorb(&self) {
        let _ = self.take_handled_count();
    }

    /// Yields to tasks that the receiver has spawned.
    pub(super) async fn take_turns(&self) {
        if self.handled_count.is_some() {
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Waits for the effects of the last request, and returns their number.
    pub(super) async fn effects_of(&self, outcome: &Outcome) -> usize {
        match outcome.handled_count {
            Some(0) | None => self.effects_of_open().await,
            Some(effects) => effects,
        }
    }

    /// Waits for the effects of earlier requests that may still come, and returns their number.
    pub(super) async fn effects_of_open(&self) -> usize {
        self.ledger.awaited.store(0, Relaxed);
        self.ledger.is_open.store(false, Relaxed);
        let (start, mut effects) = (Instant::now(), 0);
        while effects == 0 && start.elapsed() < self.awaiting() && self.handled_count.is_some() {
            self.pause().await;
            effects += self.take_handled_count().unwrap_or_default();
        }
        effects
    }

    /// Waits until an accepted delivery is handled as often as expected.
    pub(super) async fn wait_for_handler(&self, mut effects: usize, wanted: usize) -> usize {
        let start = Instant::now();
        // A receiver that takes all items at once handles them once.
        while effects < wanted
            && start.elapsed() < if effects == 0 { self.handling_timeout } else { self.settling() }
            && self.handled_count.is_some()
        {
            self.pause().await;
            let more = self.take_handled_count().unwrap_or_default();
            if more > 0 {
                self.note_lag(start);
            }
            effects += more;
        }
        effects
    }

    /// The pause between two looks at the count.
    async fn pause(&self) {
        let millis = if self.is_remote() { 15 } else { 1 };
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }

    fn note_lag(&self, start: Instant) {
        let millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.ledger.lag.fetch_max(millis, Relaxed);
    }

    /// The longest delay of an effect so far, if it is that of a queue.
    fn lag(&self) -> Option<Duration> {
        Some(Duration::from_millis(self.ledger.lag.load(Relaxed))).filter(|lag| *lag > PROMPT)
    }

    fn settling(&self) -> Duration {
        let longer = self.lag().map(|lag| lag + lag / 2).unwrap_or_default();
        longer.max(SETTLING).min(self.handling_timeout)
    }

    fn awaiting(&self) -> Duration {
        let longer = self.lag().map(|lag| lag * 2 + AWAITING / 2).unwrap_or_default();
        longer.max(AWAITING).min(self.handling_timeout)
    }
}
