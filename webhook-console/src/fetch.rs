//! Questions to the inbox that take two seconds at most.

use std::{fmt, time::Duration};

use tokio::time::timeout;
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
