//! The signals of a pool to the attempts that it runs.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::inbox::{
    cancel::Control,
    record::ClaimToken,
    worker::pool::{Held, Pool},
};

/// The time after which an attempt is worth a look at its claim: most end sooner.
pub(crate) const LONG: Duration = Duration::from_millis(500);

impl Pool {
    /// The numbers of all that is claimed.
    pub(in crate::inbox::worker) fn held_ids(&self) -> Vec<i64> {
        self.state().held.keys().copied().collect()
    }

    /// The controls of these claims.
    pub(in crate::inbox::worker) fn controls(
        &self,
        is: impl Fn(ClaimToken) -> bool,
    ) -> Vec<Arc<Control>> {
        let state = self.state();
        let held = state.held.values().filter(|held| is(held.claim_token));
        held.map(|held| Arc::clone(&held.control)).collect()
    }

    /// True if any attempt runs.
    pub(in crate::inbox::worker) fn runs_any(&self) -> bool {
        self.state().held.values().any(Held::is_worth_a_look)
    }

    /// The claims whose attempts have run for long, and those that are about to be cancelled.
    pub(in crate::inbox::worker) fn running_for_long(&self, now: Instant) -> Vec<ClaimToken> {
        let state = self.state();
        let is_long = |held: &&Held| {
            let ran = now.saturating_duration_since(held.since);
            held.is_worth_a_look() && (ran >= LONG || held.control.is_asked())
        };
        state.held.values().filter(is_long).map(|held| held.claim_token).collect()
    }
}

impl Held {
    fn is_worth_a_look(&self) -> bool {
        self.running || self.control.is_asked()
    }
}
