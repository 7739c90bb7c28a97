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
        http::head::Head,
        record::{
            Digest, Enqueued, Fence, Filter, Job, NewDelivery, Record, State, Stored, stored_text,
        },
        store::{
            Answer, Bounds, Census, Change, Changed, Claimed, End, Finish, InboxStore, LOST,
            Pruned, Retention, Wanted,
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
    head: Head,
    body: Bytes,
}

impl Row {
    fn is_due(&self, state: State, now: SystemTime) -> bool {
        self.record.state == state && self.record.due_at.is_none_or(|due| due <= now)
    }

    fn fence(&self) -> Fence {
        Fence { id: self.record.id, claim: self.claims, line: self.line }
    }

    fn set(&mut self, state: State, due_at: Option<SystemTime>) {
        self.record.state = state;
        self.record.due_at = due_at;
    }

    fn end(&mut self, state: State, now: SystemTime, reason: Option<String>) {
        self.set(state, None);
        self.record.finished_at = Some(now);
        self.record.reason = reason;
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
            fence: self.fence(),
        }
    }
}

impl Held {
    fn enqueue(&mut self, new: &NewDelivery, keep_keys_for: Duration, now: SystemTime) -> Enqueued {
        let key = new.digest();
        // Known until it is pruned: a clock that is wrong for once makes no copy new.
        if let Some((id, _)) = self.keys.get(&key) {
            return Enqueued::Duplicate(*id);
        }
        self.last += 1;
        let (id, line) = (self.last, new.line());
        let keep = keep_keys_for.max(new.keep_key_for);
        self.keys.insert(key, (id, now.checked_add(keep).unwrap_or(now)));
        let record = Record {
            id,
            endpoint: new.endpoint.clone(),
            provider: new.provider.clone(),
            event: new.event.as_deref().map(stored_text),
            provider_id: new.provider_id.as_deref().map(stored_text),
            state: if line.is_some() { State::Held } else { State::Waiting },
            attempt: 0,
            reason: None,
            received_at: new.received_at,
            due_at: None,
            finished_at: None,
            body_len: new.body.len() as u64,
        };
        let (head, body) = (new.head.clone(), new.body.clone());
        self.rows.insert(id, Row { record, claims: 0, line, head, body });
        self.promote(line);
        Enqueued::Stored(id)
    }

    /// Lets the next of a line go on, where nobody of it is running or waiting.
    fn promote(&mut self, line: Option<Digest>) {
        let of_line = |row: &&mut Row| line.is_some() && row.line == line;
        let mut next = None;
        for row in self.rows.values_mut().filter(of_line) {
            match row.record.state {
                State::Waiting | State::Running => return,
                State::Held if next.is_none() => next = Some(row),
                _ => {}
            }
        }
        if let Some(next) = next {
            next.set(State::Waiting, None);
        }
    }

    fn claim(&mut self, wanted: &Wanted, now: SystemTime) -> Claimed {
        let mut claimed = Claimed::default();
        let mut due: Vec<i64> = Vec::new();
        let mut suspect = None;
        let mut lost = Vec::new();
        for row in self.rows.values() {
            if !wanted.endpoints.contains(&row.record.endpoint) {
                continue;
            }
            if row.is_due(State::Running, now) && !wanted.running.contains(&row.record.id) {
                match row.record.attempt {
                    attempt if attempt >= wanted.max_attempts => lost.push(row.record.id),
                    0 | 1 => due.push(row.record.id),
                    _ if wanted.suspect && suspect.is_none() => suspect = Some(row.record.id),
                    _ => {}
                }
            } else if row.is_due(State::Waiting, now) {
                due.push(row.record.id);
            }
        }
        let room = (wanted.most as usize).saturating_sub(usize::from(suspect.is_some()));
        due.truncate(room);
        for id in lost {
            let Some(row) = self.rows.get_mut(&id) else { continue };
            let reason = LOST.replace('#', &row.record.attempt.to_string());
            row.end(State::Dead, now, Some(reason));
            let line = row.line;
            self.promote(line);
            claimed.buried += 1;
        }
        claimed.suspect = suspect.is_some();
        for id in due.into_iter().chain(suspect) {
            let Some(row) = self.rows.get_mut(&id) else { continue };
            row.set(State::Running, now.checked_add(wanted.lease));
            row.record.attempt += 1;
            row.claims += 1;
            claimed.jobs.push(row.job());
        }
        claimed
    }

    fn running(&mut self, fence: Fence) -> Option<&mut Row> {
        let row = self.rows.get_mut(&fence.id)?;
        (row.record.state == State::Running && row.claims == fence.claim).then_some(row)
    }

