//! Follows deliveries.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use serde::Serialize;
use webhook_runtime::{
    Inbox,
    inbox::{DeliveryState, Filter, Record, Window},
};

use super::Context;
use crate::{
    clock,
    error::{CliError, Ended},
    inbox::{Filters, Shown, failed, name_of, tone_of},
    output::{self, Output},
};

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(500);

/// The most deliveries whose state is followed: the newest.
const FOLLOWED: usize = 10_000;

/// The deliveries that are read at a time.
const PAGE: u32 = 500;

/// Follow new deliveries and what becomes of them, until Ctrl-C
///
/// Each line is a delivery that is new or has another state. Those that have not ended are followed, the
/// newest 10,000. What changes twice within half a second is shown once.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  webhook inbox tail --database inbox.db
  webhook inbox tail --database inbox.db --state dead --output json")]
pub(super) struct Args {
    /// Begin with the last deliveries
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(..=1000))]
    last: u32,
    #[command(flatten)]
    filters: Filters,
}

/// A line, as JSON.
#[derive(Serialize)]
struct Line {
    time: String,
    #[serde(flatten)]
    record: Shown,
}

/// The parts of a record that tell its stages apart.
type Stage = (DeliveryState, u32, Option<SystemTime>);

fn stage(record: &Record) -> Stage {
    (record.state, record.attempt, record.finished_at)
}

struct Tail<'a> {
    args: &'a Args,
    inbox: &'a Inbox,
    context: &'a Context,
    /// The last stages of the deliveries that are followed.
    known: BTreeMap<i64, Stage>,
    /// The highest number that was seen.
    last: i64,
}

pub(super) async fn run(args: &Args, inbox: &Inbox, context: &Context) -> Ended {
    let mut tail = Tail { args, inbox, context, known: BTreeMap::new(), last: i64::MIN };
    tail.begin().await?;
    loop {
        tokio::time::sleep(PAUSE).await;
        tail.look().await?;
    }
}

impl Tail<'_> {
    /// The deliveries that are followed, whatever their states are.
    fn followed(&self) -> Filter {
        let mut filter = self.args.filters.filter(&[]);
        (filter.states, filter.attempted, filter.retrying) = (None, None, None);
        (filter.error, filter.cause) = (None, None);
        filter
    }

    /// Shows the last deliveries, and finds those that have not ended.
    async fn begin(&mut self) -> Result<(), CliError> {
        self.last = self.newest().await?;
        for record in self.unfinished(FOLLOWED).await? {
            self.known.insert(record.id, stage(&record));
        }
        if self.args.last > 0 {
            let window = self.args.filters.window(Window::newest_first(self.args.last));
            let filter = self.args.filters.filter(&[]);
            let mut records = self.inbox.page(&filter, window).await.map_err(failed)?.records;
            records.reverse();
            for record in records.into_iter().filter(|record| record.id <= self.last) {
                self.known.insert(record.id, stage(&record));
                self.write(&record, record.finished_at.unwrap_or(record.received_at))?;
            }
        }
        Ok(())
    }

    /// The highest number.
    async fn newest(&self) -> Result<i64, CliError> {
        let newest = self.inbox.store().list(&Filter::all(), Window::newest_first(1)).await;
        Ok(newest.map_err(failed)?.records.first().map_or(i64::MIN, |record| record.id))
    }

    /// Shows what is new, and what has changed.
    async fn look(&mut self) -> Result<(), CliError> {
        let mut changed = BTreeMap::new();
        for record in self.arrived().await? {
            changed.insert(record.id, record);
        }
        // Deliveries that an operator has let run again are among those that have not ended.
        for record in self.unfinished(PAGE as usize).await? {
            changed.insert(record.id, record);
        }
        let ids: Vec<i64> = self.known.keys().copied().collect();
        for some in ids.chunks(PAGE as usize) {
            let records = self.inbox.list(Filter::all().ids(some.iter().copied())).collect().await;
            for record in records.map_err(failed)? {
                changed.insert(record.id, record);
            }
        }
        for (id, record) in changed {
            let stage = stage(&record);
            if self.known.insert(id, stage) != Some(stage) {
                self.write(&record, SystemTime::now())?;
            }
            if record.state.is_finished() {
                self.known.remove(&id);
            }
        }
        while self.known.len() > FOLLOWED {
            self.known.pop_first();
        }
        Ok(())
    }

    async fn arrived(&mut self) -> Result<Vec<Record>, CliError> {
        let filter = self.followed();
        let (mut records, mut window) = (Vec::new(), Window::oldest_first(PAGE).after(self.last));
        self.last = self.newest().await?.max(self.last);
        loop {
            let listed = self.inbox.store().list(&filter, window).await.map_err(failed)?;
            self.last = listed.records.last().map_or(self.last, |record| record.id.max(self.last));
            records.extend(listed.records);
            match listed.looked_to {
                Some(id) => window = window.beyond(id),
                None => return Ok(records),
            }
        }
    }

    /// The newest of those that have not ended.
    async fn unfinished(&self, max: usize) -> Result<Vec<Record>, CliError> {
        let unfinished = DeliveryState::ALL.into_iter().filter(|state| !state.is_finished());
        let filter = unfinished.fold(self.followed(), Filter::state);
        let window = Window::newest_first(u32::try_from(max).unwrap_or(u32::MAX));
        Ok(self.inbox.page(&filter, window).await.map_err(failed)?.records)
    }

    fn write(&self, record: &Record, at: SystemTime) -> Result<(), CliError> {
        let filters = &self.args.filters;
        if !filters.bounds(record) || !filters.filter(&[]).matches(record) {
            return Ok(());
        }
        let time = clock::rfc3339(at);
        if self.context.form == Output::Json {
            return output::json(&Line { time, record: Shown::of(record) });
        }
        let or_none = |text: Option<&str>| output::shown(text.unwrap_or("-"));
        let error = record.last_error.as_deref();
        let words = [
            time.get(11..19).unwrap_or_default().to_owned(),
            record.id.to_string(),
            output::shown(&record.endpoint),
            or_none(record.event.as_deref()),
            or_none(record.provider_id.as_deref()),
            output::toned(name_of(record.state), tone_of(record.state)),
            error
                .filter(|_| record.state != DeliveryState::Completed)
                .map(output::shown)
                .unwrap_or_default(),
        ];
        output::line(words.join("  ").trim_end())
    }
}
