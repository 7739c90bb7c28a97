//! Reads the URL of a database without logging its password.

use std::str::FromStr as _;

use sqlx::postgres::PgConnectOptions;
use tracing::{Dispatch, dispatcher};

use crate::{inbox::error::InboxError, support::redact::shown_url};

/// The options that `sqlx` reads; it ignores others.
const KNOWN: [&str; 18] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "user",
];

pub(super) fn options(url: &str) -> Result<PgConnectOptions, InboxError> {
    // `sqlx` logs unknown options with their values, and a misspelt `passwort=` has the password.
    let read = dispatcher::with_default(&Dispatch::none(), || PgConnectOptions::from_str(url));
    let wrong = |error: sqlx::Error| InboxError::InvalidUrl {
        url: shown_url(url),
        problem: error.to_string(),
    };
    let options = read.map_err(wrong)?;
    for option in unknown(url) {
        tracing::warn!(option, "an option of the database's URL is not known, and has no effect");
    }
    Ok(options)
}

/// The names of the options that have no effect. What cannot be a name is not shown.
fn unknown(url: &str) -> Vec<String> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let names = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name.into_owned());
    let unknown =
        names.filter(|name| !KNOWN.contains(&name.as_str()) && !name.starts_with("options["));
    let is_name =
        |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    unknown.map(|name| if is_name(&name) { name } else { "…".to_owned() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_options_are_told_by_name() {
        let url = "postgres://host/db?sslmode=require&passwort=canary&options[a]=b";
        assert_eq!(unknown(url), ["passwort"]);
        assert_eq!(unknown("postgres://me:?canary@host/db"), ["…"]);
        assert!(unknown("postgres://host/db").is_empty());
    }
}
