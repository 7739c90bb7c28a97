//! Pauses an endpoint.

use std::{collections::BTreeSet, env};

use serde::Serialize;
use webhook_runtime::Inbox;

use super::Context;
use crate::{
    error::{CliError, Ended, Outcome},
    inbox::failed,
    names,
    output::{self, Output},
};

/// Pause an endpoint: its deliveries are stored and acknowledged, and wait
///
/// It holds in all processes and across restarts, until `webhook inbox resume`. What runs goes on.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  webhook inbox pause --database inbox.db orders --why 'the bank is down until 5 pm'
  webhook inbox pause --database inbox.db orders --by ann")]
pub(super) struct Args {
    /// The name of the endpoint
    endpoint: String,
    /// The reason, for others
    #[arg(long, value_name = "TEXT")]
    why: Option<String>,
    /// The name of who pauses it [default: the user of this machine]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

#[derive(Serialize)]
struct Paused<'a> {
    endpoint: &'a str,
    by: &'a str,
    why: &'a str,
}

pub(super) async fn run(args: &Args, inbox: &Inbox, context: &Context) -> Ended {
    let (endpoint, by) = (&args.endpoint, operator(args.by.as_ref()));
    let why = args.why.as_deref().unwrap_or_default();
    warn_if_unknown(endpoint, inbox).await?;
    inbox.pause(endpoint, &by, why).await.map_err(failed)?;
    match context.form {
        Output::Json => output::json(&Paused { endpoint, by: &by, why })?,
        Output::Human => {
            output::line(&format!("{} is paused: its deliveries wait", output::shown(endpoint)))?;
        }
    }
    Ok(Outcome::Done)
}

/// The name of who does something.
pub(super) fn operator(by: Option<&String>) -> String {
    let user = || ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| env::var(name).ok());
    by.cloned().or_else(user).unwrap_or_else(|| "somebody".to_owned())
}

/// Warns of a name that nothing in the inbox has: it may be mistyped.
async fn warn_if_unknown(endpoint: &str, inbox: &Inbox) -> Result<(), CliError> {
    let mut known = BTreeSet::new();
    known.extend(inbox.endpoint_counts().await.map_err(failed)?.into_iter().map(|it| it.endpoint));
    known.extend(inbox.workers().await.map_err(failed)?.into_iter().flat_map(|it| it.endpoints));
    let one = webhook_runtime::inbox::Filter::all().endpoint(endpoint);
    if known.contains(endpoint) || inbox.count(&one, 1).await.map_err(failed)?.number > 0 {
        return Ok(());
    }
    let meant = names::nearest(endpoint, known.iter().map(String::as_str));
    let meant = meant.map(|name| format!("; did you mean `{}`?", output::shown(name)));
    eprintln!(
        "warning: nothing is known of an endpoint `{}`{}",
        output::shown(endpoint),
        meant.unwrap_or_default()
    );
    Ok(())
}
