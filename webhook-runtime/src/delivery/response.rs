//! What an answer means to its sender, and the form in which a sender wants it.

use std::time::Duration;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use http_body::Body as _;

use crate::verify::{Provider, SuccessBody};

/// Whether what was answered by this status may succeed when it is sent again.
pub(crate) fn is_retryable(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429)
}

/// What `Retry-After` asks for, in seconds. As a date it is passed over: clocks differ.
pub(crate) fn retry_after(answer: &Response) -> Option<Duration> {
    let seconds = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The answer as the provider wants to read it.
pub(crate) fn shape_for_provider(provider: &Provider, response: Response) -> Response {
    match provider.success_body() {
        SuccessBody::FromHandler => response,
        SuccessBody::Empty => {
            // Its headers stay, but for what they say of a body.
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
    }
}
