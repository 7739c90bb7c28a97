//! The problems that keep webhooks from starting, all of them at once.

use std::{borrow::Cow, fmt};

use crate::verify::SecretError;

/// All reasons why the webhooks cannot start.
#[derive(Clone, PartialEq, Eq)]
pub struct StartError {
    pub(crate) problems: Vec<StartProblem>,
}

impl StartError {
    /// The problems, in the order in which the endpoints are mounted.
    #[must_use]
    pub fn problems(&self) -> &[StartProblem] {
        &self.problems
    }
}

/// One reason why the webhooks cannot start.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartProblem {
    /// There is nothing to serve: no function is mounted.
    NothingMounted,
    /// The endpoint is marked `inbox`, but there is no inbox.
    MissingInbox {
        /// The endpoint's function.
        endpoint: &'static str,
    },
    /// The endpoint has an inbox of its own, but is not marked `inbox`.
    UnusedInbox {
        /// The endpoint's function.
        endpoint: &'static str,
    },
    /// The endpoint has options by `Webhooks::inbox_options`, but is not marked `inbox`.
    UnusedInboxOptions {
        /// The endpoint's function.
        endpoint: &'static str,
    },
    /// An option of the endpoint behind the inbox has an impossible value.
    InvalidInboxOption {
        /// The endpoint's function.
        endpoint: &'static str,
        /// The name of the option.
        option: &'static str,
        /// The mistake.
        problem: &'static str,
    },
    /// The handler is served or runs behind an inbox, and needs a state, but none is configured.
    MissingState {
        /// The endpoint's function.
        endpoint: &'static str,
    },
    /// Two endpoints of one inbox have the same name, by which stored deliveries find their
    /// function.
    DuplicateName {
        /// The name of both endpoints.
        endpoint: &'static str,
    },
    /// Handlers run behind an inbox, but there is no tokio runtime to run them on.
    MissingRuntime,
    /// The required variable is not set.
    MissingVariable {
        /// The endpoint's function.
        endpoint: &'static str,
        /// The variable.
        variable: &'static str,
    },
    /// The variable is not valid UTF-8.
    NotUnicode {
        /// The endpoint's function.
        endpoint: &'static str,
        /// The variable.
        variable: &'static str,
    },
    /// A secret is unusable.
    InvalidSecret {
        /// The endpoint's function.
        endpoint: &'static str,
        /// The name of the secret, or of the variable that it came from.
        secret: Cow<'static, str>,
        /// The reason.
        error: SecretError,
    },
    /// The endpoint has no secret.
    MissingSecret {
        /// The endpoint's function.
        endpoint: &'static str,
    },
    /// The endpoint has more secrets than the provider's scheme has headers.
    TooManySecrets {
        /// The endpoint's function.
        endpoint: &'static str,
        /// The maximum of the scheme.
        max: usize,
    },
    /// The provider's handshake needs a verify token, but there is none.
    MissingVerifyToken {
        /// The endpoint's function.
        endpoint: &'static str,
        /// The provider.
        provider: &'static str,
    },
    /// The provider's keys must be fetched, but there is no key source.
    MissingKeySource {
        /// The endpoint's function.
        endpoint: &'static str,
        /// The provider.
        provider: &'static str,
    },
    /// The endpoint has both secrets and a secret source, or two sources.
    AmbiguousSecrets {
        /// The endpoint's function.
        endpoint: &'static str,
    },
    /// An option is set for a function that is not mounted.
    NotMounted {
        /// The function.
        endpoint: &'static str,
    },
    /// A quota allows no request.
    EmptyQuota {
        /// The endpoint's function; `None` for the quota of each peer.
        endpoint: Option<&'static str>,
    },
    /// Two endpoints have the same path.
    PathTaken {
        /// The endpoint's function.
        endpoint: &'static str,
        /// Its path.
        path: &'static str,
        /// The function that was mounted first.
        taken_by: &'static str,
    },
    /// The router refuses the path.
    InvalidPath {
        /// The endpoint's function.
        endpoint: &'static str,
        /// The path.
        path: &'static str,
        /// The reason.
        detail: String,
    },
    /// The endpoint sets `tolerance`, but the provider signs no time.
    UnusedTolerance {
        /// The endpoint's function.
        endpoint: &'static str,
        /// The provider.
        provider: &'static str,
    },
    /// The endpoint sets `max_in_flight` to zero, and would take no delivery.
    ZeroMaxInFlight {
        /// The endpoint's function.
        endpoint: &'static str,
    },
    /// The provider signs the public URL or asks for a hash of it, but none is configured.
    MissingPublicUrl {
        /// The endpoint's function.
        endpoint: &'static str,
        /// The provider.
        provider: &'static str,
    },
    /// The public URL is malformed.
    InvalidPublicUrl {
        /// The URL, with `…` in place of user and password, query and fragment.
        url: String,
    },
}

