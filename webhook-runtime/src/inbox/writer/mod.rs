//! Everything that an inbox writes, in group commits of a thread of its own.
//!
//! **One queue, one commit.** Deliveries to store, claims to settle and starts to count are queued.
//! The thread ([`engine`]) takes all of it, adds what else there is to do, and hands it to the store
//! as one [`Work`](crate::inbox::store::Work). There is no timer: what comes alone is committed at
//! once, and what comes during a commit is in the next one. SQLite does it in one transaction, beside
//! what handlers have written through `Tx`. PostgreSQL stores, settles and counts in one statement, and
//! takes others for renewals, claims and deliveries with an ordering key; it makes three commits at a
//! time, because its server flushes them together. A store that has no method for it gets the parts
//! one after another. The thread has a runtime of its own: handlers that block theirs stop no lease
//! and no commit.
//!
//! **Claims.** Workers do not claim. A [pool](crate::inbox::worker::pool) knows its room, and whether
//! the store may have more of an endpoint; the thread claims for all pools with the commits that it
//! makes anyway. While nothing older waits, a new delivery is claimed in the commit that stores it,
//! and its job is made from memory. Otherwise it waits its turn in the store, so that new deliveries
//! never overtake old ones. A claim that comes back short says that there is no more.
//!
//! **Tenants.** Where tenants take turns, a claim is for the tenants that the pool has the fewest
//! deliveries of: the store finds them by an index of its own, one step each, going round. The next
//! slot is for the tenant with the fewest running. What has been prefetched of one tenant keeps no
//! other waiting: while something waits, the pool still claims one delivery of each tenant of which
//! nothing does.
//!
//! **Prefetched is not running.** Each endpoint has slots of its own. It claims ahead what it starts
//! in about a tenth of a second, so that a slow handler keeps little from other processes. A slot is
//! free when its handler has returned, also if its transaction waits for a commit; the completion is
//! queued.
//!
//! **Attempts.** A claim counts nothing. An attempt is counted 5 ms after its begin, in a commit that
//! it does not wait for, or when it ends. If its record is locked, it is counted a second later. So a process that is killed never counts an attempt that
//! did not begin. A delivery whose claim was lost before its attempt was counted is *unsure*: it may
//! be what ended the process. Its attempts are counted before they begin, until one ends, and it is
//! given up one attempt earlier: a poison is started as often as `max_attempts` says. The same holds
//! for a job that has waited for longer than its lease, or during an operator's change: its claim is
//! looked at again before it begins.
//!
//! **Times.** One task of the thread ([`upkeep`]) has a timer for the next due time, the next lease
//! that runs out, the renewal of leases, and maintenance. A store that tells of changes is hardly
//! polled. With nothing to do, nothing wakes.
//!
//! **Sums** of minutes ([`tally`]) join a commit that is made anyway, twice a second. Only where nothing
//! else is committed they get one of their own.
//!
//! **Signs of life.** The row of this process is written with commits that are made anyway, or by one of
//! its own where there is none ([`heart`]).
//!
//! **The end.** A pool that stops gives back what waits, as if it had never been claimed, and waits
//! for what is on its way. It does not wait for a store that hangs.

mod engine;
mod gauges;
pub(crate) mod heart;
pub(crate) mod queue;
mod sync;
pub(crate) mod tally;
mod upkeep;

use std::{sync::Arc, time::Duration};

use tokio::sync::{oneshot, watch};

use crate::{
    inbox::{
        counters::InboxMetrics,
        error::InboxError,
        options::Settings,
        record::{ClaimToken, EnqueueResult, NewDelivery},
        store::{FinishedAttempt, InboxStore},
        worker::pools::Pools,
        writer::{
            engine::Engine,
            heart::Heart,
            queue::{Queue, Refused},
            tally::{Happened, SUM_EVERY, Tally},
            upkeep::Upkeep,
        },
    },
    support::metrics::Stopwatch,
    verify::Clock,
};

/// The longest wait for a delivery to be stored. Providers have little patience.
const STORE_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest wait for what is queued when the inbox is closed.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest wait for the heartbeat that tells of the end.
const LAST_HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(1);

type Reply<T> = oneshot::Sender<Result<T, InboxError>>;

