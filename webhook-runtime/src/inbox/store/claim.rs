//! The policy by which a claim chooses deliveries, for every store.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

use crate::inbox::{
    record::{DeliveryState, Digest, Job, Record},
    store::turns::{Candidate, TenantTurns},
};

/// The deliveries that a worker can take.
#[derive(Clone, Debug)]
pub struct ClaimRequest {
    /// The names of the endpoints that the worker has handlers for. Where not everything that is
    /// due can be claimed, the first are served first: the caller takes turns.
    pub endpoints: Vec<String>,
    /// The largest number of deliveries.
    pub max: u32,
    /// The time for which the claims are good.
    pub lease: Duration,
    /// The number of times that a delivery is started before it is given up.
    pub max_attempts: u32,
    /// True if retries come before new deliveries. The caller takes turns, so that neither starves.
    pub retries_first: bool,
    /// The deliveries that the worker is running. They are not claimed again even if their lease
    /// has run out: the worker is alive, so the clock is wrong.
    pub running: Vec<i64>,
    /// True if the claim may include a delivery that has repeatedly lost its worker, and may be the
    /// cause.
    pub crash_suspect: bool,
    /// The turns of tenants, if they take any. Then one endpoint is named, as a rule.
    pub tenants: Option<TenantTurns>,
}

impl ClaimRequest {
    /// Puts retries and new deliveries in the order in which they are claimed.
    #[must_use]
    pub fn in_order<T>(&self, retries: T, new: T) -> [T; 2] {
        if self.retries_first { [retries, new] } else { [new, retries] }
    }

    /// Chooses among records that a store has at hand; others can be among them. A store that does
    /// not have all of them at hand offers at least the oldest of each tenant where [tenants take
    /// turns](Self::tenants), and the oldest of all.
    #[must_use]
    pub fn select<'r>(
        &self,
        records: impl IntoIterator<Item = &'r Record>,
        now: SystemTime,
    ) -> Selection<'_> {
        self.select_marked(records.into_iter().map(|record| (record, Mark::COUNTED)), now)
    }

    /// The same, among records whose claim may not have counted an attempt.
    pub(crate) fn select_marked<'r>(
        &self,
        records: impl IntoIterator<Item = (&'r Record, Mark)>,
        now: SystemTime,
    ) -> Selection<'_> {
        let place = |record: &Record| self.endpoints.iter().position(|of| *of == record.endpoint);
        let mut due: Vec<(usize, &Record, Mark)> = records
            .into_iter()
            .filter(|(record, _)| record.is_due(now))
            .filter_map(|(record, mark)| Some((place(record)?, record, mark)))
            .collect();
        due.sort_by_key(|(place, record, _)| (*place, record.due_at, record.id));
        let mut selection = Selection::new(self);
        if self.tenants.is_some() {
            let due = due.into_iter().map(|(_, record, mark)| Candidate::of(record, mark));
            selection.in_turns(due.collect(), None);
            return selection;
        }
        let (mut retries, mut new) = (Vec::new(), Vec::new());
        for (_, record, mark) in due {
            match record.due_at {
                _ if record.state == DeliveryState::Running => {
                    selection.lapsed_marked(record.id, record.attempt, mark);
                }
                Some(_) => retries.push(record.id),
                None => new.push(record.id),
            }
        }
        for ids in self.in_order(retries, new) {
            selection.due(ids);
        }
        selection
    }
}

/// What a row says about its last claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// True if the attempt of the claim is counted.
    pub(crate) counted: bool,
    /// True if an earlier claim ended without anyone knowing whether its attempt had begun. The
    /// attempts of this delivery are counted before they begin, until one ends.
    pub(crate) unsure: bool,
}

impl Mark {
    pub(crate) const COUNTED: Self = Self { counted: true, unsure: false };
}

/// The deliveries that a claim takes.
///
/// A store offers it what is due: first what has [lapsed](Self::lapsed), then retries and new
/// deliveries [in order](ClaimRequest::in_order), each kind by due time and number.
#[derive(Debug)]
pub struct Selection<'a> {
    pub(super) wanted: &'a ClaimRequest,
    ids: Vec<i64>,
    crash_suspect: Option<i64>,
    lost: Vec<i64>,
    /// The tenants of what is taken in turns.
    pub(super) tenants: HashMap<i64, Option<Digest>>,
    /// The tenant that the next claim goes on after.
    pub(super) after: Option<Digest>,
}

impl<'a> Selection<'a> {
    /// An empty selection.
    #[must_use]
    pub fn new(wanted: &'a ClaimRequest) -> Self {
        let after = wanted.tenants.as_ref().and_then(|turns| turns.after);
        let tenants = HashMap::new();
        Self { wanted, ids: Vec::new(), crash_suspect: None, lost: Vec::new(), tenants, after }
    }

