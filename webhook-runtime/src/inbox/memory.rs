//! A store in memory, for tests.

use std::{
    collections::{BTreeMap, HashMap},
    future::ready,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use bytes::Bytes;

use crate::{
    inbox::{
        error::InboxError,
        http::head::StoredRequest,
        record::{
            AttemptResult, ClaimToken, DeliveryState, Digest, EnqueueResult, Filter, Job,
            NewDelivery, Record, StoredDelivery,
        },
        store::{
            Change, ChangeResult, ClaimRequest, ClaimResult, DueTimeLimits, EndpointBacklog,
            FinishedAttempt, Heartbeat, InboxStore, Mark, Pause, PruneResult, QueueDepth,
            Retention, StoreFuture, StoreTransaction, Work, WorkResult, WorkerRecord,
        },
    },
    verify::Clock,
};

/// A store in memory.
pub(crate) struct MemoryStore {
    clock: Arc<dyn Clock>,
    tables: Mutex<Tables>,
}

#[derive(Default)]
struct Tables {
    last: i64,
    rows: BTreeMap<i64, Row>,
    /// The delivery of each key, and when the key expires.
    keys: HashMap<Digest, (i64, Option<SystemTime>)>,
    paused: BTreeMap<String, Pause>,
    last_worker: i64,
    workers: BTreeMap<i64, WorkerRecord>,
}

struct Row {
    record: Record,
    claims: i64,
    mark: Mark,
    line: Option<Digest>,
    head: StoredRequest,
    body: Bytes,
}

impl Row {
    fn delivery(&self) -> StoredDelivery {
        StoredDelivery::new(self.record.clone(), self.head.clone(), self.body.clone())
    }

    fn job(&self) -> Job {
        let claim_token =
            ClaimToken::new(self.record.id, self.claims).with_ordering_digest(self.line);
        let Mark { counted, unsure } = self.mark;
        if counted {
            Job::new(claim_token, self.delivery())
        } else {
            Job::prefetched(claim_token, self.delivery(), unsure)
        }
    }

    fn claim(&mut self, lease_ends: Option<SystemTime>, counts: bool) {
        let lost_uncounted = self.record.state == DeliveryState::Running && !self.mark.counted;
        self.mark.unsure |= lost_uncounted;
        self.record.prefetch(lease_ends);
        self.mark.counted = false;
        self.claims += 1;
        if counts {
            self.count_attempt();
        }
    }

    fn count_attempt(&mut self) {
        if !self.mark.counted {
            self.record.count_attempt();
            self.mark.counted = true;
        }
    }
}

impl Tables {
    fn marked(&self) -> impl Iterator<Item = (&Record, Mark)> {
        self.rows.values().map(|row| (&row.record, row.mark))
    }

    fn records(&self) -> impl Iterator<Item = &Record> {
        self.rows.values().map(|row| &row.record)
    }

    fn matching<'a>(&'a self, filter: &'a Filter, after: i64) -> impl Iterator<Item = &'a Record> {
        let later = self.rows.range(after.saturating_add(1)..);
        later.map(|(_, row)| &row.record).filter(|record| filter.matches(record))
    }

    fn enqueue(&mut self, new: &NewDelivery, now: SystemTime) -> EnqueueResult {
        let key = new.dedup_digest();
        // A key is known until it is pruned, so that a wrong clock makes no copy new.
        if let Some(&(id, _)) = self.keys.get(&key) {
            return self.revive(id, new);
        }
        self.last += 1;
        let (id, line) = (self.last, new.ordering_digest());
        self.keys.insert(key, (id, now.checked_add(new.dedup_retention)));
        let (record, head, body) = (Record::stored(id, new), new.head.clone(), new.body.clone());
        self.rows.insert(id, Row { record, claims: 0, mark: Mark::COUNTED, line, head, body });
        self.promote(line);
        EnqueueResult::Stored(id)
    }

    /// Revives a dead letter that a copy has come of.
    fn revive(&mut self, id: i64, copy: &NewDelivery) -> EnqueueResult {
        let row = self.rows.get_mut(&id).filter(|row| row.record.can_be_revived());
        let Some(row) = row else { return EnqueueResult::Duplicate(id) };
        row.record.revive(copy);
        (row.line, row.head, row.body) =
            (copy.ordering_digest(), copy.head.clone(), copy.body.clone());
        let line = row.line;
        self.promote(line);
        EnqueueResult::Revived(id)
    }

    /// Lets the next delivery of an ordering key go on, if no other is pending or running.
    fn promote(&mut self, line: Option<Digest>) {
        let of_line = |row: &&mut Row| line.is_some() && row.line == line;
        let mut next = None;
        for row in self.rows.values_mut().filter(of_line) {
            match row.record.state {
                DeliveryState::Pending | DeliveryState::Running => return,
                DeliveryState::Blocked if next.is_none() => next = Some(row),
                _ => {}
            }
        }
        if let Some(next) = next {
            next.record.promote();
        }
    }

    fn claim(&mut self, wanted: &ClaimRequest, counts: bool, now: SystemTime) -> ClaimResult {
        let selection = wanted.select_marked(self.marked(), now);
        for id in selection.lost() {
            let Some(row) = self.rows.get_mut(id) else { continue };
            row.record.give_up(now);
            let line = row.line;
            self.promote(line);
        }
        let mut jobs = Vec::new();
        for id in selection.ids() {
            let Some(row) = self.rows.get_mut(&id) else { continue };
            row.claim(now.checked_add(wanted.lease), counts);
            jobs.push(row.job());
        }
        selection.claimed(jobs)
    }

    fn running(&mut self, claim: ClaimToken) -> Option<&mut Row> {
        let row = self.rows.get_mut(&claim.id)?;
        (row.record.state == DeliveryState::Running && row.claims == claim.number).then_some(row)
    }

    fn finish(&mut self, finish: &FinishedAttempt, now: SystemTime) -> bool {
        let Some(row) = self.running(finish.claim_token) else { return false };
        row.count_attempt();
        row.mark.unsure &= finish.result == AttemptResult::Released;
        row.record.settle(&finish.result, now);
        let line = row.line;
        self.promote(line);
        true
    }

    fn extend(&mut self, running: &[ClaimToken], until: Option<SystemTime>) -> Vec<i64> {
        let mut good = Vec::new();
        for claim in running {
            if let Some(row) = self.running(*claim) {
                row.record.due_at = until;
                good.push(claim.id);
            }
        }
        good
    }

    /// Stores a delivery, and claims it at once if it is new and does not wait for its turn.
    fn enqueue_claimed(
        &mut self,
        new: &NewDelivery,
        lease: Duration,
        now: SystemTime,
    ) -> (EnqueueResult, Option<ClaimToken>) {
        let enqueued = self.enqueue(new, now);
        let EnqueueResult::Stored(id) = enqueued else { return (enqueued, None) };
        let row = self.rows.get_mut(&id).filter(|_| new.ordering_key.is_none());
        let claim_token = row.map(|row| {
            row.claim(now.checked_add(lease), false);
            ClaimToken::new(id, row.claims)
        });
        (enqueued, claim_token)
    }

    fn beat(&mut self, beat: &Heartbeat, now: SystemTime) -> i64 {
        if let Some(worker) = beat.id.and_then(|id| self.workers.get_mut(&id)) {
            worker.beat(beat, now);
            return worker.id;
        }
        self.last_worker += 1;
        let worker = WorkerRecord::new(self.last_worker, beat, now);
        self.workers.insert(self.last_worker, worker);
        self.last_worker
    }

    fn commit(&mut self, work: &Work, now: SystemTime) -> WorkResult {
        let mut result = WorkResult {
            finished: work.finish.iter().map(|finish| self.finish(finish, now)).collect(),
            ..WorkResult::default()
        };
        let now_too = work.claim_new.iter().copied().chain(std::iter::repeat(false));
        for (new, claim) in work.enqueue.iter().zip(now_too) {
            let (enqueued, claimed) = if claim {
                self.enqueue_claimed(new, work.lease, now)
            } else {
                (self.enqueue(new, now), None)
            };
            result.enqueued.push(enqueued);
            result.claimed_new.push(claimed);
        }
        for claim in &work.start {
            let row = self.running(*claim);
            result.started.push(row.map(Row::count_attempt).is_some());
        }
        let good = self.extend(&work.renew, now.checked_add(work.lease));
        let renewed = work.renew.iter().map(|claim| claim.id);
        result.lost = renewed.filter(|id| !good.contains(id)).collect();
        result.worker = work.heartbeat.as_ref().map(|beat| self.beat(beat, now));
        result.claimed = work.claim.iter().map(|wanted| self.claim(wanted, false, now)).collect();
        let is_paused = |endpoint: &&String| self.paused.contains_key(*endpoint);
        result.paused = Some(work.look_ahead.iter().filter(is_paused).cloned().collect());
        result.next_due = self.next(&work.look_ahead, DeliveryState::Pending, now);
        result.next_lapse = self.next(&work.look_ahead, DeliveryState::Running, now);
        result
    }

    /// The time until the first due time of these endpoints that lies ahead.
    fn next(
        &self,
        endpoints: &[String],
        state: DeliveryState,
        now: SystemTime,
    ) -> Option<Duration> {
        let of_these =
            |record: &&Record| record.state == state && endpoints.contains(&record.endpoint);
        let is_unpaused = |record: &&Record| !self.paused.contains_key(&record.endpoint);
        let due =
            self.records().filter(of_these).filter(is_unpaused).filter_map(|record| record.due_at);
        due.filter_map(|due| due.duration_since(now).ok()).filter(|wait| !wait.is_zero()).min()
    }

    fn change(
        &mut self,
        filter: &Filter,
        change: Change,
        (after, max): (i64, u32),
        now: SystemTime,
    ) -> ChangeResult {
        let applies = |record: &&Record| change.applies_to().contains(&record.state);
        let found = self.matching(filter, after).filter(applies).take(max as usize);
        let found: Vec<i64> = found.map(|record| record.id).collect();
        for id in &found {
            let Some(row) = self.rows.get_mut(id) else { continue };
            let line = row.line;
            row.record.change(change, line.is_some(), now);
            self.promote(line);
        }
        ChangeResult { count: found.len() as u64, last: found.last().copied() }
    }

    fn prune(&mut self, retention: &Retention, now: SystemTime) -> PruneResult {
        let (rows, keys) = (self.rows.len(), self.keys.len());
        self.rows.retain(|_, row| !retention.is_over(&row.record, now));
        self.keys.retain(|_, (_, expires)| expires.is_none_or(|expires| expires > now));
        PruneResult::new((rows - self.rows.len()) as u64, (keys - self.keys.len()) as u64)
    }
}

impl MemoryStore {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, tables: Mutex::default() }
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> SystemTime {
        self.clock.now()
    }
}

