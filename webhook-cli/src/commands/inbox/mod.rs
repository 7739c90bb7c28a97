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

/// What every command is given.
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
    async fn read(&self, command: impl Future<Output = Ended>) -> Ended {
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
    match command {
        Command::Grants(args) => grants::run(&args, &named, context.form),
        Command::Migrate(args) => migrate::run(&args, &named.read()?, context).await,
        Command::Doctor(args) => {
            let database = named.read()?;
            Box::pin(context.read(doctor::run(&args, &database, context))).await
        }
        command => {
            let opened = named.read()?;
            let Some(inbox) = context.unless_interrupted(opened.open()).await? else {
                return Ok(Outcome::Interrupted);
            };
            let ended = with(command, &inbox, context).await;
            // Whatever comes of it, what was to be done is done.
            let _ = tokio::time::timeout(CLOSE_TIMEOUT, inbox.close()).await;
            ended
        }
    }
}

async fn with(command: Command, inbox: &Inbox, context: &Context) -> Ended {
    match command {
        Command::List(args) => context.read(list::run(&args, inbox, context)).await,
        Command::Show(args) => context.read(show::run(&args, inbox, context)).await,
        Command::Tail(args) => context.read(tail::run(&args, inbox, context)).await,
        Command::Stats(args) => context.read(stats::run(&args, inbox, context)).await,
        Command::Retry(args) => retry::run(&args, inbox, context).await,
        Command::Replay(args) => replay::run(&args, inbox, context).await,
        Command::Cancel(args) => cancel::run(&args, inbox, context).await,
        Command::Discard(args) => discard::run(&args, inbox, context).await,
        Command::Prune(args) => prune::run(&args, inbox, context).await,
        Command::Pause(args) => pause::run(&args, inbox, context).await,
        Command::Resume(args) => resume::run(&args, inbox, context).await,
        Command::Backup(args) => backup::run(&args, inbox, context).await,
        Command::Grants(_) | Command::Migrate(_) | Command::Doctor(_) => Ok(Outcome::Done),
    }
}
