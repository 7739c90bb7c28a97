//! The error of a source of secrets or keys, and the timeout of a query.

use std::{
    fmt,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use tokio::sync::Semaphore;

use crate::support::{
    metrics::Lookup,
    panic::catch_panic,
    peer::Peer,
    shares::{Full, Shares},
};

/// The maximum time of a query. After it, the response to the delivery is a 503.
pub(super) const SOURCE_TIMEOUT: Duration = Duration::from_secs(5);

/// The end of a lookup that was not in the cache.
pub(super) fn lookup<T>(fetched: &Result<T, SourceError>) -> Lookup {
    match fetched {
        Ok(_) => Lookup::Miss,
        Err(SourceError::NotFound) => Lookup::NotFound,
        Err(SourceError::Unavailable(_)) => Lookup::Failed,
    }
}

/// The reason why a source returned no secret or key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceError {
    /// There is no such tenant or key. The response is a 401, like that to a wrong signature.
    NotFound,
    /// The source failed. The response is a 503, so that the provider retries.
    Unavailable(String),
}

impl SourceError {
    /// Creates the error of a source that failed. The reason goes to the trace.
    #[must_use]
    pub fn unavailable(reason: impl fmt::Display) -> Self {
        Self::Unavailable(reason.to_string())
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("there is no such tenant or key"),
            Self::Unavailable(reason) => write!(f, "the source is unavailable: {reason}"),
        }
    }
}

impl std::error::Error for SourceError {}

/// A query to a source.
pub(super) type SourceFuture<'a, T> =
    Pin<Box<dyn Future<Output = Result<T, SourceError>> + Send + 'a>>;

/// Runs a query with a permit, and with a timeout for both.
pub(super) async fn with_timeout<T>(
    permits: &Semaphore,
    query: SourceFuture<'_, T>,
) -> Result<T, SourceError> {
    within_timeout(async {
        let _permit = permits.acquire().await.map_err(SourceError::unavailable)?;
        unless_panicked(query).await
    })
    .await
}

/// Runs a query for a stranger, and with a timeout. The peers share the turns: a peer with more than its
/// share has to give one up for another, or waits.
pub(super) async fn in_turn<T>(
    turns: &Arc<Shares>,
    peer: Peer,
    query: SourceFuture<'_, T>,
) -> Result<T, SourceError> {
    within_timeout(async {
        let mut turn = turns.one(peer).await;
        match turn.unless_taken(pin!(unless_panicked(query))).await {
            Ok(result) => result,
            Err(Full) => Err(SourceError::unavailable("another peer needed the turn")),
        }
    })
    .await
}

/// A panic does not end the connection, and the provider retries.
async fn unless_panicked<T>(query: SourceFuture<'_, T>) -> Result<T, SourceError> {
    catch_panic(query)
        .await
        .unwrap_or_else(|_| Err(SourceError::unavailable("the source panicked")))
}

async fn within_timeout<T>(
    query: impl Future<Output = Result<T, SourceError>>,
) -> Result<T, SourceError> {
    match tokio::time::timeout(SOURCE_TIMEOUT, query).await {
        Ok(result) => result,
        Err(_) => Err(SourceError::unavailable("it took too long")),
    }
}
