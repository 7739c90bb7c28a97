//! What a pool has room for, and what it is handed.

use std::sync::Arc;

use tokio::time::Instant;

use crate::inbox::{
    options::Settings,
    record::{ClaimToken, Job, NewDelivery},
    store::{ClaimRequest, ClaimResult},
    worker::pool::{Endpoint, Pool, State},
};

/// The bytes of bodies that may wait beyond the free slots.
const MOST_WAITING: usize = 32 * 1024 * 1024;

/// What a pool has room for.
pub(crate) struct Wanted {
    pub(crate) request: ClaimRequest,
    pool: Arc<Pool>,
    generation: u64,
}

impl Wanted {
    /// Hands the claimed jobs over. Returns the endpoints if there are no more of them.
    pub(crate) fn deliver(self, claimed: ClaimResult) -> Option<Vec<String>> {
        let ClaimResult { jobs, crash_suspect, dead_lettered, .. } = claimed;
        let filled = jobs.len() + dead_lettered as usize >= self.request.max as usize;
        let mut state = self.pool.state();
        if !filled && state.generation == self.generation {
            for endpoint in &mut state.endpoints {
                endpoint.more &= !self.request.endpoints.contains(&endpoint.name);
            }
        }
        let last = jobs.len();
        for (at, job) in (1..).zip(jobs) {
            self.pool.take(&mut state, job, crash_suspect && at == last);
        }
        let runs = self.pool.fill(&mut state);
        drop(state);
        self.pool.run(runs);
        (!filled).then(|| self.request.endpoints.clone())
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
        }
    }

    /// There is more of an endpoint in the store. Returns true if there is room for it.
    pub(in crate::inbox::worker) fn more_of(&self, name: &str) -> bool {
        let mut state = self.state();
        let Some(at) = state.place(name) else { return false };
        state.generation += 1;
        state.endpoints[at].more = true;
        self.room(&mut state, at) >= 1
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
        rooms.sort_by_key(|(room, _)| *room);
        state.turn = state.turn.wrapping_add(1);
        state.retries_first = !state.retries_first;
        for (_, at) in &rooms {
            state.endpoints[*at].asked = true;
        }
        let mut crash_suspect = !state.held.values().any(|held| held.crash_suspect);
        let running: Vec<i64> = state.held.keys().copied().collect();
        let together = rooms.chunk_by(|one, other| one.0 == other.0);
        let wanted = together.map(|rooms| Wanted {
            request: ClaimRequest {
                endpoints: rooms.iter().map(|(_, at)| state.endpoints[*at].name.clone()).collect(),
                max: u32::try_from(rooms[0].0).unwrap_or(u32::MAX),
                lease: settings.lease,
                max_attempts: settings.max_attempts,
                retries_first: state.retries_first,
                running: running.clone(),
                crash_suspect: std::mem::take(&mut crash_suspect),
            },
            pool: Arc::clone(pool),
            generation: state.generation,
        });
        wanted.collect()
    }

    /// The endpoints that have more and room for it, in turns, with their room.
    pub(super) fn rooms(&self, state: &mut State) -> Vec<(usize, usize)> {
        let (count, turn) = (state.endpoints.len(), state.turn);
        let mut rooms = Vec::new();
        for at in (0..count).map(|at| at.wrapping_add(turn) % count) {
            let room = self.room(state, at);
            let endpoint = &state.endpoints[at];
            if endpoint.more && !endpoint.asked && room >= endpoint.least(self.slots) {
                // A power of two, so that those with about as much are asked for together.
                rooms.push((1 << room.ilog2(), at));
            }
        }
        rooms
    }

    /// The number of deliveries that an endpoint has room for.
    pub(super) fn room(&self, state: &mut State, at: usize) -> usize {
        if state.stopped {
            return 0;
        }
        let memory = MOST_WAITING.saturating_sub(state.waiting_bytes) / state.typical_bytes.max(1);
        let endpoint = &mut state.endpoints[at];
        let ahead = endpoint.pace.ahead(Instant::now(), self.slots).min(memory);
        let taken = endpoint.running + endpoint.waiting.len() + endpoint.reserved;
        (self.slots + ahead).saturating_sub(taken)
    }

    /// True if there is room for more of an endpoint that has more.
    pub(super) fn is_hungry(&self, state: &mut State) -> bool {
        !self.rooms(state).is_empty()
    }
}

impl Endpoint {
    /// The least room that a claim is worth. Where all slots are free, any is.
    pub(super) fn least(&self, slots: usize) -> usize {
        if self.waiting.is_empty() { 1 } else { slots.div_ceil(2).max(1) }
    }
}

impl State {
    /// Gives a reserved place up.
    fn forgo(&mut self, name: &str) {
        if let Some(at) = self.place(name) {
            let reserved = &mut self.endpoints[at].reserved;
            *reserved = reserved.saturating_sub(1);
        }
    }
}
