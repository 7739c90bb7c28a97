//! Manual pages.

use std::path::PathBuf;

use clap::CommandFactory as _;
use clap_mangen::Man;

use super::Cli;
use crate::{
    error::{CliError, Ended, Outcome},
    output,
};

/// Write the manual page, or all pages into a directory
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  webhook man | man -l -
  webhook man --directory ~/.local/share/man/man1")]
pub(super) struct Args {
    /// The directory for a page of each command
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Ended {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    if let Some(directory) = &args.directory {
        clap_mangen::generate_to(command, directory).map_err(|error| {
            CliError::environment(format_args!("{}: {error}", directory.display()))
        })?;
    } else {
        let mut page = Vec::new();
        Man::new(command).render(&mut page).map_err(CliError::environment)?;
        output::write(&page)?;
    }
    Ok(Outcome::Done)
}
