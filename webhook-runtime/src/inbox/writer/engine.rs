//! The thread that commits: it takes everything that is queued into one commit, again and again.
//!
//! It has a runtime of its own. Handlers that block all threads of theirs keep no lease from being
//! renewed and no delivery from being stored.

use std::{
    future::pending,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Semaphore, watch},
    time::Instant,
};

use crate::{
    endpoint::Backoff,
    inbox::{
        counters::InboxMetrics,
        error::InboxError,
        metrics::commit_failed,
        options::Settings,
        record::{AttemptResult, EnqueueResult, NewDelivery},
        store::{InboxStore, Work, WorkResult},
        worker::{
            attempt::tell_dead_letters,
            pool::{Pool, Wanted},
            pools::Pools,
        },
        writer::{
            Queued, Reply,
            heart::Heart,
            queue::Queue,
            tally::{Happened, SUM_EVERY, Tally},
            upkeep::Upkeep,
        },
    },
    support::panic::catch_panic,
};

/// The parts of an inbox that write.
pub(super) struct Engine {
    pub(super) store: Arc<dyn InboxStore>,
    pub(super) settings: Settings,
    pub(super) counters: Arc<InboxMetrics>,
    pub(super) queue: Arc<Queue<Queued>>,
    pub(super) pools: Arc<Pools>,
    pub(super) upkeep: Arc<Upkeep>,
    tally: Arc<Tally>,
    pub(super) heart: Arc<Heart>,
    commits: Semaphore,
    failed: Mutex<Failures>,
}

/// Claims that failed. The next try waits.
#[derive(Default)]
struct Failures {
    count: u32,
    pause_until: Option<Instant>,
}

/// Who waits for the result of a commit, in the order of its parts.
#[derive(Default)]
struct Answers {
    stored: Vec<(Reply<EnqueueResult>, Option<Arc<Pool>>)>,
    finished: Vec<Reply<bool>>,
    /// Those that have begun meanwhile wait for nothing.
    started: Vec<Option<Reply<bool>>>,
    claimed: Vec<Wanted>,
    /// The number of the look ahead.
    look: Option<u64>,
}

impl Engine {
    pub(super) fn new(
        store: Arc<dyn InboxStore>,
        settings: Settings,
        counters: Arc<InboxMetrics>,
        queue: Arc<Queue<Queued>>,
        pools: Arc<Pools>,
        (upkeep, tally, heart): (Arc<Upkeep>, Arc<Tally>, Arc<Heart>),
    ) -> Self {
        let commits = Semaphore::new(store.max_commits().max(1));
        let failed = Mutex::default();
        Self { store, settings, counters, queue, pools, upkeep, tally, heart, commits, failed }
    }

    /// Starts the thread; it sends `true` when it has committed everything. Without a thread, the
    /// inbox works on the runtime that it was opened on.
    pub(super) fn start(self, ending: watch::Sender<bool>) {
        let engine = Arc::new(self);
        if engine.settings.own_thread {
            match Arc::clone(&engine).start_thread(ending.clone()) {
                Ok(()) => return,
                Err(error) => tracing::warn!(%error, "the inbox has no thread of its own"),
            }
        }
        tokio::spawn(async move {
            engine.run().await;
            let _ = ending.send(true);
        });
    }

