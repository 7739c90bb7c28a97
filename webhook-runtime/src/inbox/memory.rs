//! An inbox in memory, for tests: what a database does, without one.

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
            ClaimToken, DeliveryState, Digest, EnqueueResult, Filter, Job, NewDelivery, Record,
            StoredDelivery, stored_text,
        },
        store::{
            Change, ChangeResult, ClaimRequest, ClaimResult, DueTimeLimits, End, FinishedAttempt,
            InboxStore, LOST_ATTEMPT, PruneResult, QueueDepth, Retention, StoreFuture,
        },
        tx::Transaction,
    },
    verify::Clock,
};

/// Deliveries in memory.
pub(crate) struct MemoryStore {
    clock: Arc<dyn Clock>,
    keep_keys_for: Duration,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    last: i64,
    rows: BTreeMap<i64, Row>,
    keys: HashMap<Digest, (i64, SystemTime)>,
}

struct Row {
    record: Record,
    claims: i64,
    line: Option<Digest>,
    head: StoredRequest,
    body: Bytes,
}

impl Row {
    fn is_due(&self, state: DeliveryState, now: SystemTime) -> bool {
        self.record.state == state && self.record.due_at.is_none_or(|due| due <= now)
    }

    fn claim_token(&self) -> ClaimToken {
        ClaimToken { id: self.record.id, claim: self.claims, ordering_key: self.line }
    }

    fn set(&mut self, state: DeliveryState, due_at: Option<SystemTime>) {
        self.record.state = state;
        self.record.due_at = due_at;
    }

    fn end(&mut self, state: DeliveryState, now: SystemTime, reason: Option<String>) {
        self.set(state, None);
        self.record.finished_at = Some(now);
        self.record.last_error = reason;
    }

    fn job(&self) -> Job {
        Job {
            id: self.record.id,
            attempt: self.record.attempt,
            endpoint: self.record.endpoint.clone(),
            provider: self.record.provider.clone(),
            received_at: self.record.received_at,
            head: self.head.clone(),
            body: self.body.clone(),
            claim_token: self.claim_token(),
        }
    }
}

impl Held {
    fn enqueue(
        &mut self,
        new: &NewDelivery,
        keep_keys_for: Duration,
        now: SystemTime,
    ) -> EnqueueResult {
        let key = new.digest();
        // Known until it is pruned: a clock that is wrong for once makes no copy new.
        if let Some((id, _)) = self.keys.get(&key) {
            return EnqueueResult::Duplicate(*id);
        }
        self.last += 1;
        let (id, line) = (self.last, new.line());
        let keep = keep_keys_for.max(new.dedup_retention);
        self.keys.insert(key, (id, now.checked_add(keep).unwrap_or(now)));
        let record = Record {
            id,
            endpoint: new.endpoint.clone(),
            provider: new.provider.clone(),
            event: new.event.as_deref().map(stored_text),
            provider_id: new.provider_id.as_deref().map(stored_text),
            state: if line.is_some() { DeliveryState::Blocked } else { DeliveryState::Pending },
            attempt: 0,
            last_error: None,
            received_at: new.received_at,
            due_at: None,
            finished_at: None,
            body_len: new.body.len() as u64,
        };
        let (head, body) = (new.head.clone(), new.body.clone());
        self.rows.insert(id, Row { record, claims: 0, line, head, body });
        self.promote(line);
        EnqueueResult::Stored(id)
    }

