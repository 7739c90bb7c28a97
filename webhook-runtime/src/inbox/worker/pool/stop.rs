//! The end of a pool, and of what waits for a paused endpoint.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, timeout_at};

use crate::inbox::{
    record::{AttemptResult, ClaimToken},
    store::FinishedAttempt,
    worker::{
        ShutdownResult,
        pool::{Endpoint, Gate, Pool, State, Waiting},
    },
};

/// The longest wait for what is given back at the end.
const GIVE_BACK: Duration = Duration::from_secs(1);

impl Pool {
    /// Gives back what waits for an endpoint; `None` is for all of them.
    pub(super) fn give_back(self: &Arc<Self>, state: &mut State, only: Option<usize>) {
        let mut tokens: Vec<ClaimToken> = Vec::new();
        for (at, endpoint) in state.endpoints.iter_mut().enumerate() {
            if only.is_none_or(|only| only == at) {
                for Waiting { job, .. } in endpoint.waiting.drain() {
                    state.waiting_bytes = state.waiting_bytes.saturating_sub(job.body.len());
                    tokens.push(job.claim_token());
                }
            }
        }
        let Some(shared) = self.shared.upgrade().filter(|_| !tokens.is_empty()) else { return };
        let mut answers = Vec::with_capacity(tokens.len());
        for claim_token in tokens {
            state.held.remove(&claim_token.id);
            state.returning.insert(claim_token.id);
            let released = FinishedAttempt::new(claim_token, AttemptResult::Released);
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

    /// Learns which endpoints are paused; `None` is as before. Returns true if one goes on.
    pub(in crate::inbox::worker) fn set_paused(
        self: &Arc<Self>,
        is_paused: impl Fn(&str) -> Option<bool>,
    ) -> bool {
        let mut state = self.state();
        let mut goes_on = false;
        for at in 0..state.endpoints.len() {
            let endpoint = &mut state.endpoints[at];
            match is_paused(&endpoint.name) {
                Some(true) => {
                    endpoint.gate = Gate::Paused;
                    self.give_back(&mut state, Some(at));
                }
                Some(false) if endpoint.gate != Gate::Open => {
                    endpoint.gate = Gate::Open;
                    (endpoint.more, endpoint.more_tenants) = (true, true);
                    state.generation += 1;
                    goes_on = true;
                }
                _ => {}
            }
        }
        goes_on
    }

    /// Starts nothing more, and waits for what runs, for `deadline` at most. The rest is given
    /// back.
    pub(in crate::inbox::worker) async fn stop(
        self: &Arc<Self>,
        deadline: Duration,
    ) -> ShutdownResult {
        let (before, waiting) = {
            let mut state = self.state();
            state.stopped = true;
            self.give_back(&mut state, None);
            (state.held.len(), state.returning.len())
        };
        self.wait_until(deadline, |state| state.held.is_empty()).await;
        let (left, running) = {
            let state = self.state();
            let running = state.held.values().map(|held| Arc::clone(&held.control));
            (state.held.len(), running.collect::<Vec<_>>())
        };
        for control in running {
            control.give_up.notify_one();
        }
        // Also for claims that were on their way meanwhile.
        self.wait_until(GIVE_BACK, State::is_quiet).await;
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
    pub(in crate::inbox::worker) fn abort(&self) {
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
    /// True if nothing is held, on its way here, or on its way back.
    fn is_quiet(&self) -> bool {
        let on_the_way = |endpoint: &Endpoint| endpoint.asked || endpoint.reserved > 0;
        self.held.is_empty() && self.returning.is_empty() && !self.endpoints.iter().any(on_the_way)
    }
}
