//! The figures of all endpoints, as Overview and Endpoint show them.

use std::{collections::BTreeMap, time::SystemTime};

use webhook_runtime::inbox::{CauseGroup, EndpointCounts, EndpointInfo, Pause, WorkerRecord};

use crate::{fetch::FetchError, figures::NewDeadLetters, hour::Hour, view::View};

/// One endpoint.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) info: Option<EndpointInfo>,
    pub(crate) counts: EndpointCounts,
    pub(crate) pause: Option<Pause>,
    pub(crate) hour: Hour,
}

impl Row {
    pub(crate) fn waiting(&self) -> u64 {
        let EndpointCounts { pending, retrying, blocked, .. } = &self.counts;
        pending.number + retrying.number + blocked.number
    }

    /// True if more than a tenth of its attempts fail, and they are not just a few.
    pub(crate) fn is_failing(&self) -> bool {
        let totals = self.hour.totals();
        totals.attempts() >= 20 && totals.failed * 10 > totals.attempts()
    }

    /// The place in the list: problems come first.
    fn rank(&self) -> (bool, bool, bool) {
        (self.counts.dead.number == 0, self.pause.is_none(), !self.is_failing())
    }
}

/// The figures of all endpoints.
pub(crate) struct Survey {
    pub(crate) rows: Vec<Row>,
    /// The reason why the rows have no counts.
    pub(crate) counts_error: Option<FetchError>,
    /// The reason why something else of the rows is missing.
    pub(crate) partial_error: Option<FetchError>,
    pub(crate) causes: Result<Vec<CauseGroup>, FetchError>,
    pub(crate) new_dead_letters: Result<NewDeadLetters, FetchError>,
    pub(crate) workers: Vec<WorkerRecord>,
    /// The sums of the last hour, if they could be read.
    pub(crate) hour: Result<Hour, FetchError>,
}

impl Survey {
    /// Asks for everything at the same time. If the counts fail, there is nothing to show; what takes too
    /// long is missing.
    pub(crate) async fn take(view: &View) -> Result<Self, FetchError> {
        let inbox = &view.shared.inbox;
        let begin = Hour::until(view.now);
        let figures = &view.shared.figures;
        let (counts, sums, causes, new_dead_letters, paused, workers) = tokio::join!(
            figures.counts(),
            figures.sums(begin.begin),
            figures.causes(),
            figures.new_dead_letters(view.now),
            figures.paused(),
            figures.workers(),
        );
        let (counts, counts_error) = match counts {
            Ok(counts) => (counts, None),
            Err(FetchError::TookTooLong) => (Vec::new(), Some(FetchError::TookTooLong)),
            Err(failed) => return Err(failed),
        };
        let partial_error = paused.as_ref().err().or(workers.as_ref().err()).cloned();
        let mut rows: BTreeMap<String, Row> = BTreeMap::new();
        let row = |name: &str| Row {
            name: name.to_owned(),
            info: None,
            counts: EndpointCounts::new(name),
            pause: None,
            hour: begin.clone(),
        };
        let mut all = begin.clone();
        for info in inbox.endpoints() {
            rows.entry(info.name.clone()).or_insert_with(|| row(&info.name)).info =
                Some(info.clone());
        }
        for counts in counts {
            let name = counts.endpoint.clone();
            rows.entry(name.clone()).or_insert_with(|| row(&name)).counts = counts;
        }
        for pause in paused.unwrap_or_default() {
            let name = pause.endpoint.clone();
            rows.entry(name.clone()).or_insert_with(|| row(&name)).pause = Some(pause);
        }
        let hour = sums.map(|sums| {
            for sum in &sums {
                all.add(sum);
                rows.entry(sum.endpoint.clone())
                    .or_insert_with(|| row(&sum.endpoint))
                    .hour
                    .add(sum);
            }
            all
        });
        let mut rows: Vec<Row> = rows.into_values().collect();
        // By name within a rank.
        rows.sort_by_key(Row::rank);
        let workers = workers.unwrap_or_default();
        Ok(Self { rows, counts_error, partial_error, causes, new_dead_letters, workers, hour })
    }

    /// True if the state of an endpoint is known. One that is paused is so, whatever else is not known.
    pub(crate) fn knows_state(&self, row: &Row) -> bool {
        row.pause.is_some() || (self.counts_error.is_none() && self.hour.is_ok())
    }

    /// The workers that are alive.
    pub(crate) fn alive(&self, now: SystemTime) -> impl Iterator<Item = &WorkerRecord> {
        self.workers.iter().filter(move |worker| worker.is_alive(now))
    }

    /// The number of deliveries that can run at a time.
    pub(crate) fn slots(&self, now: SystemTime) -> u64 {
        self.alive(now).map(|worker| u64::from(worker.slots)).sum()
    }
}