    /// Lets the next of a line go on, where nobody of it is running or waiting.
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
            next.set(DeliveryState::Pending, None);
        }
    }

    fn claim(&mut self, wanted: &ClaimRequest, now: SystemTime) -> ClaimResult {
        let mut claimed = ClaimResult::default();
        let mut due: Vec<i64> = Vec::new();
        let mut suspect = None;
        let mut lost = Vec::new();
        for row in self.rows.values() {
            if !wanted.endpoints.contains(&row.record.endpoint) {
                continue;
            }
            if row.is_due(DeliveryState::Running, now) && !wanted.running.contains(&row.record.id) {
                match row.record.attempt {
                    attempt if attempt >= wanted.max_attempts => lost.push(row.record.id),
                    0 | 1 => due.push(row.record.id),
                    _ if wanted.crash_suspect && suspect.is_none() => suspect = Some(row.record.id),
                    _ => {}
                }
            } else if row.is_due(DeliveryState::Pending, now) {
                due.push(row.record.id);
            }
        }
        let room = (wanted.max as usize).saturating_sub(usize::from(suspect.is_some()));
        due.truncate(room);
        for id in lost {
            let Some(row) = self.rows.get_mut(&id) else { continue };
            let reason = LOST_ATTEMPT.replace('#', &row.record.attempt.to_string());
            row.end(DeliveryState::Dead, now, Some(reason));
            let line = row.line;
            self.promote(line);
            claimed.dead_lettered += 1;
        }
        claimed.crash_suspect = suspect.is_some();
        for id in due.into_iter().chain(suspect) {
            let Some(row) = self.rows.get_mut(&id) else { continue };
            row.set(DeliveryState::Running, now.checked_add(wanted.lease));
            row.record.attempt += 1;
            row.claims += 1;
            claimed.jobs.push(row.job());
        }
        claimed
    }

    fn running(&mut self, claim_token: ClaimToken) -> Option<&mut Row> {
        let row = self.rows.get_mut(&claim_token.id)?;
        (row.record.state == DeliveryState::Running && row.claims == claim_token.claim)
            .then_some(row)
    }

    fn finish(&mut self, finish: &FinishedAttempt, now: SystemTime) -> bool {
        let Some(row) = self.running(finish.claim_token) else { return false };
        match &finish.result {
            End::Completed => row.end(DeliveryState::Completed, now, None),
            End::Dead { reason } => row.end(DeliveryState::Dead, now, Some(reason.clone())),
            End::Retry { after, reason } => {
                row.set(DeliveryState::Pending, now.checked_add(*after));
                row.record.last_error = Some(reason.clone());
            }
            End::Released => {
                row.set(DeliveryState::Pending, None);
                row.record.attempt = row.record.attempt.saturating_sub(1);
            }
        }
        let line = row.line;
        self.promote(line);
        true
    }

    fn change(
        &mut self,
        filter: &Filter,
        change: Change,
        range: (i64, u32),
        now: SystemTime,
    ) -> ChangeResult {
        let (after, most) = range;
        let applies = |row: &&Row| change.applies_to().contains(&row.record.state);
        let found: Vec<i64> = matching(&self.rows, filter, after)
            .filter(applies)
            .take(most as usize)
            .map(|row| row.record.id)
            .collect();
        for id in &found {
            let Some(row) = self.rows.get_mut(id) else { continue };
            let line = row.line;
            match change {
                Change::Retry | Change::Replay => {
                    let state = if line.is_some() {
                        DeliveryState::Blocked
                    } else {
                        DeliveryState::Pending
                    };
                    row.set(state, None);
                    row.record.attempt = 0;
                    row.record.finished_at = None;
                }
                Change::Cancel => {
                    let reason = row.record.last_error.take();
                    row.end(DeliveryState::Cancelled, now, reason);
                }
            }
            self.promote(line);
        }
        ChangeResult { count: found.len() as u64, last: found.last().copied() }
    }

    fn prune(&mut self, retention: &Retention, now: SystemTime) -> PruneResult {
        let (rows, keys) = (self.rows.len(), self.keys.len());
        let age = |at: SystemTime| now.duration_since(at).unwrap_or_default();
        self.rows.retain(|_, row| match (row.record.state, row.record.finished_at) {
            (DeliveryState::Dead, Some(at)) => age(at) < retention.dead_letters,
            (DeliveryState::Completed | DeliveryState::Cancelled, Some(at)) => {
                age(at) < retention.completed
            }
            _ => true,
        });
        self.keys.retain(|_, (_, expires)| *expires > now);
        PruneResult {
            records: (rows - self.rows.len()) as u64,
            dedup_keys: (keys - self.keys.len()) as u64,
        }
    }

    fn clamp_future_due_times(&mut self, bounds: DueTimeLimits, now: SystemTime) -> u64 {
        let mut healed = 0;
        for row in self.rows.values_mut() {
            let (bound, due) = match row.record.state {
                DeliveryState::Pending => (bounds.max_delay, None),
                DeliveryState::Running => (bounds.max_lease, now.checked_add(bounds.max_lease)),
                _ => continue,
            };
            let far = now.checked_add(2 * bound + Duration::from_secs(60));
            if row.record.due_at.is_some_and(|at| far.is_some_and(|far| at > far)) {
                row.record.due_at = due;
                healed += 1;
            }
        }
        healed
    }

    fn queue_depth(&self, now: SystemTime) -> QueueDepth {
        let count =
            |state| self.rows.values().filter(|row| row.record.state == state).count() as u64;
        let waiting = self.rows.values().filter(|row| row.record.state == DeliveryState::Pending);
        let since = waiting.map(|row| row.record.due_at.unwrap_or(row.record.received_at)).min();
        QueueDepth {
            pending: count(DeliveryState::Pending),
            running: count(DeliveryState::Running),
            blocked: count(DeliveryState::Blocked),
            dead: count(DeliveryState::Dead),
            lag: since.and_then(|since| now.duration_since(since).ok()).unwrap_or_default(),
        }
    }
}