const NOTHING_MOUNTED: &str = "no function is mounted; add `.mount::<name>()` with a function marked \
                               `#[webhook]`, or serve a router without webhooks by `Server`";

impl fmt::Display for StartProblem {
    #[allow(clippy::too_many_lines, reason = "there is an arm for each problem")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingMounted => f.write_str(NOTHING_MOUNTED),
            Self::MissingVariable { endpoint, variable } => {
                write!(f, "`{endpoint}`: the environment variable {variable} is not set")
            }
            Self::NotUnicode { endpoint, variable } => {
                write!(f, "`{endpoint}`: the environment variable {variable} is not UTF-8 text")
            }
            Self::InvalidSecret { endpoint, secret, error } => {
                write!(f, "`{endpoint}`: the secret {secret} {error}")
            }
            Self::MissingSecret { endpoint } => write!(
                f,
                "`{endpoint}`: there is no secret; name a variable with `secret_env` in the \
                 attribute, or give some with `Webhooks::secrets::<{endpoint}>` or, for tenants, \
                 `Webhooks::secret_source::<{endpoint}>`"
            ),
            Self::TooManySecrets { endpoint, max } => {
                write!(f, "`{endpoint}`: the provider's scheme takes at most {max} secrets")
            }
            Self::MissingVerifyToken { endpoint, provider } => write!(
                f,
                "`{endpoint}`: {provider} asks for a verify token before it delivers; name its \
                 variable with `verify_token_env`, or give it with \
                 `Webhooks::verify_token::<{endpoint}>`"
            ),
            Self::MissingKeySource { endpoint, provider } => write!(
                f,
                "`{endpoint}`: {provider} signs with keys that must be fetched; give a source with \
                 `Webhooks::key_source`"
            ),
            Self::AmbiguousSecrets { endpoint } => {
                write!(f, "`{endpoint}`: give it either secrets or one secret source")
            }
            Self::EmptyQuota { endpoint } => {
                let of = endpoint.unwrap_or("limit_per_peer");
                write!(f, "`{of}`: the quota allows no request; allow at least 1")
            }
            Self::NotMounted { endpoint } => write!(
                f,
                "`{endpoint}`: secrets, a token, a layer or a quota are given for it, but it is not \
                 mounted; add `.mount::<{endpoint}>()`"
            ),
            Self::PathTaken { endpoint, path, taken_by } => {
                write!(f, "`{endpoint}`: the path {path} is taken by `{taken_by}`")
            }
            Self::InvalidPath { endpoint, path, detail } => {
                write!(f, "`{endpoint}`: the path {path} cannot be routed: {detail}")
            }
            Self::UnusedTolerance { endpoint, provider } => write!(
                f,
                "`{endpoint}`: `tolerance` has no effect, because {provider} signs no time; \
                 remove it"
            ),
            Self::ZeroMaxInFlight { endpoint } => write!(
                f,
                "`{endpoint}`: `max_in_flight` is zero, so it would take no delivery; allow at least 1"
            ),
            Self::MissingInbox { endpoint } => write!(
                f,
                "`{endpoint}`: it is marked `inbox`, but there is no inbox; open one with \
                 `Inbox::open`, behind the feature `inbox-sqlite` or `inbox-postgres`, and give it \
                 with `Webhooks::inbox` or `Webhooks::inbox_on`"
            ),
            Self::UnusedInbox { endpoint } => write!(
                f,
                "`{endpoint}`: it has an inbox by `Webhooks::inbox_on`, but is not marked `inbox`; \
                 add the word `inbox` to its attribute"
            ),
            Self::UnusedInboxOptions { endpoint } => write!(
                f,
                "`{endpoint}`: it has options by `Webhooks::inbox_options`, but is not marked \
                 `inbox`; add the word `inbox` to its attribute"
            ),
            Self::InvalidInboxOption { endpoint, option, problem } => {
                write!(f, "`{endpoint}`: the option `{option}` of `inbox` {problem}")
            }
            Self::MissingState { endpoint } => write!(
                f,
                "`{endpoint}`: its handler runs behind the inbox, without a request that has the \
                 router's state; give the state with `Webhooks::with_state`"
            ),
            Self::DuplicateName { endpoint } => write!(
                f,
                "`{endpoint}`: another endpoint of the inbox has this name, and stored deliveries \
                 find their function by it; give one of them another: `name = \"...\"`"
            ),
            Self::MissingRuntime => f.write_str(
                "functions marked `inbox` run in the background: build the router on a tokio \
                 runtime",
            ),
            Self::MissingPublicUrl { endpoint, provider } => write!(
                f,
                "`{endpoint}`: {provider} needs the public URL; give it with \
                 `Webhooks::public_url(\"https://…\")`"
            ),
            Self::InvalidPublicUrl { url } => write!(
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

/// The same text as `Display`: a `main` that returns the error prints it.
impl fmt::Debug for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for StartError {}
