//! The workers of some endpoints: what they hold, and the slots that they run it in.
//!
//! The thread of the inbox claims for them and hands them their jobs. Each endpoint has slots of
//! its own, so that a slow one takes none from another.

mod cancel;
mod claims;
mod lanes;
mod starts;
mod stop;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::{runtime::Handle, sync::Notify, task::AbortHandle, time::Instant};

pub(crate) use self::{cancel::LONG, claims::Wanted};
use self::{lanes::Lanes, starts::Rated};
use crate::inbox::{
    Shared,
    cancel::Control,
    record::{ClaimToken, Digest, Job},
    worker::{
        attempt::{Handler, Slot, attempt},
        pace::Pace,
        pools::Wake,
    },
};

/// The time after which a running attempt is counted. One that ends sooner is counted then.
pub(crate) const UNCOUNTED: Duration = Duration::from_millis(5);

/// The time after which an attempt is counted that could not be counted then.
const COUNT_AGAIN: Duration = Duration::from_secs(1);

/// The workers of some endpoints.
pub(crate) struct Pool {
    shared: Weak<Shared>,
    /// Where attempts run.
    runtime: Handle,
    /// True if tenants take turns.
    fair_tenants: bool,
    lease: Duration,
    wake: Wake,
    state: Mutex<State>,
    ended: Notify,
}

struct State {
    endpoints: Vec<Endpoint>,
    held: HashMap<i64, Held>,
    /// Running attempts that are not counted yet, in the order in which they are to be.
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
    /// The time at which the rate of an endpoint lets something go on, as the thread of the inbox knows it.
    next_start: Option<Instant>,
    stopped: bool,
}

struct Endpoint {
    name: String,
    handler: Handler,
    rate: Option<Rated>,
    running: usize,
    waiting: Lanes<Waiting>,
    /// Places for deliveries that are being stored.
    reserved: usize,
    /// True if the store may have more of it.
    more: bool,
    /// True if the store may have something of tenants of which nothing waits here.
    more_tenants: bool,
    /// The tenants whose turns were the last when new deliveries came first, and when retries did.
    after: [Option<Digest>; 2],
    /// True while the store is asked for it.
    asked: bool,
    gate: Gate,
    pace: Pace,
}

/// The permission of an endpoint to start deliveries.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gate {
    /// Not yet: the store has not told if it is paused.
    Unknown,
    Open,
    Paused,
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
    /// The time at which it began to run or to wait.
    since: Instant,
    control: Arc<Control>,
    task: Option<AbortHandle>,
}

/// An attempt that is to be started, once nothing is locked.
struct Run {
    shared: Arc<Shared>,
    handler: Handler,
    job: Job,
    control: Arc<Control>,
    /// True if the rate of its endpoint has counted it.
    counted_start: bool,
}

