//! The jobs that wait for the slots of an endpoint, in a lane for each tenant.

use std::collections::{HashMap, VecDeque};

use crate::inbox::record::Digest;

/// A tenant, as the store tells them apart. Where tenants take no turns, there is one.
type Tenant = Option<Digest>;

/// The jobs that wait, and the number that runs of each tenant.
///
/// The next slot is for the tenant that has the fewest running. Of several, it is for the one whose
/// last turn is longest ago.
pub(super) struct Lanes<T> {
    by_tenant: HashMap<Tenant, Lane<T>>,
    /// The tenants that have something waiting, in the order of their turns.
    turns: VecDeque<Tenant>,
    waiting: usize,
}

struct Lane<T> {
    waiting: VecDeque<T>,
    running: usize,
}

impl<T> Lanes<T> {
    pub(super) fn new() -> Self {
        Self { by_tenant: HashMap::new(), turns: VecDeque::new(), waiting: 0 }
    }

    /// Adds one that waits.
    pub(super) fn push(&mut self, tenant: Tenant, item: T) {
        let lane = self
            .by_tenant
            .entry(tenant)
            .or_insert_with(|| Lane { waiting: VecDeque::new(), running: 0 });
        if lane.waiting.is_empty() {
            self.turns.push_back(tenant);
        }
        lane.waiting.push_back(item);
        self.waiting += 1;
    }

    /// Takes the next one.
    pub(super) fn pop(&mut self) -> Option<(Tenant, T)> {
        let running = |tenant: &Tenant| self.by_tenant.get(tenant).map_or(0, |lane| lane.running);
        let (at, _) = self.turns.iter().enumerate().min_by_key(|(_, tenant)| running(tenant))?;
        let tenant = self.turns.remove(at)?;
        let lane = self.by_tenant.get_mut(&tenant)?;
        let item = lane.waiting.pop_front()?;
        self.waiting -= 1;
        if !lane.waiting.is_empty() {
            self.turns.push_back(tenant);
        }
        self.forget(tenant);
        Some((tenant, item))
    }

    /// One of this tenant has a slot.
    pub(super) fn started(&mut self, tenant: Tenant) {
        let lane = self.by_tenant.entry(tenant);
        lane.or_insert_with(|| Lane { waiting: VecDeque::new(), running: 0 }).running += 1;
    }

    /// Its slot is free again.
    pub(super) fn returned(&mut self, tenant: Tenant) {
        if let Some(lane) = self.by_tenant.get_mut(&tenant) {
            lane.running = lane.running.saturating_sub(1);
        }
        self.forget(tenant);
    }

    fn forget(&mut self, tenant: Tenant) {
        let is_empty = |lane: &Lane<T>| lane.waiting.is_empty() && lane.running == 0;
        if self.by_tenant.get(&tenant).is_some_and(is_empty) {
            self.by_tenant.remove(&tenant);
        }
    }

    /// The number of those that wait.
    pub(super) fn len(&self) -> usize {
        self.waiting
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// The number of tenants that have something waiting.
    pub(super) fn tenants(&self) -> usize {
        self.turns.len()
    }

    /// True if something of this tenant waits.
    pub(super) fn waits(&self, tenant: Tenant) -> bool {
        self.by_tenant.get(&tenant).is_some_and(|lane| !lane.waiting.is_empty())
    }

    /// How much of each tenant waits; with `running`, also what runs.
    pub(super) fn held(&self, running: bool) -> HashMap<Tenant, u32> {
        let count = |lane: &Lane<T>| lane.waiting.len() + if running { lane.running } else { 0 };
        let held = self.by_tenant.iter().map(|(tenant, lane)| (*tenant, count(lane)));
        let held = held.filter(|(_, count)| *count > 0);
        held.map(|(tenant, count)| (tenant, u32::try_from(count).unwrap_or(u32::MAX))).collect()
    }

    /// Takes all that wait.
    pub(super) fn drain(&mut self) -> Vec<T> {
        self.turns.clear();
        self.waiting = 0;
        let all = self.by_tenant.values_mut().flat_map(|lane| lane.waiting.drain(..)).collect();
        self.by_tenant.retain(|_, lane| lane.running > 0);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Tenant = Some([1; 16]);
    const B: Tenant = Some([2; 16]);
    const C: Tenant = Some([3; 16]);

    /// Starts the next one.
    fn start(lanes: &mut Lanes<u32>) -> Option<u32> {
        let (tenant, item) = lanes.pop()?;
        lanes.started(tenant);
        Some(item)
    }

    #[test]
    fn the_next_slot_is_for_the_tenant_with_the_fewest_running() {
        let mut lanes = Lanes::new();
        for item in 0..100 {
            lanes.push(A, item);
        }
        for item in 0..4 {
            assert_eq!(start(&mut lanes), Some(item));
        }
        lanes.push(B, 100);
        lanes.push(B, 101);
        assert_eq!([start(&mut lanes), start(&mut lanes)], [Some(100), Some(101)]);
        assert_eq!(start(&mut lanes), Some(4), "there is nothing else");
        lanes.push(C, 200);
        lanes.push(B, 102);
        assert_eq!([start(&mut lanes), start(&mut lanes)], [Some(200), Some(102)]);
        assert_eq!(lanes.held(true), HashMap::from([(A, 100), (B, 3), (C, 1)]));
        assert_eq!(lanes.held(false), HashMap::from([(A, 95)]));
        assert_eq!(
            (lanes.len(), lanes.tenants(), lanes.waits(A), lanes.waits(B)),
            (95, 1, true, false)
        );
    }

    #[test]
    fn tenants_with_as_many_go_round() {
        let mut lanes = Lanes::new();
        for item in 0..3 {
            for (tenant, of) in [(A, 10), (B, 20), (C, 30)] {
                lanes.push(tenant, of + item);
            }
        }
        // One slot, so that none has anything running when it is free.
        let mut ran = Vec::new();
        while let Some((tenant, item)) = lanes.pop() {
            lanes.started(tenant);
            lanes.returned(tenant);
            ran.push(item);
        }
        assert_eq!(ran, [10, 20, 30, 11, 21, 31, 12, 22, 32]);
        assert!(lanes.by_tenant.is_empty() && lanes.is_empty(), "nothing is left of a tenant");
    }

    #[test]
    fn without_tenants_the_first_is_the_first() {
        let mut lanes = Lanes::new();
        for item in 0..10 {
            lanes.push(None, item);
        }
        assert_eq!(start(&mut lanes), Some(0));
        assert_eq!(lanes.drain(), (1..10).collect::<Vec<_>>());
        assert!(lanes.is_empty() && lanes.pop().is_none());
        lanes.returned(None);
        assert!(lanes.by_tenant.is_empty());
    }
}
