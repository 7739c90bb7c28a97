//! The failure of a handler: its text is for the trace and the inbox, and never for the sender.

use std::{error::Error, fmt, sync::PoisonError};

use http::StatusCode;

use crate::{
    delivery::{Delivery, MAX_TRACED, Rejection},
    support::{console, panic::Panicked, text::truncate},
};

/// The maximum length of a failure's text, in characters: as much as the inbox stores.
const MAX_TEXT: usize = 2_000;

/// The maximum number of sources in a text. An error may be its own source.
const MAX_SOURCES: usize = 16;

/// The reason why a handler did not complete a delivery.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// It returned an error with this text.
    Error(String),
    /// It panicked.
    Panic(Panicked),
    /// It was not called, because its payload could not be decoded.
    Payload(Rejection),
}

impl Failure {
    /// Traces the failure of a delivery, or of one item of a batch. The event has all that
    /// identifies the delivery: spans are not there if only warnings are shown.
    pub(crate) fn trace(&self, delivery: &Delivery, status: StatusCode, index: Option<usize>) {
        let (endpoint, id) = (delivery.endpoint(), delivery.traced_id());
        let (delivery_id, status, reason) = (id.as_deref(), status.as_u16(), self.to_string());
        let item = index.map(|index| format!(", item {index}")).unwrap_or_default();
        console::failure(format_args!(
            "{status} {endpoint}: {}{item} failed: {reason}",
            console::named(delivery_id)
        ));
        match self {
            Self::Error(_) => {
                tracing::warn!(endpoint, delivery_id, index, status, reason, "the handler failed");
            }
            Self::Panic(_) => {
                tracing::error!(endpoint, delivery_id, index, status, reason, "the handler failed");
            }
            Self::Payload(_) => {
                tracing::warn!(endpoint, delivery_id, index, status, reason, "refused the payload");
            }
        }
    }
}

impl Delivery {
    /// Keeps the failure of the handler.
    pub(crate) fn fail(&self, failure: Failure) {
        *self.inner.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
    }

    /// Takes the failure of the handler, if it failed.
    pub(crate) fn take_failure(&self) -> Option<Failure> {
        self.inner.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Remembers a rejection that the handler gets, and may return as part of its error.
    #[cold]
    pub(crate) fn remember(&self, rejection: Rejection) -> Rejection {
        let mut last = self.inner.rejection.lock().unwrap_or_else(PoisonError::into_inner);
        last.insert(rejection).clone()
    }

    /// The text of an error, with path and detail if it speaks of the last rejection.
    pub(crate) fn explain(&self, text: String) -> String {
        let last = self.inner.rejection.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(rejection) => rejection.explained_in(text),
            None => text,
        }
    }

    /// The id for a trace: a sender's text of limited length.
    pub(crate) fn traced_id(&self) -> Option<String> {
        Some(truncate(&self.id()?, MAX_TRACED).to_owned())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Error(text) => return f.write_str(text),
            Self::Panic(panicked) => format!("the handler {panicked}"),
            Self::Payload(rejection) => rejection.explained().to_string(),
        };
        f.write_str(truncate(&text, MAX_TEXT))
    }
}

/// The text of an error, followed by those of its sources. Many errors repeat the text of their
/// source in their own: then it is not added.
pub(crate) fn text_of(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    for _ in 0..MAX_SOURCES {
        let Some(error) = source else { break };
        let more = error.to_string();
        if !text.ends_with(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        source = error.source();
    }
    if text.trim().is_empty() {
        return "the error has no text".to_owned();
    }
    truncate(&text, MAX_TEXT).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Chained(&'static str, Option<Box<Chained>>);

    impl fmt::Display for Chained {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Chained {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(self.1.as_deref()?)
        }
    }

    fn chain(texts: &[&'static str]) -> String {
        let link =
            |inner: Option<Box<Chained>>, text: &&'static str| Some(Box::new(Chained(text, inner)));
        text_of(&*texts.iter().rev().fold(None, link).expect("an error"))
    }

    #[test]
    fn sources_follow_the_error() {
        assert_eq!(chain(&["no order"]), "no order");
        assert_eq!(chain(&["no order", "no reply", "timed out"]), "no order: no reply: timed out");
        assert_eq!(chain(&["no order: timed out", "timed out"]), "no order: timed out");
    }

    #[test]
    fn texts_are_bounded_and_never_empty() {
        assert_eq!(chain(&[" "]), "the error has no text");
        assert_eq!(chain(&["", "timed out"]), ": timed out");
        let texts: Vec<_> = (0..40).map(|at| ["a", "b"][at % 2]).collect();
        assert_eq!(chain(&texts).len(), 1 + 3 * MAX_SOURCES);
        let long: &'static str = "ü".repeat(3_000).leak();
        assert_eq!(chain(&[long]).chars().count(), MAX_TEXT);
    }
}
