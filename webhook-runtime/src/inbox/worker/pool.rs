//! The workers of some endpoints: what they hold, and the slots that they run it in.
//!
//! The thread of the inbox claims for them and hands them their jobs. Each endpoint has slots of
//! its own, so that a slow one takes none from another.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::Notify,
    task::AbortHandle,
    time::{Instant, timeout_at},
};

use crate::inbox::{
    Shared,
    options::Settings,
    record::{AttemptResult, ClaimToken, Counting, Job, NewDelivery},
    store::{ClaimRequest, ClaimResult, FinishedAttempt},
    worker::{
        JobHandlers, ShutdownResult,
        attempt::{JobHandler, Slot, attempt},
        pace::Pace,
        pools::Wake,
    },
};

/// The time after which a running attempt is counted. One that ends sooner is counted then.
pub(crate) const UNCOUNTED: Duration = Duration::from_millis(5);

/// The bytes of bodies that may wait beyond the free slots.
const MOST_WAITING: usize = 32 * 1024 * 1024;

/// The longest wait for what is given back at the end.
const GIVE_BACK: Duration = Duration::from_secs(1);

/// The workers of some endpoints.
pub(crate) struct Pool {
    shared: Weak<Shared>,
    /// Where attempts run.
    runtime: Handle,
    slots: usize,
    lease: Duration,
    wake: Wake,
    state: Mutex<State>,
    ended: Notify,
}

struct State {
    endpoints: Vec<Endpoint>,
    held: HashMap<i64, Held>,
    /// Running attempts that are not counted yet, in the order in which they began.
    uncounted: VecDeque<(Instant, ClaimToken)>,
    /// Claims that are being given back.
    returning: HashSet<i64>,
    waiting_bytes: usize,
    /// The size of a body, the larger ones counting most.
    typical_bytes: usize,
    /// Whose turn it is.
    turn: usize,
    retries_first: bool,
    /// Counts what was found out about the store.
    generation: u64,
    /// Claims from before this time are looked at again before they begin.
    doubted: Option<Instant>,
    /// When all leases were renewed.
    renewed: Instant,
    stopped: bool,
}

struct Endpoint {
    name: String,
    handler: Arc<dyn JobHandler>,
    running: usize,
    waiting: VecDeque<Waiting>,
    /// Places for deliveries that are being stored.
    reserved: usize,
    /// True if the store may have more of it.
    more: bool,
    /// True while the store is asked for it.
    asked: bool,
    pace: Pace,
}

struct Waiting {
    job: Job,
    since: Instant,
}

/// A claim.
struct Held {
    claim_token: ClaimToken,
    crash_suspect: bool,
    running: bool,
    give_up: Arc<Notify>,
    task: Option<AbortHandle>,
}

/// An attempt that is to be started, once nothing is locked.
struct Run {
    shared: Arc<Shared>,
    handler: Arc<dyn JobHandler>,
    job: Job,
    give_up: Arc<Notify>,
}

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
        if hungry {
            (self.pool.wake)(false);
        }
    }
}

