//! The records of a store, and their changes. The rules are those of [`Record`] and [`ClaimRequest`]: a
//! store only calls them.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};
use webhook_runtime::inbox::{
    AttemptResult, ClaimToken, DeliveryState, EnqueueResult, Job, NewDelivery, PruneResult, Record,
    StoredDelivery, StoredRequest,
    store::{Change, ClaimRequest, ClaimResult, DueTimeLimits, Retention, UNREADABLE},
};

/// Everything in the file.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Tables {
    /// The last number that was given. Numbers are never given twice.
    last: i64,
    rows: BTreeMap<i64, Row>,
    keys: Vec<Key>,
    /// The rows that handlers have written.
    pub(crate) notes: Vec<String>,
}

/// A deduplication key. It outlives its delivery.
#[derive(Serialize, Deserialize)]
struct Key {
    digest: [u8; 16],
    delivery: i64,
    expires: Option<SystemTime>,
}

#[derive(Serialize, Deserialize)]
struct Row {
    #[serde(with = "AsColumns")]
    record: Record,
    /// The number of claims, which tells the present one from stale ones.
    claims: i64,
    /// The digest of the ordering key.
    line: Option<[u8; 16]>,
    head: Vec<u8>,
    body: Vec<u8>,
}

/// The columns of a record.
#[derive(Serialize, Deserialize)]
struct AsColumns {
    id: i64,
    endpoint: String,
    provider: String,
    event: Option<String>,
    provider_id: Option<String>,
    state: i16,
    attempt: u32,
    replays: u32,
    last_error: Option<String>,
    received_at: SystemTime,
    due_at: Option<SystemTime>,
    pause: Duration,
    finished_at: Option<SystemTime>,
    body_len: u64,
    tenant_digest: Option<[u8; 16]>,
}

impl AsColumns {
    fn serialize<S: serde::Serializer>(record: &Record, to: S) -> Result<S::Ok, S::Error> {
        let record = record.clone();
        let columns = Self {
            id: record.id,
            endpoint: record.endpoint,
            provider: record.provider,
            event: record.event,
            provider_id: record.provider_id,
            state: record.state.code(),
            attempt: record.attempt,
            replays: record.replays,
            last_error: record.last_error,
            received_at: record.received_at,
            due_at: record.due_at,
            pause: record.pause,
            finished_at: record.finished_at,
            body_len: record.body_len,
            tenant_digest: record.tenant_digest,
        };
        Serialize::serialize(&columns, to)
    }

    fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Record, D::Error> {
        let columns: Self = Deserialize::deserialize(from)?;
        let state = DeliveryState::from_code(columns.state)
            .ok_or_else(|| serde::de::Error::custom("an unknown state"))?;
        let Self { id, endpoint, provider, received_at, .. } = columns;
        let mut record = Record::new(id, endpoint, provider, state, received_at);
        record.event = columns.event;
        record.provider_id = columns.provider_id;
        record.attempt = columns.attempt;
        record.replays = columns.replays;
        record.last_error = columns.last_error;
        record.due_at = columns.due_at;
        record.pause = columns.pause;
        record.finished_at = columns.finished_at;
        record.body_len = columns.body_len;
        record.tenant_digest = columns.tenant_digest;
        Ok(record)
    }
}

impl Row {
    /// The delivery; `None` if its stored form cannot be read.
    fn delivery(&self) -> Option<StoredDelivery> {
        let head = StoredRequest::from_bytes(&self.head)?;
        Some(StoredDelivery::new(self.record.clone(), head, self.body.clone().into()))
    }

    fn job(&self) -> Option<Job> {
        let token = ClaimToken::new(self.record.id, self.claims).with_ordering_digest(self.line);
        Some(Job::new(token, self.delivery()?))
    }

    fn has(&self, claim: ClaimToken) -> bool {
        self.record.state == DeliveryState::Running && self.claims == claim.number()
    }
}

impl Tables {
    /// All records, by number.
    pub(crate) fn records(&self) -> impl DoubleEndedIterator<Item = &Record> {
        self.rows.values().map(|row| &row.record)
    }

    pub(crate) fn get(&self, id: i64) -> Option<StoredDelivery> {
        self.rows.get(&id)?.delivery()
    }

