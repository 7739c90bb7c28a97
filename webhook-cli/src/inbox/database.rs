//! The database of an inbox: which one, and whether this program can work with it.

use std::{
    env,
    path::{Path, PathBuf},
    time::Duration,
};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use webhook_runtime::inbox::{Inbox, InboxBuilder, Migrations};

use crate::{error::CliError, inbox::failed};

/// The variable that is read if nothing else is said.
const VARIABLE: &str = "DATABASE_URL";

/// The longest wait for a database to answer for the first time.
const FIRST_ANSWER: Duration = Duration::from_secs(15);

/// The characters with a meaning of their own in the URL of a file.
const IN_URL: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#');

/// The database of the inbox.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Database")]
pub(crate) struct DatabaseArgs {
    /// An SQLite file, or a URL: `sqlite://FILE`, `postgres://USER@HOST/NAME`
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    /// The variable that holds the URL, such as one with a password [default: `DATABASE_URL`]
    #[arg(long, global = true, value_name = "NAME")]
    database_env: Option<String>,
    /// The schema of the tables in PostgreSQL
    #[arg(long, global = true, value_name = "NAME", default_value = "webhook")]
    schema: String,
}

impl DatabaseArgs {
    /// The database that the arguments name.
    pub(crate) fn read(&self) -> Result<Database, CliError> {
        let text = match (&self.database, &self.database_env) {
            (Some(_), Some(_)) => {
                return Err(CliError::usage("give --database or --database-env, not both"));
            }
            (Some(text), None) => text.clone(),
            (None, name) => from_variable(name.as_deref())?,
        };
        Database::parse(&text, &self.schema)
    }

    /// True if a database is named, or the variable of the default is there.
    pub(crate) fn is_named(&self) -> bool {
        self.database.is_some() || self.database_env.is_some() || env::var_os(VARIABLE).is_some()
    }

    /// The name of the schema in PostgreSQL.
    pub(crate) fn schema(&self) -> &str {
        &self.schema
    }
}

/// The URL in a variable.
fn from_variable(name: Option<&str>) -> Result<String, CliError> {
    let value = env::var(name.unwrap_or(VARIABLE)).ok().filter(|value| !value.trim().is_empty());
    value.ok_or_else(|| match name {
        Some(name) => CliError::usage(format_args!(
            "the variable {name} is not set: it has to hold the URL of the database"
        )),
        None => CliError::usage(format_args!(
            "name the database with --database URL or --database-env NAME, or set {VARIABLE}"
        )),
    })
}

/// The kind of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    /// A file, by its path.
    Sqlite(PathBuf),
    Postgres,
}

/// A database that may have an inbox in it.
#[derive(Clone)]
pub(crate) struct Database {
    url: String,
    schema: String,
    engine: Engine,
}

impl Database {
    /// Reads a URL, or the path of an SQLite file. The URL is never shown: it may have a password.
    pub(crate) fn parse(text: &str, schema: &str) -> Result<Self, CliError> {
        let (url, engine) = if is_postgres(text) {
            (text.to_owned(), Engine::Postgres)
        } else if let Some(file) = text.strip_prefix("sqlite:") {
            let file = file.strip_prefix("//").unwrap_or(file);
            let file = file.split_once('?').map_or(file, |(file, _)| file);
            let path = percent_decode_str(file).decode_utf8_lossy().into_owned();
            (text.to_owned(), Engine::Sqlite(path.into()))
        } else if text.contains("://") {
            return Err(CliError::usage(
                "the URL of a database is `sqlite://FILE` or `postgres://USER@HOST/NAME`",
            ));
        } else {
            let escaped = utf8_percent_encode(text, IN_URL);
            (format!("sqlite://{escaped}"), Engine::Sqlite(text.into()))
        };
        Ok(Self { url, schema: schema.to_owned(), engine })
    }

    /// The same, with the URL in the variable of this name.
    pub(crate) fn of_variable(name: &str, schema: &str) -> Result<Self, CliError> {
        Self::parse(&from_variable(Some(name))?, schema)
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The file, if it is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match &self.engine {
            Engine::Sqlite(file) => Some(file),
            Engine::Postgres => None,
        }
    }

    pub(crate) fn builder(&self) -> InboxBuilder {
        Inbox::builder(&self.url)
            .schema(&self.schema)
            .migrate(false)
            .max_connections(2)
            .program(concat!("webhook-cli ", env!("CARGO_PKG_VERSION")))
    }

    /// Looks for the tables. A file that is not there is an error, and is not created.
    pub(crate) async fn look(&self) -> Result<Migrations, CliError> {
        if let Some(file) = self.file()
            && !file.exists()
        {
            return Err(CliError::environment(format_args!(
                "there is no file {}: name the one that the program with the inbox uses",
                file.display()
            )));
        }
        self.migrations().await
    }

    /// Looks for the tables, also where there is no file yet.
    pub(crate) async fn migrations(&self) -> Result<Migrations, CliError> {
        let builder = self.builder();
        let looked = tokio::time::timeout(FIRST_ANSWER, builder.migrations()).await;
        looked
            .map_err(|_| {
                let seconds = FIRST_ANSWER.as_secs();
                CliError::environment(format_args!("the database has not answered in {seconds} s"))
            })?
            .map_err(failed)
    }

    /// Opens the inbox, and changes nothing: tables of another version are an error.
    pub(crate) async fn open(&self) -> Result<Inbox, CliError> {
        let tables = self.look().await?;
        check(&tables)?;
        self.builder().open().await.map_err(failed)
    }
}

/// Checks that this program can work with the tables.
pub(crate) fn check(tables: &Migrations) -> Result<(), CliError> {
    let (found, wanted) = (tables.found, tables.wanted);
    tables.check().map_err(|_| {
        CliError::environment(match found {
            0 => "there is no inbox in this database: its tables are missing. `webhook inbox migrate` \
                  creates them"
                .to_owned(),
            _ if found < wanted => format!(
                "the tables are of version {found}, and this program needs version {wanted}: run \
                 `webhook inbox migrate`, or a `webhook` of the version of your program"
            ),
            _ => format!(
                "the tables are of version {found}, and this program knows version {wanted}: install a \
                 newer one with `cargo install webhook-cli`"
            ),
        })
    })
}

fn is_postgres(text: &str) -> bool {
    ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (String, Engine) {
        let database = Database::parse(text, "webhook").expect("a database");
        (database.url, database.engine)
    }

    #[test]
    fn files_are_named_by_path_or_url() {
        let file = |path: &str| Engine::Sqlite(path.into());
        for (text, url, path) in [
            ("inbox.db", "sqlite://inbox.db", "inbox.db"),
            ("/a b/50%?#.db", "sqlite:///a b/50%25%3F%23.db", "/a b/50%?#.db"),
            ("sqlite:a.db", "sqlite:a.db", "a.db"),
            ("sqlite://a%20b.db?mode=rw", "sqlite://a%20b.db?mode=rw", "a b.db"),
            ("sqlite:///srv/a.db", "sqlite:///srv/a.db", "/srv/a.db"),
        ] {
            assert_eq!(parsed(text), (url.to_owned(), file(path)), "{text}");
        }
    }

    #[test]
    fn servers_are_named_by_url() {
        assert_eq!(parsed("postgres://a:b@c/d").1, Engine::Postgres);
        assert_eq!(parsed("postgresql://c/d").1, Engine::Postgres);
        let Err(CliError::Usage(error)) = Database::parse("mysql://a:canary@c/d", "webhook") else {
            panic!("no such database");
        };
        assert!(!error.contains("canary"), "{error}");
    }
}
