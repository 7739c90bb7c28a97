//! Small helpers that belong to no wing.

#[cfg(feature = "axum")]
pub(crate) mod console;
#[cfg(feature = "inbox")]
pub(crate) mod hash;
#[cfg(feature = "axum")]
pub(crate) mod metrics;
pub(crate) mod panic;
pub(crate) mod peer;
pub(crate) mod redact;
pub(crate) mod shares;
pub(crate) mod text;
#[cfg(feature = "axum")]
pub(crate) mod trace;
pub(crate) mod trust;
