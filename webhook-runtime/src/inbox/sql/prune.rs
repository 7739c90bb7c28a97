//! The search for records that are old enough to be deleted, in steps of limited work.
//!
//! Endpoints may have a retention of their own, and the index of finished deliveries is by time alone.
//! So what one endpoint keeps for long lies among what others have deleted. Each time that something
//! is kept has a *mark*: whatever finished before it has been looked at. A pass goes on from there,
//! and looks at each row once for each of these times, however long it is kept.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use crate::inbox::{
    record::{DeliveryState, span},
    sql::cells::Cells,
    store::{EndpointRetention, PruneResult, Retention},
};

/// The number of rows that one step looks at.
const LOOKED_AT: usize = 2000;

/// Deliveries that finished in this time are looked at again: it may have been written in another order.
const AGAIN: i64 = 60_000;

/// The interval at which everything is looked at again: a transaction may have been open for long, and clocks are
/// set.
const ANEW: Duration = Duration::from_secs(24 * 3600);

/// Lists the endpoints with a retention of their own.
pub(crate) const OWN: &str = "SELECT endpoint, keep_completed, keep_dead FROM {s}endpoints \
                              WHERE keep_completed IS NOT NULL OR keep_dead IS NOT NULL";

/// Sets the retention of an endpoint.
pub(crate) const SET_OWN: &str = "INSERT INTO {s}endpoints (endpoint, keep_completed, keep_dead) \
                                  VALUES ($1, $2, $3) ON CONFLICT (endpoint) DO UPDATE SET \
                                  keep_completed = excluded.keep_completed, \
                                  keep_dead = excluded.keep_dead";

/// Lists what finished in a state, by time: from the time `$2` and the number `$3` on, up to the time
/// `$4`. `index` is the hint of a database that needs one.
pub(crate) fn finished(index: &str) -> String {
    format!(
        "SELECT id, endpoint, CAST(finished_at AS bigint) AS ended FROM {{s}}deliveries{index} WHERE state = $1 \
         AND state > 2 AND (finished_at, id) > ($2, $3) AND finished_at <= $4 \
         ORDER BY finished_at, id LIMIT $5"
    )
}

/// The retention of an endpoint in milliseconds: completed deliveries, and dead letters.
type Keep = [Option<i64>; 2];

/// The endpoints that have a retention of their own.
pub(crate) type Own = HashMap<String, Keep>;

/// Reads the rows of [`OWN`]. What was written by hand may be anything.
pub(crate) fn own(rows: &[impl Cells]) -> Own {
    let read = |row: &_| {
        let keep = |column| Cells::int(row, column).ok().flatten();
        let keep = ["keep_completed", "keep_dead"].map(keep);
        let keep = keep.map(|keep| keep.map(|keep| keep.clamp(0, span(Duration::MAX))));
        Some((Cells::some_text(row, "endpoint").ok()?, keep))
    };
    rows.iter().filter_map(read).collect()
}

/// The same for operators, by name.
pub(crate) fn retentions(own: Own) -> Vec<EndpointRetention> {
    let time = |keep: i64| Duration::from_millis(keep.unsigned_abs());
    let read = |(endpoint, [completed, dead]): (String, Keep)| {
        EndpointRetention::new(endpoint, completed.map(time), dead.map(time))
    };
    let mut all: Vec<_> = own.into_iter().map(read).collect();
    all.sort_by(|one, other| one.endpoint.cmp(&other.endpoint));
    all
}

/// The retentions that differ from those that are stored.
pub(crate) fn changed<'a>(
    wanted: &'a [EndpointRetention],
    own: &Own,
) -> Vec<(&'a EndpointRetention, Keep)> {
    let keep =
        |of: &'a EndpointRetention| (of, [of.completed, of.dead_letters].map(|of| of.map(span)));
    let differs = |(of, keep): &(&EndpointRetention, Keep)| {
        own.get(&of.endpoint).copied().unwrap_or_default() != *keep
    };
    wanted.iter().map(keep).filter(differs).collect()
}

/// A finished delivery.
pub(crate) struct Finished {
    id: i64,
    endpoint: Option<String>,
    at: i64,
}

