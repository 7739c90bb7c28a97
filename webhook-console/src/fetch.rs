//! Queries and changes of the inbox, which callers await for two seconds at most.

use std::{fmt, time::Duration};

use tokio::time::timeout;
use tracing::Instrument as _;
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

/// Runs a change in a task of its own, so that it is completed and logged even if the caller gives up.
pub(crate) async fn apply<T: Send + 'static>(
    change: impl Future<Output = Result<T, InboxError>> + Send + 'static,
) -> Result<T, FetchError> {
    fetch(in_task(change)).await
}

/// Runs work in a task of its own. A store that panics becomes an error.
pub(crate) async fn in_task<T: Send + 'static>(
    work: impl Future<Output = Result<T, InboxError>> + Send + 'static,
) -> Result<T, InboxError> {
    let task = tokio::spawn(work.in_current_span());
    task.await.unwrap_or_else(|_| Err(InboxError::Store("the store panicked".to_owned())))
}
