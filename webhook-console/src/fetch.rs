//! Queries to the inbox, which take two seconds at most.

use std::{fmt, time::Duration};

use tokio::time::timeout;
use webhook_runtime::inbox::InboxError;

/// The longest time of a query.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(2);

/// An error of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FetchError {
    TookTooLong,
    Failed(InboxError),
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TookTooLong => f.write_str("This took too long. The rest of the page is right."),
            Self::Failed(error) => write!(f, "This could not be read: {error}."),
        }
    }
}

/// Runs a query, unless it takes too long.
pub(crate) async fn fetch<T>(
    query: impl Future<Output = Result<T, InboxError>>,
) -> Result<T, FetchError> {
    match timeout(TIMEOUT, query).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(FetchError::Failed(error)),
        Err(_) => Err(FetchError::TookTooLong),
    }
}
