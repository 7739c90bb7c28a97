//! Lists deliveries.

use comfy_table::Cell;
use webhook_runtime::{
    Inbox,
    inbox::{Record, Window},
};

use super::Context;
use crate::{
    error::{CliError, Ended, Outcome},
    inbox::{Filters, Shown, failed, moment::span, name_of, tone_of},
    output::{self, Output},
};

/// The most deliveries that are read at a time.
const PAGE: u32 = 500;

/// List deliveries, the newest first
///
/// The next page begins where the last one ended: --before NUMBER, or --after NUMBER with --oldest-first. No
/// delivery that comes or goes meanwhile shifts it.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  webhook inbox list --database inbox.db --state dead --endpoint orders
  webhook inbox list --database inbox.db --since 2h --limit 1000 --output json")]
pub(super) struct Args {
    /// Only these, by number
    #[arg(value_name = "ID")]
    ids: Vec<i64>,
    /// List at most this many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// List the oldest first
    #[arg(long)]
    oldest_first: bool,
    #[command(flatten)]
    filters: Filters,
}

pub(super) async fn run(args: &Args, inbox: &Inbox, context: &Context) -> Ended {
    let filter = args.filters.filter(&args.ids);
    let first = if args.oldest_first { Window::oldest_first } else { Window::newest_first };
    let mut window = args.filters.window(first(args.limit.min(PAGE)));
    let (mut left, mut rows) = (args.limit, Vec::new());
    let more = loop {
        window.max = left.min(PAGE);
        let listed = inbox.store().list(&filter, window).await.map_err(failed)?;
        left = left.saturating_sub(u32::try_from(listed.records.len()).unwrap_or(u32::MAX));
        match context.form {
            Output::Json => {
                listed.records.iter().map(Shown::of).try_for_each(|it| output::json(&it))?;
            }
            Output::Human => rows.extend(listed.records),
        }
        match listed.looked_to {
            Some(id) if left == 0 => break Some(id),
            Some(id) => window = window.beyond(id),
            None => break None,
        }
    };
    if context.form == Output::Human {
        print(&rows)?;
    }
    if let Some(id) = more {
        let bound = if args.oldest_first { "--after" } else { "--before" };
        eprintln!("there are more: {bound} {id}");
    }
    Ok(Outcome::Done)
}

/// Prints a table with a line for each.
fn print(records: &[Record]) -> Result<(), CliError> {
    if records.is_empty() {
        eprintln!("nothing matches");
        return Ok(());
    }
    let mut table = output::table();
    table.set_header(["id", "age", "endpoint", "event", "state", "attempt", "last error"]);
    for record in records {
        table.add_row([
            Cell::new(record.id),
            Cell::new(span(record.received_at.elapsed().unwrap_or_default())),
            Cell::new(output::shown(&record.endpoint)),
            Cell::new(output::shown(record.event.as_deref().unwrap_or("-"))),
            output::cell(name_of(record.state), tone_of(record.state)),
            Cell::new(record.attempt),
            Cell::new(output::shown(record.last_error.as_deref().unwrap_or_default())),
        ]);
    }
    output::print_lines(table)
}