/// One thing for the next commit.
enum Queued {
    /// Store a delivery.
    Store(Box<NewDelivery>, Reply<EnqueueResult>),
    /// Settle a claim.
    Finish(FinishedAttempt, Reply<bool>),
    /// Count the attempt of a claim, before it begins.
    Start(ClaimToken, Reply<bool>),
    /// Give a sign of life.
    Heartbeat(Reply<()>),
    /// See what else there is to do.
    Nudge,
}

/// Stores deliveries and settles claims, many in one commit.
pub(crate) struct Writer {
    store: Arc<dyn InboxStore>,
    queue: Arc<Queue<Queued>>,
    pools: Arc<Pools>,
    upkeep: Arc<Upkeep>,
    tally: Arc<Tally>,
    counters: Arc<InboxMetrics>,
    clock: Arc<dyn Clock>,
    heart: Arc<Heart>,
    dedup_retention: Duration,
    fair_tenants: bool,
    ended: watch::Receiver<bool>,
}

impl Writer {
    /// Starts the thread. After the writer is dropped, it commits what is queued and ends.
    pub(crate) fn start(
        store: &Arc<dyn InboxStore>,
        settings: &Settings,
        counters: Arc<InboxMetrics>,
    ) -> Self {
        let queue = Arc::new(Queue::new(settings.queue));
        let upkeep = Arc::new(Upkeep::default());
        let heart = Arc::new(Heart::new(settings));
        let pools = Arc::new(Pools::new(Arc::clone(&heart), {
            let (queue, upkeep) = (Arc::clone(&queue), Arc::clone(&upkeep));
            move |timers| {
                if timers {
                    upkeep.changed();
                } else {
                    let _ = queue.push_beside(Queued::Nudge);
                }
            }
        }));
        let (ending, ended) = watch::channel(false);
        let (tally, clock) = (Arc::new(Tally::default()), Arc::clone(&settings.clock));
        let engine = Engine::new(
            Arc::clone(store),
            settings.clone(),
            Arc::clone(&counters),
            Arc::clone(&queue),
            Arc::clone(&pools),
            (Arc::clone(&upkeep), Arc::clone(&tally), Arc::clone(&heart)),
        );
        engine.start(ending);
        let (dedup_retention, fair_tenants) = (settings.dedup_retention, settings.fair_tenants);
        let store = Arc::clone(store);
        Self {
            store,
            queue,
            pools,
            upkeep,
            tally,
            counters,
            clock,
            heart,
            dedup_retention,
            fair_tenants,
            ended,
        }
    }

    /// The workers of this process.
    pub(crate) fn pools(&self) -> &Arc<Pools> {
        &self.pools
    }

    /// The signs of life of this process.
    pub(crate) fn heart(&self) -> &Heart {
        &self.heart
    }

    /// Gives a sign of life, and returns when it is committed.
    pub(crate) async fn heartbeat(&self) -> Result<(), InboxError> {
        let (answer, answered) = oneshot::channel();
        answer_to(self.queue.push_beside(Queued::Heartbeat(answer)), answered).await
    }

    /// Tells that the workers have stopped, if the store is quick.
    pub(crate) async fn last_heartbeat(&self) {
        self.pools.stopped();
        let _ = tokio::time::timeout(LAST_HEARTBEAT_TIMEOUT, self.heartbeat()).await;
    }

    /// Makes all workers look for what is due.
    pub(crate) fn look(&self) {
        self.pools.look();
    }

    /// Finds out soon which claims of this process are no longer good.
    pub(crate) fn check_claims(&self) {
        self.upkeep.renew_again();
    }

    /// Makes all workers look after this time: a claim was given up without being settled.
    pub(crate) fn look_in(&self, wait: Duration) {
        self.upkeep.due_in(wait);
    }

    /// Stores a delivery. Without an error, it is committed.
    pub(crate) async fn enqueue(&self, delivery: NewDelivery) -> Result<EnqueueResult, InboxError> {
        let (metrics, since) = (self.counters.series_of(&delivery.endpoint), Stopwatch::start());
        let answered = self.push(delivery)?;
        let answered =
            with_timeout(async { answered.await.map_err(|_| InboxError::Closed)? }).await;
        if let (Some(metrics), Ok(_)) = (metrics, &answered) {
            metrics.acknowledged(since);
        }
        answered
    }

