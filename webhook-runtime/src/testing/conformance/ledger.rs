//! What a receiver has done, and for how much of that the requests of a case account.
//!
//! A receiver may do something after it has answered: rightly, where it puts deliveries into a queue,
//! and wrongly, where it does so before it has verified them. So effects are not counted from one
//! answer to the next, but over the whole case.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    time::{Duration, Instant},
};

use super::{failure::Failure, target::Target};
use crate::testing::response::HandlerRuns;

/// How long something may take to show that nobody waits for. It is spent where there is nothing to
/// see, once or twice a case: what is slower than that escapes.
const SETTLING: Duration = Duration::from_millis(20);

/// How long something may take that comes of most deliveries, but need not.
const AWAITING: Duration = Duration::from_secs(1);

/// How long a delivery that was taken may take to be handled.
const HANDLING: Duration = Duration::from_secs(5);

/// How often other tasks get their turn before a request is taken for done.
const TURNS: usize = 4;

/// What has been accounted for.
#[derive(Default)]
pub(super) struct Ledger {
    /// The calls of the handler, if it is ours.
    pub(super) runs: HandlerRuns,
    /// How much of the count belongs to requests that are judged already.
    seen: AtomicUsize,
    /// Whether something may still follow from a request that may have been taken or not.
    is_open: AtomicBool,
    /// How many of these were answered as if they were taken, and are not handled yet.
    awaited: AtomicUsize,
    /// How many requests were sent.
    sent: AtomicUsize,
}

impl Target {
    /// Begins a case.
    pub(super) fn open_ledger(&self) {
        self.ledger.sent.store(0, Relaxed);
        self.ledger.is_open.store(false, Relaxed);
        self.ledger.awaited.store(0, Relaxed);
        self.absorb();
    }

    /// Ends a case: whatever was done and belongs to no delivery is told. Answers how many requests
    /// there were.
    pub(super) async fn close_ledger(&self) -> Result<usize, Failure> {
        let sent = self.ledger.sent.load(Relaxed);
        if self.settle().await {
            return Ok(sent);
        }
        // Our own handlers are called before the answer, or not at all.
        if self.handled_count.is_some() && sent > 0 {
            tokio::time::sleep(SETTLING).await;
        }
        match self.take_handled_count() {
            Some(late @ 1..) => Err(Failure::new(format!(
                "something was done after the receiver had answered, for which no delivery that it \
                 took accounts ({late} more than it took): a request was handled and refused, or a \
                 delivery was handled twice"
            ))),
            _ => Ok(sent),
        }
    }

    pub(super) fn note_request(&self) {
        self.ledger.sent.fetch_add(1, Relaxed);
    }

    /// Notes that the last request may be handled later, as it probably is if it was taken.
    pub(super) fn leave_open(&self, was_taken: bool, effects: usize) {
        self.ledger.is_open.store(true, Relaxed);
        let awaited = self.ledger.awaited.load(Relaxed) + usize::from(was_taken);
        self.ledger.awaited.store(awaited.saturating_sub(effects), Relaxed);
    }

    /// Waits for what may be left of earlier requests, and answers whether something may.
    pub(super) async fn settle(&self) -> bool {
        let awaited = self.ledger.awaited.swap(0, Relaxed);
        if !self.ledger.is_open.swap(false, Relaxed) {
            return false;
        }
        if self.handled_count.is_some() {
            let start = Instant::now();
            let mut effects = 0;
            while effects < awaited && start.elapsed() < AWAITING {
                tokio::time::sleep(Duration::from_millis(1)).await;
                effects += self.take_handled_count().unwrap_or_default();
            }
            tokio::time::sleep(SETTLING).await;
        }
        self.absorb();
        true
    }

    /// What was done since it was asked last; `None` where nobody counts.
    pub(super) fn take_handled_count(&self) -> Option<usize> {
        let now = self.count()?;
        Some(now.saturating_sub(self.ledger.seen.swap(now, Relaxed)))
    }

    fn absorb(&self) {
        let _ = self.take_handled_count();
    }

    /// Lets whatever the receiver has spawned have its turn.
    pub(super) async fn take_turns(&self) {
        if self.handled_count.is_some() {
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Waits until a delivery that was taken is handled as often as it has to be.
    pub(super) async fn wait_for_handler(&self, mut effects: usize, wanted: usize) -> usize {
        let start = Instant::now();
        // Whoever takes all items at once has done something once, and then no more.
        while effects < wanted
            && start.elapsed() < if effects == 0 { HANDLING } else { SETTLING }
            && self.handled_count.is_some()
        {
            tokio::time::sleep(Duration::from_millis(1)).await;
            effects += self.take_handled_count().unwrap_or_default();
        }
        effects
    }
}
