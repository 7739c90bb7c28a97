//! Counters of what has happened.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::inbox::{
    metrics::{AllEndpointSeries, EndpointSeries, RunOutcome},
    record::EnqueueResult,
    store::QueueDepth,
};

/// Counts what this process has done since it opened the inbox.
#[derive(Default)]
pub(crate) struct InboxMetrics {
    stored: AtomicU64,
    duplicate: AtomicU64,
    done: AtomicU64,
    retried: AtomicU64,
    dead: AtomicU64,
    endpoints: AllEndpointSeries,
}

/// The inbox in numbers: what this process has done, and what the store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InboxStats {
    /// Deliveries that this process has stored.
    pub stored: u64,
    /// Copies that this process has recognised.
    pub duplicates: u64,
    /// Deliveries that this process has completed.
    pub completed: u64,
    /// Attempts that failed in this process and are retried.
    pub retried: u64,
    /// Deliveries that this process has given up.
    pub dead_lettered: u64,
    /// Hooks that this process has not called, because too many ran.
    pub hooks_dropped: u64,
    /// The contents of the store, of all processes.
    pub depth: QueueDepth,
}

impl InboxMetrics {
    /// The series of an endpoint, with the feature `metrics`.
    pub(crate) fn series_of(&self, endpoint: &str) -> Option<EndpointSeries> {
        self.endpoints.of(endpoint)
    }

    /// The endpoints that have series.
    pub(crate) fn endpoints(&self) -> &AllEndpointSeries {
        &self.endpoints
    }

    /// Counts what a commit has stored for each endpoint.
    pub(crate) fn enqueued<'a>(&self, results: impl Iterator<Item = (&'a str, &'a EnqueueResult)>) {
        let (mut stored, mut duplicates) = (0, 0);
        let mut last: Option<(&str, EndpointSeries)> = None;
        for (endpoint, result) in results {
            let is_stored = matches!(result, EnqueueResult::Stored(_));
            *(if is_stored { &mut stored } else { &mut duplicates }) += 1;
            // Nearly all deliveries of a commit are to one endpoint.
            if last.as_ref().is_none_or(|(last, _)| *last != endpoint) {
                last = self.series_of(endpoint).map(|of| (endpoint, of));
            }
            if let Some((_, of)) = &last {
                of.enqueued(is_stored);
            }
        }
        add(&self.stored, stored);
        add(&self.duplicate, duplicates);
    }

    /// Counts the end of an attempt that is stored.
    pub(crate) fn ended(&self, outcome: RunOutcome) {
        match outcome {
            RunOutcome::Completed => add(&self.done, 1),
            RunOutcome::Retried => add(&self.retried, 1),
            RunOutcome::DeadLettered | RunOutcome::Expired => add(&self.dead, 1),
            RunOutcome::Snoozed | RunOutcome::Released | RunOutcome::Lost => {}
        }
    }

    /// Counts deliveries that a claim has given up.
    pub(crate) fn given_up(&self, count: u64) {
        add(&self.dead, count);
    }

    pub(crate) fn with(&self, depth: QueueDepth) -> InboxStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        InboxStats {
            stored: read(&self.stored),
            duplicates: read(&self.duplicate),
            completed: read(&self.done),
            retried: read(&self.retried),
            dead_lettered: read(&self.dead),
            hooks_dropped: 0,
            depth,
        }
    }
}

fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}
