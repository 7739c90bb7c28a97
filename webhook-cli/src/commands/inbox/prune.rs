//! Deletes what has been kept for long enough.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

use serde::Serialize;
use webhook_runtime::{
    Inbox,
    inbox::{
        DeliveryState, Filter, Window,
        store::{EndpointRetention, Retention},
    },
};

use super::{
    Context,
    confirm::{Answer, confirm},
};
use crate::{
    error::{CliError, Ended, Outcome},
    inbox::{COUNTED_AT_ONCE, failed, moment::span},
    output::{self, Output},
    progress, values,
};

/// The number of deliveries that one transaction deletes.
const DELETED_AT_ONCE: u32 = 500;

/// Delete what has been kept for long enough, as the workers do from time to time
///
/// Give the times of your program, which the database does not know. Endpoints with times of their own
/// (`keep` and `keep_dead`) keep their deliveries as long as they say.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  webhook inbox prune --database inbox.db --dry-run
  webhook inbox prune --database inbox.db --keep 7d --keep-dead 90d --yes")]
pub(super) struct Args {
    /// Keep completed and cancelled deliveries this long
    #[arg(long, value_name = "TIME", default_value = "1d", value_parser = values::duration)]
    keep: Duration,
    /// Keep dead letters this long
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = values::duration)]
    keep_dead: Duration,
    /// Count, and delete nothing
    #[arg(long)]
    dry_run: bool,
    /// Ask nothing
    #[arg(long)]
    yes: bool,
}

/// The result, as JSON.
#[derive(Serialize)]
struct Pruned {
    command: &'static str,
    matched: u64,
    deleted: u64,
    /// Keys by which duplicates were detected, and whose time is over.
    keys: u64,
    dry_run: bool,
    interrupted: bool,
}

pub(super) async fn run(args: &Args, inbox: &Inbox, context: &Context) -> Ended {
    let retention = Retention { completed: args.keep, dead_letters: args.keep_dead };
    let Some(matched) = context.unless_interrupted(count(inbox, &retention)).await? else {
        return Ok(Outcome::Interrupted);
    };
    let mut pruned = Pruned {
        command: "prune",
        matched,
        deleted: 0,
        keys: 0,
        dry_run: args.dry_run,
        interrupted: false,
    };
    let (keep, keep_dead) = (span(retention.completed), span(retention.dead_letters));
    let old = format!(
        "{} kept for longer than {keep}, or {keep_dead} as dead letters",
        match matched {
            0 => "no delivery was".to_owned(),
            1 => "1 delivery was".to_owned(),
            many => format!("{many} deliveries were"),
        }
    );
    if args.dry_run {
        if context.form == Output::Json {
            output::json(&pruned)?;
        } else {
            output::line(&format!("{old}; nothing is deleted"))?;
        }
        return Ok(Outcome::Done);
    }
    if matched > 0 && !args.yes {
        match confirm(&format!("{old}. Delete for ever?"), context).await? {
            Answer::Yes => {}
            Answer::No => {
                eprintln!("nothing is deleted");
                return Ok(Outcome::Refused);
            }
            Answer::Interrupted => return Ok(Outcome::Interrupted),
        }
    } else {
        eprintln!("{old}");
    }
    delete(inbox, &retention, context, &mut pruned).await?;
    match context.form {
        Output::Json => output::json(&pruned)?,
        Output::Human => {
            let Pruned { deleted, keys, .. } = pruned;
            output::line(&format!("{deleted} deliveries deleted, and {keys} keys of duplicates"))?;
        }
    }
    if pruned.interrupted {
        eprintln!("interrupted after {} of about {matched}: run it again to go on", pruned.deleted);
        return Ok(Outcome::Interrupted);
    }
    Ok(Outcome::Done)
}

/// Deletes a part at a time, until all is done or Ctrl-C is pressed.
async fn delete(
    inbox: &Inbox,
    retention: &Retention,
    context: &Context,
    pruned: &mut Pruned,
) -> Result<(), CliError> {
    let bar = progress::bar(usize::try_from(pruned.matched).unwrap_or(usize::MAX), "prune");
    loop {
        if context.interrupt.is_set() {
            pruned.interrupted = true;
            break;
        }
        let step = inbox.store().prune(retention, DELETED_AT_ONCE).await.map_err(failed)?;
        pruned.deleted += step.records;
        pruned.keys += step.dedup_keys;
        bar.inc(step.records);
        if !step.more {
            // The deliveries are deleted, even if the file stays as large as it was.
            if let Err(error) = inbox.store().release_space().await {
                eprintln!("warning: the space was not given back: {error}");
            }
            break;
        }
    }
    bar.finish_and_clear();
    Ok(())
}

/// Counts what is old enough.
async fn count(inbox: &Inbox, retention: &Retention) -> Result<u64, CliError> {
    let own = inbox.store_info().await.map_err(failed)?.retentions.into_iter();
    let own: HashMap<String, EndpointRetention> =
        own.map(|retention| (retention.endpoint.clone(), retention)).collect();
    let finished = DeliveryState::ALL.into_iter().filter(|state| state.is_finished());
    let filter = finished.fold(Filter::all(), Filter::state);
    let (mut count, mut window) = (0, Window::oldest_first(COUNTED_AT_ONCE));
    let (now, spinner) = (SystemTime::now(), progress::spinner("counting"));
    loop {
        let listed = inbox.store().list(&filter, window).await.map_err(failed)?;
        let is_old = |record: &&webhook_runtime::inbox::Record| {
            retention.with(own.get(&record.endpoint)).is_over(record, now)
        };
        count += listed.records.iter().filter(is_old).count() as u64;
        spinner.set_message(count.to_string());
        match listed.looked_to {
            Some(id) => window = window.beyond(id),
            None => break,
        }
    }
    spinner.finish_and_clear();
    Ok(count)
}