impl Pool {
    pub(crate) fn new(shared: &Arc<Shared>, handlers: HashMap<String, Handler>) -> Arc<Self> {
        let now = Instant::now();
        let endpoint = |(name, handler): (String, Handler)| Endpoint {
            name,
            rate: handler.options.rate.map(|rate| Rated::new(rate, now)),
            handler,
            running: 0,
            waiting: Lanes::new(),
            reserved: 0,
            more: true,
            more_tenants: true,
            after: [None; 2],
            asked: false,
            gate: Gate::Unknown,
            pace: Pace::new(now),
        };
        let state = State {
            endpoints: handlers.into_iter().map(endpoint).collect(),
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
            next_start: None,
            stopped: false,
        };
        Arc::new(Self {
            shared: Arc::downgrade(shared),
            runtime: Handle::current(),
            fair_tenants: shared.settings.fair_tenants,
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

    /// The slots of each endpoint.
    pub(super) fn slots(&self) -> Vec<usize> {
        self.state().endpoints.iter().map(Endpoint::slots).collect()
    }

    /// The longest pause between two attempts, of all endpoints.
    pub(super) fn longest_pause(&self) -> Duration {
        let state = self.state();
        let longest = |endpoint: &Endpoint| endpoint.handler.options.backoff.max;
        state.endpoints.iter().map(longest).max().unwrap_or_default()
    }

    /// The number of running attempts.
    #[cfg(feature = "serve")]
    pub(super) fn running(&self) -> usize {
        self.state().endpoints.iter().map(|endpoint| endpoint.running).sum()
    }

    /// The number of slots, how many of them are taken, and whether the pool has yet to stop.
    pub(super) fn occupancy(&self) -> (u32, u32, bool) {
        let state = self.state();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let running = state.endpoints.iter().map(|endpoint| endpoint.running).sum();
        let slots = state.endpoints.iter().map(Endpoint::slots).fold(0, usize::saturating_add);
        (number(slots), number(running), !state.stopped)
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

    /// Keeps a job until it has a slot.
    fn take(self: &Arc<Self>, state: &mut State, job: Job, crash_suspect: bool) {
        let claim_token = job.claim_token();
        let Some(at) = state.place(&job.endpoint) else { return };
        if state.held.is_empty() {
            (self.wake)(true);
        }
        let (since, control) = (Instant::now(), Arc::default());
        let held = Held { claim_token, crash_suspect, running: false, since, control, task: None };
        state.held.insert(claim_token.id, held);
        state.waiting_bytes += job.body.len();
        state.typical_bytes = job.body.len().max(state.typical_bytes / 8 * 7);
        let waiting = &mut state.endpoints[at].waiting;
        waiting.push(job.tenant, Waiting { job, since });
        if state.stopped || state.endpoints[at].gate == Gate::Paused {
            self.give_back(state, Some(at));
        }
    }

    /// Starts attempts. Nothing may be locked: where the runtime has ended, each ends at once.
    fn run(self: &Arc<Self>, runs: Vec<Run>) {
        for Run { shared, handler, job, control, counted_start } in runs {
            let claim_token = job.claim_token();
            let slot = Slot::new(Arc::clone(self), &job, counted_start);
            let run = async move { attempt(&shared, handler, job, &control, Some(slot)).await };
            let task = self.runtime.spawn(run).abort_handle();
            let mut state = self.state();
            let held = state.held.get_mut(&claim_token.id);
            if let Some(held) = held.filter(|held| held.claim_token == claim_token) {
                held.task = Some(task);
            }
        }
    }

    /// An attempt has begun, and will be counted.
    pub(super) fn begun(&self, claim_token: ClaimToken) {
        let mut state = self.state();
        let now = Instant::now();
        // Those that are counted again later come after it.
        let place = state.uncounted.partition_point(|(other, _)| *other <= now);
        let is_first = place == 0;
        state.uncounted.insert(place, (now, claim_token));
        drop(state);
        if is_first {
            (self.wake)(true);
        }
    }

    /// Counts a running attempt later.
    pub(super) fn count_again(&self, claim_token: ClaimToken) {
        let mut state = self.state();
        let held = state.held.get(&claim_token.id);
        if held.is_some_and(|held| held.claim_token == claim_token && held.running) {
            let since = Instant::now() + COUNT_AGAIN;
            let place = state.uncounted.partition_point(|(other, _)| *other <= since);
            state.uncounted.insert(place, (since, claim_token));
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
    pub(super) fn returned(
        self: &Arc<Self>,
        endpoint: &str,
        tenant: Option<Digest>,
        claim_token: ClaimToken,
    ) {
        let mut state = self.state();
        if let Some(held) = state.held.get_mut(&claim_token.id) {
            held.running = false;
        }
        if let Some(at) = state.place(endpoint) {
            let endpoint = &mut state.endpoints[at];
            endpoint.running = endpoint.running.saturating_sub(1);
            endpoint.waiting.returned(tenant);
            if self.fair_tenants {
                endpoint.pace.count(Instant::now());
            }
        }
        let runs = self.fill(&mut state);
        let hungry = self.is_hungry(&mut state);
        self.set_next_start(&mut state);
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
}

impl Endpoint {
    /// The number of attempts that run at a time.
    fn slots(&self) -> usize {
        self.handler.options.concurrency
    }
}

impl State {
    fn place(&self, endpoint: &str) -> Option<usize> {
        self.endpoints.iter().position(|one| one.name == endpoint)
    }
}