    /// Offers a running delivery whose lease has run out, with its number of attempts so far.
    pub fn lapsed(&mut self, id: i64, attempt: u32) {
        if self.wanted.running.contains(&id) {
            return;
        }
        if attempt >= self.wanted.max_attempts {
            self.lost.push(id);
        } else if self.room() > 0 {
            if attempt < 2 {
                self.ids.push(id);
            } else if self.wanted.crash_suspect && self.crash_suspect.is_none() {
                self.crash_suspect = Some(id);
            }
        }
    }

    /// Offers a prefetched delivery whose lease has run out before its attempt was counted.
    pub fn lapsed_uncounted(&mut self, id: i64) {
        if !self.wanted.running.contains(&id) && self.room() > 0 {
            self.ids.push(id);
        }
    }

    /// Offers a delivery whose lease has run out, as its row is marked. An attempt of which nobody
    /// knows whether it had begun counts here, so that a delivery that ends its process at once is
    /// not started more often than others.
    pub(crate) fn lapsed_marked(&mut self, id: i64, attempt: u32, mark: Mark) {
        if mark.counted {
            self.lapsed(id, attempt.saturating_add(u32::from(mark.unsure)));
        } else {
            self.lapsed_uncounted(id);
        }
    }

    /// Offers pending deliveries that are due. Takes as many as there is room for.
    pub fn due(&mut self, ids: impl IntoIterator<Item = i64>) {
        let room = self.room();
        self.ids.extend(ids.into_iter().take(room));
    }

    /// The number that can still be taken.
    #[must_use]
    pub fn room(&self) -> usize {
        let max = usize::try_from(self.wanted.max).unwrap_or(usize::MAX);
        max.saturating_sub(self.ids.len() + usize::from(self.crash_suspect.is_some()))
    }

    /// True if there is nothing to claim and nothing to give up.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty() && self.crash_suspect.is_none() && self.lost.is_empty()
    }

    /// The deliveries to claim, in order. The suspect is the last.
    #[must_use]
    pub fn ids(&self) -> Vec<i64> {
        self.ids.iter().copied().chain(self.crash_suspect).collect()
    }

    /// Which of these numbers it takes or gives up: with those of lapsed claims, the attempts that
    /// are to be told as lost.
    #[must_use]
    pub fn of_lapsed(&self, lapsed: impl IntoIterator<Item = i64>) -> Vec<i64> {
        let taken = |id: &i64| {
            self.ids.contains(id) || self.crash_suspect == Some(*id) || self.lost.contains(id)
        };
        lapsed.into_iter().filter(taken).collect()
    }

    /// The deliveries to give up: each has lost its worker on its last attempt.
    #[must_use]
    pub fn lost(&self) -> &[i64] {
        &self.lost
    }

    /// The result of the claim, once the selection is claimed and what is lost is given up.
    #[must_use]
    pub fn claimed(&self, mut jobs: Vec<Job>) -> ClaimResult {
        for job in &mut jobs {
            job.tenant = self.tenants.get(&job.id).copied().flatten();
        }
        ClaimResult {
            jobs,
            crash_suspect: self.crash_suspect.is_some(),
            dead_lettered: u32::try_from(self.lost.len()).unwrap_or(u32::MAX),
            dead_letters: self.lost.clone(),
            after: self.after,
        }
    }
}

/// The result of a claim.
#[derive(Default)]
pub struct ClaimResult {
    /// The deliveries to run now.
    pub jobs: Vec<Job>,
    /// True if the last of the jobs has repeatedly lost its worker.
    pub crash_suspect: bool,
    /// The number given up, because they lost their worker too often or cannot be read.
    pub dead_lettered: u32,
    /// The numbers of their records, for the trace, as far as the store knows them.
    pub dead_letters: Vec<i64>,
    /// The tenant that the next claim goes on [after](TenantTurns::after), where tenants take turns.
    pub after: Option<[u8; 16]>,
}

impl ClaimResult {
    /// Adds deliveries that were given up because they [cannot be read](UNREADABLE).
    pub fn bury(&mut self, unreadable: Vec<i64>) {
        self.dead_lettered += u32::try_from(unreadable.len()).unwrap_or(u32::MAX);
        self.dead_letters.extend(unreadable);
    }
}

/// The reason that is stored with a delivery that lost its worker on its last attempt; `#` stands
/// for the number of the attempt.
pub const LOST_ATTEMPT: &str =
    "attempt # ended without an answer: the process ended or lost its lease";

/// The reason that is stored with a delivery whose stored form cannot be read.
pub const UNREADABLE: &str = "its stored form is not one that this version reads";
