//! The error of a program that serves webhooks.

use std::{fmt, io};

use super::problems::StartError;
use crate::serve::ServeError;

/// The reason why a program that serves webhooks has ended.
#[non_exhaustive]
pub enum Error {
    /// The webhooks cannot start.
    Start(StartError),
    /// The certificate is unusable.
    #[cfg(feature = "tls")]
    Tls(crate::serve::TlsError),
    /// The server cannot start, or has stopped.
    Serve(ServeError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(error) => error.fmt(f),
            #[cfg(feature = "tls")]
            Self::Tls(error) => error.fmt(f),
            Self::Serve(error) => error.fmt(f),
        }
    }
}

/// The same text as `Display`: a `main` that returns the error prints it.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The source is that of the wrapped error, whose text is this error's own.
impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Start(error) => error.source(),
            #[cfg(feature = "tls")]
            Self::Tls(error) => error.source(),
            Self::Serve(error) => error.source(),
        }
    }
}

impl From<StartError> for Error {
    fn from(error: StartError) -> Self {
        Self::Start(error)
    }
}

#[cfg(feature = "tls")]
impl From<crate::serve::TlsError> for Error {
    fn from(error: crate::serve::TlsError) -> Self {
        Self::Tls(error)
    }
}

impl From<ServeError> for Error {
    fn from(error: ServeError) -> Self {
        Self::Serve(error)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Serve(ServeError::Stopped(error))
    }
}
