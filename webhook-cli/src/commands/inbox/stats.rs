//! Counts what waits, runs and died at each endpoint, and groups dead letters by cause.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::Serialize;
use webhook_runtime::{
    Inbox,
    inbox::{CauseGroup, Count, EndpointCounts, MinuteSum, Pause},
};

use super::Context;
use crate::{
    clock,
    error::{CliError, Ended, Outcome},
    inbox::{
        failed,
        moment::{from_now, span},
    },
    output::{self, Output},
    values,
};

/// The causes of one endpoint that are shown.
const MAX_CAUSES: usize = 20;

/// Show what waits, runs and died at each endpoint, and what it died of
///
/// Counts stop at 10,000. Causes are those of the newest 10,000 dead letters: errors without their numbers
/// and ids. `webhook inbox list --cause NUMBER` lists the dead letters of one.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  webhook inbox stats --database inbox.db
  webhook inbox stats --database inbox.db --endpoint orders --last 24h --output json")]
pub(super) struct Args {
    /// Only this endpoint
    #[arg(long, value_name = "NAME")]
    endpoint: Option<String>,
    /// Sum what was received, completed and failed in this time, up to 24h
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = values::duration)]
    last: Duration,
}

/// An endpoint, as JSON.
#[derive(Serialize)]
struct Shown {
    endpoint: String,
    pending: u64,
    retrying: u64,
    blocked: u64,
    running: u64,
    dead: u64,
    /// True if a count stopped at its limit.
    more: bool,
    oldest: Option<String>,
    next_due: Option<String>,
    received: u64,
    completed: u64,
    failed: u64,
    paused: Option<PauseShown>,
    causes: Vec<CauseShown>,
}

#[derive(Serialize)]
struct PauseShown {
    since: String,
    by: String,
    why: String,
}

#[derive(Serialize)]
struct CauseShown {
    cause: Option<String>,
    count: u64,
    text: String,
    error: String,
    first: String,
    last: String,
    newest: i64,
}

/// The numbers of an endpoint.
#[derive(Default)]
struct Known {
    counts: EndpointCounts,
    sums: [u64; 3],
    pause: Option<Pause>,
    causes: Vec<CauseGroup>,
}

pub(super) async fn run(args: &Args, inbox: &Inbox, context: &Context) -> Ended {
    let since = SystemTime::now().checked_sub(args.last).unwrap_or(UNIX_EPOCH);
    let mut all = BTreeMap::<String, Known>::new();
    for counts in inbox.endpoint_counts().await.map_err(failed)? {
        let known = all.entry(counts.endpoint.clone()).or_default();
        known.counts = counts;
    }
    for MinuteSum { endpoint, received, completed, failed, .. } in
        inbox.sums(since).await.map_err(failed)?
    {
        let sums = &mut all.entry(endpoint).or_default().sums;
        for (sum, more) in sums.iter_mut().zip([received, completed, failed]) {
            *sum += more;
        }
    }
    for pause in inbox.paused().await.map_err(failed)? {
        let known = all.entry(pause.endpoint.clone()).or_default();
        known.pause = Some(pause);
    }
    for cause in inbox.causes().await.map_err(failed)? {
        all.entry(cause.endpoint.clone()).or_default().causes.push(cause);
    }
    if let Some(endpoint) = &args.endpoint {
        all.retain(|name, _| name == endpoint);
    }
    match context.form {
        Output::Json => {
            all.into_iter().map(|it| shown(it.0, it.1)).try_for_each(|it| output::json(&it))?;
        }
        Output::Human => print(&all, args.last)?,
    }
    Ok(Outcome::Done)
}

fn shown(endpoint: String, known: Known) -> Shown {
    let Known { counts, sums: [received, completed, failed], pause, causes } = known;
    let all = [counts.pending, counts.retrying, counts.blocked, counts.running, counts.dead];
    Shown {
        endpoint,
        pending: counts.pending.number,
        retrying: counts.retrying.number,
        blocked: counts.blocked.number,
        running: counts.running.number,
        dead: counts.dead.number,
        more: all.iter().any(|count| count.more),
        oldest: counts.oldest.map(clock::rfc3339),
        next_due: counts.next_due.map(clock::rfc3339),
        received,
        completed,
        failed,
        paused: pause.map(|it| PauseShown {
            since: clock::rfc3339(it.since),
            by: it.by,
            why: it.why,
        }),
        causes: causes
            .into_iter()
            .map(|it| CauseShown {
                cause: it.cause.map(|cause| cause.to_string()),
                count: it.count,
                text: it.text,
                error: it.error,
                first: clock::rfc3339(it.first),
                last: clock::rfc3339(it.last),
                newest: it.newest,
            })
            .collect(),
    }
}

fn print(all: &BTreeMap<String, Known>, ago: Duration) -> Result<(), CliError> {
    if all.is_empty() {
        eprintln!(
            "nothing waits, runs or died, and nothing has happened in the last {}",
            span(ago)
        );
        return Ok(());
    }
    print_counts(all)?;
    output::line(&format!("\nin the last {}:\n", span(ago)))?;
    let mut table = output::table();
    table.set_header(["endpoint", "received", "completed", "failed"]);
    for (name, known) in all {
        let [received, completed, failed] = known.sums.map(|sum| sum.to_string());
        table.add_row([output::shown(name), received, completed, failed]);
    }
    output::print_table(&table)?;
    let pauses = all.iter().filter_map(|(name, known)| Some((name, known.pause.as_ref()?)));
    for (at, (name, pause)) in pauses.enumerate() {
        let (name, by, why) =
            (output::shown(name), output::shown(&pause.by), output::shown(&pause.why));
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        let begin = if at == 0 { "\n" } else { "" };
        output::line(&format!("{begin}{name} is paused by {by}, {}{why}", from_now(pause.since)))?;
    }
    let causes: Vec<_> =
        all.values().flat_map(|known| known.causes.iter().take(MAX_CAUSES)).collect();
    if causes.is_empty() {
        return Ok(());
    }
    output::line("\ndead letters by cause:\n")?;
    let mut table = output::table();
    table.set_header(["dead", "endpoint", "cause", "last", "error, with # for what differs"]);
    for cause in causes {
        table.add_row([
            cause.count.to_string(),
            output::shown(&cause.endpoint),
            cause.cause.map_or_else(|| "-".to_owned(), |number| number.to_string()),
            from_now(cause.last),
            output::shown(&cause.text),
        ]);
    }
    output::print_table(&table)
}

fn print_counts(all: &BTreeMap<String, Known>) -> Result<(), CliError> {
    let mut table = output::table();
    table.set_header(["endpoint", "pending", "retrying", "blocked", "running", "dead", "oldest"]);
    for (name, Known { counts, .. }) in all {
        let age = |time: SystemTime| span(time.elapsed().unwrap_or_default());
        table.add_row([
            output::shown(name),
            number(counts.pending),
            number(counts.retrying),
            number(counts.blocked),
            number(counts.running),
            number(counts.dead),
            counts.oldest.map_or_else(|| "-".to_owned(), age),
        ]);
    }
    output::print_table(&table)
}

fn number(count: Count) -> String {
    if count.more { format!("{}+", count.number) } else { count.number.to_string() }
}
