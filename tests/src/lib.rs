//! Nothing here: the tests are in `tests/`, and what they read beside it.
//!
//! Except for one mistake whose report quotes the standard library, if that is installed as source:
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

/// The example of a provider that is not known.
#[cfg(doctest)]
#[doc = include_str!("../vectors/README.md")]
struct Vectors;

/// Every example of the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
