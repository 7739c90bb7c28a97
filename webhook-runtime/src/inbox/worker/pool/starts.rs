//! Starts of deliveries: as far as there are slots, and as the rates of endpoints allow.

use std::sync::Arc;

use tokio::time::Instant;

use crate::{
    endpoint::Rate,
    inbox::{
        record::Counting,
        worker::{
            pool::{Endpoint, Pool, Run, State, Waiting},
            rate::{RateLimit, SOON},
        },
    },
    verify::Clock,
};

/// The rate of an endpoint.
pub(super) struct Rated {
    pub(super) limit: RateLimit,
    /// The time for which the thread of the inbox was woken to claim.
    woken_for: Option<Instant>,
}

impl Rated {
    pub(super) fn new(rate: Rate, now: Instant) -> Self {
        Self { limit: RateLimit::new(rate, now), woken_for: None }
    }
}

impl Pool {
    /// Takes what waits, as far as there are slots. What it returns is to be [run](Self::run).
    #[must_use]
    pub(super) fn fill(&self, state: &mut State) -> Vec<Run> {
        let mut runs = Vec::new();
        for at in 0..state.endpoints.len() {
            while state.endpoints[at].running < state.endpoints[at].slots() {
                let now = Instant::now();
                let endpoint = &mut state.endpoints[at];
                if endpoint.rate.as_ref().is_some_and(|rate| !rate.limit.is_open(now)) {
                    break;
                }
                let Some((tenant, Waiting { mut job, since })) = endpoint.waiting.pop() else {
                    break;
                };
                endpoint.more_tenants |= !endpoint.waiting.waits(tenant);
                state.waiting_bytes = state.waiting_bytes.saturating_sub(job.body.len());
                let Some(shared) = self.shared.upgrade() else { return runs };
                // The claim may be lost: the process has slept, or an operator has cancelled it.
                let lapsed = now.saturating_duration_since(since.max(state.renewed)) > self.lease;
                let doubted = state.doubted.is_some_and(|doubted| since <= doubted);
                if job.counting == Counting::AtStart && (lapsed || doubted) {
                    job.counting = Counting::BeforeStart;
                }
                let Some(held) = state.held.get_mut(&job.id) else { continue };
                (held.running, held.since) = (true, now);
                let control = Arc::clone(&held.control);
                endpoint.running += 1;
                endpoint.waiting.started(tenant);
                if !self.fair_tenants {
                    endpoint.pace.count(now);
                }
                let handler = endpoint.handler.clone();
                // What is too old is not started, and takes no start from others.
                let starts = |clock: &dyn Clock| {
                    handler.options.too_old(job.received_at, clock.now()).is_none()
                };
                let rate = endpoint.rate.as_mut().filter(|_| starts(&*shared.settings.clock));
                let counted_start = rate.map(|rate| rate.limit.start(now)).is_some();
                runs.push(Run { shared, handler, job, control, counted_start });
            }
        }
        runs
    }

    /// A handler begins whose start was counted.
    pub(in crate::inbox::worker) fn handler_begins(&self, endpoint: &str) {
        let mut state = self.state();
        let rate = state.place(endpoint).and_then(|at| state.endpoints[at].rate.as_mut());
        if let Some(rate) = rate {
            rate.limit.begin(Instant::now());
        }
    }

    /// Starts what the rates of endpoints have kept back, and has more of it claimed.
    pub(in crate::inbox::worker) fn start_due(self: &Arc<Self>) {
        let mut state = self.state();
        if state.endpoints.iter().all(|endpoint| endpoint.rate.is_none()) {
            return;
        }
        let runs = self.fill(&mut state);
        let now = Instant::now();
        let mut hungry = false;
        for endpoint in &mut state.endpoints {
            let claims = endpoint.claims_at().filter(|at| *at <= now);
            if let (Some(claims), Some(rate)) = (claims, &mut endpoint.rate) {
                rate.woken_for = Some(claims);
                hungry = true;
            }
        }
        state.next_start = state.first_start();
        drop(state);
        self.run(runs);
        if hungry {
            (self.wake)(false);
        }
    }

    /// The time at which the rate of an endpoint lets the next one start, or be claimed.
    pub(in crate::inbox::worker) fn next_start(&self) -> Option<Instant> {
        let mut state = self.state();
        state.next_start = state.first_start();
        state.next_start
    }

    /// The thread of the inbox has a timer for it.
    pub(super) fn set_next_start(&self, state: &mut State) {
        let next = state.first_start();
        if std::mem::replace(&mut state.next_start, next) != next {
            (self.wake)(true);
        }
    }
}

impl State {
    fn first_start(&self) -> Option<Instant> {
        if self.stopped {
            return None;
        }
        self.endpoints.iter().filter_map(Endpoint::goes_on_at).min()
    }
}

impl Endpoint {
    /// The time at which the rate lets the next one start, or be claimed.
    fn goes_on_at(&self) -> Option<Instant> {
        let starts = || {
            let rate = self.rate.as_ref()?;
            let waits = !self.waiting.is_empty() && self.running < self.slots();
            waits.then(|| rate.limit.opens_at(0))
        };
        [starts(), self.claims_at()].into_iter().flatten().min()
    }

    /// The time at which the rate lets the next one be claimed, if there is more of it in the store. A time that
    /// has passed comes once: the thread of the inbox has been woken for it.
    fn claims_at(&self) -> Option<Instant> {
        let rate = self.rate.as_ref().filter(|_| self.more && !self.asked)?;
        let opens = rate.limit.opens_at(self.waiting.len() + self.reserved);
        let claims = opens.checked_sub(SOON).unwrap_or(opens);
        (rate.woken_for != Some(claims)).then_some(claims)
    }
}
