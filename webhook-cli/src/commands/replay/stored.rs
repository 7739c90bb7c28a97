//! Deliveries of an inbox as recordings.

use std::collections::VecDeque;

use tokio::runtime::Runtime;
use webhook_runtime::{
    Inbox,
    inbox::{Filter, Window},
};

use super::{Recording, Source};
use crate::{
    error::CliError,
    inbox::{Counted, Database, Filters, captured, failed, runtime},
};

/// The deliveries that are listed at a time.
const PAGE: u32 = 200;

#[derive(clap::Args)]
pub(super) struct StoredArgs {
    /// Send deliveries of the inbox in this database, the oldest first
    #[arg(long, value_name = "URL", conflicts_with_all = ["files", "inbox_env"])]
    inbox: Option<String>,
    /// The same, with the variable that holds the URL
    #[arg(long, value_name = "NAME", conflicts_with = "files")]
    inbox_env: Option<String>,
    /// The schema of the inbox in PostgreSQL
    #[arg(long, value_name = "NAME", default_value = "webhook")]
    schema: String,
    /// Only these deliveries of the inbox (repeatable)
    #[arg(long, value_name = "NUMBER", help_heading = "Filters")]
    id: Vec<i64>,
    #[command(flatten)]
    filters: Filters,
}

impl StoredArgs {
    /// Opens the inbox that is named, if one is, and counts.
    pub(super) fn open(&self, skip: usize) -> Result<Option<Stored>, CliError> {
        let database = match (&self.inbox, &self.inbox_env) {
            (Some(url), _) => Database::parse(url, &self.schema)?,
            (None, Some(name)) => Database::of_variable(name, &self.schema)?,
            (None, None) if self.id.is_empty() && self.filters.are_none() => return Ok(None),
            (None, None) => {
                return Err(CliError::usage(
                    "filters are for deliveries of an inbox: give --inbox URL",
                ));
            }
        };
        let runtime = runtime()?;
        let stored = runtime.block_on(async {
            let inbox = database.open().await?;
            let filter = self.filters.filter(&self.id);
            let window = self.filters.window(Window::oldest_first(PAGE));
            let counted = Counted::of(&inbox, &filter, window).await?;
            // Deliveries that are sent to the program with this inbox come back as new ones.
            let seen = counted.seen();
            let filter = seen.map_or(filter.clone(), |seen| filter.seen(seen));
            let total = usize::try_from(counted.number).unwrap_or(usize::MAX);
            Ok::<_, CliError>((inbox, filter, window, total))
        });
        let (inbox, filter, window, total) = stored?;
        eprintln!("{total} deliveries match");
        let mut stored = Stored {
            runtime,
            inbox,
            filter,
            window: (total > 0).then_some(window),
            ready: VecDeque::new(),
            total,
            last: self.filters.after(),
        };
        for _ in 0..skip.min(total) {
            stored.next_id()?;
        }
        Ok(Some(stored))
    }
}

/// The deliveries that match, the oldest first.
pub(super) struct Stored {
    runtime: Runtime,
    inbox: Inbox,
    filter: Filter,
    /// The part that is not listed yet.
    window: Option<Window>,
    ready: VecDeque<i64>,
    total: usize,
    /// The number of the last one that was taken.
    last: Option<i64>,
}

impl Stored {
    fn next_id(&mut self) -> Result<Option<i64>, CliError> {
        while self.ready.is_empty()
            && let Some(window) = self.window
        {
            let listed = self.runtime.block_on(self.inbox.store().list(&self.filter, window));
            let listed = listed.map_err(failed)?;
            self.ready.extend(listed.records.iter().map(|record| record.id));
            self.window = listed.looked_to.map(|id| window.beyond(id));
        }
        let id = self.ready.pop_front();
        self.last = id.or(self.last);
        Ok(id)
    }

    pub(super) fn close(self) {
        let Self { runtime, inbox, .. } = self;
        // The inbox is dropped within the runtime of its connections.
        runtime.block_on(async move {
            let _ = inbox.close().await;
        });
    }
}

impl Source for Stored {
    fn total(&self) -> usize {
        self.total
    }

    fn next(&mut self) -> Result<Option<Recording>, CliError> {
        let Some(id) = self.next_id()? else { return Ok(None) };
        let found = self.runtime.block_on(self.inbox.get(id)).map_err(failed)?;
        let (capture, delivery_id) = match found {
            None => (Err("it has been pruned meanwhile".to_owned()), None),
            Some(delivery) => (
                captured(&delivery).map_err(|unkept| unkept.to_string()),
                delivery.record.provider_id,
            ),
        };
        Ok(Some(Recording { file: None, id: Some(id), capture, delivery_id }))
    }

    fn how_to_go_on(&self) -> String {
        self.last.map_or_else(|| "--skip 0".to_owned(), |id| format!("--after {id}"))
    }
}
