//! The providers that are known, a constant each.

mod github;
mod plain;

pub use github::GITHUB;
pub use plain::PLAIN;
