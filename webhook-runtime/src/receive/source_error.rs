//! The error of a source of secrets or keys, and the limits of a query to one.

use std::{fmt, pin::Pin, time::Duration};

use tokio::sync::Semaphore;

use crate::support::panic::catch_panic;

/// How long a source may take before the delivery is answered by 503.
const SOURCE_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a source has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceError {
    /// There is no such tenant or key: answered by 401, like a wrong signature.
    NotFound,
    /// The source could not be asked: answered by 503, and the provider sends again.
    Unavailable(String),
}

impl SourceError {
    /// The source could not be asked; the reason goes to the trace.
    #[must_use]
    pub fn unavailable(reason: impl fmt::Display) -> Self {
        Self::Unavailable(reason.to_string())
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("nobody is known by that name"),
            Self::Unavailable(reason) => write!(f, "the source could not be asked: {reason}"),
        }
    }
}

impl std::error::Error for SourceError {}

/// A query to a source.
pub(super) type SourceFuture<'a, T> =
    Pin<Box<dyn Future<Output = Result<T, SourceError>> + Send + 'a>>;

/// Waits for a place and for the answer, but not for ever.
pub(super) async fn with_timeout<T>(
    permits: &Semaphore,
    answer: SourceFuture<'_, T>,
) -> Result<T, SourceError> {
    let asked = async {
        let _permit = permits.acquire().await.map_err(SourceError::unavailable)?;
        // The connection lives on after a panic, and the provider sends again.
        catch_panic(answer)
            .await
            .unwrap_or_else(|_| Err(SourceError::unavailable("the source panicked")))
    };
    match tokio::time::timeout(SOURCE_TIMEOUT, asked).await {
        Ok(answer) => answer,
        Err(_) => Err(SourceError::unavailable("it took too long")),
    }
}