impl Pool {
    pub(crate) fn new(shared: &Arc<Shared>, handlers: JobHandlers) -> Arc<Self> {
        let now = Instant::now();
        let endpoint = |(name, handler)| Endpoint {
            name,
            handler,
            running: 0,
            waiting: VecDeque::new(),
            reserved: 0,
            more: true,
            asked: false,
            pace: Pace::new(now),
        };
        let state = State {
            endpoints: handlers.by_endpoint.into_iter().map(endpoint).collect(),
            held: HashMap::new(),
            uncounted: VecDeque::new(),
            returning: HashSet::new(),
            waiting_bytes: 0,
            typical_bytes: 0,
            turn: 0,
            retries_first: true,
            generation: 0,
            doubted: None,
            renewed: now,
            stopped: false,
        };
        Arc::new(Self {
            shared: Arc::downgrade(shared),
            runtime: Handle::current(),
            slots: shared.settings.concurrency,
            lease: shared.settings.lease,
            wake: Arc::clone(shared.writer.pools().wake()),
            state: Mutex::new(state),
            ended: Notify::new(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The names of the endpoints.
    pub(super) fn endpoints(&self) -> Vec<String> {
        self.state().endpoints.iter().map(|endpoint| endpoint.name.clone()).collect()
    }

    /// The number of running attempts.
    #[cfg(feature = "serve")]
    pub(super) fn running(&self) -> usize {
        self.state().endpoints.iter().map(|endpoint| endpoint.running).sum()
    }

    pub(super) fn holds_any(&self) -> bool {
        !self.state().held.is_empty()
    }

    /// All claims, whose leases are about to be renewed.
    pub(super) fn renewed(&self) -> Vec<ClaimToken> {
        let mut state = self.state();
        state.renewed = Instant::now();
        state.held.values().map(|held| held.claim_token).collect()
    }

    /// Claims that wait are looked at again before they begin: an operator may have cancelled them.
    pub(super) fn doubt(&self) {
        self.state().doubted = Some(Instant::now());
    }

    pub(super) fn more_of_all(&self) {
        let mut state = self.state();
        state.generation += 1;
        for endpoint in &mut state.endpoints {
            endpoint.more = true;
        }
    }

    /// There is more of an endpoint in the store. Returns true if there is room for it.
    pub(super) fn more_of(&self, name: &str) -> bool {
        let mut state = self.state();
        let Some(at) = state.place(name) else { return false };
        state.generation += 1;
        state.endpoints[at].more = true;
        self.room(&mut state, at) >= 1
    }

    /// Reserves a place for a delivery that is about to be stored.
    pub(super) fn reserve(&self, name: &str) -> bool {
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
        let mut state = self.state();
        if let Some(at) = state.place(name) {
            let reserved = &mut state.endpoints[at].reserved;
            *reserved = reserved.saturating_sub(1);
        }
    }

    /// Takes a delivery over that was stored as claimed.
    pub(crate) fn deliver_new(self: &Arc<Self>, delivery: NewDelivery, claim_token: ClaimToken) {
        self.forgo(&delivery.endpoint);
        let mut state = self.state();
        self.take(&mut state, Job::of_new(delivery, claim_token), false);
        let runs = self.fill(&mut state);
        drop(state);
        self.run(runs);
    }

    /// What this pool has room for: the endpoints with much room together, others alone.
    pub(super) fn wanted(pool: &Arc<Self>, settings: &Settings) -> Vec<Wanted> {
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
    fn rooms(&self, state: &mut State) -> Vec<(usize, usize)> {
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
    fn room(&self, state: &mut State, at: usize) -> usize {
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
    fn is_hungry(&self, state: &mut State) -> bool {
        !self.rooms(state).is_empty()
    }

    /// Keeps a job until it has a slot.
    fn take(self: &Arc<Self>, state: &mut State, job: Job, crash_suspect: bool) {
        let (claim_token, give_up) = (job.claim_token(), Arc::new(Notify::new()));
        let Some(at) = state.place(&job.endpoint) else { return };
        if state.held.is_empty() {
            (self.wake)(true);
        }
        let held = Held { claim_token, crash_suspect, running: false, give_up, task: None };
        state.held.insert(claim_token.id, held);
        state.waiting_bytes += job.body.len();
        state.typical_bytes = job.body.len().max(state.typical_bytes / 8 * 7);
        state.endpoints[at].waiting.push_back(Waiting { job, since: Instant::now() });
        if state.stopped {
            self.give_back(state);
        }
    }

    /// Takes what waits, as far as there are slots. What it returns is to be [run](Self::run).
    #[must_use]
    fn fill(&self, state: &mut State) -> Vec<Run> {
        let mut runs = Vec::new();
        for at in 0..state.endpoints.len() {
            while state.endpoints[at].running < self.slots {
                let endpoint = &mut state.endpoints[at];
                let Some(Waiting { mut job, since }) = endpoint.waiting.pop_front() else { break };
                state.waiting_bytes = state.waiting_bytes.saturating_sub(job.body.len());
                let Some(shared) = self.shared.upgrade() else { return runs };
                let now = Instant::now();
                // The claim may be lost: the process has slept, or an operator has cancelled it.
                let lapsed = now.saturating_duration_since(since.max(state.renewed)) > self.lease;
                let doubted = state.doubted.is_some_and(|doubted| since <= doubted);
                if job.counting == Counting::AtStart && (lapsed || doubted) {
                    job.counting = Counting::BeforeStart;
                }
                let Some(held) = state.held.get_mut(&job.id) else { continue };
                held.running = true;
                let give_up = Arc::clone(&held.give_up);
                endpoint.running += 1;
                endpoint.pace.started(now);
                let handler = Arc::clone(&endpoint.handler);
                runs.push(Run { shared, handler, job, give_up });
            }
        }
        runs
    }

    /// Starts attempts. Nothing may be locked: where the runtime has ended, each ends at once.
    fn run(self: &Arc<Self>, runs: Vec<Run>) {
        for Run { shared, handler, job, give_up } in runs {
            let claim_token = job.claim_token();
            let slot = Slot::new(Arc::clone(self), job.endpoint.clone(), claim_token);
            let run = async move { attempt(&shared, handler, job, &give_up, Some(slot)).await };
            let task = self.runtime.spawn(run).abort_handle();
            if let Some(held) = self.state().held.get_mut(&claim_token.id) {
                held.task = Some(task);
            }
        }
    }

    /// An attempt has begun, and will be counted.
    pub(super) fn begun(&self, claim_token: ClaimToken) {
        let mut state = self.state();
        let is_first = state.uncounted.is_empty();
        state.uncounted.push_back((Instant::now(), claim_token));
        drop(state);
        if is_first {
            (self.wake)(true);
        }
    }

    pub(super) fn begun_for_long(&self, now: Instant) -> Vec<ClaimToken> {
        let mut state = self.state();
        let mut begun = Vec::new();
        while let Some((since, claim_token)) = state.uncounted.front().copied() {
            if since + UNCOUNTED > now {
                break;
            }
            state.uncounted.pop_front();
            let held = state.held.get(&claim_token.id);
            if held.is_some_and(|held| held.claim_token == claim_token && held.running) {
                begun.push(claim_token);
            }
        }
        begun
    }

    /// When the first of the running attempts began that are not counted yet.
    pub(super) fn first_uncounted(&self) -> Option<Instant> {
        let mut state = self.state();
        while let Some((since, claim_token)) = state.uncounted.front().copied() {
            if state.held.get(&claim_token.id).is_some_and(|held| held.running) {
                return Some(since);
            }
            state.uncounted.pop_front();
        }
        None
    }

    /// A handler has returned: its slot is free, though its claim is not settled yet.
    pub(super) fn returned(self: &Arc<Self>, endpoint: &str, claim_token: ClaimToken) {
        let mut state = self.state();
        if let Some(held) = state.held.get_mut(&claim_token.id) {
            held.running = false;
        }
        if let Some(at) = state.place(endpoint) {
            let running = &mut state.endpoints[at].running;
            *running = running.saturating_sub(1);
        }
        let runs = self.fill(&mut state);
        let hungry = self.is_hungry(&mut state);
        drop(state);
        self.run(runs);
        if hungry {
            (self.wake)(false);
        }
    }

    /// A claim is settled, or lost.
    pub(super) fn settled(&self, claim_token: ClaimToken) {
        let mut state = self.state();
        let held = state.held.get(&claim_token.id);
        if held.is_some_and(|held| held.claim_token == claim_token) {
            state.held.remove(&claim_token.id);
        }
        drop(state);
        self.ended.notify_waiters();
    }

    /// Gives back what waits.
    fn give_back(self: &Arc<Self>, state: &mut State) {
        let waiting = state.endpoints.iter_mut().flat_map(|endpoint| endpoint.waiting.drain(..));
        let tokens: Vec<ClaimToken> = waiting.map(|waiting| waiting.job.claim_token()).collect();
        state.waiting_bytes = 0;
        let Some(shared) = self.shared.upgrade().filter(|_| !tokens.is_empty()) else { return };
        let mut answers = Vec::with_capacity(tokens.len());
        for claim_token in tokens {
            state.held.remove(&claim_token.id);
            state.returning.insert(claim_token.id);
            let released = FinishedAttempt { claim_token, result: AttemptResult::Released };
            answers.push((claim_token.id, shared.writer.finish(released)));
        }
        let pool = Arc::clone(self);
        self.runtime.spawn(async move {
            for (id, answer) in answers {
                // If that fails, the lease runs out.
                let _ = answer.await;
                pool.state().returning.remove(&id);
            }
            pool.ended.notify_waiters();
        });
    }

    /// Starts nothing more, and waits for what runs, for `deadline` at most. The rest is given
    /// back.
    pub(super) async fn stop(self: &Arc<Self>, deadline: Duration) -> ShutdownResult {
        let (before, waiting) = {
            let mut state = self.state();
            state.stopped = true;
            self.give_back(&mut state);
            (state.held.len(), state.returning.len())
        };
        self.wait_until(deadline, |state| state.held.is_empty()).await;
        let (left, running) = {
            let state = self.state();
            let running = state.held.values().map(|held| Arc::clone(&held.give_up));
            (state.held.len(), running.collect::<Vec<_>>())
        };
        for give_up in running {
            give_up.notify_one();
        }
        self.wait_until(GIVE_BACK, |state| state.held.is_empty() && state.returning.is_empty())
            .await;
        let state = self.state();
        let given_back = waiting.saturating_sub(state.returning.len());
        let released = given_back + left.saturating_sub(state.held.len());
        ShutdownResult { finished: before.saturating_sub(left), released }
    }

    async fn wait_until(&self, timeout: Duration, holds: impl Fn(&State) -> bool) {
        let until = Instant::now().checked_add(timeout);
        loop {
            let mut ended = std::pin::pin!(self.ended.notified());
            ended.as_mut().enable();
            if holds(&self.state()) {
                return;
            }
            match until {
                Some(until) => {
                    if timeout_at(until, ended).await.is_err() {
                        return;
                    }
                }
                None => ended.await,
            }
        }
    }

    /// Ends all attempts as they are.
    pub(super) fn abort(&self) {
        let mut state = self.state();
        state.stopped = true;
        let tasks: Vec<_> = state.held.values_mut().filter_map(|held| held.task.take()).collect();
        drop(state);
        for task in tasks {
            task.abort();
        }
    }
}

impl State {
    fn place(&self, endpoint: &str) -> Option<usize> {
        self.endpoints.iter().position(|one| one.name == endpoint)
    }
}

impl Endpoint {
    /// The least room that a claim is worth. Where all slots are free, any is.
    fn least(&self, slots: usize) -> usize {
        if self.waiting.is_empty() { 1 } else { slots.div_ceil(2).max(1) }
    }
}
