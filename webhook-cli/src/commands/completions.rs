//! Completions for shells.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::Cli;
use crate::{
    error::{Ended, Outcome},
    output,
};

/// Write the completions for a shell
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  webhook completions bash > ~/.local/share/bash-completion/completions/webhook
  webhook completions fish > ~/.config/fish/completions/webhook.fish")]
pub(super) struct Args {
    /// The shell
    shell: Shell,
}

pub(super) fn run(args: &Args) -> Ended {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "webhook", &mut script);
    output::write(&script)?;
    Ok(Outcome::Done)
}
