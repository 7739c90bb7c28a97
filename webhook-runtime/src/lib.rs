//! Verified, typed webhook endpoints for axum, from one attribute on an async function.
//!
//! ```no_run
//! use std::borrow::Cow;
//!
//! use serde::Deserialize;
//! use webhook_runtime::{Webhooks, webhook};
//!
//! #[derive(Deserialize)]
//! struct Order<'a> {
//!     id: u64,
//!     #[serde(borrow)]
//!     note: Cow<'a, str>,
//! }
//!
//! /// Called once for every genuine delivery.
//! #[webhook(path = "/webhook", secret_env = "SECRET")]
//! async fn order_paid(order: Order<'_>) -> &'static str {
//!     println!("order {} paid: {}", order.id, order.note);
//!     "OK"
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), webhook_runtime::Error> {
//!     Webhooks::new().mount::<order_paid>().serve("127.0.0.1:3000").await
//! }
//! ```
//!
//! Who sends is said by `provider`: [`providers`] has a constant for each that is known, and a new
//! one is written as a [`Scheme`](scheme::Scheme), or as code that implements
//! [`Verify`](scheme::Verify). [`Webhooks`] is where everything else is configured, and
//! [`Provider::verify`] verifies without an endpoint.
//!
//! # Features
//!
//! None is on by default. Each adds providers, and changes nothing that is there.
//!
//! | feature | for |
//! | --- | --- |
//! | `certificates` | `AWS_SNS`, `PAYPAL` |
//! | `ecdsa` | `SENDGRID` |
//! | `ed25519` | `DISCORD`, `STANDARD_WEBHOOKS_V1A` |
//! | `jwt` | `ATLASSIAN_CONNECT`, `LIVEKIT`, `MESSAGEBIRD`, `MONDAY`, `NETLIFY` |
//! | `jwt` and `ecdsa` | `PLAID` |
//! | `rsa` | `KICK` |
//! | `fetch` | `HttpsKeys`, which fetches the keys of `AWS_SNS` and `PAYPAL` |

mod cache;
mod clock;
mod delivery;
mod endpoint;
#[cfg(feature = "fetch")]
mod fetch;
pub mod handshake;
#[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres", feature = "testing"))]
pub mod inbox;
mod json;
mod payload;
mod provider;
pub mod providers;
mod receive;
mod rejection;
pub mod scheme;
mod secret;
mod serve;
mod source;
mod start;
mod verifier;
mod webhooks;

pub use clock::{Clock, SystemClock};
pub use delivery::{Delivery, NotADelivery};
pub use endpoint::{DEFAULT_MAX_BODY, Endpoint, Webhook};
#[cfg(feature = "fetch")]
pub use fetch::HttpsKeys;
pub use payload::Payload;
pub use provider::{Provider, Source, Success};
pub use rejection::Rejection;
pub use secret::{Secret, SecretError};
pub use source::{KeySource, Scope, SecretSource, SourceError};
pub use start::{Error, StartError, StartProblem};
pub use verifier::ProviderVerifier;
pub use webhook_macros::webhook;
pub use webhooks::Webhooks;

/// For the code that the attribute leaves behind; nothing here is stable.
#[doc(hidden)]
pub mod __private {
    pub use axum::extract::FromRequestParts;

    pub use crate::endpoint::{HandlerFuture, Verified, respond};
}
