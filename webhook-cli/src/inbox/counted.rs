//! The deliveries that match at one time: how many, and how far they go.

use std::time::SystemTime;

use webhook_runtime::{
    Inbox,
    inbox::{Filter, Record, Seen, Window},
};

use crate::{error::CliError, inbox::failed, progress};

/// The number of deliveries that are counted at a time.
pub(crate) const COUNTED_AT_ONCE: u32 = 2000;

/// The deliveries that match, at the time of the count.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    pub(crate) number: u64,
    last: i64,
    latest: Option<SystemTime>,
}

impl Counted {
    /// Counts what a filter matches within a window.
    pub(crate) async fn of(
        inbox: &Inbox,
        filter: &Filter,
        mut window: Window,
    ) -> Result<Self, CliError> {
        let mut counted = Self::default();
        window.max = COUNTED_AT_ONCE;
        let spinner = progress::spinner("counting");
        loop {
            let listed = inbox.store().list(filter, window).await.map_err(failed)?;
            listed.records.iter().for_each(|record| counted.add(record));
            spinner.set_message(counted.number.to_string());
            match listed.looked_to {
                Some(id) => window = window.beyond(id),
                None => break,
            }
        }
        spinner.finish_and_clear();
        Ok(counted)
    }

    fn add(&mut self, record: &Record) {
        self.number += 1;
        self.last = self.last.max(record.id);
        self.latest = self.latest.max(record.finished_at.max(Some(record.received_at)));
    }

    /// The bound of what was counted, for a filter: what came or ended later does not match. `None` if
    /// nothing was.
    pub(crate) fn seen(&self) -> Option<Seen> {
        Some(Seen::new(self.last, self.latest?))
    }
}
