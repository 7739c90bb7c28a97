//! Why a server cannot start, or has stopped.

use std::{fmt, io, net::SocketAddr};

/// Why a server cannot start, or has stopped.
#[non_exhaustive]
pub enum ServeError {
    /// The server cannot listen on the address or the socket.
    Listen {
        /// The address, if it is a valid TCP address.
        address: Option<SocketAddr>,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The server has stopped.
    Stopped(io::Error),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen { address: Some(address), source } => {
                write!(f, "cannot listen on {address}: {source}")
            }
            Self::Listen { address: None, source } => write!(f, "cannot listen: {source}"),
            Self::Stopped(source) => write!(f, "the server stopped: {source}"),
        }
    }
}

/// The same text as `Display`: a `main` that returns the error prints it.
impl fmt::Debug for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for ServeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Listen { source, .. } | Self::Stopped(source) => Some(source),
        }
    }
}
