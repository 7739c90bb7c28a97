//! The sums of minutes that are still to be written. They join commits that are made anyway, so that
//! they cost none of their own.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use tokio::time::Instant;

use crate::inbox::{
    record::{millis, minute, time},
    store::MinuteSum,
};

/// The interval at which sums are written.
pub(super) const SUM_EVERY: Duration = Duration::from_millis(500);

/// An event at an endpoint.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Happened {
    Received,
    Completed,
    Failed,
}

/// The sums that are still to be written.
#[derive(Default)]
pub(crate) struct Tally {
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    /// By endpoint and minute.
    sums: HashMap<String, HashMap<i64, MinuteSum>>,
    written: Option<Instant>,
}

impl Tally {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts what happened. Returns true if nothing else was waiting.
    pub(super) fn count(&self, endpoint: &str, what: Happened, now: SystemTime) -> bool {
        let mut waiting = self.waiting();
        let is_first = waiting.sums.is_empty();
        let minute = minute(millis(now));
        if !waiting.sums.contains_key(endpoint) {
            waiting.sums.insert(endpoint.to_owned(), HashMap::new());
        }
        let of_endpoint = waiting.sums.get_mut(endpoint);
        let sum = of_endpoint.map(|minutes| {
            minutes.entry(minute).or_insert_with(|| MinuteSum::new(time(minute), endpoint))
        });
        if let Some(sum) = sum {
            match what {
                Happened::Received => sum.received += 1,
                Happened::Completed => sum.completed += 1,
                Happened::Failed => sum.failed += 1,
            }
        }
        is_first
    }

    /// Takes the sums, if there are any. Until it is time, it returns for how long they wait.
    pub(super) fn take_sums(&self) -> Result<Vec<MinuteSum>, Duration> {
        let waiting = self.waiting();
        let passed = waiting.written.map_or(SUM_EVERY, |at| at.elapsed());
        if passed < SUM_EVERY && !waiting.sums.is_empty() {
            return Err(SUM_EVERY.saturating_sub(passed));
        }
        drop(waiting);
        Ok(self.take_all_sums())
    }

    /// Takes the sums, whatever the time.
    pub(super) fn take_all_sums(&self) -> Vec<MinuteSum> {
        let mut waiting = self.waiting();
        if waiting.sums.is_empty() {
            return Vec::new();
        }
        waiting.written = Some(Instant::now());
        let sums = std::mem::take(&mut waiting.sums).into_values();
        let mut sums: Vec<_> = sums.flat_map(HashMap::into_values).collect();
        sums.sort_unstable_by(|one, other| {
            (one.minute, &one.endpoint).cmp(&(other.minute, &other.endpoint))
        });
        sums
    }

    /// Takes back what could not be written.
    pub(super) fn failed(&self, sums: &[MinuteSum]) {
        let mut waiting = self.waiting();
        for sum in sums {
            let minutes = waiting.sums.entry(sum.endpoint.clone()).or_default();
            let total = minutes
                .entry(minute(millis(sum.minute)))
                .or_insert_with(|| MinuteSum::new(sum.minute, &sum.endpoint));
            total.received += sum.received;
            total.completed += sum.completed;
            total.failed += sum.failed;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn minutes_and_endpoints_are_summed_apart() {
        let tally = Tally::default();
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        assert!(tally.count("a", Happened::Received, at(60)), "the first");
        assert!(!tally.count("a", Happened::Completed, at(119)));
        tally.count("b", Happened::Failed, at(60));
        tally.count("a", Happened::Failed, at(120));
        let sums = tally.take_all_sums();
        let found: Vec<_> = sums
            .iter()
            .map(|sum| (sum.minute, &*sum.endpoint, sum.received, sum.completed, sum.failed))
            .collect();
        let expected = [(at(60), "a", 1, 1, 0), (at(60), "b", 0, 0, 1), (at(120), "a", 0, 0, 1)];
        assert_eq!(found, expected);
        tally.failed(&sums);
        assert!(tally.take_sums().is_err_and(|wait| wait <= SUM_EVERY), "not again so soon");
        assert_eq!(tally.take_all_sums(), sums, "but at the end");
        assert_eq!(tally.take_sums(), Ok(Vec::new()), "there is nothing to wait for");
    }
}
