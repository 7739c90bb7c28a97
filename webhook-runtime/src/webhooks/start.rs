//! Why webhooks cannot start: every problem at once, by name.

use std::{borrow::Cow, fmt, io, net::SocketAddr, time::Duration};

use crate::{endpoint::Endpoint, verify::SecretError};

/// Every reason why the webhooks cannot start.
#[derive(Clone, PartialEq, Eq)]
pub struct StartError {
    pub(crate) problems: Vec<StartProblem>,
}

impl StartError {
    /// The problems, in the order in which the endpoints were mounted.
    #[must_use]
    pub fn problems(&self) -> &[StartProblem] {
        &self.problems
    }
}

/// One reason why the webhooks cannot start.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartProblem {
    /// Deliveries are to be stored, and there is no inbox.
    NoInbox {
        /// The endpoint's function.
        endpoint: &'static str,
    },
    /// Handlers run behind an inbox, and their state is not known.
    NoState {
        /// The endpoint's function.
        endpoint: &'static str,
    },
    /// Two functions of one name store deliveries, which are told apart by it.
    SameName {
        /// The functions' name.
        endpoint: &'static str,
    },
    /// Handlers run behind an inbox, and there is no runtime that they could run on.
    NoRuntime,
    /// A batch is taken of a provider that sends one event at a time.
    NoItems {
        /// The endpoint's function.
        endpoint: &'static str,
        /// The provider.
        provider: &'static str,
    },
    /// Events are taken by name of a provider that has none.
    NoEventName {
        /// The endpoint's function.
        endpoint: &'static str,
        /// The provider.
        provider: &'static str,
    },
    /// `answer_within` is no shorter than the provider waits.
    AnswersTooLate {
        /// The endpoint's function.
        endpoint: &'static str,
        /// The provider.
        provider: &'static str,
        /// How long it waits.
        patience: Duration,
    },
    /// The required variable is not set.
    MissingVariable {
        /// The endpoint's function.
        endpoint: &'static str,
        /// The variable.
        variable: &'static str,
    },
    /// The variable is set, but not to text.
    NotUnicode {
        /// The endpoint's function.
        endpoint: &'static str,
        /// The variable.
        variable: &'static str,
    },
    /// A secret cannot be used.
    Secret {
        /// The endpoint's function.
        endpoint: &'static str,
        /// The name of the secret: its variable, where it came from one.
        secret: Cow<'static, str>,
        /// What is wrong with it.
        error: SecretError,
    },
    /// There is no secret at all.
    NoSecret {
        /// The endpoint's function.
        endpoint: &'static str,
    },
    /// More secrets than the provider's scheme has headers for.
    TooManySecrets {
        /// The endpoint's function.
        endpoint: &'static str,
        /// How many the scheme can use.
        most: usize,
    },
    /// The provider's handshake needs a verify token.
    NoVerifyToken {
        /// The endpoint's function.
        endpoint: &'static str,
        /// The provider.
        provider: &'static str,
    },
    /// The provider's keys have to be fetched, and there is nothing to fetch them with.
    NoKeySource {
        /// The endpoint's function.
        endpoint: &'static str,
        /// The provider.
        provider: &'static str,
    },
    /// Secrets were given in more than one way.
    Ambiguous {
        /// The endpoint's function.
        endpoint: &'static str,
    },
    /// Something was configured for a function that is not mounted.
    NotMounted {
        /// The function.
        endpoint: &'static str,
    },
    /// A quota allows nothing at all.
    EmptyQuota {
        /// The endpoint's function; none where it is the quota of each peer.
        endpoint: Option<&'static str>,
    },
    /// Two endpoints answer one path.
    PathTaken {
        /// The endpoint's function.
        endpoint: &'static str,
        /// Its path.
        path: &'static str,
        /// The function that was there first.
        taken_by: &'static str,
    },
    /// The path is none that a router can have.
    BadPath {
        /// The endpoint's function.
        endpoint: &'static str,
        /// The path.
        path: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// A window for the signed time, but the provider signs none.
    NoTimestamp {
        /// The endpoint's function.
        endpoint: &'static str,
        /// The provider.
        provider: &'static str,
    },
    /// The provider signs the public URL, and it was not configured.
    NoPublicUrl {
        /// The endpoint's function.
        endpoint: &'static str,
        /// The provider.
        provider: &'static str,
    },
    /// The public URL is not one.
    BadPublicUrl {
        /// What was given, with `…` for user and password, query and fragment.
        url: String,
    },
}

