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
        http::head::Head,
        record::{ClaimToken, Digest, Enqueued, Filter, Job, NewDelivery, Record, State, Stored},
        store::{
            Answer, Bounds, Census, Change, Changed, Claimed, Finish, InboxStore, Pruned,
            Retention, StoreTransaction, Wanted,
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
}

struct Row {
    record: Record,
    claims: i64,
    line: Option<Digest>,
    head: Head,
    body: Bytes,
}

impl Row {
    fn delivery(&self) -> Stored {
        Stored::new(self.record.clone(), self.head.clone(), self.body.clone())
    }

    fn job(&self) -> Job {
        Job::new(ClaimToken::new(self.record.id, self.claims), self.delivery())
    }
}

impl Tables {
    fn records(&self) -> impl Iterator<Item = &Record> {
        self.rows.values().map(|row| &row.record)
    }

    fn matching<'a>(&'a self, filter: &'a Filter, after: i64) -> impl Iterator<Item = &'a Record> {
        let later = self.rows.range(after.saturating_add(1)..);
        later.map(|(_, row)| &row.record).filter(|record| filter.matches(record))
    }

    fn enqueue(&mut self, new: &NewDelivery, now: SystemTime) -> Enqueued {
        let key = new.dedup_digest();
        // A key is known until it is pruned, so that a wrong clock makes no copy new.
        if let Some((id, _)) = self.keys.get(&key) {
            return Enqueued::Duplicate(*id);
        }
        self.last += 1;
        let (id, line) = (self.last, new.ordering_digest());
        self.keys.insert(key, (id, now.checked_add(new.keep_key_for)));
        let (record, head, body) = (Record::stored(id, new), new.head.clone(), new.body.clone());
        self.rows.insert(id, Row { record, claims: 0, line, head, body });
        self.promote(line);
        Enqueued::Stored(id)
    }

    /// Lets the next delivery of an ordering key go on, if no other is running or waiting.
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
            next.record.promote();
        }
    }

    fn claim(&mut self, wanted: &Wanted, now: SystemTime) -> Claimed {
        let selection = wanted.select(self.records(), now);
        for id in selection.lost() {
            let Some(row) = self.rows.get_mut(id) else { continue };
            row.record.give_up(now);
            let line = row.line;
            self.promote(line);
        }
        let mut jobs = Vec::new();
        for id in selection.ids() {
            let Some(row) = self.rows.get_mut(&id) else { continue };
            row.record.claim(now.checked_add(wanted.lease));
            row.claims += 1;
            jobs.push(row.job());
        }
        selection.claimed(jobs)
    }

    fn running(&mut self, claim: ClaimToken) -> Option<&mut Row> {
        let row = self.rows.get_mut(&claim.id)?;
        (row.record.state == State::Running && row.claims == claim.number).then_some(row)
    }

    fn finish(&mut self, finish: &Finish, now: SystemTime) -> bool {
        let Some(row) = self.running(finish.claim) else { return false };
        row.record.settle(&finish.result, now);
        let line = row.line;
        self.promote(line);
        true
    }

    fn change(
        &mut self,
        filter: &Filter,
        change: Change,
        (after, most): (i64, u32),
        now: SystemTime,
    ) -> Changed {
        let applies = |record: &&Record| change.applies_to().contains(&record.state);
        let found = self.matching(filter, after).filter(applies).take(most as usize);
        let found: Vec<i64> = found.map(|record| record.id).collect();
        for id in &found {
            let Some(row) = self.rows.get_mut(id) else { continue };
            let line = row.line;
            row.record.change(change, line.is_some(), now);
            self.promote(line);
        }
        Changed { count: found.len() as u64, last: found.last().copied() }
    }

    fn prune(&mut self, retention: &Retention, now: SystemTime) -> Pruned {
        let (rows, keys) = (self.rows.len(), self.keys.len());
        self.rows.retain(|_, row| !retention.is_over(&row.record, now));
        self.keys.retain(|_, (_, expires)| expires.is_none_or(|expires| expires > now));
        Pruned::new((rows - self.rows.len()) as u64, (keys - self.keys.len()) as u64)
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
fn at_once<'a, T: Send + 'a>(answer: T) -> Answer<'a, T> {
    Box::pin(ready(Ok(answer)))
}

impl InboxStore for MemoryStore {
    fn enqueue<'a>(&'a self, batch: &'a [NewDelivery]) -> Answer<'a, Vec<Enqueued>> {
        let (mut tables, now) = (self.tables(), self.now());
        at_once(batch.iter().map(|new| tables.enqueue(new, now)).collect())
    }

    fn claim<'a>(&'a self, wanted: &'a Wanted) -> Answer<'a, Claimed> {
        at_once(self.tables().claim(wanted, self.now()))
    }

    fn extend<'a>(&'a self, running: &'a [ClaimToken], lease: Duration) -> Answer<'a, Vec<i64>> {
        let (mut tables, until) = (self.tables(), self.now().checked_add(lease));
        let mut good = Vec::new();
        for claim in running {
            if let Some(row) = tables.running(*claim) {
                row.record.due_at = until;
                good.push(claim.id);
            }
        }
        at_once(good)
    }

    fn finish<'a>(&'a self, batch: &'a [Finish]) -> Answer<'a, Vec<bool>> {
        let (mut tables, now) = (self.tables(), self.now());
        at_once(batch.iter().map(|finish| tables.finish(finish, now)).collect())
    }

    fn begin(&self, _: ClaimToken) -> Answer<'_, Box<dyn StoreTransaction>> {
        Box::pin(ready(Err(InboxError::Unsupported(
            "an inbox in memory has no transactions: test functions that take `Tx` with an inbox \
             in an SQLite file",
        ))))
    }

    fn list<'a>(&'a self, filter: &'a Filter, after: i64, most: u32) -> Answer<'a, Vec<Record>> {
        at_once(self.tables().matching(filter, after).take(most as usize).cloned().collect())
    }

    fn show(&self, id: i64) -> Answer<'_, Option<Stored>> {
        at_once(self.tables().rows.get(&id).map(Row::delivery))
    }

    fn change<'a>(
        &'a self,
        filter: &'a Filter,
        change: Change,
        after: i64,
        most: u32,
    ) -> Answer<'a, Changed> {
        at_once(self.tables().change(filter, change, (after, most), self.now()))
    }

    fn prune<'a>(&'a self, retention: &'a Retention, _: u32) -> Answer<'a, Pruned> {
        at_once(self.tables().prune(retention, self.now()))
    }

    fn heal(&self, bounds: Bounds) -> Answer<'_, u64> {
        let (mut tables, now) = (self.tables(), self.now());
        let records = tables.rows.values_mut().map(|row| &mut row.record);
        at_once(
            records.map(|record| bounds.heal(record, now)).filter(|healed| *healed).count() as u64
        )
    }

    fn census(&self) -> Answer<'_, Census> {
        at_once(Census::of(self.tables().records(), self.now()))
    }
}