    fn finish(&mut self, finish: &Finish, now: SystemTime) -> bool {
        let Some(row) = self.running(finish.fence) else { return false };
        match &finish.end {
            End::Done => row.end(State::Done, now, None),
            End::Dead { reason } => row.end(State::Dead, now, Some(reason.clone())),
            End::Retry { after, reason } => {
                row.set(State::Waiting, now.checked_add(*after));
                row.record.reason = Some(reason.clone());
            }
            End::Released => {
                row.set(State::Waiting, None);
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
    ) -> Changed {
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
                    let state = if line.is_some() { State::Held } else { State::Waiting };
                    row.set(state, None);
                    row.record.attempt = 0;
                    row.record.finished_at = None;
                }
                Change::Discard => {
                    let reason = row.record.reason.take();
                    row.end(State::Discarded, now, reason);
                }
            }
            self.promote(line);
        }
        Changed { count: found.len() as u64, last: found.last().copied() }
    }

    fn prune(&mut self, retention: &Retention, now: SystemTime) -> Pruned {
        let (rows, keys) = (self.rows.len(), self.keys.len());
        let age = |at: SystemTime| now.duration_since(at).unwrap_or_default();
        self.rows.retain(|_, row| match (row.record.state, row.record.finished_at) {
            (State::Dead, Some(at)) => age(at) < retention.dead,
            (State::Done | State::Discarded, Some(at)) => age(at) < retention.done,
            _ => true,
        });
        self.keys.retain(|_, (_, expires)| *expires > now);
        Pruned { records: (rows - self.rows.len()) as u64, keys: (keys - self.keys.len()) as u64 }
    }

    fn heal(&mut self, bounds: Bounds, now: SystemTime) -> u64 {
        let mut healed = 0;
        for row in self.rows.values_mut() {
            let (bound, due) = match row.record.state {
                State::Waiting => (bounds.delay, None),
                State::Running => (bounds.lease, now.checked_add(bounds.lease)),
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

    fn census(&self, now: SystemTime) -> Census {
        let count =
            |state| self.rows.values().filter(|row| row.record.state == state).count() as u64;
        let waiting = self.rows.values().filter(|row| row.record.state == State::Waiting);
        let since = waiting.map(|row| row.record.due_at.unwrap_or(row.record.received_at)).min();
        Census {
            waiting: count(State::Waiting),
            running: count(State::Running),
            held: count(State::Held),
            dead: count(State::Dead),
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
fn at_once<'a, T: Send + 'a>(answer: T) -> Answer<'a, T> {
    Box::pin(ready(Ok(answer)))
}

impl InboxStore for MemoryStore {
    fn enqueue<'a>(&'a self, batch: &'a [NewDelivery]) -> Answer<'a, Vec<Enqueued>> {
        let (mut held, now) = (self.held(), self.now());
        at_once(batch.iter().map(|new| held.enqueue(new, self.keep_keys_for, now)).collect())
    }

    fn claim<'a>(&'a self, wanted: &'a Wanted) -> Answer<'a, Claimed> {
        at_once(self.held().claim(wanted, self.now()))
    }

    fn extend<'a>(&'a self, running: &'a [Fence], lease: Duration) -> Answer<'a, Vec<i64>> {
        let (mut held, until) = (self.held(), self.now().checked_add(lease));
        let mut good = Vec::new();
        for fence in running {
            if let Some(row) = held.running(*fence) {
                row.record.due_at = until;
                good.push(fence.id);
            }
        }
        at_once(good)
    }

    fn finish<'a>(&'a self, batch: &'a [Finish]) -> Answer<'a, Vec<bool>> {
        let (mut held, now) = (self.held(), self.now());
        at_once(batch.iter().map(|finish| held.finish(finish, now)).collect())
    }

    fn begin(&self, _: Fence) -> Answer<'_, Transaction> {
        Box::pin(ready(Err(InboxError::Unsupported(
            "an inbox in memory has no transactions: test functions that take `Tx` with an inbox \
             in an SQLite file",
        ))))
    }

    fn list<'a>(&'a self, filter: &'a Filter, after: i64, most: u32) -> Answer<'a, Vec<Record>> {
        let held = self.held();
        let found = matching(&held.rows, filter, after).take(most as usize);
        at_once(found.map(|row| row.record.clone()).collect())
    }

    fn show(&self, id: i64) -> Answer<'_, Option<Stored>> {
        at_once(self.held().rows.get(&id).map(|row| Stored {
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
    ) -> Answer<'a, Changed> {
        at_once(self.held().change(filter, change, (after, most), self.now()))
    }

    fn prune<'a>(&'a self, retention: &'a Retention, _: u32) -> Answer<'a, Pruned> {
        at_once(self.held().prune(retention, self.now()))
    }

    fn heal(&self, bounds: Bounds) -> Answer<'_, u64> {
        at_once(self.held().heal(bounds, self.now()))
    }

    fn census(&self) -> Answer<'_, Census> {
        at_once(self.held().census(self.now()))
    }
}
