//! Questions to the inbox, and changes, that are waited for for two seconds at most.

use std::{fmt, time::Duration};

use tokio::time::timeout;
use tracing::Instrument as _;
use webhook_runtime::inbox::InboxError;

/// The longest time of a question.
pub(crate) const LONGEST: Duration = Duration::from_secs(2);

/// The reason why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    TookTooLong,
    Failed(InboxError),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TookTooLong => f.write_str("This took too long. The rest of the page is right."),
            Self::Failed(error) => write!(f, "This could not be read: {error}."),
        }
    }
}

/// The answer to a question, unless it takes too long.
pub(crate) async fn ask<T>(
    question: impl Future<Output = Result<T, InboxError>>,
) -> Result<T, Trouble> {
    match timeout(LONGEST, question).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(Trouble::Failed(error)),
        Err(_) => Err(Trouble::TookTooLong),
    }
}

/// Makes a change in a task of its own: it is made and logged as a whole, also if nobody waits for it any
/// more.
pub(crate) async fn make<T: Send + 'static>(
    change: impl Future<Output = Result<T, InboxError>> + Send + 'static,
) -> Result<T, Trouble> {
    ask(in_task(change)).await
}

/// Runs something in a task of its own. A store that panics ends nothing else.
pub(crate) async fn in_task<T: Send + 'static>(
    work: impl Future<Output = Result<T, InboxError>> + Send + 'static,
) -> Result<T, InboxError> {
    let task = tokio::spawn(work.in_current_span());
    task.await.unwrap_or_else(|_| Err(InboxError::Store("the store panicked".to_owned())))
}
