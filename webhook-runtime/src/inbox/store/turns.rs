//! The turns of tenants in a claim.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, VecDeque},
};

use crate::inbox::{
    record::{DeliveryState, Digest, Record},
    store::claim::{Mark, Selection},
};

/// The turns of tenants, by the digests that are
/// [stored](crate::inbox::NewDelivery::tenant_digest). `None` is what was stored without one.
///
/// A claim takes for the tenant that has the fewest deliveries, again and again. Of several, lapsed
/// claims come first, then retries or new deliveries
/// [in order](crate::inbox::store::ClaimRequest::in_order), then the next tenant by its digest.
#[derive(Clone, Debug)]
pub struct TenantTurns {
    /// How many deliveries the worker has of each tenant. Other tenants have none.
    pub held: HashMap<Option<[u8; 16]>, u32>,
    /// The tenant whose turn was the last. The next one comes first, and this one comes last.
    pub after: Option<[u8; 16]>,
    /// The most deliveries that a tenant may have with this claim.
    pub max_held: u32,
}

impl Default for TenantTurns {
    /// The turns of a worker that has nothing.
    fn default() -> Self {
        Self { held: HashMap::new(), after: None, max_held: u32::MAX }
    }
}

impl TenantTurns {
    pub(crate) fn held(&self, tenant: Option<Digest>) -> u32 {
        self.held.get(&tenant).copied().unwrap_or_default()
    }

    /// The place of a tenant when all have as many.
    pub(crate) fn rank(&self, tenant: Option<Digest>) -> (bool, Option<Digest>) {
        (tenant <= self.after, tenant)
    }
}

/// A delivery that is due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) id: i64,
    pub(crate) tenant: Option<Digest>,
    pub(crate) kind: Kind,
}

/// The reason why a delivery is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Its lease has run out, after so many attempts.
    Lapsed(u32, Mark),
    Retry,
    New,
}

impl Candidate {
    pub(super) fn of(record: &Record, mark: Mark) -> Self {
        let kind = match record.due_at {
            _ if record.state == DeliveryState::Running => Kind::Lapsed(record.attempt, mark),
            Some(_) => Kind::Retry,
            None => Kind::New,
        };
        Self { id: record.id, tenant: record.tenant_digest, kind }
    }
}

