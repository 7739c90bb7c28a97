//! The commands, each in a file of its own.

mod completions;
#[cfg(feature = "inbox")]
mod inbox;
mod listen;
mod man;
mod providers;
mod replay;
mod send;
mod sign;
mod verify;

use clap::{Parser, Subcommand};

use crate::{error::Ended, output::Output};

/// Send, verify and explain signed webhooks of more than eighty providers
#[derive(Parser)]
#[command(name = "webhook", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "\
Exit codes: 0 done, 1 refused, 2 wrong use, 3 no connection, 130 interrupted.

Examples:
  webhook verify stripe --request captured.http --secret-env STRIPE_SECRET
  webhook providers github")]
pub(crate) struct Cli {
    /// The form of the output
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORM")]
    output: Output,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Providers(providers::Args),
    Send(send::Args),
    Sign(sign::Args),
    Verify(verify::Args),
    Listen(listen::Args),
    Replay(replay::Args),
    #[cfg(feature = "inbox")]
    Inbox(inbox::Args),
    Completions(completions::Args),
    Man(man::Args),
}

pub(crate) fn run() -> Ended {
    let Cli { output, command } = Cli::parse();
    match command {
        Command::Providers(args) => providers::run(&args, output),
        Command::Send(args) => send::run(&args, output),
        Command::Sign(args) => sign::run(&args, output),
        Command::Verify(args) => verify::run(&args, output),
        Command::Listen(args) => listen::run(args, output),
        Command::Replay(args) => replay::run(&args, output),
        #[cfg(feature = "inbox")]
        Command::Inbox(args) => inbox::run(args, output),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    }
}
