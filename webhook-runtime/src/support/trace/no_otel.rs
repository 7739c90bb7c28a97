//! Spans without the feature `otel`: they have the fields of `tracing` alone.

#[cfg(feature = "tls")]
use http::Extensions;
use http::{HeaderMap, Request, StatusCode};
use tracing::Span;

#[cfg(feature = "inbox")]
use super::TraceContext;

#[cfg(feature = "tls")]
#[inline]
pub(crate) fn mark_tls(_extensions: &mut Extensions) {}

#[inline]
pub(crate) fn describe_request<B>(_span: &Span, _route: &'static str, _request: &Request<B>) {}

#[inline]
pub(crate) fn end_request(_span: &Span, _status: StatusCode) {}

#[inline]
pub(crate) fn link_sender(_span: &Span, _headers: &HeaderMap) {}

#[cfg(feature = "inbox")]
#[inline]
pub(crate) fn context_of(_span: &Span) -> Option<TraceContext> {
    None
}

#[cfg(feature = "inbox")]
#[inline]
pub(crate) fn link(_span: &Span, _to: TraceContext) {}

#[cfg(feature = "inbox")]
#[inline]
pub(crate) fn set_parent(_span: &Span, _parent: TraceContext) {}

#[cfg(feature = "inbox")]
#[inline]
pub(crate) fn describe_run(
    _span: &Span,
    _endpoint: &'static str,
    _record: i64,
    _attempt: u32,
    _body: usize,
) {
}

#[cfg(feature = "inbox")]
pub(crate) struct RunEnd;

#[cfg(feature = "inbox")]
#[allow(clippy::unused_self, reason = "as with the feature")]
impl RunEnd {
    #[inline]
    pub(crate) fn of(_span: &Span) -> Self {
        Self
    }

    #[inline]
    pub(crate) fn answered(self, _status: StatusCode, _is_error: bool) {}
}
