//! Small helpers that belong to no wing.

pub(crate) mod panic;
pub(crate) mod peer;
pub(crate) mod redact;
pub(crate) mod text;
