//! The tables, and the indexes by which a claim finds what is due.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::SystemTime,
};

use bytes::Bytes;
use webhook_runtime::inbox::{
    AttemptResult, ClaimToken, DeliveryState, EnqueueResult, InboxError, Job, NewDelivery,
    PruneResult, Record, StoredDelivery, StoredRequest,
    store::{
        Change, ClaimRequest, ClaimResult, DueTimeLimits, EndpointRetention, Retention, Selection,
        UNREADABLE,
    },
};

/// Everything that the database holds.
#[derive(Clone, Default)]
pub(crate) struct Tables {
    last: i64,
    deliveries: BTreeMap<i64, Row>,
    /// The deliveries that are pending or running, by what a claim looks for.
    due: BTreeSet<(String, Due, Option<SystemTime>, i64)>,
    /// The deliveries that are not finished, by ordering key.
    lines: HashMap<[u8; 16], BTreeSet<i64>>,
    /// The delivery of each deduplication key, and when the key expires.
    keys: HashMap<[u8; 16], (i64, Option<SystemTime>)>,
    /// The retention of the finished deliveries of an endpoint.
    pub(crate) retentions: HashMap<String, EndpointRetention>,
    /// What handlers have written.
    pub(crate) effects: Vec<String>,
}

#[derive(Clone)]
struct Row {
    record: Record,
    claims: i64,
    ordering: Option<[u8; 16]>,
    head: Vec<u8>,
    body: Bytes,
}

/// The kinds of what is due.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Lease,
    Retry,
    New,
}

impl Row {
    fn due(&self) -> Option<(String, Due, Option<SystemTime>, i64)> {
        let kind = match (self.record.state, self.record.due_at) {
            (DeliveryState::Running, _) => Due::Lease,
            (DeliveryState::Pending, Some(_)) => Due::Retry,
            (DeliveryState::Pending, None) => Due::New,
            _ => return None,
        };
        Some((self.record.endpoint.clone(), kind, self.record.due_at, self.record.id))
    }

    fn stored(&self) -> Option<StoredDelivery> {
        let head = StoredRequest::from_bytes(&self.head)?;
        Some(StoredDelivery::new(self.record.clone(), head, self.body.clone()))
    }

    fn job(&self) -> Option<Job> {
        let claim = ClaimToken::new(self.record.id, self.claims);
        Some(Job::new(claim.with_ordering_digest(self.ordering), self.stored()?))
    }
}

impl Tables {
    pub(crate) fn records(&self) -> impl DoubleEndedIterator<Item = &Record> {
        self.deliveries.values().map(|row| &row.record)
    }

    pub(crate) fn get(&self, id: i64) -> Result<Option<StoredDelivery>, InboxError> {
        let Some(row) = self.deliveries.get(&id) else { return Ok(None) };
        row.stored().map(Some).ok_or_else(|| InboxError::Store(UNREADABLE.to_owned()))
    }

    pub(crate) fn enqueue(&mut self, new: &NewDelivery, now: SystemTime) -> EnqueueResult {
        let key = new.dedup_digest();
        if let Some(&(id, _)) = self.keys.get(&key) {
            if !self.deliveries.get(&id).is_some_and(|row| row.record.can_be_revived()) {
                return EnqueueResult::Duplicate(id);
            }
            self.update(id, |row| {
                row.record.revive(new);
                row.ordering = new.ordering_digest();
                (row.head, row.body) = (new.head.to_bytes(), new.body.clone());
            });
            return EnqueueResult::Revived(id);
        }
        self.last += 1;
        let (id, ordering) = (self.last, new.ordering_digest());
        self.keys.insert(key, (id, now.checked_add(new.dedup_retention)));
        let (record, body) = (Record::stored(id, new), new.body.clone());
        self.insert(Row { record, claims: 0, ordering, head: new.head.to_bytes(), body });
        self.promote(ordering);
        EnqueueResult::Stored(id)
    }

    pub(crate) fn claim(&mut self, wanted: &ClaimRequest, now: SystemTime) -> ClaimResult {
        let selection = self.select(wanted, now);
        for id in selection.lost() {
            self.update(*id, |row| row.record.give_up(now));
        }
        let (mut jobs, mut unreadable) = (Vec::new(), Vec::new());
        for id in selection.ids() {
            self.update(id, |row| {
                row.record.claim(now.checked_add(wanted.lease));
                row.claims += 1;
            });
            let Some(job) = self.deliveries.get(&id).and_then(Row::job) else {
                let dead = AttemptResult::Dead { reason: UNREADABLE.to_owned() };
                self.update(id, |row| row.record.settle(&dead, now));
                unreadable.push(id);
                continue;
            };
            jobs.push(job);
        }
        let mut claimed = selection.claimed(jobs);
        claimed.bury(unreadable);
        claimed
    }

