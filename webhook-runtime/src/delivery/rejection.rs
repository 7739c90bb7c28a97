//! Refusals, as HTTP answers.

use std::{fmt, time::Duration};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{Extensions, HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Map, Value};

use crate::{delivery::response::is_retryable, verify::scheme::VerifyError};

/// When a provider should send again what could not be verified: most ignore it, and those that
/// heed it should not come all at once.
const RETRY_AFTER_SECONDS: &str = "30";

/// How many events of a batch an answer lists: a small request must not have a huge answer.
const MAX_LISTED: usize = 100;

/// Why a request was refused.
///
/// As an answer it is `application/problem+json` (RFC 9457). The 401 is one and the same for every
/// cause: its reason goes to the trace, and to the response's extensions, where layers around the
/// endpoint find the rejection itself.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejection {
    /// 405: not a method that this provider delivers with.
    MethodNotAllowed {
        /// The methods that it delivers with.
        allow: &'static str,
    },
    /// 415: the body is compressed, and the signature would not cover what is read.
    UnsupportedContentEncoding,
    /// 413: the body is larger than the endpoint takes.
    TooLarge {
        /// The most that the endpoint takes, in bytes.
        limit: usize,
    },
    /// 401: not believed.
    Unauthorized(VerifyError),
    /// 429: too many requests, as the feature `rate-limit` counts them. Nothing of it was judged but, for an
    /// endpoint's quota, the form of its signature.
    RateLimited {
        /// Whose quota is used up.
        by: LimitedBy,
        /// After which time there is something left again, in whole seconds.
        retry_after: Duration,
    },
    /// 408: the body did not arrive in time.
    BodyTimeout,
    /// 400: the body broke off.
    IncompleteBody,
    /// 415: the content type is none that payloads are decoded from.
    UnsupportedContentType,
    /// 400: the body is not what its content type says.
    Malformed {
        /// What is wrong with it.
        detail: String,
    },
    /// 422: the body does not fit the payload's type.
    Mismatch {
        /// The path of the value that does not fit, such as `items[2].price`; empty for the whole.
        path: String,
        /// What was expected there.
        detail: String,
    },
    /// Some events of a batch were not taken. The answer tells how many, and lists the first
    /// hundred. What it is answered by is in the documentation of
    /// [`Provider::with_batch`](crate::Provider::with_batch).
    BatchFailed {
        /// The events that were not taken, in the order of the batch.
        failed: Vec<FailedItem>,
    },
    /// 403: a handshake with the wrong verify token.
    Forbidden,
    /// 503: the verification itself could not be done; the provider should send again.
    Unavailable,
    /// 503: the delivery could not be stored; the provider should send again.
    NotStored,
    /// 503: too many bodies are in memory, or too many handlers are running; the provider should send again.
    Overloaded,
    /// 500: the handler panicked.
    HandlerPanicked,
}

/// Whose quota is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitedBy {
    /// The peer's, by requests that were not believed.
    Peer,
    /// The endpoint's, by all of its requests.
    Endpoint,
}

/// One event of a batch that was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedItem {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// What its handler answered.
    pub status: StatusCode,
}

impl FailedItem {
    /// The event at this place was answered by this status.
    #[must_use]
    pub const fn new(index: usize, status: StatusCode) -> Self {
        Self { index, status }
    }
}

/// The status that answers for a whole batch.
fn batch_status(failed: &[FailedItem]) -> StatusCode {
    let mut all = failed.iter().map(|failed| failed.status);
    let retryable = all.clone().find(|status| is_retryable(*status));
    match retryable.or_else(|| all.next()) {
        // One event that is gone must not have the provider give up the endpoint.
        Some(StatusCode::GONE) => StatusCode::UNPROCESSABLE_ENTITY,
        Some(status) if status.is_client_error() || status.is_server_error() => status,
        // What is no failure by itself is not to be taken for a success either.
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl Rejection {
    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::UnsupportedContentEncoding | Self::UnsupportedContentType => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::IncompleteBody | Self::Malformed { .. } => StatusCode::BAD_REQUEST,
            Self::Mismatch { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::BatchFailed { failed } => batch_status(failed),
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::Unavailable | Self::NotStored | Self::Overloaded => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::HandlerPanicked => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The path of the value that did not fit, such as `items[2].price`, where that was the reason.
    /// In a map, its keys are the sender's own words.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Mismatch { path, .. } => Some(path),
            _ => None,
        }
    }

    /// The refusal of a batch because of this one of its events.
    pub(crate) fn of_item(self, index: usize) -> Self {
        match self {
            Self::Mismatch { path, detail } => {
                let dot = if path.is_empty() || path.starts_with('[') { "" } else { "." };
                Self::Mismatch { path: format!("[{index}]{dot}{path}"), detail }
            }
            other => other,
        }
    }

    /// What the sender is told beyond the status.
    fn detail(&self) -> Option<String> {
        Some(match self {
            Self::MethodNotAllowed { .. }
            | Self::Unauthorized(_)
            | Self::RateLimited { .. }
            | Self::BatchFailed { .. }
            | Self::Forbidden
            | Self::Unavailable
            | Self::NotStored
            | Self::Overloaded
            | Self::HandlerPanicked => return None,
            Self::UnsupportedContentEncoding => {
                "send the body without Content-Encoding: the signature covers the bytes as sent"
                    .to_owned()
            }
            Self::TooLarge { limit } => format!("the body may have at most {limit} bytes"),
            Self::BodyTimeout => "the body did not arrive in time".to_owned(),
            Self::IncompleteBody => "the body broke off".to_owned(),
            Self::UnsupportedContentType => {
                "send application/json or application/x-www-form-urlencoded".to_owned()
            }
            Self::Malformed { detail } | Self::Mismatch { detail, .. } => detail.clone(),
        })
    }
}

/// For the trace: the reason, without anything that the sender wrote.
impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MethodNotAllowed { .. } => {
                f.write_str("the method is not one that deliveries come with")
            }
            Self::UnsupportedContentEncoding => f.write_str("the body has a content encoding"),
            Self::TooLarge { limit } => write!(f, "the body has more than {limit} bytes"),
            Self::Unauthorized(error) => error.fmt(f),
            Self::RateLimited { by: LimitedBy::Peer, .. } => {
                f.write_str("the peer has used up its quota")
            }
            Self::RateLimited { by: LimitedBy::Endpoint, .. } => {
                f.write_str("the quota of the endpoint is used up")
            }
            Self::BodyTimeout => f.write_str("the body did not arrive in time"),
            Self::IncompleteBody => f.write_str("the body broke off"),
            Self::UnsupportedContentType => f.write_str("the content type is not supported"),
            Self::Malformed { .. } => f.write_str("the body is malformed"),
            // Not even the path: in a map, the keys are the sender's words.
            Self::Mismatch { .. } => f.write_str("the body does not fit the payload"),
            Self::BatchFailed { failed } => {
                let events = if failed.len() == 1 { "event" } else { "events" };
                write!(f, "{} {events} of the batch not taken:", failed.len())?;
                failed
                    .iter()
                    .take(MAX_LISTED)
                    .try_for_each(|one| write!(f, " [{}] {}", one.index, one.status.as_u16()))
            }
            Self::Forbidden => f.write_str("the verify token is wrong"),
            Self::Unavailable => f.write_str("the verification could not be done"),
            Self::NotStored => f.write_str("the delivery could not be stored"),
            Self::Overloaded => f.write_str("too much is being handled"),
            Self::HandlerPanicked => f.write_str("the handler panicked"),
        }
    }
}

