//! The errors of the inbox.

use std::fmt;

use axum::response::{IntoResponse, Response};
use http::StatusCode;

/// An operation of the inbox failed.
///
/// It contains neither a password of a URL nor anything of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InboxError {
    /// No inbox can be opened at this URL.
    InvalidUrl {
        /// The URL, with `…` for user, password and options.
        url: String,
        /// The mistake, and what to write instead.
        problem: String,
    },
    /// An option has an impossible value.
    InvalidOption {
        /// The name of the option.
        name: &'static str,
        /// The mistake.
        problem: String,
    },
    /// The database could not be opened, or is not as safe as an inbox must be.
    Open {
        /// The URL, with `…` for user, password and options.
        url: String,
        /// The cause.
        problem: String,
    },
    /// The queue of deliveries to store is full. This is temporary: the provider should send again.
    QueueFull,
    /// The store did not answer in time. The delivery may be stored all the same.
    Timeout,
    /// The inbox has been closed.
    Closed,
    /// The file of the inbox is no longer at its path. Nothing is stored until it is back there, or
    /// until the program is started again with the file that is there then.
    FileMoved {
        /// The path of the file.
        file: String,
        /// The change.
        problem: String,
    },
    /// A backup could not be written. There is no part of it.
    Backup {
        /// The path of the backup.
        file: String,
        /// The cause.
        problem: String,
    },
    /// The database reported an error: to the store, or to a statement of a handler.
    Store(String),
    /// The store does not support the operation.
    Unsupported(&'static str),
    /// The function holds a transaction that keeps everybody else from writing, and this would have
    /// to wait for it: for ever. Do it before the first use of [`Tx`](crate::Tx).
    HoldsTx,
    /// The claim is stale: the delivery has been claimed again, cancelled or completed, and the old
    /// claim can no longer change it.
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
            Self::QueueFull => f.write_str("too many deliveries are waiting to be stored"),
            Self::Timeout => f.write_str("the store did not answer in time"),
            Self::Closed => f.write_str("the inbox has been closed"),
            Self::FileMoved { file, problem } => write!(
                f,
                "the inbox's file `{file}` {problem} while it was open: put it back, or restart the \
                 program to go on with the file that is there then"
            ),
            Self::Backup { file, problem } => {
                write!(f, "the backup `{file}` could not be written: {problem}")
            }
            Self::Store(problem) => write!(f, "database error: {problem}"),
            Self::Unsupported(what) => f.write_str(what),
            Self::HoldsTx => f.write_str(
                "this function holds the inbox's transaction, which this would wait for: do it \
                 before the first use of `Tx`",
            ),
            Self::StaleClaim => {
                f.write_str("the delivery has been claimed again, cancelled or completed")
            }
        }
    }
}

impl std::error::Error for InboxError {}

/// 503: the next try may succeed. Behind the inbox, the delivery is retried.
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
