//! Endpoints that operators have paused.

use std::time::SystemTime;

/// An endpoint that is paused: its deliveries are stored and acknowledged, and no worker starts
/// them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pause {
    /// The name of the endpoint.
    pub endpoint: String,
    /// The time since which it is paused.
    pub since: SystemTime,
    /// The name of who has paused it, as they gave it.
    pub by: String,
    /// The reason, as they gave it.
    pub why: String,
}

impl Pause {
    /// Creates the pause of an endpoint.
    #[must_use]
    pub fn new(
        endpoint: impl Into<String>,
        since: SystemTime,
        by: impl Into<String>,
        why: impl Into<String>,
    ) -> Self {
        Self { endpoint: endpoint.into(), since, by: by.into(), why: why.into() }
    }
}
