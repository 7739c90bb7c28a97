//! The built-in databases, by the URL of an inbox.

use std::sync::Arc;

#[cfg(feature = "inbox-sqlite")]
use crate::inbox::sql::sqlite;
#[cfg(feature = "inbox-postgres")]
use crate::inbox::{sql::postgres, worker::options::shared_transactions};
use crate::{
    inbox::{
        error::InboxError,
        migrations::{MigrationResult, Migrations},
        options::InboxBuilder,
        store::InboxStore,
    },
    support::redact::shown_url,
};

/// The databases that are built in.
enum Engine {
    #[cfg(feature = "inbox-sqlite")]
    Sqlite,
    #[cfg(feature = "inbox-postgres")]
    Postgres,
}

impl InboxBuilder {
    /// Finds the version of the tables and the migrations that they lack, and changes nothing. Call it
    /// on a tokio runtime.
    ///
    /// # Errors
    /// If the URL or an option is wrong, or the database cannot be read.
    pub async fn migrations(&self) -> Result<Migrations, InboxError> {
        match self.engine()? {
            #[cfg(feature = "inbox-sqlite")]
            Engine::Sqlite => sqlite::migrations(&self.url).await,
            #[cfg(feature = "inbox-postgres")]
            Engine::Postgres => postgres::migrations(&self.url, &self.schema).await,
        }
    }

    /// Runs the migrations that the tables lack, and creates the tables if they are missing: what
    /// [`open`](Self::open) does first. Programs of the version before can go on meanwhile. Call it
    /// on a tokio runtime.
    ///
    /// # Errors
    /// If the URL or an option is wrong, or the database cannot be used. If the role lacks a right,
    /// the error prints the SQL and the grants for a role that has it.
    pub async fn run_migrations(&self) -> Result<MigrationResult, InboxError> {
        match self.engine()? {
            #[cfg(feature = "inbox-sqlite")]
            Engine::Sqlite => sqlite::run_migrations(&self.url).await,
            #[cfg(feature = "inbox-postgres")]
            Engine::Postgres => postgres::run_migrations(&self.url, &self.schema).await,
        }
    }

    pub(super) async fn store(&self) -> Result<Arc<dyn InboxStore>, InboxError> {
        let url = self.url.as_str();
        match self.engine()? {
            #[cfg(feature = "inbox-sqlite")]
            Engine::Sqlite => {
                let clock = Arc::clone(&self.settings.clock);
                Ok(Arc::new(sqlite::SqliteStore::open(url, clock, self.migrate).await?))
            }
            #[cfg(feature = "inbox-postgres")]
            Engine::Postgres => {
                let options = postgres::Options {
                    schema: self.schema.clone(),
                    connections: self.connections,
                    transactions: shared_transactions(self.settings.concurrency),
                    migrate: self.migrate,
                };
                Ok(Arc::new(postgres::PostgresStore::open(url, options).await?))
            }
        }
    }

    /// The engine of the URL.
    fn engine(&self) -> Result<Engine, InboxError> {
        match self.url.split(':').next() {
            #[cfg(feature = "inbox-sqlite")]
            Some("sqlite") => Ok(Engine::Sqlite),
            #[cfg(feature = "inbox-postgres")]
            Some("postgres" | "postgresql") => Ok(Engine::Postgres),
            _ => Err(unknown(&self.url)),
        }
    }
}

fn unknown(url: &str) -> InboxError {
    let scheme = url.split(':').next().unwrap_or_default();
    let problem = match scheme {
        "sqlite" | "postgres" | "postgresql" => {
            let feature = if scheme == "sqlite" { "inbox-sqlite" } else { "inbox-postgres" };
            format!("switch the feature `{feature}` of webhook-runtime on")
        }
        _ => "write `sqlite://file.db` or `postgres://user@host/database`".to_owned(),
    };
    InboxError::InvalidUrl { url: shown_url(url), problem }
}
