//! Runs finished deliveries again.

use webhook_runtime::{Inbox, inbox::store::Change};

use super::{
    Context,
    bulk::{Bulk, BulkArgs},
};
use crate::error::Ended;

/// Run finished deliveries again, completed, dead or cancelled: their effects happen once more
///
/// The program with the inbox runs them. To send them to a URL, use `webhook replay --inbox`.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  webhook inbox replay --database inbox.db --event invoice.paid --since 2h --dry-run
  webhook inbox replay --database inbox.db --state completed --since 2026-11-28T09:30:00Z --yes")]
pub(super) struct Args {
    #[command(flatten)]
    bulk: BulkArgs,
}

const REPLAY: Bulk = Bulk {
    change: Change::Replay,
    name: "replay",
    applies_to: "finished delivery",
    done: "set to run again",
    asks: true,
};

pub(super) async fn run(args: &Args, inbox: &Inbox, context: &Context) -> Ended {
    REPLAY.run(&args.bulk, inbox, context).await
}
