//! The providers that are known, a constant each.
//!
//! Facts about a provider that could not be confirmed in its own documentation or source are marked
//! *unconfirmed*. What is not signed can be changed by whoever sees the request on its way.

mod github;
mod plain;

pub use github::{GITHUB, GITHUB_SHA1};
pub use plain::PLAIN;

use crate::Provider;

/// Every provider that this build knows, for tables and tests.
pub const ALL: &[&Provider] = &[
    &GITHUB, //
    &GITHUB_SHA1,
    &PLAIN,
];