impl Selection<'_> {
    /// Offers what is due so that tenants take turns; what a tenant has is ordered by due time.
    /// Where not all tenants were looked at, the last of them is `scanned_to`.
    pub(crate) fn in_turns(&mut self, due: Vec<Candidate>, scanned_to: Option<Digest>) {
        let Some(turns) = &self.wanted.tenants else { return };
        let [first, _] = self.wanted.in_order(Kind::Retry, Kind::New);
        let class = |candidate: &Candidate| match candidate.kind {
            Kind::Lapsed(..) => 0,
            kind if kind == first => 1,
            _ => 2,
        };
        let mut queues: HashMap<Option<Digest>, [VecDeque<Candidate>; 3]> = HashMap::new();
        for candidate in due {
            if self.is_lost(candidate) {
                self.offer(candidate);
            } else {
                let queue = queues.entry(candidate.tenant).or_default();
                queue[class(&candidate)].push_back(candidate);
            }
        }
        let turn = |count: u32, tenant, queue: &[VecDeque<Candidate>; 3]| {
            let class = queue.iter().position(|queue| !queue.is_empty())?;
            Some(Reverse((count, class, turns.rank(tenant))))
        };
        let first_turns =
            queues.iter().filter_map(|(tenant, queue)| turn(turns.held(*tenant), *tenant, queue));
        let mut next: BinaryHeap<_> = first_turns.collect();
        let (mut last, mut last_scanned) = (None, None);
        let end = scanned_to.map(|tenant| turns.rank(Some(tenant)));
        while self.room() > 0
            && let Some(Reverse((count, class, rank))) = next.pop()
            && count < turns.max_held
        {
            let tenant = rank.1;
            let Some(queue) = queues.get_mut(&tenant) else { continue };
            let Some(candidate) = queue[class].pop_front() else { continue };
            let is_taken = self.offer(candidate);
            if is_taken {
                last = Some(tenant);
                if end.is_none_or(|end| rank <= end) {
                    last_scanned = Some(tenant);
                }
            }
            next.extend(turn(count + u32::from(is_taken), tenant, queue));
        }
        // Beyond what was scanned, tenants may have been passed over.
        self.after = last_scanned.or(scanned_to.map(Some)).or(last).unwrap_or(self.after);
    }

    fn is_lost(&self, candidate: Candidate) -> bool {
        let Kind::Lapsed(attempt, mark) = candidate.kind else { return false };
        mark.counted && attempt.saturating_add(u32::from(mark.unsure)) >= self.wanted.max_attempts
    }

    /// Offers a delivery, and returns whether it is taken.
    pub(crate) fn offer(&mut self, candidate: Candidate) -> bool {
        let room = self.room();
        match candidate.kind {
            Kind::Lapsed(attempt, mark) => self.lapsed_marked(candidate.id, attempt, mark),
            Kind::Retry | Kind::New => self.due([candidate.id]),
        }
        let is_taken = self.room() < room;
        if is_taken {
            self.tenants.insert(candidate.id, candidate.tenant);
        }
        is_taken
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use super::*;
    use crate::inbox::store::ClaimRequest;

    fn tenant(number: u16) -> Digest {
        let mut tenant = Digest::default();
        tenant[..2].copy_from_slice(&number.to_be_bytes());
        tenant
    }

    fn wanted(max: u32, turns: TenantTurns) -> ClaimRequest {
        ClaimRequest {
            endpoints: Vec::new(),
            max,
            lease: Duration::ZERO,
            max_attempts: 3,
            retries_first: false,
            running: Vec::new(),
            crash_suspect: false,
            tenants: Some(turns),
        }
    }

    fn due(id: i64, of: u16, kind: Kind) -> Candidate {
        Candidate { id, tenant: Some(tenant(of)), kind }
    }

    /// What is claimed, and the tenant that the next claim goes on after.
    fn claim(wanted: &ClaimRequest, due: Vec<Candidate>) -> (Vec<i64>, Option<Digest>) {
        let mut selection = Selection::new(wanted);
        selection.in_turns(due, None);
        (selection.ids(), selection.claimed(Vec::new()).after)
    }

    #[test]
    fn the_tenant_with_the_fewest_comes_first() {
        let mut backlog: Vec<_> = (0..100).map(|id| due(id, 1, Kind::New)).collect();
        backlog.extend([due(100, 2, Kind::New), due(101, 3, Kind::Retry), due(102, 3, Kind::New)]);
        let (ids, _) = claim(&wanted(6, TenantTurns::default()), backlog.clone());
        // One of each, new ones before retries; then the second of those that have one.
        assert_eq!(ids, [0, 100, 102, 1, 101, 2]);
        let held = HashMap::from([(Some(tenant(1)), 15), (Some(tenant(3)), 1)]);
        let turns = TenantTurns { held, ..TenantTurns::default() };
        assert_eq!(claim(&wanted(1, turns.clone()), backlog.clone()).0, [100]);
        assert_eq!(claim(&wanted(4, turns.clone()), backlog.clone()).0, [100, 102, 101, 0]);
        let turns = TenantTurns { max_held: 2, ..turns };
        assert_eq!(claim(&wanted(9, turns), backlog).0, [100, 102], "nobody gets more");
    }

    #[test]
    fn retries_and_new_ones_take_turns_within_a_tenant() {
        let backlog = vec![due(1, 1, Kind::New), due(2, 1, Kind::Retry), due(3, 1, Kind::New)];
        let mut wanted = wanted(2, TenantTurns::default());
        assert_eq!(claim(&wanted, backlog.clone()).0, [1, 3]);
        wanted.retries_first = true;
        assert_eq!(claim(&wanted, backlog).0, [2, 1]);
    }

    #[test]
    fn lapsed_claims_come_first_and_take_turns() {
        let lapsed = |attempt| Kind::Lapsed(attempt, Mark::COUNTED);
        let mut backlog: Vec<_> = (0..10).map(|id| due(id, 1, lapsed(1))).collect();
        backlog.push(due(20, 2, Kind::New));
        assert_eq!(claim(&wanted(3, TenantTurns::default()), backlog.clone()).0, [0, 20, 1]);
        // What cannot be claimed takes no turn, and what is lost is given up whatever the room.
        backlog.splice(0..0, [due(30, 1, lapsed(2)), due(31, 1, lapsed(3)), due(32, 2, lapsed(4))]);
        let wanted = wanted(2, TenantTurns::default());
        let mut selection = Selection::new(&wanted);
        selection.in_turns(backlog, None);
        assert_eq!((selection.ids(), selection.lost()), (vec![0, 20], &[31, 32][..]));
    }

    #[test]
    fn what_has_no_tenant_is_of_one_more() {
        let without = |id| Candidate { id, tenant: None, kind: Kind::New };
        let backlog = vec![without(1), without(2), due(3, 1, Kind::New), due(4, 1, Kind::New)];
        let (ids, after) = claim(&wanted(3, TenantTurns::default()), backlog.clone());
        assert_eq!((ids, after), (vec![3, 1, 4], Some(tenant(1))));
        let turns = TenantTurns { after, ..TenantTurns::default() };
        assert_eq!(claim(&wanted(1, turns), backlog), (vec![1], None));
    }

    /// With one slot, all have as many whenever it is free.
    #[test]
    fn every_tenant_comes_round() {
        let backlog: Vec<_> = (0..5000_u16).map(|of| due(of.into(), of, Kind::New)).collect();
        let mut after = None;
        for turn in 0..200_u16 {
            let turns = TenantTurns { after, ..TenantTurns::default() };
            let ids = claim(&wanted(1, turns), backlog.clone()).0;
            assert_eq!(ids, [i64::from(turn)]);
            after = Some(tenant(turn));
        }
    }

    /// As the engines look: at some of thousands of tenants at a time, most of whose retries lie
    /// ahead, and some of which have always something due.
    #[test]
    fn every_tenant_comes_round_where_few_are_looked_at() {
        const LOOKED_AT: usize = 32;
        let (all, busy) = (1000_u16, 25_u16);
        let is_busy = |tenant: u16| tenant.is_multiple_of(all / busy);
        let retry = 834_u16;
        assert!(!is_busy(retry));
        let mut after = [None; 2];
        let mut turns_of: BTreeMap<i64, usize> = BTreeMap::new();
        let mut begun = None;
        for number in 0..500 {
            let retries_first = number % 2 == 0;
            let turns =
                TenantTurns { after: after[usize::from(retries_first)], ..TenantTurns::default() };
            let mut wanted = wanted(1, turns.clone());
            wanted.retries_first = retries_first;
            let mut order: Vec<u16> = (0..all).collect();
            order.sort_by_key(|one| turns.rank(Some(tenant(*one))));
            let new: Vec<_> = order.iter().filter(|one| is_busy(**one)).take(LOOKED_AT).collect();
            let retries: Vec<_> = order.iter().take(LOOKED_AT).collect();
            let last = if retries_first { retries.last() } else { new.last() };
            let mut found: Vec<_> =
                new.iter().map(|one| due((**one).into(), **one, Kind::New)).collect();
            if begun.is_none() && retries.contains(&&retry) {
                found.push(due(-1, retry, Kind::Retry));
            }
            let mut selection = Selection::new(&wanted);
            selection.in_turns(found, last.map(|last| tenant(**last)));
            match selection.ids()[..] {
                [-1] => begun = Some(number),
                [id] => *turns_of.entry(id).or_default() += 1,
                ref other => panic!("{other:?}"),
            }
            after[usize::from(retries_first)] = selection.claimed(Vec::new()).after;
        }
        assert!(begun.is_some_and(|begun| begun < 200), "{begun:?}");
        assert_eq!(turns_of.len(), usize::from(busy));
        let (least, most) = (turns_of.values().min(), turns_of.values().max());
        assert!(least >= Some(&9) && most <= Some(&40), "{turns_of:?}");
    }
}
