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
            Attempt, AttemptDetails, AttemptEnd, AttemptResult, ClaimToken, DeliveryState, Digest,
            Duplicates, EnqueueResult, Filter, Job, NewDelivery, Record, StoredDelivery, millis,
            minute, time,
        },
        store::{
            Change, ChangeResult, ClaimRequest, ClaimResult, DueTimeLimits, EndpointBacklog,
            EndpointRetention, FinishedAttempt, Heartbeat, InboxStore, KEPT_ATTEMPTS, LOST_ATTEMPT,
            ListResult, Mark, MinuteSum, Pause, PruneResult, QueueDepth, Retention, SUMS_KEPT,
            StoreFuture, StoreInfo, StoreTransaction, Window, Work, WorkResult, WorkerRecord,
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
    /// By minute and endpoint.
    sums: BTreeMap<(SystemTime, String), MinuteSum>,
    retentions: HashMap<String, EndpointRetention>,
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
    /// `None` if it was dropped.
    body: Option<Bytes>,
    /// The attempts before the last one.
    attempts: Vec<Attempt>,
    copies: Vec<Duplicates>,
}

impl Row {
    fn new(id: i64, new: &NewDelivery) -> Self {
        Self {
            record: Record::stored(id, new),
            claims: 0,
            mark: Mark::COUNTED,
            line: new.ordering_digest(),
            head: new.head.clone(),
            body: Some(new.body.clone()),
            attempts: Vec::new(),
            copies: Vec::new(),
        }
    }

    fn delivery(&self) -> StoredDelivery {
        let body = self.body.clone().unwrap_or_default();
        let mut delivery = StoredDelivery::new(self.record.clone(), self.head.clone(), body);
        delivery.body_dropped = self.body.is_none();
        delivery
    }

    /// Counts a copy.
    fn note_copy(&mut self, now: SystemTime) {
        let at = time(minute(millis(now)));
        match self.copies.last_mut().filter(|last| last.minute == at) {
            Some(last) => (last.count, last.last) = (last.count + 1, now),
            None => self.copies.push(Duplicates::new(at, 1, now)),
        }
    }

    fn attempts(&self) -> Vec<Attempt> {
        let runs = self.record.state == DeliveryState::Running && self.mark.counted;
        let last = (runs && self.record.attempt > 0).then(|| self.attempt(None));
        self.attempts.iter().cloned().chain(self.completed()).chain(last).collect()
    }

    fn attempt(&self, end: Option<AttemptEnd>) -> Attempt {
        let Record { attempt: number, last_attempt: details, .. } = self.record;
        Attempt { number, end, details, error: None }
    }

    /// The attempt that has completed it.
    fn completed(&self) -> Option<Attempt> {
        let completed = self.record.state == DeliveryState::Completed;
        completed.then(|| self.attempt(Some(AttemptEnd::Completed)))
    }

    fn keep_completed(&mut self) {
        self.attempts.extend(self.completed());
    }

    /// Tells of the attempt that a running delivery has lost.
    fn tell_lost(&mut self) {
        if self.record.state == DeliveryState::Running && self.mark.counted {
            let mut lost = self.attempt(Some(AttemptEnd::Lost));
            lost.error = Some(LOST_ATTEMPT.replace('#', &lost.number.to_string()));
            self.attempts.push(lost);
        }
    }

