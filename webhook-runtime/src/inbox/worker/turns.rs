//! Fairness between what is due.

use std::collections::{BTreeMap, VecDeque};

use crate::inbox::{Shared, store::ClaimRequest, worker::options::JobOptions};

/// Takes turns: between endpoints, and between retries and new deliveries.
pub(super) struct Turns {
    /// The endpoints that can be asked for together: by their slots, and by the number of attempts.
    groups: BTreeMap<(usize, u32), VecDeque<String>>,
    retries_first: bool,
}

impl Turns {
    pub(super) fn new<'a>(endpoints: impl Iterator<Item = (&'a String, JobOptions)>) -> Self {
        let mut groups: BTreeMap<_, VecDeque<String>> = BTreeMap::new();
        for (name, options) in endpoints {
            let group = (options.concurrency, options.max_attempts);
            groups.entry(group).or_default().push_back(name.clone());
        }
        Self { groups, retries_first: true }
    }

    /// The requests of the next claims: what one of them gets has slots.
    pub(super) fn wanted(&mut self, shared: &Shared) -> Vec<ClaimRequest> {
        let retries_first = self.retries_first;
        self.retries_first = !retries_first;
        let groups = self.groups.iter_mut();
        let wanted = groups.map(|((concurrency, max_attempts), endpoints)| {
            let names = endpoints.iter().cloned().collect();
            endpoints.rotate_left(1);
            ClaimRequest {
                endpoints: names,
                max: u32::try_from(*concurrency).unwrap_or(u32::MAX),
                lease: shared.settings.lease,
                max_attempts: *max_attempts,
                retries_first,
                running: Vec::new(),
                crash_suspect: true,
                tenants: None,
            }
        });
        wanted.collect()
    }
}