/// An answer without waiting.
fn at_once<'a, T: Send + 'a>(answer: T) -> StoreFuture<'a, T> {
    Box::pin(ready(Ok(answer)))
}

impl InboxStore for MemoryStore {
    fn enqueue<'a>(&'a self, batch: &'a [NewDelivery]) -> StoreFuture<'a, Vec<EnqueueResult>> {
        let (mut tables, now) = (self.tables(), self.now());
        at_once(batch.iter().map(|new| tables.enqueue(new, now)).collect())
    }

    fn claim<'a>(&'a self, wanted: &'a ClaimRequest) -> StoreFuture<'a, ClaimResult> {
        at_once(self.tables().claim(wanted, true, self.now()))
    }

    fn commit<'a>(&'a self, work: &'a Work) -> StoreFuture<'a, WorkResult> {
        at_once(self.tables().commit(work, self.now()))
    }

    fn renew_leases<'a>(
        &'a self,
        running: &'a [ClaimToken],
        lease: Duration,
    ) -> StoreFuture<'a, Vec<i64>> {
        at_once(self.tables().extend(running, self.now().checked_add(lease)))
    }

    fn finish<'a>(&'a self, batch: &'a [FinishedAttempt]) -> StoreFuture<'a, Vec<bool>> {
        let (mut tables, now) = (self.tables(), self.now());
        at_once(batch.iter().map(|finish| tables.finish(finish, now)).collect())
    }

    fn begin(&self, _: ClaimToken) -> StoreFuture<'_, Box<dyn StoreTransaction>> {
        Box::pin(ready(Err(InboxError::Unsupported(
            "an inbox in memory has no transactions: test functions that take `Tx` with an inbox \
             in an SQLite file",
        ))))
    }

    fn list<'a>(
        &'a self,
        filter: &'a Filter,
        after: i64,
        max: u32,
    ) -> StoreFuture<'a, Vec<Record>> {
        at_once(self.tables().matching(filter, after).take(max as usize).cloned().collect())
    }

    fn get(&self, id: i64) -> StoreFuture<'_, Option<StoredDelivery>> {
        at_once(self.tables().rows.get(&id).map(Row::delivery))
    }

    fn change<'a>(
        &'a self,
        filter: &'a Filter,
        change: Change,
        after: i64,
        max: u32,
    ) -> StoreFuture<'a, ChangeResult> {
        at_once(self.tables().change(filter, change, (after, max), self.now()))
    }

    fn prune<'a>(&'a self, retention: &'a Retention, _: u32) -> StoreFuture<'a, PruneResult> {
        at_once(self.tables().prune(retention, self.now()))
    }

    fn clamp_future_due_times(&self, bounds: DueTimeLimits) -> StoreFuture<'_, u64> {
        let (mut tables, now) = (self.tables(), self.now());
        let records = tables.rows.values_mut().map(|row| &mut row.record);
        at_once(
            records.map(|record| bounds.clamp(record, now)).filter(|healed| *healed).count() as u64
        )
    }

    fn queue_depth(&self) -> StoreFuture<'_, QueueDepth> {
        let tables = self.tables();
        let is_paused = |endpoint: &str| tables.paused.contains_key(endpoint);
        at_once(QueueDepth::of_unpaused(tables.records(), self.now(), is_paused))
    }

    fn pause<'a>(&'a self, endpoint: &'a str, by: &'a str, why: &'a str) -> StoreFuture<'a, ()> {
        let (mut tables, now) = (self.tables(), self.now());
        let known = tables.paused.entry(endpoint.to_owned());
        let pause = known.or_insert_with(|| Pause::new(endpoint, now, by, why));
        (pause.by, pause.why) = (by.to_owned(), why.to_owned());
        at_once(())
    }

    fn resume<'a>(&'a self, endpoint: &'a str) -> StoreFuture<'a, bool> {
        at_once(self.tables().paused.remove(endpoint).is_some())
    }

    fn paused(&self) -> StoreFuture<'_, Vec<Pause>> {
        at_once(self.tables().paused.values().cloned().collect())
    }

    fn heartbeat<'a>(&'a self, beat: &'a Heartbeat) -> StoreFuture<'a, Option<i64>> {
        at_once(Some(self.tables().beat(beat, self.now())))
    }

    fn workers(&self) -> StoreFuture<'_, Vec<WorkerRecord>> {
        let tables = self.tables();
        at_once(tables.workers.values().filter(|worker| worker.slots > 0).cloned().collect())
    }

    fn backlog(&self) -> StoreFuture<'_, Vec<EndpointBacklog>> {
        at_once(EndpointBacklog::of(self.tables().records()))
    }
}
