//! Copies an SQLite file.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use serde::Serialize;
use webhook_runtime::{Inbox, inbox::InboxError};

use super::Context;
use crate::{
    error::{CliError, Ended, Outcome},
    inbox::failed,
    output::{self, Output},
    progress,
};

/// Copy an SQLite file into a new one, while everything goes on
///
/// The copy is complete by itself, and only its owner can read it. No file is overwritten. Back
/// PostgreSQL up with `pg_dump`, together with the tables of your handlers.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  webhook inbox backup --database inbox.db copy.db
  webhook inbox backup --database inbox.db \"inbox-$(date +%F).db\" --output json")]
pub(super) struct Args {
    /// The new file
    file: PathBuf,
}

#[derive(Serialize)]
struct Copied<'a> {
    file: &'a Path,
    bytes: u64,
}

pub(super) async fn run(args: &Args, inbox: &Inbox, context: &Context) -> Ended {
    let spinner = progress::spinner("copying");
    let copied = async {
        inbox.backup_to(&args.file).await.map_err(|error| match error {
            InboxError::Unsupported(_) => CliError::usage(
                "this is no SQLite file: back PostgreSQL up with `pg_dump`, the schema of the inbox \
                 together with the tables of your handlers",
            ),
            error => failed(error),
        })
    };
    let copied = context.unless_interrupted(copied).await;
    spinner.finish_and_clear();
    if copied?.is_none() {
        // The process ends before the copy is complete.
        for ending in [".part", ".part-journal"] {
            let mut name = OsString::from(&args.file);
            name.push(ending);
            let _ = fs::remove_file(PathBuf::from(name));
        }
        return Ok(Outcome::Interrupted);
    }
    let bytes = fs::metadata(&args.file).map_err(CliError::environment)?.len();
    let file = &*args.file;
    match context.form {
        Output::Json => output::json(&Copied { file, bytes })?,
        Output::Human => {
            output::line(&format!("copied to {}, {bytes} bytes", file.display()))?;
        }
    }
    Ok(Outcome::Done)
}
