//! Fairness between what is due.

use std::collections::VecDeque;

use crate::inbox::{Shared, store::ClaimRequest};

/// Takes turns: between endpoints, and between retries and new deliveries.
pub(super) struct Turns {
    endpoints: VecDeque<String>,
    retries_first: bool,
}

impl Turns {
    pub(super) fn new(endpoints: impl Iterator<Item = String>) -> Self {
        Self { endpoints: endpoints.collect(), retries_first: true }
    }

    /// The request of the next claim.
    pub(super) fn wanted(&mut self, shared: &Shared, max: u32) -> ClaimRequest {
        let wanted = ClaimRequest {
            endpoints: self.endpoints.iter().cloned().collect(),
            max,
            lease: shared.settings.lease,
            max_attempts: shared.settings.max_attempts,
            retries_first: self.retries_first,
            running: Vec::new(),
            crash_suspect: true,
            tenants: None,
        };
        self.retries_first = !self.retries_first;
        if !self.endpoints.is_empty() {
            self.endpoints.rotate_left(1);
        }
        wanted
    }
}
