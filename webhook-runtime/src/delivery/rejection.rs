//! Rejections, and their HTTP responses.

use std::{fmt, time::Duration};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{Extensions, HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Map, Value};

use crate::{
    delivery::{
        mismatch::{shown_detail, shown_path},
        response::is_retryable,
    },
    verify::scheme::VerifyError,
};

/// The value of `Retry-After` in a 503. Most providers ignore it.
const RETRY_AFTER_SECONDS: &str = "30";

/// The maximum number of failed items in a response: a small request must not cause a huge
/// response.
const MAX_LISTED: usize = 100;

/// The reason why a request was rejected.
///
/// The response is `application/problem+json` (RFC 9457). Every 401 is identical, whatever the
/// cause. The reason is in the trace. The rejection itself is in the response's extensions, where
/// layers around the endpoint find it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejection {
    /// 405: the provider does not deliver with this method.
    MethodNotAllowed {
        /// The methods of the provider.
        allow: &'static str,
    },
    /// 415: the body is compressed. The signature would not cover the decompressed body.
    UnsupportedContentEncoding,
    /// 413: the body is larger than the endpoint's limit.
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// 413: the body is larger than a layer around the endpoint allows.
    TooLargeForLayer,
    /// 401: the request could not be verified.
    Unauthorized(VerifyError),
    /// 429: a quota of the feature `rate-limit` is used up. The request was not verified.
    RateLimited {
        /// The quota that is used up.
        by: LimitedBy,
        /// The time until a request is allowed again, in whole seconds.
        retry_after: Duration,
    },
    /// 408: the body did not arrive in time.
    BodyTimeout,
    /// 400: the connection ended before the body did.
    IncompleteBody,
    /// 415: payloads cannot be decoded from this content type.
    UnsupportedContentType,
    /// 400: the body is not what its content type says, or a challenge is not of the provider's form.
    Malformed {
        /// The problem.
        detail: String,
    },
    /// 422: the body does not match the payload's type.
    Mismatch {
        /// The path of the value that does not match, such as `items[2].price`; empty for the whole
        /// body.
        path: String,
        /// The expectation.
        detail: String,
    },
    /// Some events of a batch failed. The response has their number and lists the first hundred.
    /// [`Provider::with_batch`](crate::Provider::with_batch) documents the status.
    BatchFailed {
        /// The failed events, in the order of the batch.
        failed: Vec<FailedItem>,
    },
    /// 403: a handshake with the wrong verify token.
    Forbidden,
    /// 503: the request could not be verified, for example because a secret source failed. The
    /// provider should retry.
    Unavailable,
    /// 503: the delivery could not be stored. The provider should retry.
    NotStored,
    /// 503: too many bodies are in memory, or too many handlers are running. The provider should
    /// retry.
    Overloaded,
    /// 500: the handler panicked.
    HandlerPanicked,
    /// 500: the handler returned an error that has no response of its own.
    HandlerFailed,
}

/// The quota that is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitedBy {
    /// The quota of the peer, which forged requests use up.
    Peer,
    /// The quota of the endpoint, which all requests use up.
    Endpoint,
}

/// One failed event of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedItem {
    /// The index in the batch, from 0.
    pub index: usize,
    /// The status of its handler's response.
    pub status: StatusCode,
}

impl FailedItem {
    /// Creates a failed event.
    #[must_use]
    pub const fn new(index: usize, status: StatusCode) -> Self {
        Self { index, status }
    }
}