fn matching<'a>(
    rows: &'a BTreeMap<i64, Row>,
    filter: &'a Filter,
    after: i64,
) -> impl Iterator<Item = &'a Row> {
    let is = |wanted: &Option<String>, text: Option<&str>| {
        wanted.as_deref().is_none_or(|wanted| text == Some(wanted))
    };
    rows.range(after.saturating_add(1)..).map(|(_, row)| row).filter(
        move |Row { record, .. }| {
            filter.ids.as_ref().is_none_or(|ids| ids.contains(&record.id))
                && is(&filter.endpoint, Some(&record.endpoint))
                && is(&filter.event, record.event.as_deref())
                && is(&filter.provider_id, record.provider_id.as_deref())
                && filter.states.as_ref().is_none_or(|states| states.contains(&record.state))
                && filter.received.as_ref().is_none_or(|span| span.contains(&record.received_at))
        },
    )
}

impl MemoryStore {
    pub(crate) fn new(clock: Arc<dyn Clock>, keep_keys_for: Duration) -> Self {
        Self { clock, keep_keys_for, held: Mutex::default() }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> SystemTime {
        self.clock.now()
    }
}

/// There is nothing to wait for.
fn at_once<'a, T: Send + 'a>(answer: T) -> StoreFuture<'a, T> {
    Box::pin(ready(Ok(answer)))
}

impl InboxStore for MemoryStore {
    fn enqueue<'a>(&'a self, batch: &'a [NewDelivery]) -> StoreFuture<'a, Vec<EnqueueResult>> {
        let (mut held, now) = (self.held(), self.now());
        at_once(batch.iter().map(|new| held.enqueue(new, self.keep_keys_for, now)).collect())
    }

    fn claim<'a>(&'a self, wanted: &'a ClaimRequest) -> StoreFuture<'a, ClaimResult> {
        at_once(self.held().claim(wanted, self.now()))
    }

    fn renew_leases<'a>(
        &'a self,
        running: &'a [ClaimToken],
        lease: Duration,
    ) -> StoreFuture<'a, Vec<i64>> {
        let (mut held, until) = (self.held(), self.now().checked_add(lease));
        let mut good = Vec::new();
        for claim_token in running {
            if let Some(row) = held.running(*claim_token) {
                row.record.due_at = until;
                good.push(claim_token.id);
            }
        }
        at_once(good)
    }

    fn finish<'a>(&'a self, batch: &'a [FinishedAttempt]) -> StoreFuture<'a, Vec<bool>> {
        let (mut held, now) = (self.held(), self.now());
        at_once(batch.iter().map(|finish| held.finish(finish, now)).collect())
    }

    fn begin(&self, _: ClaimToken) -> StoreFuture<'_, Transaction> {
        Box::pin(ready(Err(InboxError::Unsupported(
            "an inbox in memory has no transactions: test functions that take `Tx` with an inbox \
             in an SQLite file",
        ))))
    }

    fn list<'a>(
        &'a self,
        filter: &'a Filter,
        after: i64,
        most: u32,
    ) -> StoreFuture<'a, Vec<Record>> {
        let held = self.held();
        let found = matching(&held.rows, filter, after).take(most as usize);
        at_once(found.map(|row| row.record.clone()).collect())
    }

    fn get(&self, id: i64) -> StoreFuture<'_, Option<StoredDelivery>> {
        at_once(self.held().rows.get(&id).map(|row| StoredDelivery {
            record: row.record.clone(),
            head: row.head.clone(),
            body: row.body.clone(),
        }))
    }

    fn change<'a>(
        &'a self,
        filter: &'a Filter,
        change: Change,
        after: i64,
        most: u32,
    ) -> StoreFuture<'a, ChangeResult> {
        at_once(self.held().change(filter, change, (after, most), self.now()))
    }

    fn prune<'a>(&'a self, retention: &'a Retention, _: u32) -> StoreFuture<'a, PruneResult> {
        at_once(self.held().prune(retention, self.now()))
    }

    fn clamp_future_due_times(&self, bounds: DueTimeLimits) -> StoreFuture<'_, u64> {
        at_once(self.held().clamp_future_due_times(bounds, self.now()))
    }

    fn queue_depth(&self) -> StoreFuture<'_, QueueDepth> {
        at_once(self.held().queue_depth(self.now()))
    }
}