/// The same text as `Display`: details may quote the body.
impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Rejection {}

/// The bodies of a 401 and of a 429. Whoever floods an endpoint is answered by nothing else, so that
/// they are written once and for all.
const UNAUTHORIZED_BODY: &str = r#"{"status":401,"title":"Unauthorized","type":"about:blank"}"#;
const RATE_LIMITED_BODY: &str =
    r#"{"status":429,"title":"Too Many Requests","type":"about:blank"}"#;

impl Rejection {
    /// The problem, as JSON.
    fn problem_body(&self) -> Body {
        match self {
            Self::Unauthorized(_) => Body::from(UNAUTHORIZED_BODY),
            Self::RateLimited { .. } => Body::from(RATE_LIMITED_BODY),
            _ => Body::from(self.problem_members().to_string()),
        }
    }

    /// The members of the problem.
    fn problem_members(&self) -> Value {
        let status = self.status();
        let mut problem = Map::new();
        problem.insert("type".to_owned(), Value::from("about:blank"));
        problem
            .insert("title".to_owned(), Value::from(status.canonical_reason().unwrap_or("Error")));
        problem.insert("status".to_owned(), Value::from(status.as_u16()));
        if let Some(detail) = self.detail() {
            problem.insert("detail".to_owned(), Value::from(detail));
        }
        if let Self::Mismatch { path, .. } = &self {
            problem.insert("path".to_owned(), Value::from(path.as_str()));
        }
        if let Self::BatchFailed { failed } = &self {
            problem.insert("failed".to_owned(), Value::from(failed.len()));
            let items = failed.iter().take(MAX_LISTED).map(|failed| {
                let status = Value::from(failed.status.as_u16());
                let members = [("index", Value::from(failed.index)), ("status", status)];
                members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            });
            problem.insert("items".to_owned(), items.collect::<Vec<Map<_, _>>>().into());
        }
        Value::Object(problem)
    }
}

impl Rejection {
    /// The answer, in what the request leaves behind: maps that are there already cost nothing.
    pub(crate) fn into_response_with(
        self,
        mut headers: HeaderMap,
        mut extensions: Extensions,
    ) -> Response {
        headers.clear();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match &self {
            Self::MethodNotAllowed { allow } => {
                headers.insert(header::ALLOW, HeaderValue::from_static(allow));
            }
            Self::Unauthorized(_) => {
                // RFC 9110 wants a challenge in every 401.
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Signature"));
            }
            Self::RateLimited { retry_after, .. } => {
                headers.insert(header::RETRY_AFTER, retry_after.as_secs().into());
            }
            Self::Unavailable | Self::NotStored | Self::Overloaded => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
            }
            _ => {}
        }
        let mut response = Response::new(self.problem_body());
        *response.status_mut() = self.status();
        *response.headers_mut() = headers;
        extensions.clear();
        extensions.insert(self);
        *response.extensions_mut() = extensions;
        response
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        self.into_response_with(HeaderMap::new(), Extensions::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prepared_bodies_match_the_members() {
        let members = Rejection::Unauthorized(VerifyError::InvalidSignature).problem_members();
        assert_eq!(members.to_string(), UNAUTHORIZED_BODY);
        let limited = Rejection::RateLimited { by: LimitedBy::Peer, retry_after: Duration::ZERO };
        assert_eq!(limited.problem_members().to_string(), RATE_LIMITED_BODY);
    }
}