    /// Tells of an attempt that has ended without completing it.
    fn tell(&mut self, number: u32, result: &AttemptResult) {
        let (end, error) = match result {
            AttemptResult::Retry { reason, .. } => (AttemptEnd::Retried, Some(reason)),
            AttemptResult::Dead { reason } => (AttemptEnd::Dead, Some(reason)),
            AttemptResult::Snoozed { .. } => (AttemptEnd::Snoozed, None),
            AttemptResult::Completed | AttemptResult::Expired { .. } | AttemptResult::Released => {
                return;
            }
        };
        let mut told = self.attempt(Some(end));
        (told.number, told.error) = (number, error.cloned());
        self.attempts.push(told);
        let many = self.attempts.len().saturating_sub(usize::from(KEPT_ATTEMPTS));
        self.attempts.drain(..many);
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
        self.tell_lost();
        self.record.last_attempt = AttemptDetails::default();
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

    fn matching<'a>(&'a self, filter: &'a Filter) -> impl DoubleEndedIterator<Item = &'a Record> {
        self.rows.values().map(|row| &row.record).filter(|record| filter.matches(record))
    }

    fn enqueue(&mut self, new: &NewDelivery, now: SystemTime) -> EnqueueResult {
        let key = new.dedup_digest();
        // A key is known until it is pruned, so that a wrong clock makes no copy new.
        if let Some(&(id, _)) = self.keys.get(&key) {
            return self.revive(id, new, now);
        }
        self.last += 1;
        let (id, line) = (self.last, new.ordering_digest());
        self.keys.insert(key, (id, now.checked_add(new.dedup_retention)));
        self.rows.insert(id, Row::new(id, new));
        self.promote(line);
        EnqueueResult::Stored(id)
    }

    /// Revives a dead letter that a copy has come of.
    fn revive(&mut self, id: i64, copy: &NewDelivery, now: SystemTime) -> EnqueueResult {
        let Some(row) = self.rows.get_mut(&id) else { return EnqueueResult::Duplicate(id) };
        if !row.record.can_be_revived() {
            row.note_copy(now);
            return EnqueueResult::Duplicate(id);
        }
        row.record.revive(copy);
        (row.line, row.head, row.body) =
            (copy.ordering_digest(), copy.head.clone(), Some(copy.body.clone()));
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
            row.tell_lost();
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
        if finish.result != AttemptResult::Released {
            row.record.last_attempt = finish.details;
        }
        let number = row.record.attempt;
        row.record.settle(&finish.result, now);
        row.tell(number, &finish.result);
        if finish.drop_body && finish.result == AttemptResult::Completed {
            row.body = None;
        }
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
            let begun = row.map(|row| {
                row.count_attempt();
                row.record.last_attempt.started_at = Some(now);
                row.record.last_attempt.worker = work.worker;
            });
            result.started.push(begun.is_some());
        }
        for sum in &work.sums {
            let minute = time(minute(millis(sum.minute)));
            let key = (minute, sum.endpoint.clone());
            let total =
                self.sums.entry(key).or_insert_with(|| MinuteSum::new(minute, &sum.endpoint));
            total.received += sum.received;
            total.completed += sum.completed;
            total.failed += sum.failed;
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
        window: Window,
        now: SystemTime,
    ) -> ChangeResult {
        let filter = filter.clone().changeable_by(change);
        let ListResult { records, looked_to } = window.of(self.matching(&filter));
        let runs_again = matches!(change, Change::Retry | Change::Replay);
        let mut count = 0;
        for Record { id, .. } in records {
            let Some(row) = self.rows.get_mut(&id) else { continue };
            if runs_again && row.body.is_none() {
                continue;
            }
            row.keep_completed();
            let line = row.line;
            row.record.change(change, line.is_some(), now);
            self.promote(line);
            count += 1;
        }
        ChangeResult { count, last: looked_to }
    }

    fn prune(&mut self, retention: &Retention, max: u32, now: SystemTime) -> PruneResult {
        let (rows, keys) = (self.rows.len(), self.keys.len());
        self.sums
            .retain(|(minute, _), _| now.duration_since(*minute).is_ok_and(|age| age <= SUMS_KEPT));
        let (retentions, mut left) = (&self.retentions, max);
        self.rows.retain(|_, row| {
            let own = retentions.get(&row.record.endpoint);
            let goes = left > 0 && retention.with(own).is_over(&row.record, now);
            left -= u32::from(goes);
            !goes
        });
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

    fn list<'a>(&'a self, filter: &'a Filter, window: Window) -> StoreFuture<'a, ListResult> {
        at_once(window.of(self.tables().matching(filter)))
    }

    fn attempts(&self, id: i64) -> StoreFuture<'_, Vec<Attempt>> {
        at_once(self.tables().rows.get(&id).map(Row::attempts).unwrap_or_default())
    }

    fn duplicates(&self, id: i64) -> StoreFuture<'_, Vec<Duplicates>> {
        at_once(self.tables().rows.get(&id).map(|row| row.copies.clone()).unwrap_or_default())
    }

    fn sums(&self, since: SystemTime) -> StoreFuture<'_, Vec<MinuteSum>> {
        let tables = self.tables();
        let since = (time(minute(millis(since))), String::new());
        at_once(tables.sums.range(since..).map(|(_, sum)| sum.clone()).collect())
    }

    fn get(&self, id: i64) -> StoreFuture<'_, Option<StoredDelivery>> {
        at_once(self.tables().rows.get(&id).map(Row::delivery))
    }

    fn change<'a>(
        &'a self,
        filter: &'a Filter,
        change: Change,
        window: Window,
    ) -> StoreFuture<'a, ChangeResult> {
        at_once(self.tables().change(filter, change, window, self.now()))
    }

    fn prune<'a>(&'a self, retention: &'a Retention, max: u32) -> StoreFuture<'a, PruneResult> {
        at_once(self.tables().prune(retention, max, self.now()))
    }

    fn drops_bodies(&self) -> bool {
        true
    }

    fn set_retention<'a>(&'a self, retentions: &'a [EndpointRetention]) -> StoreFuture<'a, ()> {
        let own = retentions.iter().map(|of| (of.endpoint.clone(), of.clone()));
        self.tables().retentions.extend(own);
        at_once(())
    }

    fn info(&self) -> StoreFuture<'_, StoreInfo> {
        let tables = self.tables();
        let mut info = StoreInfo::new("memory");
        let own = tables.retentions.values().filter(|of| !of.is_empty());
        info.retentions = own.cloned().collect();
        info.retentions.sort_by(|one, other| one.endpoint.cmp(&other.endpoint));
        at_once(info)
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
