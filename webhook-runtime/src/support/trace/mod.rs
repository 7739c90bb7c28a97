//! Traces of OpenTelemetry, with the feature `otel`. Without it, spans are those of `tracing` alone.
//!
//! The `traceparent` of a sender is used only after its request is verified, and only as a link: a sender
//! cannot extend traces of the program, or decide what is sampled.

#[cfg_attr(not(feature = "inbox"), allow(dead_code, reason = "an inbox keeps it"))]
#[cfg(any(feature = "inbox", feature = "otel"))]
mod context;
#[cfg(feature = "otel")]
mod otel;
#[cfg(not(feature = "otel"))]
#[path = "no_otel.rs"]
mod otel;

#[cfg(any(feature = "inbox", feature = "otel"))]
pub(crate) use context::TraceContext;
#[cfg(feature = "tls")]
pub(crate) use otel::mark_tls;
#[cfg(feature = "inbox")]
pub(crate) use otel::{RunEnd, context_of, describe_run, link, set_parent};
pub(crate) use otel::{describe_request, end_request, link_sender};
