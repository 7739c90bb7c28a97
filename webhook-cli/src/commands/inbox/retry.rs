//! Runs dead letters again.

use webhook_runtime::{Inbox, inbox::store::Change};

use super::{
    Context,
    bulk::{Bulk, BulkArgs},
};
use crate::error::Ended;

/// Run dead letters again, from their first attempt
///
/// Mend what they died of first: `webhook inbox stats` groups them by cause.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  webhook inbox retry --database inbox.db --endpoint orders --error 'connection refused'
  webhook inbox retry --database inbox.db 17 18")]
pub(super) struct Args {
    #[command(flatten)]
    bulk: BulkArgs,
}

const RETRY: Bulk = Bulk {
    change: Change::Retry,
    name: "retry",
    applies_to: "dead letter",
    done: "set to run again",
    asks: false,
};

pub(super) async fn run(args: &Args, inbox: &Inbox, context: &Context) -> Ended {
    RETRY.run(&args.bulk, inbox, context).await
}
