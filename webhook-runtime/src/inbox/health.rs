//! The health of an inbox, for probes.

use std::{
    future::poll_fn,
    pin::pin,
    task::Poll,
    time::{Duration, SystemTime},
};

use tokio::time::{Instant, timeout_at};

use crate::inbox::{Inbox, error::InboxError, store::Pause, tx::must_not_wait_for_itself};

/// The longest time of a look at the health.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(2);

/// The time for which the answer of the store is taken again.
const KEPT_FOR: Duration = Duration::from_secs(1);

/// The health of an inbox in this process.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Health {
    /// An error if the store cannot be written to: something was written just now, in the way in
    /// which deliveries are stored, and committed.
    pub store: Result<(), InboxError>,
    /// The time for which the oldest due delivery has been waiting, of endpoints that are not paused;
    /// zero if it is not known.
    pub lag: Duration,
    /// The time at which that delivery became due.
    pub oldest_due: Option<SystemTime>,
    /// True if the inbox is being shut down.
    pub draining: bool,
    /// The endpoints that are paused, as far as is known.
    pub paused: Vec<Pause>,
    /// True if workers have been started in this process, and not all have stopped.
    pub working: bool,
    /// The number of deliveries that run in this process.
    pub running: u32,
    /// The number of deliveries that wait to be stored.
    pub queued: usize,
    /// The part of the queue that they fill, by number or by size: from 0 to 1. At 1, deliveries are
    /// refused with 503.
    pub queue_fullness: f64,
}

impl Health {
    /// False if nothing but a restart of this process can help: the thread that stores deliveries has
    /// ended. A database that is down is no reason for a restart.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.draining || self.store != Err(InboxError::Closed)
    }

    /// True if this process can take deliveries: the store can be written to, the queue has room, and
    /// the inbox is not being shut down.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.store.is_ok() && !self.draining && self.queue_fullness < 1.0
    }
}

/// The answer of the store.
#[derive(Clone)]
pub(crate) struct StoreHealth {
    at: Instant,
    store: Result<(), InboxError>,
    lag: Duration,
    oldest_due: Option<SystemTime>,
    paused: Vec<Pause>,
}

impl Inbox {
    /// Looks at the health of this inbox, for at most two seconds. The store is written to at most once
    /// a second, however often this is called.
    pub async fn health(&self) -> Health {
        let until = Instant::now() + HEALTH_TIMEOUT;
        let found = match must_not_wait_for_itself() {
            Ok(()) => {
                let last = timeout_at(until, self.shared.health.lock()).await;
                match last {
                    Ok(mut last) => match &*last {
                        Some(known) if known.at.elapsed() < KEPT_FOR => known.clone(),
                        _ => last.insert(self.ask_store(until).await).clone(),
                    },
                    Err(_) => StoreHealth::of(Err(InboxError::Timeout)),
                }
            }
            Err(error) => StoreHealth::of(Err(error)),
        };
        let crew = self.shared.writer.pools().crew();
        let (queued, queue_fullness) = self.shared.writer.queued();
        Health {
            store: found.store,
            lag: found.lag,
            oldest_due: found.oldest_due,
            draining: *self.shared.draining.borrow(),
            paused: found.paused,
            working: crew.is_alive,
            running: crew.running,
            queued,
            queue_fullness,
        }
    }

    /// Makes [`health`](Self::health) tell that the inbox is being shut down, and changes nothing else.
    /// [`shutdown`](Self::shutdown) does it as well. A program with its own server calls it when it is
    /// told to end, so that its load balancer finds out before the server takes no more connections.
    pub fn set_draining(&self) {
        self.shared.draining.send_replace(true);
    }

    /// Waits until the inbox is being shut down. A response that never ends by itself, such as a stream
    /// of events, ends then: otherwise the server waits for it.
    pub async fn draining(&self) {
        let mut draining = self.shared.draining.subscribe();
        // It fails only without a sender, which is here.
        let _ = draining.wait_for(|draining| *draining).await;
    }

    /// True if the thread that stores deliveries has ended, and was not told to.
    pub(crate) fn has_ended(&self) -> bool {
        self.shared.writer.has_ended() && !*self.shared.draining.borrow()
    }

    async fn ask_store(&self, until: Instant) -> StoreHealth {
        let shared = &self.shared;
        let writes = timeout_at(until, shared.writer.heartbeat());
        let reads = timeout_at(until, async { (shared.store.lag().await, self.paused().await) });
        let (written, read) = both(writes, reads).await;
        let mut health = StoreHealth::of(written.unwrap_or(Err(InboxError::Timeout)));
        if let Ok((lag, paused)) = read {
            health.paused = paused.unwrap_or_default();
            health.lag = lag.unwrap_or_default();
        }
        let waits = Some(health.lag).filter(|lag| !lag.is_zero());
        health.oldest_due = waits.and_then(|lag| shared.settings.clock.now().checked_sub(lag));
        health
    }
}

impl StoreHealth {
    fn of(store: Result<(), InboxError>) -> Self {
        let (lag, paused) = (Duration::ZERO, Vec::new());
        Self { at: Instant::now(), store, lag, oldest_due: None, paused }
    }
}

/// Runs two futures at the same time.
async fn both<A, B>(one: impl Future<Output = A>, other: impl Future<Output = B>) -> (A, B) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut first, mut second) = (None, None);
    poll_fn(|context| {
        if first.is_none()
            && let Poll::Ready(value) = one.as_mut().poll(context)
        {
            first = Some(value);
        }
        if second.is_none()
            && let Poll::Ready(value) = other.as_mut().poll(context)
        {
            second = Some(value);
        }
        match (first.take(), second.take()) {
            (Some(first), Some(second)) => Poll::Ready((first, second)),
            (one, other) => {
                (first, second) = (one, other);
                Poll::Pending
            }
        }
    })
    .await
}
