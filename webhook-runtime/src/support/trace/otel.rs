//! Spans with the attributes of OpenTelemetry's conventions for HTTP and messaging.

use std::borrow::Cow;

#[cfg(feature = "tls")]
use http::Extensions;
use http::{HeaderMap, Method, Request, StatusCode, Version, header};
#[cfg(feature = "inbox")]
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::trace::{SpanContext, SpanId, Status, TraceFlags, TraceId, TraceState};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::TraceContext;

/// The system of the messaging conventions.
#[cfg(feature = "inbox")]
const SYSTEM: &str = "webhook_inbox";

/// The methods that are recorded by name. A stranger can send any.
static METHODS: [Method; 9] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::DELETE,
    Method::CONNECT,
    Method::OPTIONS,
    Method::TRACE,
    Method::PATCH,
];

/// Marks a request that came over TLS.
#[cfg(feature = "tls")]
#[derive(Clone, Copy)]
struct OverTls;

#[cfg(feature = "tls")]
pub(crate) fn mark_tls(extensions: &mut Extensions) {
    extensions.insert(OverTls);
}

/// The scheme of a request. Without TLS it is that of the URL, which a proxy sets over HTTP/2.
fn scheme_of<B>(request: &Request<B>) -> &'static str {
    #[cfg(feature = "tls")]
    if request.extensions().get::<OverTls>().is_some() {
        return "https";
    }
    if request.uri().scheme_str() == Some("https") { "https" } else { "http" }
}

fn version_of<B>(request: &Request<B>) -> &'static str {
    match request.version() {
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => "1.1",
    }
}

/// Records the attributes of a request on its span, before it is verified.
pub(crate) fn describe_request<B>(span: &Span, route: &'static str, request: &Request<B>) {
    if span.is_disabled() {
        return;
    }
    let known = METHODS.iter().find(|method| *method == request.method());
    let method = known.map_or(Cow::Borrowed("_OTHER"), |method| method.as_str().to_owned().into());
    let name = known.map_or("HTTP", Method::as_str);
    span.record("otel.kind", "server");
    span.record("otel.name", &*format!("{name} {route}"));
    span.set_attribute("http.request.method", method.into_owned());
    span.set_attribute("http.route", route);
    span.set_attribute("url.path", request.uri().path().to_owned());
    span.set_attribute("url.scheme", scheme_of(request));
    span.set_attribute("network.protocol.version", version_of(request));
    if let Some(length) = request.headers().get(header::CONTENT_LENGTH)
        && let Some(length) = length.to_str().ok().and_then(|length| length.parse::<i64>().ok())
    {
        span.set_attribute("http.request.body.size", length);
    }
}

/// Records the status of the response on the span of a request.
pub(crate) fn end_request(span: &Span, status: StatusCode) {
    span.set_attribute("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.set_attribute("error.type", status.as_u16().to_string());
        span.set_status(Status::error(""));
    }
}

/// Links the span of a verified request to the `traceparent` of its sender.
pub(crate) fn link_sender(span: &Span, headers: &HeaderMap) {
    let mut named = headers.get_all("traceparent").iter();
    let (Some(named), None) = (named.next(), named.next()) else { return };
    let Some(context) = named.to_str().ok().and_then(TraceContext::parse) else { return };
    span.add_link(remote(context));
}

/// The context of a span; `None` if OpenTelemetry does not see the span.
#[cfg(feature = "inbox")]
pub(crate) fn context_of(span: &Span) -> Option<TraceContext> {
    let context = span.context();
    let span = context.span();
    let context = span.span_context();
    context.is_valid().then(|| TraceContext {
        trace_id: u128::from_be_bytes(context.trace_id().to_bytes()),
        span_id: u64::from_be_bytes(context.span_id().to_bytes()),
        flags: context.trace_flags().to_u8(),
    })
}

/// Links a span to another one.
#[cfg(feature = "inbox")]
pub(crate) fn link(span: &Span, to: TraceContext) {
    span.add_link(remote(to));
}

/// Makes a span that has just been created the child of another one.
#[cfg(feature = "inbox")]
pub(crate) fn set_parent(span: &Span, parent: TraceContext) {
    let context = opentelemetry::Context::new().with_remote_span_context(remote(parent));
    // It fails where no layer of OpenTelemetry sees the span.
    let _ = span.set_parent(context);
}

/// Records the delivery of a run on its span.
#[cfg(feature = "inbox")]
pub(crate) fn describe_run(
    span: &Span,
    endpoint: &'static str,
    record: i64,
    attempt: u32,
    body: usize,
) {
    if span.is_disabled() {
        return;
    }
    span.record("otel.kind", "consumer");
    span.record("otel.name", &*format!("process {endpoint}"));
    span.set_attribute("messaging.system", SYSTEM);
    span.set_attribute("messaging.operation.type", "process");
    span.set_attribute("messaging.operation.name", "process");
    span.set_attribute("messaging.destination.name", endpoint);
    span.set_attribute("messaging.message.id", record.to_string());
    let size = i64::try_from(body).unwrap_or(i64::MAX);
    span.set_attribute("messaging.message.body.size", size);
    span.set_attribute("webhook.attempt", i64::from(attempt));
}

/// The end of a run. A drop without [`answered`](Self::answered) marks the span as an error: the handler
/// panicked, or was dropped.
#[cfg(feature = "inbox")]
pub(crate) struct RunEnd(Option<Span>);

#[cfg(feature = "inbox")]
impl RunEnd {
    pub(crate) fn of(span: &Span) -> Self {
        Self(Some(span.clone()))
    }

    /// Records the response of the handler.
    pub(crate) fn answered(mut self, status: StatusCode, is_error: bool) {
        let Some(span) = self.0.take() else { return };
        span.set_attribute("http.response.status_code", i64::from(status.as_u16()));
        if is_error {
            span.set_attribute("error.type", status.as_u16().to_string());
            span.set_status(Status::error(""));
        }
    }
}

#[cfg(feature = "inbox")]
impl Drop for RunEnd {
    fn drop(&mut self) {
        if let Some(span) = self.0.take() {
            span.set_attribute("error.type", "_OTHER");
            span.set_status(Status::error("the handler did not answer"));
        }
    }
}

fn remote(context: TraceContext) -> SpanContext {
    let TraceContext { trace_id, span_id, flags } = context;
    SpanContext::new(
        TraceId::from_bytes(trace_id.to_be_bytes()),
        SpanId::from_bytes(span_id.to_be_bytes()),
        TraceFlags::new(flags),
        true,
        TraceState::default(),
    )
}
