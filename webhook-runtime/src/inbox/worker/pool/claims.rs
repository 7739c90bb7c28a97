//! What a pool has room for, and what it is handed.

use std::sync::Arc;

use tokio::time::Instant;

use crate::inbox::{
    options::Settings,
    record::{ClaimToken, Digest, Job, NewDelivery},
    store::{ClaimRequest, ClaimResult, TenantTurns},
    worker::{
        pace::MOST,
        pool::{Endpoint, Gate, Pool, State},
    },
};

/// The bytes of bodies that may wait beyond the free slots.
const MOST_WAITING: usize = 32 * 1024 * 1024;

/// What a pool has room for.
pub(crate) struct Wanted {
    pub(crate) request: ClaimRequest,
    pool: Arc<Pool>,
    generation: u64,
    /// True if it is only for tenants of which nothing waits.
    only_others: bool,
}

/// An endpoint that has more and room for it.
pub(super) struct Room {
    /// The place of the endpoint.
    at: usize,
    /// The number of deliveries that there is room for.
    size: usize,
    max_attempts: u32,
    /// True if there is room only for tenants of which nothing waits.
    only_others: bool,
}

impl Wanted {
    /// Hands the claimed jobs over. Returns the endpoints if there are no more of them.
    pub(crate) fn deliver(self, claimed: ClaimResult) -> Option<Vec<String>> {
        let ClaimResult { jobs, crash_suspect, dead_lettered, after, .. } = claimed;
        let filled = jobs.len() + dead_lettered as usize >= self.request.max as usize;
        let mut state = self.pool.state();
        let is_new = state.generation != self.generation;
        let request = &self.request;
        let asked = |endpoint: &&mut Endpoint| request.endpoints.contains(&endpoint.name);
        for endpoint in state.endpoints.iter_mut().filter(asked) {
            endpoint.after[usize::from(request.retries_first)] = after;
            if !filled && !is_new {
                endpoint.more_tenants = false;
                endpoint.more &= self.only_others;
            }
        }
        let last = jobs.len();
        for (at, job) in (1..).zip(jobs) {
            self.pool.take(&mut state, job, crash_suspect && at == last);
        }
        let runs = self.pool.fill(&mut state);
        drop(state);
        self.pool.run(runs);
        (!filled && !self.only_others).then(|| self.request.endpoints.clone())
    }
}

/// The endpoints can be asked for again.
impl Drop for Wanted {
    fn drop(&mut self) {
        let mut state = self.pool.state();
        for name in &self.request.endpoints {
            if let Some(at) = state.place(name) {
                state.endpoints[at].asked = false;
            }
        }
        let hungry = self.pool.is_hungry(&mut state);
        self.pool.set_next_start(&mut state);
        drop(state);
        self.pool.ended.notify_waiters();
        if hungry {
            (self.pool.wake)(false);
        }
    }
}

impl Pool {
    pub(in crate::inbox::worker) fn more_of_all(&self) {
        let mut state = self.state();
        state.generation += 1;
        for endpoint in &mut state.endpoints {
            endpoint.more = true;
            endpoint.more_tenants = true;
        }
        self.set_next_start(&mut state);
    }

    /// There is more of an endpoint in the store. Returns true if there is room for it.
    pub(in crate::inbox::worker) fn more_of(&self, name: &str, tenant: Option<Digest>) -> bool {
        let mut state = self.state();
        let Some(at) = state.place(name) else { return false };
        state.generation += 1;
        let endpoint = &mut state.endpoints[at];
        endpoint.more = true;
        endpoint.more_tenants |= !endpoint.waiting.waits(tenant);
        let has_room = self.room(&mut state, at) >= 1 || self.room_for_others(&state, at) >= 1;
        self.set_next_start(&mut state);
        has_room
    }

    /// Reserves a place for a delivery that is about to be stored.
    pub(in crate::inbox::worker) fn reserve(&self, name: &str) -> bool {
        let mut state = self.state();
        let Some(at) = state.place(name).filter(|at| !state.endpoints[*at].more) else {
            return false;
        };
        let room = self.room(&mut state, at) >= 1;
        state.endpoints[at].reserved += usize::from(room);
        room
    }

    /// Gives a reserved place up.
    pub(crate) fn forgo(&self, name: &str) {
        self.state().forgo(name);
        self.ended.notify_waiters();
    }

    /// Takes a delivery over that was stored as claimed.
    pub(crate) fn deliver_new(self: &Arc<Self>, delivery: NewDelivery, claim_token: ClaimToken) {
        let mut state = self.state();
        state.forgo(&delivery.endpoint);
        self.take(&mut state, Job::of_new(delivery, claim_token), false);
        let runs = self.fill(&mut state);
        self.set_next_start(&mut state);
        drop(state);
        self.run(runs);
    }

