//! Responses: their meaning for retries, and the body that the provider expects.

use std::time::Duration;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use http_body::Body as _;

use crate::verify::{Provider, SuccessBody};

/// Returns whether a request with this response status may succeed later.
pub(crate) fn is_retryable(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429)
}

/// The value of `Retry-After`, if it is in seconds. A date is ignored, because clocks differ.
pub(crate) fn retry_after(response: &Response) -> Option<Duration> {
    let seconds =
        response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Shapes a response as the provider expects it.
pub(crate) fn shape_for_provider(provider: &Provider, response: Response) -> Response {
    match provider.success_body() {
        SuccessBody::FromHandler => response,
        SuccessBody::Empty => {
            // Headers that describe a body go with it.
            let (mut parts, _) = response.into_parts();
            parts.headers.remove(header::CONTENT_TYPE);
            parts.headers.remove(header::CONTENT_LENGTH);
            Response::from_parts(parts, Body::empty())
        }
        SuccessBody::IfEmpty(text) => {
            if response.status().is_success() && response.body().is_end_stream() {
                (response.status(), text).into_response()
            } else {
                response
            }
        }
        SuccessBody::Always(text) => {
            if response.status().is_success() {
                text.into_response()
            } else {
                response
            }
        }
    }
}
