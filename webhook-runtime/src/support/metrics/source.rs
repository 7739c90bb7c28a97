//! The metrics of a source of secrets or keys.

use super::{Series, table::SOURCE_LOOKUPS};

/// The lookups of an endpoint in a source.
#[derive(Clone, Debug)]
pub(crate) struct SourceMetrics {
    endpoint: &'static str,
    kind: &'static str,
    hit: Series,
}

/// The end of a lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// It was in the cache.
    Hit,
    /// The source has it.
    Miss,
    /// The source does not have it.
    NotFound,
    /// The source failed.
    Failed,
}

impl SourceMetrics {
    /// The lookups of secrets.
    pub(crate) fn of_secrets(endpoint: &'static str) -> Self {
        Self::new(endpoint, "secret")
    }

    /// The lookups of keys.
    pub(crate) fn of_keys(endpoint: &'static str) -> Self {
        Self::new(endpoint, "key")
    }

    fn new(endpoint: &'static str, kind: &'static str) -> Self {
        Self { endpoint, kind, hit: series(endpoint, kind, "hit") }
    }

    /// Counts a lookup.
    pub(crate) fn count(&self, lookup: Lookup) {
        let outcome = match lookup {
            Lookup::Hit => return self.hit.add(1),
            Lookup::Miss => "miss",
            Lookup::NotFound => "not_found",
            Lookup::Failed => "failed",
        };
        series(self.endpoint, self.kind, outcome).add(1);
    }
}

fn series(endpoint: &'static str, kind: &'static str, outcome: &'static str) -> Series {
    let labels = [("endpoint", endpoint), ("kind", kind), ("outcome", outcome)];
    Series::new(&SOURCE_LOOKUPS, &labels)
}
