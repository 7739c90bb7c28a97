//! An empty library: the tests are in `tests/`, and their data stands beside it.
//!
//! One mistake is tested here, because its message quotes the standard library if its source is
//! installed:
//!
//! ```compile_fail,E0080
//! use webhook_runtime::{Delivery, Provider, scheme::Scheme, webhook};
//!
//! // "the scheme names no signature header", at `Provider::new`
//! #[webhook(path = "/acme", provider = Provider::new("acme", Scheme::hmac_sha256()))]
//! async fn acme(_: &Delivery) {}
//! ```
//!
//! ```
//! use webhook_runtime::{Delivery, Provider, scheme::Scheme, webhook};
//!
//! #[webhook(path = "/acme", provider = Provider::new("acme", Scheme::hmac_sha256().header("x-acme")))]
//! async fn acme(_: &Delivery) {}
//! ```

/// The example of a custom provider.
#[cfg(doctest)]
#[doc = include_str!("../vectors/README.md")]
struct Vectors;

/// Every example of the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// The example that is published with the crate.
#[cfg(doctest)]
#[doc = include_str!("../../webhook-runtime/README.md")]
struct CrateReadme;
