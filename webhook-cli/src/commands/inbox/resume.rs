//! Lets a paused endpoint go on.

use serde::Serialize;
use webhook_runtime::Inbox;

use super::{Context, pause::operator};
use crate::{
    error::{Ended, Outcome},
    inbox::failed,
    output::{self, Output},
};

/// Let a paused endpoint go on
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  webhook inbox resume --database inbox.db orders
  webhook inbox resume --database inbox.db orders --by ann --output json")]
pub(super) struct Args {
    /// The name of the endpoint
    endpoint: String,
    /// The name of who lets it go on [default: the user of this machine]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

#[derive(Serialize)]
struct Resumed<'a> {
    endpoint: &'a str,
    resumed: bool,
}

pub(super) async fn run(args: &Args, inbox: &Inbox, context: &Context) -> Ended {
    let endpoint = &args.endpoint;
    let resumed = inbox.resume(endpoint, &operator(args.by.as_ref())).await.map_err(failed)?;
    match context.form {
        Output::Json => output::json(&Resumed { endpoint, resumed })?,
        Output::Human => {
            let what = if resumed { "goes on" } else { "was not paused" };
            output::line(&format!("{} {what}", output::shown(endpoint)))?;
        }
    }
    Ok(Outcome::Done)
}
