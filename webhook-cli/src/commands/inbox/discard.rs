//! Puts dead letters aside.

use webhook_runtime::{Inbox, inbox::store::Change};

use super::{
    Context,
    bulk::{Bulk, BulkArgs},
};
use crate::error::Ended;

/// Put dead letters aside: they are cancelled, and pruned as completed deliveries are
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  webhook inbox discard --database inbox.db --endpoint orders --until 7d
  webhook inbox discard --database inbox.db 17 --yes")]
pub(super) struct Args {
    #[command(flatten)]
    bulk: BulkArgs,
}

const DISCARD: Bulk = Bulk {
    change: Change::Discard,
    name: "discard",
    applies_to: "dead letter",
    done: "put aside",
    asks: true,
};

pub(super) async fn run(args: &Args, inbox: &Inbox, context: &Context) -> Ended {
    DISCARD.run(&args.bulk, inbox, context).await
}
