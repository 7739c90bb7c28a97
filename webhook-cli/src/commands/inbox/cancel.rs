//! Puts aside what has not ended.

use webhook_runtime::{Inbox, inbox::store::Change};

use super::{
    Context,
    bulk::{Bulk, BulkArgs},
};
use crate::error::Ended;

/// Put pending, running and blocked deliveries aside
///
/// A running handler is told to end, and what it has written through `Tx` is rolled back. Cancelled
/// deliveries can be replayed until they are pruned.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  webhook inbox cancel --database inbox.db 17
  webhook inbox cancel --database inbox.db --endpoint order_paid --dry-run")]
pub(super) struct Args {
    #[command(flatten)]
    bulk: BulkArgs,
}

const CANCEL: Bulk = Bulk {
    change: Change::Cancel,
    name: "cancel",
    applies_to: "unfinished delivery",
    done: "put aside",
    asks: true,
};

pub(super) async fn run(args: &Args, inbox: &Inbox, context: &Context) -> Ended {
    CANCEL.run(&args.bulk, inbox, context).await
}
