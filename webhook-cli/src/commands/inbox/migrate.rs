//! Migrates the tables.

use serde::Serialize;

use super::Context;
use crate::{
    error::{CliError, Ended, Outcome},
    inbox::{Database, check, failed},
    output::{self, Output},
};

/// Create the tables, or migrate them to the version of this program
///
/// Programs of the version before can go on meanwhile. A new SQLite file belongs to its owner alone.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  webhook inbox migrate --database inbox.db --dry-run
  webhook inbox migrate --database-env OWNER_URL")]
pub(super) struct Args {
    /// Print the SQL that is missing, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// The versions, as JSON.
#[derive(Serialize)]
struct Migrated {
    from: u32,
    to: u32,
    dry_run: bool,
    sql: Vec<String>,
}

pub(super) async fn run(args: &Args, database: &Database, context: &Context) -> Ended {
    let missing = database.migrations();
    let Some(missing) = context.unless_interrupted(missing).await? else {
        return Ok(Outcome::Interrupted);
    };
    let (from, wanted) = (missing.found, missing.wanted);
    if missing.sql.is_empty() {
        // Also tables that only a newer program can work with have nothing to run.
        check(&missing)?;
    }
    let mut migrated =
        Migrated { from, to: wanted.max(from), dry_run: args.dry_run, sql: missing.sql.clone() };
    if !args.dry_run && !missing.sql.is_empty() {
        migrated.to = database.builder().run_migrations().await.map_err(failed)?.to;
    }
    if context.form == Output::Json {
        output::json(&migrated)?;
        return Ok(Outcome::Done);
    }
    say(args, database, &migrated, &missing.script(None))?;
    Ok(Outcome::Done)
}

fn say(
    args: &Args,
    database: &Database,
    migrated: &Migrated,
    script: &str,
) -> Result<(), CliError> {
    let Migrated { from, to, sql, .. } = migrated;
    if sql.is_empty() {
        return output::line(&format!("the tables are of version {from}: nothing to do"));
    }
    if args.dry_run {
        if let Some(file) = database.file().filter(|file| !file.exists()) {
            eprintln!("there is no file {}: it would be created", file.display());
        }
        let count = sql.len();
        eprintln!(
            "the tables are of version {from}; {count} of the migrations to {to} are missing:"
        );
        return output::write(script.as_bytes());
    }
    output::line(&match from {
        0 => format!("the tables are created, in version {to}"),
        _ => format!("the tables are migrated from version {from} to {to}"),
    })
}
