//! Metrics through the [`metrics`](https://docs.rs/metrics) facade, with the feature `metrics`. Without
//! it, nothing is measured.
//!
//! Labels never have a value that a stranger writes: endpoints, providers, outcomes and reasons are
//! names in the program.

#[cfg(feature = "metrics")]
mod cached;
#[cfg(feature = "metrics")]
mod describe;
mod endpoint;
mod outcome;
#[cfg(feature = "metrics")]
mod series;
#[cfg(not(feature = "metrics"))]
#[path = "no_series.rs"]
mod series;
mod source;
pub(crate) mod table;

#[cfg(feature = "metrics")]
use cached::{CachedCounter, CachedHistogram};
#[cfg(feature = "metrics")]
pub use describe::describe;
pub(crate) use endpoint::EndpointMetrics;
pub(crate) use outcome::Outcome;
pub(crate) use series::ENABLED;
#[cfg(not(feature = "metrics"))]
use series::{CachedCounter, CachedHistogram};
pub(crate) use series::{Series, Stopwatch, UpDown};
pub(crate) use source::{Lookup, SourceMetrics};
#[cfg(feature = "metrics")]
pub use table::{ALL, Metric, MetricKind};
