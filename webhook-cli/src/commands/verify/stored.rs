//! Stored deliveries as requests to verify.

use webhook_runtime::Provider;

use crate::{
    capture::Capture,
    error::CliError,
    inbox::{Database, stored, verified_then, with_proof},
    names,
};

#[derive(clap::Args)]
pub(super) struct StoredArgs {
    /// A delivery of an inbox instead: the database, and the number of the delivery
    #[arg(long, num_args = 2, value_names = ["URL", "ID"], conflicts_with_all = ["request", "inbox_env"])]
    inbox: Vec<String>,
    /// The same, with the variable that holds the URL
    #[arg(long, num_args = 2, value_names = ["NAME", "ID"], conflicts_with = "request")]
    inbox_env: Vec<String>,
    /// The schema of the inbox in PostgreSQL
    #[arg(long, value_name = "NAME", default_value = "webhook")]
    schema: String,
}

impl StoredArgs {
    /// Reads the delivery that is named, if one is. Without a provider, it is taken for what it came as.
    pub(super) fn read(&self, provider: Option<&Provider>) -> Result<Option<Capture>, CliError> {
        let (database, id) = match (&*self.inbox, &*self.inbox_env) {
            ([url, id], _) => (Database::parse(url, &self.schema)?, id),
            (_, [name, id]) => (Database::of_variable(name, &self.schema)?, id),
            _ => return Ok(None),
        };
        let id: i64 = id.parse().map_err(|_| {
            CliError::usage(format_args!("{id} is no number: `webhook inbox list` shows them"))
        })?;
        let delivery = stored(&database, id)?;
        let own = names::provider(&delivery.record.provider).ok();
        let Some(provider) = provider.or(own) else {
            return Err(CliError::usage(
                "name the provider: this program does not know that of the delivery",
            ));
        };
        with_proof(&delivery, provider).map(Some).map_err(|unkept| {
            CliError::environment(format_args!(
                "delivery {id} cannot be verified again: {unkept}. But {}. Requests as they come are \
                 recorded by `webhook listen --record`, and verified with --request",
                verified_then(&delivery)
            ))
        })
    }
}