    /// Stores deliveries, in few commits. Without an error, all of them are committed.
    pub(crate) async fn enqueue_all(
        &self,
        all: Vec<NewDelivery>,
    ) -> Result<Vec<EnqueueResult>, InboxError> {
        // They are of one request.
        let metrics = all.first().and_then(|first| self.counters.series_of(&first.endpoint));
        let since = Stopwatch::start();
        let all = async {
            let mut results = Vec::with_capacity(all.len());
            let mut all = all.into_iter().peekable();
            while all.peek().is_some() {
                let mut pushed = Vec::new();
                while let Some(one) = all.next_if(|one| pushed.is_empty() || self.has_room(one)) {
                    pushed.push(self.push(one)?);
                }
                // If there is not enough room for all, the next ones follow these.
                for answered in pushed {
                    results.push(answered.await.map_err(|_| InboxError::Closed)??);
                }
            }
            Ok(results)
        };
        let answered = with_timeout(all).await;
        if let (Some(metrics), Ok(_)) = (metrics, &answered) {
            metrics.acknowledged(since);
        }
        answered
    }

    /// The number of deliveries that wait to be stored, and the part of the queue that they fill.
    pub(crate) fn queued(&self) -> (usize, f64) {
        self.queue.filled()
    }

    fn has_room(&self, delivery: &NewDelivery) -> bool {
        self.queue.has_room(delivery.weight())
    }

    fn push(
        &self,
        mut delivery: NewDelivery,
    ) -> Result<oneshot::Receiver<Result<EnqueueResult, InboxError>>, InboxError> {
        delivery.dedup_retention = delivery.dedup_retention.max(self.dedup_retention);
        if self.fair_tenants {
            delivery.take_turns();
        }
        let (answer, answered) = oneshot::channel();
        let weight = delivery.weight();
        if self.queue.has_room(weight) {
            self.store.prepare(&mut delivery);
        }
        self.queue.push(Queued::Store(Box::new(delivery), answer), weight).map_err(|refused| {
            match refused {
                Refused::Full => InboxError::QueueFull,
                Refused::Closed => InboxError::Closed,
            }
        })?;
        Ok(answered)
    }

    /// Settles a claim, and returns whether it was still good. It is queued at once.
    pub(crate) fn finish(
        &self,
        finish: FinishedAttempt,
    ) -> impl Future<Output = Result<bool, InboxError>> + Send + use<> {
        let (answer, answered) = oneshot::channel();
        answer_to(self.queue.push_beside(Queued::Finish(finish, answer)), answered)
    }

    /// Counts what happened at an endpoint, for the sums of minutes.
    pub(crate) fn count(&self, endpoint: &str, what: Happened) {
        if self.tally.count(endpoint, what, self.clock.now()) {
            self.upkeep.nudge_in(SUM_EVERY);
        }
    }

    /// Counts the attempt of a claim that is about to begin, and returns whether the claim is still
    /// good.
    pub(crate) async fn begin(&self, claim_token: ClaimToken) -> Result<bool, InboxError> {
        let (answer, answered) = oneshot::channel();
        answer_to(self.queue.push_beside(Queued::Start(claim_token, answer)), answered).await
    }

    /// True if the thread has ended.
    pub(crate) fn has_ended(&self) -> bool {
        *self.ended.borrow() || self.ended.has_changed().is_err()
    }

    /// Takes nothing more, and waits until what is queued is committed.
    pub(crate) async fn close(&self) {
        self.queue.close();
        let mut ended = self.ended.clone();
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, ended.wait_for(|ended| *ended)).await;
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.close();
    }
}

async fn answer_to<T>(
    queued: Result<(), Refused>,
    answered: oneshot::Receiver<Result<T, InboxError>>,
) -> Result<T, InboxError> {
    queued.map_err(|_| InboxError::Closed)?;
    answered.await.map_err(|_| InboxError::Closed)?
}

async fn with_timeout<T>(
    stored: impl Future<Output = Result<T, InboxError>>,
) -> Result<T, InboxError> {
    tokio::time::timeout(STORE_TIMEOUT, stored).await.unwrap_or(Err(InboxError::Timeout))
}
