//! The traces of runs: the spans that a run is linked to.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use crate::{inbox::metrics::RunOutcome, support::trace::TraceContext};

/// The largest number of deliveries whose first run is remembered.
const MAX_FIRST_RUNS: usize = 10_000;

/// The spans of other runs that the span of this run is linked to.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunTrace {
    /// The first run of the delivery, if it ran in this process.
    pub(crate) first: Option<TraceContext>,
    /// True if the run is a child of the request, instead of being linked to it.
    pub(crate) is_child: bool,
    own: Option<Arc<OnceLock<TraceContext>>>,
}

impl RunTrace {
    /// Remembers the span of the run.
    pub(crate) fn remember(&self, own: Option<TraceContext>) {
        if let (Some(cell), Some(own)) = (&self.own, own) {
            let _ = cell.set(own);
        }
    }
}

/// The first runs of deliveries that are to run again.
#[derive(Default)]
pub(crate) struct FirstRuns {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    by_record: HashMap<i64, TraceContext>,
    /// The oldest first, which are forgotten first. Some have ended, and are in the map no more.
    in_order: VecDeque<i64>,
}

impl FirstRuns {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The spans that the next run of a delivery is linked to.
    pub(crate) fn next_run(&self, record: i64, is_child: bool) -> RunTrace {
        let first = self.known().by_record.get(&record).copied();
        RunTrace { first, is_child, own: Some(Arc::default()) }
    }

    /// Remembers a run that is followed by others, and forgets a delivery that has ended.
    pub(crate) fn ended(&self, record: i64, outcome: RunOutcome, trace: &RunTrace) {
        let mut known = self.known();
        let own = trace.own.as_ref().and_then(|own| own.get());
        match (outcome, own) {
            (RunOutcome::Retried | RunOutcome::Snoozed | RunOutcome::Released, Some(own)) => {
                known.keep(record, *own);
            }
            (RunOutcome::Completed | RunOutcome::DeadLettered | RunOutcome::Expired, _) => {
                known.by_record.remove(&record);
            }
            _ => {}
        }
    }
}

impl Known {
    /// Keeps a run, unless an earlier one is known.
    fn keep(&mut self, record: i64, run: TraceContext) {
        if self.by_record.contains_key(&record) {
            return;
        }
        while self.in_order.len() >= MAX_FIRST_RUNS {
            let Some(oldest) = self.in_order.pop_front() else { break };
            self.by_record.remove(&oldest);
        }
        self.by_record.insert(record, run);
        self.in_order.push_back(record);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(all: &FirstRuns, record: i64, span_id: u64, outcome: RunOutcome) -> Option<u64> {
        let trace = all.next_run(record, false);
        trace.remember(Some(TraceContext { trace_id: 1, span_id, flags: 1 }));
        all.ended(record, outcome, &trace);
        trace.first.map(|first| first.span_id)
    }

    #[test]
    fn retries_know_the_first_run_until_the_end() {
        let all = FirstRuns::default();
        assert_eq!(run(&all, 7, 1, RunOutcome::Retried), None);
        assert_eq!(run(&all, 8, 2, RunOutcome::Completed), None);
        assert_eq!(run(&all, 7, 3, RunOutcome::Retried), Some(1));
        assert_eq!(run(&all, 7, 4, RunOutcome::Completed), Some(1));
        assert_eq!(run(&all, 7, 5, RunOutcome::Retried), None, "an operator has it run again");
        assert_eq!(run(&all, 7, 6, RunOutcome::DeadLettered), Some(5));
        assert!(all.known().by_record.is_empty());
    }

    #[test]
    fn many_failures_take_no_more_memory() {
        let all = FirstRuns::default();
        for record in 0..3 * 10_000 {
            run(&all, record, 1, RunOutcome::Retried);
        }
        let known = all.known();
        assert_eq!((known.by_record.len(), known.in_order.len()), (10_000, 10_000));
    }
}
