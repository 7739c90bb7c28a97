//! The inbox, as the commands that look after it see it.

mod capture;
mod counted;
mod database;
mod filter;
pub(crate) mod moment;
mod record;

use webhook_runtime::inbox::{InboxError, StoredDelivery};

pub(crate) use self::{
    capture::{captured, verified_then, with_proof},
    counted::{COUNTED_AT_ONCE, Counted},
    database::{Database, DatabaseArgs, Engine, check},
    filter::{Filters, name_of, tone_of},
    record::{AttemptShown, Shown},
};
use crate::error::CliError;

/// The exit code of an error: wrong use, or a database that fails.
pub(crate) fn failed(error: InboxError) -> CliError {
    match error {
        InboxError::InvalidUrl { .. }
        | InboxError::InvalidOption { .. }
        | InboxError::Unsupported(_) => CliError::usage(error),
        error => CliError::environment(error),
    }
}

/// Reads a stored delivery for a command that does not wait for anything else.
pub(crate) fn stored(database: &Database, id: i64) -> Result<StoredDelivery, CliError> {
    let read = async {
        let inbox = database.open().await?;
        let found = inbox.get(id).await.map_err(failed);
        let _ = inbox.close().await;
        found?.ok_or_else(|| {
            CliError::environment(format_args!(
                "there is no delivery {id} in the inbox: it has been pruned, or never was"
            ))
        })
    };
    runtime()?.block_on(read)
}

/// A runtime for an inbox.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().map_err(CliError::environment)
}
