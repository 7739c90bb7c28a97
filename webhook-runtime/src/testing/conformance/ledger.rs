//! Counts handled deliveries, and assigns them to the requests of a case.
//!
//! A receiver may handle a delivery after its response. That is right if it has a queue of verified
//! deliveries, and wrong if it has not verified them. So deliveries are not counted from one
//! response to the next, but over the whole case.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    time::{Duration, Instant},
};

use super::{failure::Failure, target::Target};
use crate::testing::response::HandlerRuns;

/// The time in which an unexpected handler call must show. It is spent once or twice a case, and
/// slower calls are missed.
const SETTLING: Duration = Duration::from_millis(20);

/// The maximum wait for a call that most receivers make, but need not make.
const AWAITING: Duration = Duration::from_secs(1);

/// The maximum time to handle an accepted delivery.
const HANDLING: Duration = Duration::from_secs(5);

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
    /// The number of requests.
    sent: AtomicUsize,
}

impl Target {
    /// Starts a case.
    pub(super) fn open_ledger(&self) {
        self.ledger.sent.store(0, Relaxed);
        self.ledger.is_open.store(false, Relaxed);
        self.ledger.awaited.store(0, Relaxed);
        self.absorb();
    }

    /// Ends a case, and returns the number of requests. It fails if a call belongs to no accepted
    /// delivery.
    pub(super) async fn close_ledger(&self) -> Result<usize, Failure> {
        let sent = self.ledger.sent.load(Relaxed);
        if self.settle().await {
            return Ok(sent);
        }
        // Our own handlers are called before the response, or not at all.
        if self.handled_count.is_some() && sent > 0 {
            tokio::time::sleep(SETTLING).await;
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

    /// Waits until an accepted delivery is handled as often as expected.
    pub(super) async fn wait_for_handler(&self, mut effects: usize, wanted: usize) -> usize {
        let start = Instant::now();
        // A receiver that takes all items at once handles them once.
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
