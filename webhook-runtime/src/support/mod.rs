//! Small helpers that belong to no wing.

pub(crate) mod peer;
pub(crate) mod redact;
