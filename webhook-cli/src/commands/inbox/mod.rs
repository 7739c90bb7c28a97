//! Looks after an inbox.

mod backup;
mod bulk;
mod cancel;
mod confirm;
mod discard;
mod doctor;
mod grants;
mod list;
mod migrate;
mod pause;
mod prune;
mod replay;
mod resume;
mod retry;
mod show;
mod stats;
mod tail;

use std::time::Duration;

use clap::Subcommand;
use webhook_runtime::Inbox;

use crate::{
    error::{CliError, Ended, Outcome},
    inbox::{DatabaseArgs, runtime},
    interrupt::Interrupt,
    output::Output,
};

/// The longest wait for the database at the end.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Look after the inbox of a program: list, retry, pause, diagnose
///
/// The commands work beside the programs that use the database. None but `migrate` creates or changes a
/// table.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  webhook inbox list --database inbox.db --state dead
  DATABASE_URL=postgres://app@db/app webhook inbox doctor")]
pub(super) struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    List(list::Args),
    Show(show::Args),
    Tail(tail::Args),
    Stats(stats::Args),
    Doctor(doctor::Args),
    Retry(retry::Args),
    Replay(replay::Args),
    Cancel(cancel::Args),
    Discard(discard::Args),
    Prune(prune::Args),
    Pause(pause::Args),
    Resume(resume::Args),
    Migrate(migrate::Args),
    Grants(grants::Args),
    Backup(backup::Args),
}

/// The context of every command.
struct Context {
    form: Output,
    interrupt: Interrupt,
}

impl Context {
    /// Waits for an answer, or for Ctrl-C. For what changes nothing, or does no harm half done.
    async fn unless_interrupted<T>(
        &self,
        answer: impl Future<Output = Result<T, CliError>>,
    ) -> Result<Option<T>, CliError> {
        tokio::select! {
            answer = answer => answer.map(Some),
            () = self.interrupt.pressed() => Ok(None),
        }
    }

    /// The same for a whole command.
    async fn or_interrupted(&self, command: impl Future<Output = Ended>) -> Ended {
        Ok(self.unless_interrupted(command).await?.unwrap_or(Outcome::Interrupted))
    }
}

pub(super) fn run(args: Args, form: Output) -> Ended {
    let context = Context { form, interrupt: Interrupt::watch() };
    let runtime = runtime()?;
    let ended = runtime.block_on(dispatch(args, &context));
    // A question may still wait for an answer.
    runtime.shutdown_background();
    ended
}

async fn dispatch(args: Args, context: &Context) -> Ended {
    let Args { database: named, command } = args;
    let named = &named;
    match command {
        Command::Grants(args) => grants::run(&args, named, context.form),
        Command::Migrate(args) => migrate::run(&args, &named.read()?, context).await,
        Command::Doctor(args) => {
            let database = named.read()?;
            Box::pin(context.or_interrupted(doctor::run(&args, &database, context))).await
        }
        Command::List(args) => {
            read(named, context, async |inbox| list::run(&args, inbox, context).await).await
        }
        Command::Show(args) => {
            read(named, context, async |inbox| show::run(&args, inbox, context).await).await
        }
        Command::Tail(args) => {
            read(named, context, async |inbox| tail::run(&args, inbox, context).await).await
        }
        Command::Stats(args) => {
            read(named, context, async |inbox| stats::run(&args, inbox, context).await).await
        }
        Command::Retry(args) => {
            open(named, context, async |inbox| retry::run(&args, inbox, context).await).await
        }
        Command::Replay(args) => {
            open(named, context, async |inbox| replay::run(&args, inbox, context).await).await
        }
        Command::Cancel(args) => {
            open(named, context, async |inbox| cancel::run(&args, inbox, context).await).await
        }
        Command::Discard(args) => {
            open(named, context, async |inbox| discard::run(&args, inbox, context).await).await
        }
        Command::Prune(args) => {
            open(named, context, async |inbox| prune::run(&args, inbox, context).await).await
        }
        Command::Pause(args) => {
            open(named, context, async |inbox| pause::run(&args, inbox, context).await).await
        }
        Command::Resume(args) => {
            open(named, context, async |inbox| resume::run(&args, inbox, context).await).await
        }
        Command::Backup(args) => {
            open(named, context, async |inbox| backup::run(&args, inbox, context).await).await
        }
    }
}

/// Opens the inbox for a command, and closes it.
async fn open(
    named: &DatabaseArgs,
    context: &Context,
    command: impl AsyncFnOnce(&Inbox) -> Ended,
) -> Ended {
    let database = named.read()?;
    let Some(inbox) = context.unless_interrupted(database.open()).await? else {
        return Ok(Outcome::Interrupted);
    };
    let ended = command(&inbox).await;
    // The command has done its work, even if the database cannot be closed in time.
    let _ = tokio::time::timeout(CLOSE_TIMEOUT, inbox.close()).await;
    ended
}

/// The same for a command that Ctrl-C may end anywhere.
async fn read(
    named: &DatabaseArgs,
    context: &Context,
    command: impl AsyncFnOnce(&Inbox) -> Ended,
) -> Ended {
    open(named, context, async |inbox| context.or_interrupted(command(inbox)).await).await
}