/// Reads a row of [`finished`].
pub(crate) fn row(row: &impl Cells) -> Option<Finished> {
    let endpoint = row.text("endpoint").ok().flatten();
    Some(Finished { id: row.number("id").ok()?, endpoint, at: row.number("ended").ok()? })
}

/// The rows to look at next.
pub(crate) struct Look {
    pub(crate) state: DeliveryState,
    /// The time and the number after which it begins.
    pub(crate) after: (i64, i64),
    /// The time at which it ends.
    pub(crate) until: i64,
    pub(crate) max: usize,
}

/// A state, and for how long something is kept in it.
type Kept = (DeliveryState, i64);

/// The place up to which everything has been looked at.
#[derive(Clone, Default)]
pub(crate) struct Marks {
    /// By what it was looked at.
    by: Option<(Keep, Own)>,
    since: Option<Instant>,
    /// Until when everything has been looked at.
    done: HashMap<Kept, i64>,
    /// The rest of this pass.
    left: VecDeque<Kept>,
    /// The place in the first of them.
    place: Option<(i64, i64)>,
    /// The number of rows that this step may look at.
    budget: usize,
}

impl Marks {
    /// Begins a step, and a pass if the last one has ended.
    pub(crate) fn begin(&mut self, retention: &Retention, own: Own) {
        let all = [Some(span(retention.completed)), Some(span(retention.dead_letters))];
        let by = Some((all, own));
        let is_old = self.since.is_none_or(|since| since.elapsed() > ANEW);
        if self.by != by || is_old && self.left.is_empty() {
            *self = Self { by, since: Some(Instant::now()), ..Self::default() };
        }
        if self.left.is_empty() {
            let states = retention.by_state().map(|(state, _)| state);
            let kept = states.into_iter().flat_map(|state| {
                let mut keeps = self.keeps(state);
                keeps.sort_unstable();
                keeps.dedup();
                keeps.into_iter().map(move |keep| (state, keep))
            });
            self.left = kept.collect();
        }
        self.budget = LOOKED_AT;
    }

    /// For how long something is kept in a state.
    fn keeps(&self, state: DeliveryState) -> Vec<i64> {
        let Some((all, own)) = &self.by else { return Vec::new() };
        [all].into_iter().chain(own.values()).filter_map(|keep| keep[column(state)]).collect()
    }

    /// The rows to look at next; `None` at the end of the step.
    pub(crate) fn next(&self, now: i64) -> Option<Look> {
        let (state, keep) = *self.left.front().filter(|_| self.budget > 0)?;
        let mark = self.done.get(&(state, keep)).copied().unwrap_or(i64::MIN);
        let after = self.place.unwrap_or((mark, i64::MIN));
        Some(Look { state, after, until: now.saturating_sub(keep), max: self.budget })
    }

    /// Chooses what is to be deleted of what was found, at most this many.
    pub(crate) fn choose(
        &mut self,
        look: &Look,
        found: &[Finished],
        max: usize,
        now: i64,
    ) -> Vec<i64> {
        let (mut old, mut seen) = (Vec::new(), 0);
        for row in found {
            if row.at <= now.saturating_sub(self.keep(look.state, row.endpoint.as_deref())) {
                if old.len() >= max {
                    break;
                }
                old.push(row.id);
            }
            self.place = Some((row.at, row.id));
            seen += 1;
        }
        self.budget = self.budget.saturating_sub(seen);
        if seen < found.len() {
            self.budget = 0;
        } else if found.len() < look.max {
            let (kept, again) = (self.left.pop_front(), look.until.saturating_sub(AGAIN));
            if let Some(kept) = kept {
                let mark = self.done.entry(kept).or_insert(i64::MIN);
                *mark = again.max(*mark);
            }
            self.place = None;
        }
        old
    }

    /// The time for which a delivery of an endpoint is kept.
    fn keep(&self, state: DeliveryState, endpoint: Option<&str>) -> i64 {
        let Some((all, own)) = &self.by else { return i64::MAX };
        let own = endpoint.and_then(|endpoint| own.get(endpoint));
        let keep = own.and_then(|keep| keep[column(state)]).or(all[column(state)]);
        keep.unwrap_or(i64::MAX)
    }