    fn start_thread(self: Arc<Self>, ending: watch::Sender<bool>) -> std::io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let run = move || {
            runtime.block_on(self.run());
            let _ = ending.send(true);
        };
        std::thread::Builder::new().name("webhook-inbox".to_owned()).spawn(run)?;
        Ok(())
    }

    /// Commits until the queue is closed and empty.
    async fn run(self: Arc<Self>) {
        let beside = [
            tokio::spawn(Arc::clone(&self).keep()),
            tokio::spawn(forward_notifications(Arc::clone(&self))),
            tokio::spawn(run_background(Arc::clone(&self))),
        ];
        let max = self.settings.batch;
        let one_at_a_time = self.store.max_commits() <= 1;
        let commit = |items| {
            let engine = Arc::clone(&self);
            async move {
                if one_at_a_time {
                    engine.commit(items).await;
                } else {
                    engine.commit_beside(items).await;
                }
            }
        };
        self.queue.commit_by(max, commit).await;
        let all = u32::try_from(self.store.max_commits().max(1)).unwrap_or(1);
        let _ = self.commits.acquire_many(all).await;
        self.tell_the_rest().await;
        for task in beside {
            task.abort();
        }
    }

    /// Commits beside others, and returns when there is room for one more: until then more is
    /// queued for it.
    async fn commit_beside(self: Arc<Self>, items: Vec<Queued>) {
        let Ok(permit) = self.commits.acquire().await else { return };
        permit.forget();
        let engine = Arc::clone(&self);
        tokio::spawn(async move {
            engine.commit(items).await;
            engine.commits.add_permits(1);
        });
        let _ = self.commits.acquire().await;
    }

    async fn commit(&self, items: Vec<Queued>) {
        let work = catch_panic(async {
            let (work, answers) = self.gather(items);
            if !work.is_empty() {
                match self.store.commit(&work).await {
                    Ok(result) => self.succeeded(work, answers, result),
                    Err(error) => self.failed(&work, answers, &error),
                }
            }
        });
        if work.await.is_err() {
            commit_failed();
            tracing::error!("a commit of the inbox panicked; what was in it is not acknowledged");
            self.beaten(Err(&InboxError::Closed));
            self.pause_claims();
        }
    }

    /// Commits what is still to be told.
    async fn tell_the_rest(&self) {
        let work = Work { sums: self.tally.take_all_sums(), ..Work::default() };
        if !work.is_empty()
            && let Err(error) = self.store.commit(&work).await
        {
            tracing::debug!(%error, "the last sums were not written");
        }
    }

    /// Puts what is queued together with what else there is to do.
    fn gather(&self, items: Vec<Queued>) -> (Work, Answers) {
        let (mut work, mut answers) = (Work::default(), Answers::default());
        work.lease = self.settings.lease;
        let claims = self.may_claim();
        let mut heartbeats = Vec::new();
        for item in items {
            match item {
                Queued::Store(delivery, answer) => {
                    let pool = if claims { self.pools.reserve(&delivery) } else { None };
                    work.claim_new.push(pool.is_some());
                    work.enqueue.push(*delivery);
                    answers.stored.push((answer, pool));
                }
                Queued::Finish(finish, answer) => {
                    work.finish.push(finish);
                    answers.finished.push(answer);
                }
                Queued::Start(claim_token, answer) => {
                    work.start.push(claim_token);
                    answers.started.push(Some(answer));
                }
                Queued::Heartbeat(answer) => heartbeats.push(answer),
                Queued::Nudge => {}
            }
        }
        for claim_token in self.pools.begun_for_long(Instant::now()) {
            if !work.finish.iter().any(|finish| finish.claim_token == claim_token) {
                work.start.push(claim_token);
                answers.started.push(None);
            }
        }
        work.sums = self.tally.take_sums().unwrap_or_else(|wait| {
            self.upkeep.nudge_in(wait);
            Vec::new()
        });
        self.upkeep.counted();
        if self.upkeep.take_renewal() {
            work.renew = self.pools.held();
        } else if self.upkeep.take_check() {
            work.renew = self.pools.running_for_long();
        }
        if claims {
            answers.claimed = self.pools.wanted(&self.settings);
            work.claim = answers.claimed.iter().map(|wanted| wanted.request.clone()).collect();
            answers.look = self.pools.take_look();
            if answers.look.is_some() {
                work.look_ahead = self.pools.endpoints();
            }
        }
        work.heartbeat = self.heart.take(|| self.pools.crew(), heartbeats, &work);
        (work, answers)
    }

    /// False during the pause after claims that failed.
    fn may_claim(&self) -> bool {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let left = failed.pause_until.map(|until| until.saturating_duration_since(Instant::now()));
        let left = left.filter(|left| !left.is_zero());
        if let Some(left) = left {
            // The nudge at its end may have come for something else, and too early.
            self.upkeep.nudge_in(left);
        }
        left.is_none()
    }

    fn succeeded(&self, work: Work, answers: Answers, mut result: WorkResult) {
        if !(work.enqueue.is_empty() && work.finish.is_empty()) {
            self.upkeep.set_active();
        }
        if work.heartbeat.is_some() {
            self.beaten(Ok(result.worker));
        }
        if !work.finish.is_empty() && self.heart.set_active() {
            self.upkeep.changed();
        }
        if !result.lost.is_empty() {
            let lost: Vec<_> = work
                .renew
                .iter()
                .filter(|claim| result.lost.contains(&claim.id))
                .copied()
                .collect();
            self.pools.lose(&lost);
        }
        // The claims have seen what was stored with them.
        let mut seen: Vec<String> = Vec::new();
        let claimed = std::mem::take(&mut result.claimed);
        if !work.claim.is_empty() && claimed.len() < work.claim.len() {
            self.pause_claims();
        } else if !work.claim.is_empty() {
            *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Failures::default();
        }
        for (wanted, claimed) in answers.claimed.into_iter().zip(claimed) {
            self.counters.given_up(claimed.dead_lettered.into());
            if !claimed.dead_letters.is_empty() {
                let (store, ids) = (Arc::clone(&self.store), claimed.dead_letters.clone());
                let (hooks, counters) = (self.settings.hooks.clone(), Arc::clone(&self.counters));
                tokio::spawn(async move {
                    tell_dead_letters(&*store, &hooks, &counters, ids).await;
                });
            }
            if let Some(all_of) = wanted.deliver(claimed) {
                seen.extend(all_of);
            }
        }
        self.told_stored(work.enqueue, answers.stored, &result, &seen);
        let mut look = false;
        for ((finish, answer), good) in
            work.finish.iter().zip(answers.finished).zip(result.finished)
        {
            match finish.result {
                AttemptResult::Retry { after, .. } if good => {
                    self.upkeep.due_in(after.unwrap_or_default());
                }
                AttemptResult::Snoozed { after } if good => self.upkeep.due_in(after),
                AttemptResult::Released => look = true,
                _ => {}
            }
            // The next of its ordering key can go on.
            look |= finish.claim_token.ordering_digest.is_some();
            let _ = answer.send(Ok(good));
        }
        for ((claim_token, answer), good) in
            work.start.iter().zip(answers.started).zip(result.started)
        {
            match answer {
                Some(answer) => {
                    let _ = answer.send(Ok(good));
                }
                None if !good => self.pools.count_again(*claim_token),
                None => {}
            }
        }
        if !work.look_ahead.is_empty() {
            self.upkeep.looked(result.next_due, result.next_lapse);
            if let Some(look) = answers.look {
                match result.paused {
                    Some(paused) => self.pools.found_paused(look, &work.look_ahead, &paused),
                    None => self.ask_for_paused(look, work.look_ahead),
                }
            }
        }
        if look {
            self.pools.look();
        }
    }

    /// Asks which endpoints are paused where a look did not tell.
    fn ask_for_paused(&self, look: u64, endpoints: Vec<String>) {
        let (store, pools) = (Arc::clone(&self.store), Arc::clone(&self.pools));
        tokio::spawn(async move {
            match store.paused().await {
                Ok(paused) => {
                    let paused: Vec<_> = paused.into_iter().map(|pause| pause.endpoint).collect();
                    pools.found_paused(look, &endpoints, &paused);
                }
                Err(error) => {
                    tracing::warn!(%error, "which endpoints are paused is not known");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    pools.look();
                }
            }
        });
    }

    /// A heartbeat has ended. Workers may have been started or stopped meanwhile.
    fn beaten(&self, result: Result<Option<i64>, &InboxError>) {
        self.heart.ended(result);
        self.upkeep.changed();
    }

    fn told_stored(
        &self,
        deliveries: Vec<NewDelivery>,
        answers: Vec<(Reply<EnqueueResult>, Option<Arc<Pool>>)>,
        result: &WorkResult,
        seen: &[String],
    ) {
        let enqueued = &result.enqueued;
        let now = self.settings.clock.now();
        let endpoints = deliveries.iter().map(|delivery| &*delivery.endpoint);
        self.counters.enqueued(endpoints.zip(enqueued));
        let claimed = result.claimed_new.iter().copied().chain(std::iter::repeat(None));
        for (((delivery, (answer, pool)), enqueued), claimed) in
            deliveries.into_iter().zip(answers).zip(enqueued).zip(claimed)
        {
            if matches!(enqueued, EnqueueResult::Stored(_))
                && self.tally.count(&delivery.endpoint, Happened::Received, now)
            {
                self.upkeep.nudge_in(SUM_EVERY);
            }
            let left = match (pool, claimed) {
                (Some(pool), Some(claim_token)) => {
                    pool.deliver_new(delivery, claim_token);
                    None
                }
                (pool, _) => {
                    if let Some(pool) = pool {
                        pool.forgo(&delivery.endpoint);
                    }
                    Some(delivery)
                }
            };
            let copy = matches!(enqueued, EnqueueResult::Duplicate(_));
            if let Some(left) = left.filter(|left| !copy && !seen.contains(&left.endpoint)) {
                self.pools.more_of(&left.endpoint, left.tenant_digest);
            }
            let _ = answer.send(Ok(*enqueued));
        }
    }

    fn failed(&self, work: &Work, answers: Answers, error: &InboxError) {
        commit_failed();
        self.tally.failed(&work.sums);
        if work.heartbeat.is_some() {
            tracing::warn!(%error, "no heartbeat could be written");
            self.beaten(Err(error));
        }
        if !work.enqueue.is_empty() {
            tracing::error!(%error, deliveries = work.enqueue.len(), "nothing could be stored");
        }
        for (delivery, (answer, pool)) in work.enqueue.iter().zip(answers.stored) {
            if let Some(pool) = pool {
                pool.forgo(&delivery.endpoint);
            }
            let _ = answer.send(Err(error.clone()));
        }
        for answer in answers.finished {
            let _ = answer.send(Err(error.clone()));
        }
        for (claim_token, answer) in work.start.iter().zip(answers.started) {
            match answer {
                Some(answer) => {
                    let _ = answer.send(Err(error.clone()));
                }
                None => self.pools.count_again(*claim_token),
            }
        }
        if !work.renew.is_empty() {
            tracing::warn!(%error, "leases could not be renewed");
            self.upkeep.renew_again();
            self.pools.doubt();
        }
        if !work.claim.is_empty() || !work.look_ahead.is_empty() {
            tracing::warn!(%error, "nothing could be claimed");
            self.pools.look();
            self.pause_claims();
        }
    }

    fn pause_claims(&self) {
        let pause = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.count = failed.count.saturating_add(1);
        let pause = pause.delay(failed.count, None);
        failed.pause_until = Some(Instant::now() + pause);
        self.upkeep.nudge_in(pause);
    }
}

/// Makes the workers look when another process may have stored something.
async fn forward_notifications(engine: Arc<Engine>) {
    let pause = Backoff::new(Duration::from_millis(500), Duration::from_secs(10));
    let mut failures = 0;
    engine.upkeep.set_notified(true);
    loop {
        match engine.store.wait_for_notification().await {
            Ok(()) => failures = 0,
            Err(error) => {
                failures += 1;
                tracing::debug!(%error, "no notifications; the store is polled instead");
                engine.upkeep.set_notified(false);
                tokio::time::sleep(pause.delay(failures, None)).await;
                engine.upkeep.set_notified(true);
            }
        }
        engine.pools.ask_claims(&engine.store.cancel_requests());
        engine.look_around();
    }
}

/// Runs what the store does beside.
async fn run_background(engine: Arc<Engine>) {
    while let Err(error) = engine.store.run_background().await {
        tracing::warn!(%error, "the background work of the store failed");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    pending::<()>().await;
}