impl fmt::Display for StartProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingVariable { endpoint, variable } => {
                write!(f, "`{endpoint}`: the environment variable {variable} is not set")
            }
            Self::NotUnicode { endpoint, variable } => {
                write!(f, "`{endpoint}`: the environment variable {variable} is not UTF-8 text")
            }
            Self::Secret { endpoint, secret, error } => {
                write!(f, "`{endpoint}`: the secret {secret} {error}")
            }
            Self::NoSecret { endpoint } => write!(
                f,
                "`{endpoint}`: there is no secret; name a variable with `secret_env` in the \
                 attribute, or give some with `Webhooks::secrets::<{endpoint}>` or, for tenants, \
                 `Webhooks::secret_source::<{endpoint}>`"
            ),
            Self::TooManySecrets { endpoint, most } => {
                write!(f, "`{endpoint}`: the provider's scheme has room for {most} secrets only")
            }
            Self::NoVerifyToken { endpoint, provider } => write!(
                f,
                "`{endpoint}`: {provider} asks for a verify token before it delivers; name its \
                 variable with `verify_token_env`, or give it with \
                 `Webhooks::verify_token::<{endpoint}>`"
            ),
            Self::NoKeySource { endpoint, provider } => write!(
                f,
                "`{endpoint}`: {provider} signs with keys that have to be fetched; give a source \
                 with `Webhooks::key_source`"
            ),
            Self::Ambiguous { endpoint } => {
                write!(f, "`{endpoint}`: give it either secrets or one secret source")
            }
            Self::EmptyQuota { endpoint } => {
                let of = endpoint.unwrap_or("limit_per_peer");
                write!(f, "`{of}`: the quota allows nothing; give it at least 1")
            }
            Self::NotMounted { endpoint } => write!(
                f,
                "`{endpoint}`: secrets, a token, a layer or a quota are given for it, but it is not \
                 mounted; add `.mount::<{endpoint}>()`"
            ),
            Self::PathTaken { endpoint, path, taken_by } => {
                write!(f, "`{endpoint}`: the path {path} is taken by `{taken_by}`")
            }
            Self::BadPath { endpoint, path, detail } => {
                write!(f, "`{endpoint}`: the path {path} cannot be routed: {detail}")
            }
            Self::NoTimestamp { endpoint, provider } => write!(
                f,
                "`{endpoint}`: `tolerance` has no effect, because {provider} signs no time; \
                 remove it"
            ),
            Self::NoInbox { endpoint } => write!(
                f,
                "`{endpoint}`: it is marked `inbox`, but there is none; open one with \
                 `Inbox::open`, behind the feature `inbox-sqlite` or `inbox-postgres`, and give it \
                 with `Webhooks::inbox`"
            ),
            Self::NoState { endpoint } => write!(
                f,
                "`{endpoint}`: it runs behind the inbox, and needs the router's state without a \
                 request; give it with `Webhooks::with_state`"
            ),
            Self::SameName { endpoint } => write!(
                f,
                "`{endpoint}`: another function of this name is marked `inbox`, and stored \
                 deliveries are told apart by it; rename one"
            ),
            Self::NoRuntime => f.write_str(
                "functions marked `inbox` run in the background: build the router on a tokio \
                 runtime",
            ),
            Self::NoItems { endpoint, provider } => write!(
                f,
                "`{endpoint}`: it takes a `Batch`, but {provider} sends one event at a time; take \
                 the event itself, or say where the events are with `Provider::items`"
            ),
            Self::NoEventName { endpoint, provider } => write!(
                f,
                "`{endpoint}`: it takes events by name, but where {provider} names them is not \
                 known; say it with `Provider::event`, or take another type of payload"
            ),
            Self::AnswersTooLate { endpoint, provider, patience } => write!(
                f,
                "`{endpoint}`: `answer_within` has no use, because {provider} waits no longer than \
                 {patience:?}; make it shorter"
            ),
            Self::NoPublicUrl { endpoint, provider } => write!(
                f,
                "`{endpoint}`: {provider} signs the public URL; give it with \
                 `Webhooks::public_url(\"https://…\")`"
            ),
            Self::BadPublicUrl { url } => write!(
                f,
                "the public URL {url:?} is not of the form https://host, with a path prefix if a \
                 proxy removes one"
            ),
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.as_slice() {
            [only] => write!(f, "the webhooks cannot start: {only}"),
            problems => {
                write!(f, "the webhooks cannot start, for {} reasons:", problems.len())?;
                problems.iter().try_for_each(|problem| write!(f, "\n  - {problem}"))
            }
        }
    }
}

/// The same text as `Display`: it is what a `main` that returns the error prints.
impl fmt::Debug for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for StartError {}

/// Why a program that serves webhooks ended.
#[non_exhaustive]
pub enum Error {
    /// The webhooks could not start.
    Start(StartError),
    /// The address, or the socket, could not be listened on.
    Listen {
        /// The address, where it was understood as one of TCP.
        address: Option<SocketAddr>,
        /// What the system said.
        source: io::Error,
    },
    /// The certificate cannot be used.
    #[cfg(feature = "tls")]
    Tls(crate::serve::TlsError),
    /// The server stopped.
    Serve(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(error) => error.fmt(f),
            Self::Listen { address: Some(address), source } => {
                write!(f, "cannot listen on {address}: {source}")
            }
            Self::Listen { address: None, source } => write!(f, "cannot listen: {source}"),
            #[cfg(feature = "tls")]
            Self::Tls(error) => error.fmt(f),
            Self::Serve(source) => write!(f, "the server stopped: {source}"),
        }
    }
}

/// The same text as `Display`: it is what a `main` that returns the error prints.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Start(_) => None,
            #[cfg(feature = "tls")]
            Self::Tls(error) => error.source(),
            Self::Listen { source, .. } | Self::Serve(source) => Some(source),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Serve(error)
    }
}

#[cfg(feature = "tls")]
impl From<crate::serve::TlsError> for Error {
    fn from(error: crate::serve::TlsError) -> Self {
        Self::Tls(error)
    }
}

impl From<StartError> for Error {
    fn from(error: StartError) -> Self {
        Self::Start(error)
    }
}

/// An endpoint as a line of a table.
pub(crate) fn line(endpoint: &Endpoint) -> String {
    let Endpoint { path, name, provider, .. } = endpoint;
    format!("{} {path}  {name}  ({})", provider.allowed_methods(), provider.name())
}
