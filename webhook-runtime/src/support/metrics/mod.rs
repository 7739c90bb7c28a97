//! Metrics through the [`metrics`](https://docs.rs/metrics) facade, with the feature `metrics`. Without
//! it, nothing is measured.
//!
//! Labels never have a value that a stranger writes: endpoints, providers and reasons are names in the
//! program.

#[cfg(feature = "metrics")]
mod endpoint;
#[cfg(not(feature = "metrics"))]
#[path = "no_endpoint.rs"]
mod endpoint;
mod outcome;
#[cfg(feature = "metrics")]
mod table;

pub(crate) use endpoint::{EndpointMetrics, Stopwatch};
pub(crate) use outcome::Outcome;
#[cfg(feature = "metrics")]
pub use table::{ALL, Metric, MetricKind, describe};