    /// The result of a step that has deleted this.
    pub(crate) fn pruned(&self, records: u64, dedup_keys: u64, max: u32) -> PruneResult {
        let mut pruned = PruneResult::new(records, dedup_keys);
        pruned.more = !self.left.is_empty() || dedup_keys >= u64::from(max);
        pruned
    }
}

/// The place of a state in [`Keep`].
fn column(state: DeliveryState) -> usize {
    usize::from(state == DeliveryState::Dead)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;
    const NOW: i64 = 1_760_000_000_000;

    fn own(endpoint: &str, hours: i64) -> Own {
        HashMap::from([(endpoint.to_owned(), [Some(hours * HOUR), None])])
    }

    /// Deletes what is old in some rows, in steps. Returns how many rows it has looked at.
    fn pass(marks: &mut Marks, rows: &mut Vec<Finished>, own: &Own, now: i64) -> usize {
        let hour = Duration::from_secs(3600);
        let retention = Retention { completed: hour, dead_letters: hour };
        let mut looked = 0;
        loop {
            marks.begin(&retention, own.clone());
            let mut budget = 0;
            while let Some(look) = marks.next(now) {
                let is_in = |row: &&Finished| {
                    look.state == DeliveryState::Completed
                        && (row.at, row.id) > look.after
                        && row.at <= look.until
                };
                let found: Vec<_> = rows.iter().filter(is_in).take(look.max).collect();
                let found: Vec<_> = found
                    .into_iter()
                    .map(|row| Finished { endpoint: row.endpoint.clone(), ..*row })
                    .collect();
                budget += found.len();
                let old = marks.choose(&look, &found, 500, now);
                rows.retain(|row| !old.contains(&row.id));
            }
            assert!(budget <= 2 * LOOKED_AT, "a step has its limit: {budget}");
            looked += budget;
            if !marks.pruned(0, 0, 500).more {
                return looked;
            }
        }
    }

    fn rows(count: i64) -> Vec<Finished> {
        let row = |id: i64| Finished {
            id,
            endpoint: Some(if id % 2 == 0 { "long" } else { "others" }.to_owned()),
            at: NOW - 10 * HOUR + id * 1000,
        };
        (0..count).map(row).collect()
    }

    #[test]
    fn what_is_kept_for_long_is_looked_at_once() {
        let (mut marks, mut left) = (Marks::default(), rows(5000));
        let own = own("long", 100);
        pass(&mut marks, &mut left, &own, NOW);
        assert_eq!(left.len(), 2500);
        assert!(left.iter().all(|row| row.endpoint.as_deref() == Some("long")));
        assert_eq!(pass(&mut marks, &mut left, &own, NOW + 1000), 0, "nothing is new");
        let new = NOW - HOUR / 2;
        left.push(Finished { id: 9001, endpoint: Some("others".to_owned()), at: new });
        let looked = pass(&mut marks, &mut left, &own, NOW + HOUR);
        assert_eq!((looked, left.len()), (1, 2500));
        pass(&mut marks, &mut left, &own, NOW + 200 * HOUR);
        assert!(left.is_empty(), "and deleted in the end");
    }

    #[test]
    fn a_shorter_time_holds_for_what_was_kept() {
        let (mut marks, mut left) = (Marks::default(), rows(100));
        pass(&mut marks, &mut left, &own("long", 100), NOW);
        assert_eq!(left.len(), 50);
        pass(&mut marks, &mut left, &own("long", 1), NOW);
        assert!(left.is_empty());
    }

    #[test]
    fn only_what_differs_is_written() {
        let day = Duration::from_secs(86_400);
        let stored = HashMap::from([
            ("same".to_owned(), [Some(24 * HOUR), None]),
            ("removed".to_owned(), [Some(1), Some(2)]),
        ]);
        let wanted = ["same", "removed", "never"].map(|name| {
            let keep = (name == "same").then_some(day);
            EndpointRetention::new(name, keep, None)
        });
        let changed = changed(&wanted, &stored);
        assert_eq!(changed, [(&wanted[1], [None, None])]);
    }
}
