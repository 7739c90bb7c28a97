//! The rights that the role of a program needs.

use serde::Serialize;
use webhook_runtime::inbox::postgres_grants;

use crate::{
    error::{CliError, Ended, Outcome},
    inbox::{DatabaseArgs, Engine, failed},
    output::{self, Output},
};

/// Print the SQL of the rights that a program's role in PostgreSQL needs
///
/// It needs no right to create anything: `webhook inbox migrate` does that with another role. No database
/// is asked.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  webhook inbox grants app
  webhook inbox grants app --schema webhook | psql postgres://owner@db/app")]
pub(super) struct Args {
    /// The name of the role
    role: String,
}

#[derive(Serialize)]
struct Grants {
    role: String,
    sql: Vec<String>,
}

pub(super) fn run(args: &Args, named: &DatabaseArgs, form: Output) -> Ended {
    if named.is_named()
        && let Engine::Sqlite(file) = named.read()?.engine()
    {
        return Err(CliError::usage(format_args!(
            "{} is an SQLite file, which has no roles: the program's user has to read and write it, and \
             its directory",
            file.display()
        )));
    }
    let sql = postgres_grants(named.schema(), &args.role).map_err(failed)?;
    match form {
        Output::Json => output::json(&Grants { role: args.role.clone(), sql })?,
        Output::Human => sql.iter().try_for_each(|grant| output::line(&format!("{grant};")))?,
    }
    Ok(Outcome::Done)
}
