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
mod test;
mod verify;

use clap::{Parser, Subcommand};

use crate::{
    error::{CliError, Ended},
    output::{Form, Output},
};

/// Send, verify and explain signed webhooks of more than 200 providers
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
    output: Form,
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
    Test(test::Args),
    Completions(completions::Args),
    Man(man::Args),
}

pub(crate) fn run() -> Ended {
    let Cli { output: form, command } = Cli::parse();
    let output = match (form, &command) {
        (Form::Human, _) | (Form::Junit, Command::Test(_)) => Output::Human,
        (Form::Json, _) => Output::Json,
        (Form::Junit, _) => {
            return Err(CliError::usage(
                "--output junit is a form of `webhook test` only; others have human and json",
            ));
        }
    };
    match command {
        Command::Providers(args) => providers::run(&args, output),
        Command::Send(args) => send::run(&args, output),
        Command::Sign(args) => sign::run(&args, output),
        Command::Verify(args) => verify::run(&args, output),
        Command::Listen(args) => listen::run(args, output),
        Command::Replay(args) => replay::run(&args, output),
        #[cfg(feature = "inbox")]
        Command::Inbox(args) => inbox::run(args, output),
        Command::Test(args) => test::run(args, form),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    }
}