    pub(crate) fn enqueue(&mut self, new: &NewDelivery, now: SystemTime) -> EnqueueResult {
        let digest = new.dedup_digest();
        let known = self.keys.iter().find(|key| key.digest == digest).map(|key| key.delivery);
        let line = new.ordering_digest();
        let (head, body) = (new.head.to_bytes(), new.body.to_vec());
        if let Some(id) = known {
            let dead = self.rows.get_mut(&id).filter(|row| row.record.can_be_revived());
            let Some(row) = dead else { return EnqueueResult::Duplicate(id) };
            row.record.revive(new);
            (row.line, row.head, row.body) = (line, head, body);
            self.promote(line);
            return EnqueueResult::Revived(id);
        }
        self.last += 1;
        let (id, expires) = (self.last, now.checked_add(new.dedup_retention));
        self.keys.push(Key { digest, delivery: id, expires });
        self.rows.insert(id, Row { record: Record::stored(id, new), claims: 0, line, head, body });
        self.promote(line);
        EnqueueResult::Stored(id)
    }

    pub(crate) fn claim(&mut self, wanted: &ClaimRequest, now: SystemTime) -> ClaimResult {
        let selection = wanted.select(self.records(), now);
        for id in selection.lost() {
            self.update(*id, |row| row.record.give_up(now));
        }
        let (mut jobs, mut unreadable) = (Vec::new(), Vec::new());
        for id in selection.ids() {
            self.update(id, |row| {
                row.record.claim(now.checked_add(wanted.lease));
                row.claims += 1;
            });
            if let Some(job) = self.rows.get(&id).and_then(Row::job) {
                jobs.push(job);
                continue;
            }
            let dead = AttemptResult::Dead { reason: UNREADABLE.to_owned() };
            self.update(id, |row| row.record.settle(&dead, now));
            unreadable.push(id);
        }
        let mut claimed = selection.claimed(jobs);
        claimed.bury(unreadable);
        claimed
    }

    /// Extends a lease, and returns whether the claim is still good.
    pub(crate) fn renew(&mut self, claim: ClaimToken, until: Option<SystemTime>) -> bool {
        let row = self.rows.get_mut(&claim.id()).filter(|row| row.has(claim));
        row.map(|row| row.record.due_at = until).is_some()
    }

    /// Settles a claim, and returns whether it was still good.
    pub(crate) fn finish(
        &mut self,
        claim: ClaimToken,
        result: &AttemptResult,
        now: SystemTime,
    ) -> bool {
        let is_good = self.rows.get(&claim.id()).is_some_and(|row| row.has(claim));
        if is_good {
            self.update(claim.id(), |row| row.record.settle(result, now));
        }
        is_good
    }

    pub(crate) fn change(&mut self, id: i64, change: Change, now: SystemTime) {
        self.update(id, |row| row.record.change(change, row.line.is_some(), now));
    }

    pub(crate) fn prune(&mut self, retention: &Retention, now: SystemTime) -> PruneResult {
        let (rows, keys) = (self.rows.len(), self.keys.len());
        self.rows.retain(|_, row| !retention.is_over(&row.record, now));
        self.keys.retain(|key| key.expires.is_none_or(|at| at > now));
        PruneResult::new((rows - self.rows.len()) as u64, (keys - self.keys.len()) as u64)
    }

    pub(crate) fn clamp(&mut self, limits: DueTimeLimits, now: SystemTime) -> u64 {
        let records = self.rows.values_mut().map(|row| &mut row.record);
        records.map(|record| u64::from(limits.clamp(record, now))).sum()
    }

    /// Changes a row, and lets the next of its ordering key go on.
    fn update(&mut self, id: i64, change: impl FnOnce(&mut Row)) {
        let Some(row) = self.rows.get_mut(&id) else { return };
        change(row);
        let line = row.line;
        self.promote(line);
    }

    /// Lets the oldest of an ordering key go on, if no other is pending or running.
    fn promote(&mut self, line: Option<[u8; 16]>) {
        let mut next = None;
        for row in self.rows.values_mut().filter(|row| line.is_some() && row.line == line) {
            match row.record.state {
                DeliveryState::Pending | DeliveryState::Running => return,
                DeliveryState::Blocked if next.is_none() => next = Some(row),
                _ => {}
            }
        }
        if let Some(row) = next {
            row.record.promote();
        }
    }
}
