//! Changes of many deliveries: counted first, asked for, and made a part at a time.

use std::collections::HashSet;

use serde::Serialize;
use webhook_runtime::{
    Inbox,
    inbox::{
        Filter, Window,
        store::{Change, ChangeResult},
    },
};

use super::{
    Context,
    confirm::{Answer, confirm},
};
use crate::{
    error::{CliError, Ended, Outcome},
    inbox::{Counted, Filters, failed, name_of},
    output::{self, Output},
    progress,
};

/// The number of deliveries that one transaction changes: others want to write, too.
const CHANGED_AT_ONCE: u32 = 500;

/// The deliveries to change.
#[derive(clap::Args)]
pub(super) struct BulkArgs {
    /// Only these, by number
    #[arg(value_name = "ID")]
    ids: Vec<i64>,
    /// Count, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Ask nothing
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    filters: Filters,
}

/// The change, and its words.
pub(super) struct Bulk {
    pub(super) change: Change,
    pub(super) name: &'static str,
    /// The deliveries that it applies to, such as `dead letter`.
    pub(super) applies_to: &'static str,
    /// The participle of what is done with them, such as `put aside`.
    pub(super) done: &'static str,
    /// True if it destroys something, so that a person has to agree.
    pub(super) asks: bool,
}

/// The result, as JSON.
#[derive(Serialize)]
struct Done {
    command: &'static str,
    matched: u64,
    changed: u64,
    dry_run: bool,
    interrupted: bool,
    /// The highest number that was reached, if it did not come to its end.
    after: Option<i64>,
}

impl Bulk {
    pub(super) async fn run(&self, args: &BulkArgs, inbox: &Inbox, context: &Context) -> Ended {
        let filter = args.filters.filter(&args.ids).changeable_by(self.change);
        if filter.states.as_ref().is_some_and(Vec::is_empty) {
            let states = self.change.applies_to().iter().map(|state| name_of(*state));
            let states = states.collect::<Vec<_>>().join(", ");
            return Err(CliError::usage(format_args!(
                "`{}` applies to deliveries that are {states}",
                self.name
            )));
        }
        let window = args.filters.window(Window::oldest_first(CHANGED_AT_ONCE));
        let counting = async { self.tell_others(&args.ids, &filter, inbox).await };
        let Some(all_fit) = context.unless_interrupted(counting).await? else {
            return Ok(Outcome::Interrupted);
        };
        let counting = Counted::of(inbox, &filter, window);
        let Some(counted) = context.unless_interrupted(counting).await? else {
            return Ok(Outcome::Interrupted);
        };
        let mut done = Done {
            command: self.name,
            matched: counted.number,
            changed: 0,
            dry_run: args.dry_run,
            interrupted: false,
            after: None,
        };
        let Some(seen) = counted.seen().filter(|_| !args.dry_run) else {
            self.report(&done, context.form)?;
            return Ok(if all_fit { Outcome::Done } else { Outcome::Refused });
        };
        let matched = self.deliveries(counted.number);
        if self.asks && !args.yes {
            let question = format!("{matched} would be {}. Do it?", self.done);
            match confirm(&question, context).await? {
                Answer::Yes => {}
                Answer::No => {
                    eprintln!("nothing is changed");
                    return Ok(Outcome::Refused);
                }
                Answer::Interrupted => return Ok(Outcome::Interrupted),
            }
        } else {
            eprintln!("{matched} {}", if counted.number == 1 { "matches" } else { "match" });
        }
        self.change(inbox, &filter.seen(seen), window, context, &mut done).await?;
        self.report(&done, context.form)?;
        if done.interrupted {
            eprintln!("interrupted after {}", self.how_to_go_on(&done));
            return Ok(Outcome::Interrupted);
        }
        let left = done.matched.saturating_sub(done.changed);
        if left > 0 {
            eprintln!("{left} could not be changed: {}", self.why_not());
        }
        Ok(if all_fit && left == 0 { Outcome::Done } else { Outcome::Refused })
    }

    /// Says how far a change came, and how it goes on.
    fn how_to_go_on(&self, done: &Done) -> String {
        let on = match (self.change, done.after) {
            // Those that have run again meanwhile would run once more.
            (Change::Replay, Some(after)) => format!("go on with --after {after}"),
            _ => "run it again to go on".to_owned(),
        };
        format!("{} of {}: {on}", done.changed, done.matched)
    }

    /// Changes a part at a time, until all is done or Ctrl-C is pressed.
    async fn change(
        &self,
        inbox: &Inbox,
        filter: &Filter,
        mut window: Window,
        context: &Context,
        done: &mut Done,
    ) -> Result<(), CliError> {
        let bar = progress::bar(usize::try_from(done.matched).unwrap_or(usize::MAX), self.name);
        loop {
            if context.interrupt.is_set() {
                done.interrupted = done.changed < done.matched;
                break;
            }
            let changed = inbox.store().change(filter, self.change, window).await;
            let ChangeResult { count, last } = changed.map_err(|error| {
                bar.finish_and_clear();
                eprintln!("it failed after {}", self.how_to_go_on(done));
                failed(error)
            })?;
            done.changed += count;
            bar.inc(count);
            done.after = last;
            let Some(last) = last else { break };
            window = window.beyond(last);
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// Says which of the deliveries that were named by number cannot be changed. Returns true if all can.
    async fn tell_others(
        &self,
        ids: &[i64],
        filter: &Filter,
        inbox: &Inbox,
    ) -> Result<bool, CliError> {
        let mut missing: HashSet<i64> = ids.iter().copied().collect();
        let mut all_fit = true;
        for some in ids.chunks(CHANGED_AT_ONCE as usize) {
            let records = inbox.list(Filter::all().ids(some.iter().copied())).collect().await;
            for record in records.map_err(failed)? {
                missing.remove(&record.id);
                if !filter.states.as_ref().is_none_or(|states| states.contains(&record.state)) {
                    all_fit = false;
                    eprintln!(
                        "{} is {}: `{}` leaves it alone",
                        record.id,
                        name_of(record.state),
                        self.name
                    );
                }
            }
        }
        let mut missing: Vec<i64> = missing.into_iter().collect();
        missing.sort_unstable();
        for id in &missing {
            eprintln!("there is no delivery {id}");
        }
        Ok(all_fit && missing.is_empty())
    }

    fn report(&self, done: &Done, form: Output) -> Result<(), CliError> {
        if form == Output::Json {
            return output::json(done);
        }
        if done.matched == 0 {
            return output::line(&format!("{} matches: nothing to do", self.deliveries(0)));
        }
        if done.dry_run {
            let matched = self.deliveries(done.matched);
            return output::line(&format!("{matched} would be {}; nothing is changed", self.done));
        }
        output::line(&format!("{} {}", self.deliveries(done.changed), self.done))
    }

    /// The reason for which a delivery that matched was not changed.
    fn why_not(&self) -> &'static str {
        match self.change {
            Change::Cancel => "they have ended meanwhile, or their handlers did not let them go",
            Change::Discard => "somebody else has changed them meanwhile",
            _ => "somebody else has changed them meanwhile, or their bodies were deleted",
        }
    }

    fn deliveries(&self, number: u64) -> String {
        match number {
            1 => format!("1 {}", self.applies_to),
            0 => format!("no {}", self.applies_to),
            number => match self.applies_to.strip_suffix("delivery") {
                Some(kind) => format!("{number} {kind}deliveries"),
                None => format!("{number} {}s", self.applies_to),
            },
        }
    }
}