/// The status of the response to a whole batch.
fn batch_status(failed: &[FailedItem]) -> StatusCode {
    let mut all = failed.iter().map(|failed| failed.status);
    let retryable = all.clone().find(|status| is_retryable(*status));
    match retryable.or_else(|| all.next()) {
        // A 410 for one event must not make the provider give up the endpoint.
        Some(StatusCode::GONE) => StatusCode::UNPROCESSABLE_ENTITY,
        Some(status) if status.is_client_error() || status.is_server_error() => status,
        // A redirect, for example, must not count as a success.
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl Rejection {
    /// The status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::UnsupportedContentEncoding | Self::UnsupportedContentType => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
            Self::TooLarge { .. } | Self::TooLargeForLayer => StatusCode::PAYLOAD_TOO_LARGE,
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
            Self::HandlerPanicked | Self::HandlerFailed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// True if the handler failed, or some events of a batch did: nothing is wrong with the request.
    pub(crate) const fn is_handler_failure(&self) -> bool {
        matches!(self, Self::HandlerFailed | Self::HandlerPanicked | Self::BatchFailed { .. })
    }

    /// A short name of the reason, which does not change and has no text of the sender. Metrics have
    /// it as the label `reason`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::MethodNotAllowed { .. } => "method_not_allowed",
            Self::UnsupportedContentEncoding => "unsupported_content_encoding",
            Self::TooLarge { .. } => "too_large",
            Self::TooLargeForLayer => "too_large_for_layer",
            Self::Unauthorized(error) => error.name(),
            Self::RateLimited { by: LimitedBy::Peer, .. } => "rate_limited_peer",
            Self::RateLimited { by: LimitedBy::Endpoint, .. } => "rate_limited_endpoint",
            Self::BodyTimeout => "body_timeout",
            Self::IncompleteBody => "incomplete_body",
            Self::UnsupportedContentType => "unsupported_content_type",
            Self::Malformed { .. } => "malformed_payload",
            Self::Mismatch { .. } => "payload_mismatch",
            Self::BatchFailed { .. } => "batch_failed",
            Self::Forbidden => "wrong_verify_token",
            Self::Unavailable => "source_unavailable",
            Self::NotStored => "not_stored",
            Self::Overloaded => "overloaded",
            Self::HandlerPanicked => "handler_panicked",
            Self::HandlerFailed => "handler_failed",
        }
    }

    /// The path of the value that does not match, such as `items[2].price`, for
    /// [`Mismatch`](Self::Mismatch). Keys of a map in it come from the sender.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Mismatch { path, .. } => Some(path),
            _ => None,
        }
    }

    /// The rejection of a batch because of one event.
    pub(crate) fn of_item(self, index: usize) -> Self {
        match self {
            Self::Mismatch { path, detail } => {
                let dot = if path.is_empty() || path.starts_with('[') { "" } else { "." };
                Self::Mismatch { path: format!("[{index}]{dot}{path}"), detail }
            }
            other => other,
        }
    }

    /// The reason for operators, in the trace and in the inbox: with path and detail, and without
    /// the values that the sender wrote.
    pub(crate) const fn explained(&self) -> Explained<'_> {
        Explained(self)
    }

    /// A text with path and detail, if it ends with this rejection.
    pub(crate) fn explained_in(&self, text: String) -> String {
        match text.strip_suffix(&self.to_string()) {
            Some(before) => format!("{before}{}", self.explained()),
            None => text,
        }
    }

    /// The detail in the response, beside the status.
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
            | Self::HandlerPanicked
            | Self::HandlerFailed => return None,
            Self::UnsupportedContentEncoding => {
                "send the body without Content-Encoding: the signature covers the bytes as sent"
                    .to_owned()
            }
            Self::TooLarge { limit } => format!("the body may have at most {limit} bytes"),
            Self::TooLargeForLayer => "the body is too large".to_owned(),
            Self::BodyTimeout => "the body did not arrive in time".to_owned(),
            Self::IncompleteBody => "the body is incomplete".to_owned(),
            Self::UnsupportedContentType => {
                "send application/json or application/x-www-form-urlencoded".to_owned()
            }
            Self::Malformed { detail } | Self::Mismatch { detail, .. } => detail.clone(),
        })
    }
}

/// The reason, without any text of the sender.
impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MethodNotAllowed { .. } => {
                f.write_str("the provider does not deliver with this method")
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
            Self::TooLargeForLayer => {
                f.write_str("the body is larger than a layer around the endpoint allows")
            }
            Self::BodyTimeout => f.write_str("the body did not arrive in time"),
            Self::IncompleteBody => f.write_str("the body is incomplete"),
            Self::UnsupportedContentType => f.write_str("the content type is not supported"),
            Self::Malformed { .. } => f.write_str("the request is malformed"),
            // The path is left out too: keys of a map come from the sender.
            Self::Mismatch { .. } => f.write_str("the body does not fit the payload"),
            Self::BatchFailed { failed } => {
                let events = if failed.len() == 1 { "event" } else { "events" };
                write!(f, "{} {events} of the batch failed:", failed.len())?;
                failed
                    .iter()
                    .take(MAX_LISTED)
                    .try_for_each(|one| write!(f, " [{}] {}", one.index, one.status.as_u16()))
            }
            Self::Forbidden => f.write_str("the verify token is wrong"),
            Self::Unavailable => f.write_str("the request could not be verified"),
            Self::NotStored => f.write_str("the delivery could not be stored"),
            Self::Overloaded => {
                f.write_str("too many bodies are in memory or too many handlers are running")
            }
            Self::HandlerPanicked => f.write_str("the handler panicked"),
            Self::HandlerFailed => f.write_str("the handler failed"),
        }
    }
}

/// A rejection with path and detail: see [`Rejection::explained`].
pub(crate) struct Explained<'r>(&'r Rejection);

impl fmt::Display for Explained<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rejection = self.0;
        match rejection {
            Rejection::Malformed { detail } => write!(f, "{rejection}: {detail}"),
            Rejection::Mismatch { path, detail } => {
                let at = if path.is_empty() { "" } else { " at " };
                write!(f, "{rejection}{at}{}: {}", shown_path(path), shown_detail(detail))
            }
            _ => rejection.fmt(f),
        }
    }
}

/// The same text as `Display`, because details may quote the body.
impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Rejection {}

/// The bodies of a 401 and a 429. They are constants because a flood of requests gets nothing else.
const UNAUTHORIZED_BODY: &str = r#"{"status":401,"title":"Unauthorized","type":"about:blank"}"#;
const RATE_LIMITED_BODY: &str =
    r#"{"status":429,"title":"Too Many Requests","type":"about:blank"}"#;

impl Rejection {
    /// The problem details as JSON.
    fn problem_body(&self) -> Body {
        match self {
            Self::Unauthorized(_) => Body::from(UNAUTHORIZED_BODY),
            Self::RateLimited { .. } => Body::from(RATE_LIMITED_BODY),
            _ => Body::from(self.problem_members().to_string()),
        }
    }

    /// The members of the problem details.
    pub(crate) fn problem_members(&self) -> Value {
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
    /// Creates the response in the maps of the request, which saves an allocation.
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
