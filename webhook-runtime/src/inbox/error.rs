//! What can go wrong with the inbox.

use std::fmt;

use axum::response::{IntoResponse, Response};
use http::StatusCode;

/// Why the inbox could not do what it was asked to.
///
/// Neither passwords of URLs nor anything of a delivery is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InboxError {
    /// The URL is none that an inbox can be opened at.
    InvalidUrl {
        /// The URL, with `…` for user, password and options.
        url: String,
        /// What is wrong with it, and what to write instead.
        problem: String,
    },
    /// An option that cannot be.
    InvalidOption {
        /// Its name.
        name: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The database could not be opened, or is not as safe as an inbox has to be.
    Open {
        /// The URL, with `…` for user, password and options.
        url: String,
        /// What went wrong.
        problem: String,
    },
    /// As much waits to be stored as may. Temporary: the provider should send again.
    QueueFull,
    /// The store did not answer in time; what was to be stored may have been.
    Timeout,
    /// The inbox has been closed.
    Closed,
    /// The store failed.
    Store(String),
    /// This kind of store cannot do it.
    Unsupported(&'static str),
    /// The delivery was claimed anew, discarded or completed meanwhile: whoever holds the old claim
    /// can change nothing any more.
    StaleClaim,
}

impl fmt::Display for InboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidUrl { url, problem } => {
                write!(f, "no inbox can be opened at `{url}`: {problem}")
            }
            Self::InvalidOption { name, problem } => {
                write!(f, "the inbox's option `{name}` {problem}")
            }
            Self::Open { url, problem } => {
                write!(f, "the inbox at `{url}` could not be opened: {problem}")
            }
            Self::QueueFull => f.write_str("as much waits to be stored as may"),
            Self::Timeout => f.write_str("the store did not answer in time"),
            Self::Closed => f.write_str("the inbox has been closed"),
            Self::Store(problem) => write!(f, "the store failed: {problem}"),
            Self::Unsupported(what) => f.write_str(what),
            Self::StaleClaim => f.write_str("the delivery was claimed anew or settled meanwhile"),
        }
    }
}

impl std::error::Error for InboxError {}

/// 503: whatever failed may not the next time. Behind the inbox, the delivery is tried again.
impl IntoResponse for InboxError {
    fn into_response(self) -> Response {
        let mut response = StatusCode::SERVICE_UNAVAILABLE.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
impl From<sqlx::Error> for InboxError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::PoolTimedOut => Self::Timeout,
            sqlx::Error::PoolClosed => Self::Closed,
            error => Self::Store(error.to_string()),
        }
    }
}

#[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
impl InboxError {
    /// Whether the tables are those that this program knows.
    pub(crate) fn unless_version_is(wanted: usize, found: usize) -> Result<(), Self> {
        let hint = match found.cmp(&wanted) {
            std::cmp::Ordering::Equal => return Ok(()),
            std::cmp::Ordering::Less => "run the migrations, or let the inbox run them",
            std::cmp::Ordering::Greater => "run a newer program",
        };
        Err(Self::Store(format!(
            "its tables are of version {found}, and this program's of version {wanted}: {hint}"
        )))
    }
}