    /// What this pool has room for: the endpoints with much room together, others alone.
    pub(in crate::inbox::worker) fn wanted(pool: &Arc<Self>, settings: &Settings) -> Vec<Wanted> {
        let mut state = pool.state();
        if state.stopped {
            return Vec::new();
        }
        let mut rooms = pool.rooms(&mut state);
        if rooms.is_empty() {
            return Vec::new();
        }
        rooms.sort_by_key(|room| (room.size, room.max_attempts));
        state.turn = state.turn.wrapping_add(1);
        // Never in step with tenants or slots that take turns as well: each has both in time.
        state.retries_first = state.turn.count_ones().is_multiple_of(2);
        for room in &rooms {
            state.endpoints[room.at].asked = true;
        }
        let mut crash_suspect = !state.held.values().any(|held| held.crash_suspect);
        let running: Vec<i64> = state.held.keys().copied().collect();
        // Each endpoint has turns of its own.
        let alike = |room: &Room| (room.size, room.max_attempts);
        let together =
            rooms.chunk_by(|one, other| !pool.fair_tenants && alike(one) == alike(other));
        let wanted = together.map(|rooms| Wanted {
            request: ClaimRequest {
                endpoints: rooms.iter().map(|room| state.endpoints[room.at].name.clone()).collect(),
                max: u32::try_from(rooms[0].size).unwrap_or(u32::MAX),
                lease: settings.lease,
                max_attempts: rooms[0].max_attempts,
                retries_first: state.retries_first,
                running: running.clone(),
                crash_suspect: std::mem::take(&mut crash_suspect),
                tenants: pool.fair_tenants.then(|| state.turns(&rooms[0])),
            },
            pool: Arc::clone(pool),
            generation: state.generation,
            only_others: rooms[0].only_others,
        });
        wanted.collect()
    }

    /// The endpoints that have more and room for it, in turns.
    pub(super) fn rooms(&self, state: &mut State) -> Vec<Room> {
        let (count, turn) = (state.endpoints.len(), state.turn);
        let mut rooms = Vec::new();
        for at in (0..count).map(|at| at.wrapping_add(turn) % count) {
            let room = self.room(state, at);
            let endpoint = &state.endpoints[at];
            if !endpoint.more || endpoint.asked {
                continue;
            }
            let max_attempts = endpoint.handler.options.max_attempts;
            if room >= endpoint.least(Instant::now()) {
                // A power of two, so that those with about as much are asked for together.
                rooms.push(Room { at, size: 1 << room.ilog2(), max_attempts, only_others: false });
                continue;
            }
            let size = self.room_for_others(state, at);
            if size > 0 {
                rooms.push(Room { at, size, max_attempts, only_others: true });
            }
        }
        rooms
    }

    /// The number of deliveries that an endpoint has room for.
    pub(super) fn room(&self, state: &mut State, at: usize) -> usize {
        if !state.starts(at) {
            return 0;
        }
        let (memory, now) = (state.memory(), Instant::now());
        let endpoint = &mut state.endpoints[at];
        let slots = endpoint.slots();
        let least = if self.fair_tenants { slots } else { 0 };
        let ahead = endpoint.pace.ahead(now, slots, least).min(memory);
        let held = endpoint.waiting.len() + endpoint.reserved;
        let room = slots.saturating_add(ahead).saturating_sub(endpoint.running + held);
        room.min(endpoint.may_start(now).saturating_sub(held))
    }

    /// The number of tenants that an endpoint has room for beyond that: what has been prefetched of
    /// one tenant keeps no other from the next slot.
    pub(super) fn room_for_others(&self, state: &State, at: usize) -> usize {
        let endpoint = &state.endpoints[at];
        let is_asked_for = self.fair_tenants && endpoint.more_tenants && state.starts(at);
        if !is_asked_for || endpoint.waiting.is_empty() {
            return 0;
        }
        let waiting = &endpoint.waiting;
        // At least one, however much of one tenant there is.
        let memory = state.memory().max(usize::from(waiting.tenants() < 2));
        let slots = endpoint.slots();
        let most = slots.saturating_mul(MOST + 2).saturating_sub(waiting.len());
        let soon = endpoint.may_start(Instant::now());
        slots.saturating_sub(waiting.tenants()).min(memory).min(most).min(soon)
    }

    /// True if there is room for more of an endpoint that has more.
    pub(super) fn is_hungry(&self, state: &mut State) -> bool {
        !self.rooms(state).is_empty()
    }
}

impl Endpoint {
    /// The least room that a claim is worth. Where nothing waits, any is.
    pub(super) fn least(&self, now: Instant) -> usize {
        let most = self.slots().min(self.may_start(now));
        if self.waiting.is_empty() { 1 } else { most.div_ceil(2).max(1) }
    }

    /// The number that the rate lets start soon.
    fn may_start(&self, now: Instant) -> usize {
        self.rate.as_ref().map_or(usize::MAX, |rate| rate.limit.soon(now))
    }
}

impl State {
    /// True if deliveries of an endpoint may begin.
    fn starts(&self, at: usize) -> bool {
        !self.stopped && self.endpoints[at].gate == Gate::Open
    }

    /// The number of bodies that may wait beyond those that do.
    fn memory(&self) -> usize {
        MOST_WAITING.saturating_sub(self.waiting_bytes) / self.typical_bytes.max(1)
    }

    /// The turns of the tenants of an endpoint.
    fn turns(&self, room: &Room) -> TenantTurns {
        let endpoint = &self.endpoints[room.at];
        TenantTurns {
            held: endpoint.waiting.held(!room.only_others),
            after: endpoint.after[usize::from(self.retries_first)],
            max_held: if room.only_others { 1 } else { u32::MAX },
        }
    }

    /// Gives a reserved place up.
    fn forgo(&mut self, name: &str) {
        if let Some(at) = self.place(name) {
            let reserved = &mut self.endpoints[at].reserved;
            *reserved = reserved.saturating_sub(1);
        }
    }
}