    fn select<'a>(&self, wanted: &'a ClaimRequest, now: SystemTime) -> Selection<'a> {
        if wanted.tenants.is_some() {
            return wanted.select(self.records(), now);
        }
        let mut selection = Selection::new(wanted);
        for id in self.due(wanted, Due::Lease, now) {
            selection.lapsed(id, self.deliveries.get(&id).map_or(0, |row| row.record.attempt));
        }
        for kind in wanted.in_order(Due::Retry, Due::New) {
            selection.due(self.due(wanted, kind, now));
        }
        selection
    }

    /// The deliveries of one kind that are due, those of the first endpoint first.
    fn due(&self, wanted: &ClaimRequest, kind: Due, now: SystemTime) -> Vec<i64> {
        let of = |endpoint: &String| {
            let from = (endpoint.clone(), kind, None, i64::MIN);
            let to = (endpoint.clone(), kind, Some(now), i64::MAX);
            self.due.range(from..=to).map(|(.., id)| *id)
        };
        wanted.endpoints.iter().flat_map(of).collect()
    }

    /// Whether a claim is still good.
    fn is_good(&self, claim: ClaimToken) -> bool {
        self.deliveries.get(&claim.id()).is_some_and(|row| {
            row.record.state == DeliveryState::Running && row.claims == claim.number()
        })
    }

    /// Extends a lease, and returns whether the claim is still good.
    pub(crate) fn extend(&mut self, claim: ClaimToken, until: Option<SystemTime>) -> bool {
        self.is_good(claim) && self.update(claim.id(), |row| row.record.due_at = until)
    }

    /// Settles a claim, and returns whether it was still good.
    pub(crate) fn settle(
        &mut self,
        claim: ClaimToken,
        result: &AttemptResult,
        now: SystemTime,
    ) -> bool {
        self.is_good(claim) && self.update(claim.id(), |row| row.record.settle(result, now))
    }

    pub(crate) fn change(&mut self, id: i64, change: Change, now: SystemTime) {
        self.update(id, |row| row.record.change(change, row.ordering.is_some(), now));
    }

    pub(crate) fn prune(
        &mut self,
        retention: &Retention,
        max: usize,
        now: SystemTime,
    ) -> PruneResult {
        let records = self.deliveries.values().map(|row| &row.record);
        let is_over = |record: &&Record| {
            retention.with(self.retentions.get(&record.endpoint)).is_over(record, now)
        };
        let old = records.filter(is_over).map(|record| record.id);
        let old: Vec<i64> = old.take(max).collect();
        for id in &old {
            self.remove(*id);
        }
        let expired =
            self.keys.iter().filter(|(_, (_, expires))| expires.is_some_and(|at| at <= now));
        let expired: Vec<[u8; 16]> = expired.map(|(key, _)| *key).take(max).collect();
        for key in &expired {
            self.keys.remove(key);
        }
        PruneResult::new(old.len() as u64, expired.len() as u64)
    }

    pub(crate) fn clamp_future_due_times(&mut self, bounds: DueTimeLimits, now: SystemTime) -> u64 {
        let mut healed = 0;
        for (.., id) in self.due.clone() {
            self.update(id, |row| healed += u64::from(bounds.clamp(&mut row.record, now)));
        }
        healed
    }

    pub(crate) fn damage(&mut self, ids: &[i64]) {
        for id in ids {
            self.update(*id, |row| row.head = vec![0]);
        }
    }

    /// Changes a row and its places in the indexes, lets the next of its ordering key go on if it
    /// can, and returns whether there is such a row.
    fn update(&mut self, id: i64, change: impl FnOnce(&mut Row)) -> bool {
        let Some(mut row) = self.remove(id) else { return false };
        change(&mut row);
        let ordering = row.ordering;
        self.insert(row);
        self.promote(ordering);
        true
    }

    fn insert(&mut self, row: Row) {
        self.due.extend(row.due());
        if let Some(ordering) = row.ordering.filter(|_| !row.record.state.is_finished()) {
            self.lines.entry(ordering).or_default().insert(row.record.id);
        }
        self.deliveries.insert(row.record.id, row);
    }

    fn remove(&mut self, id: i64) -> Option<Row> {
        let row = self.deliveries.remove(&id)?;
        if let Some(due) = row.due() {
            self.due.remove(&due);
        }
        if let Some(ordering) = row.ordering
            && let Some(line) = self.lines.get_mut(&ordering)
        {
            line.remove(&id);
            if line.is_empty() {
                self.lines.remove(&ordering);
            }
        }
        Some(row)
    }

    /// Lets the first of an ordering key go on, unless another of it is pending or running.
    fn promote(&mut self, ordering: Option<[u8; 16]>) {
        let Some(line) = ordering.and_then(|ordering| self.lines.get(&ordering)) else { return };
        let is_held = |id: &i64| {
            self.deliveries.get(id).is_some_and(|row| row.record.state == DeliveryState::Blocked)
        };
        if let Some(first) = line.first().copied().filter(|_| line.iter().all(is_held)) {
            self.update(first, |row| row.record.promote());
        }
    }
}
