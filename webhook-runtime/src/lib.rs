//! Verified, typed webhook endpoints for axum, from one attribute on an async function.
//!
//! ```no_run
//! use serde::Deserialize;
//! use webhook_runtime::{Webhooks, webhook};
//!
//! #[derive(Deserialize)]
//! struct Order {
//!     id: u64,
//!     note: String,
//! }
//!
//! /// Called once for every genuine delivery.
//! #[webhook(path = "/webhook", secret_env = "SECRET")]
//! async fn order_paid(order: Order) -> &'static str {
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
//! The option `provider` names the sender: [`providers`] has a constant for each known one, and a new
//! one is written as a [`Scheme`](scheme::Scheme), or as code that implements
//! [`Verify`](scheme::Verify). [`Webhooks`] is where everything else is configured, and
//! [`Provider::verify`] verifies without an endpoint.
//!
//! A payload is any type with serde's `Deserialize`, or an enum of events that derives
//! [`WebhookEvent`](derive@WebhookEvent), whose variant is chosen by the event's name.
//!
//! The module `guide` has a chapter for each topic. It is in the documentation of all features.
//!
//! # Features
//!
//! `axum` and `serve` are on by default. Each feature adds something, and changes nothing that is there.
//!
//! | feature | for |
//! | --- | --- |
//! | `axum` (default) | endpoints in an axum `Router`: the attribute, payloads, `Webhooks` |
//! | `serve` (default) | `Webhooks::serve`, a server for the open internet |
//! | `http2`, `tls` | HTTP/2 and TLS in `serve` |
//! | `socket-activation` | `Listener::from_systemd`: sockets that systemd has opened |
//! | `inbox-sqlite`, `inbox-postgres` | the inbox, with SQLite or PostgreSQL: these need Rust 1.94 |
//! | `inbox` | the inbox, with a store of your own |
//! | `rate-limit` | `Quota`: limits for peers that are refused, and for endpoints |
//! | `metrics` | metrics of endpoints, the inbox, limits and the server, for the `metrics` facade |
//! | `otel` | spans of OpenTelemetry for requests and runs, through `tracing-opentelemetry` |
//! | `openapi` | `Webhooks::openapi`, the mounted endpoints as an OpenAPI 3.1 document |
//! | `testing` | `Webhooks::test`, `recorded!`, `conformance!` and `store!`, for tests of handlers and stores |
//! | `payloads-discord`, `payloads-github`, `payloads-linear`, `payloads-paddle`, `payloads-shopify`, `payloads-slack`, `payloads-standard-webhooks`, `payloads-stripe`, `payloads-whatsapp` | `payloads`: ready-made payloads |
//! | `certificates` | `AWS_SNS`, `PAYPAL` |
//! | `certificates` and `ecdsa` and `ecdsa-p384` | `APPLE_APP_STORE` |
//! | `ecdsa` | `EBAY`, `SENDGRID` |
//! | `ed25519` | `DISCORD`, `FAL`, `STANDARD_WEBHOOKS_V1A`, `TELNYX` |
//! | `jwt` | `ATLASSIAN_CONNECT`, `FUSIONAUTH`, `LIVEKIT`, `MESSAGEBIRD`, `MONDAY`, `NETLIFY`, `QSTASH`, `VONAGE` |
//! | `jwt` and `ecdsa` | `PLAID` |
//! | `jwt` and `ecdsa` and `ecdsa-p384` and `ecdsa-p521` and `ed25519` and `rsa` | `FUSIONAUTH_KEY_PAIR` |
//! | `jwt` and `ecdsa-p521` | `TRUELAYER` |
//! | `jwt` and `rsa` | `FIREBLOCKS`, `GOOGLE_PUBSUB`, `KINDE`, `SALEOR` |
//! | `message-signatures` and `ed25519` | `MAILCHANNELS` |
//! | `rsa` | `ALIPAY`, `KICK`, `TRAVIS_CI`, `WECHAT_PAY` |
//! | `https-keys` | `HttpsKeys`, which fetches the keys that providers publish |

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "axum")]
mod delivery;
#[cfg(feature = "axum")]
mod dispatch;
#[cfg(feature = "axum")]
mod endpoint;
// Its examples take all features, and it costs no build anything.
#[cfg(all(
    any(doc, doctest),
    feature = "axum",
    feature = "inbox-postgres",
    feature = "inbox-sqlite",
    feature = "openapi",
    feature = "testing",
))]
pub mod guide;
#[cfg(feature = "inbox")]
pub mod inbox;
#[cfg(all(debug_assertions, feature = "axum"))]
mod instances;
/// The metrics that the crate emits through the [`metrics`](https://docs.rs/metrics) facade.
///
/// Install a recorder, such as that of `metrics-exporter-prometheus`, before the router is built.
/// `docs/metrics.md` shows them all.
#[cfg(feature = "metrics")]
pub mod metrics {
    pub use crate::support::metrics::{ALL, Metric, MetricKind, describe};
}
#[cfg(feature = "openapi")]
pub mod openapi;
#[cfg(feature = "axum")]
mod payload;
#[cfg(any(
    feature = "payloads-discord",
    feature = "payloads-github",
    feature = "payloads-linear",
    feature = "payloads-paddle",
    feature = "payloads-shopify",
    feature = "payloads-slack",
    feature = "payloads-standard-webhooks",
    feature = "payloads-stripe",
    feature = "payloads-whatsapp",
))]
pub mod payloads;
#[cfg(feature = "axum")]
mod receive;
#[cfg(feature = "serve")]
mod serve;
#[cfg(feature = "axum")]
mod support;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg_attr(not(feature = "axum"), allow(dead_code, reason = "endpoints use more of it"))]
mod verify;
#[cfg(feature = "axum")]
mod webhooks;

#[cfg(feature = "axum")]
pub use delivery::{Delivery, FailedItem, LimitedBy, MissingDelivery, RawEvent, Rejection, Tenant};
#[cfg(feature = "axum")]
pub use dispatch::{BackgroundHandlers, EndpointLayer};
#[cfg(feature = "axum")]
pub use endpoint::{DEFAULT_MAX_BODY, Endpoint, Webhook};
#[cfg(feature = "inbox")]
pub use inbox::{Cancellation, IdempotencyKey, Inbox, Tx};
#[cfg(feature = "axum")]
pub use payload::{Batch, BatchItem, Payload, UnknownEvent, WebhookEvent};
#[cfg(feature = "https-keys")]
pub use receive::HttpsKeys;
#[cfg(feature = "rate-limit")]
pub use receive::Quota;
#[cfg(feature = "axum")]
pub use receive::{KeySource, SecretSource, SourceError};
#[cfg(feature = "serve")]
pub use serve::{Listener, ServeError, Server};
#[cfg(feature = "tls")]
pub use serve::{Tls, TlsError};
pub use verify::{
    BatchLayout, Clock, Deduplication, Field, Provider, ProviderVerifier, Secret, SecretError,
    SuccessBody, SystemClock, handshake, providers, scheme,
};
/// An enum of events as a payload: a variant for each event, and one for all others.
///
/// ```
/// use serde::Deserialize;
/// use webhook_runtime::{UnknownEvent, WebhookEvent};
///
/// #[derive(Deserialize)]
/// struct Charge {
///     amount: u64,
/// }
///
/// #[derive(WebhookEvent)]
/// enum Event<'a> {
///     #[event("charge.succeeded", "charge.updated")]
///     Charge(Charge),
///     #[event("ping")]
///     Ping,
///     #[event(other)]
///     Other(UnknownEvent<'a>),
/// }
/// ```
///
/// | above | attribute | meaning |
/// | --- | --- | --- |
/// | a variant | `#[event("push")]` | made of the event `push`, whatever its action is |
/// | a variant | `#[event("issues.opened")]` | made of the event `issues` with the action `opened`, or of an event of that whole name |
/// | a variant | `#[event("ping", "pong")]` | made of any of these |
/// | a variant | `#[event("push", unlisted)]` | the same as without `unlisted`, and no warning if the provider does not list the name |
/// | one variant | `#[event(other)]` | holds [`UnknownEvent`]: every event that is named nowhere, and, unless `strict`, those that do not fit |
/// | the enum | `#[event(strict)]` | a known event that does not fit its variant's type is refused by 422 |
/// | the enum | `#[event(crate = my_crate::webhook_runtime)]` | where the runtime is, if it is renamed or re-exported |
///
/// A variant has one field, of a type with `serde`'s `Deserialize`, an enum of events, or
/// `&Delivery`; or it has none, and asks nothing of the body. Every variant has names, or is `other`.
/// With the feature `openapi`, its doc comment describes the event.
/// No name is given twice, and `issues` stands behind `issues.opened`: the enum reads as it works.
///
/// The enum must not derive `Deserialize` as well: a payload is decoded in one way.
///
/// An action is believed where the provider says it. A header that nobody signed and that reads
/// `issues.opened` makes no such event, if the provider has the action elsewhere.
#[cfg(feature = "axum")]
pub use webhook_macros::WebhookEvent;
/// Turns an `async fn` into a verified webhook endpoint.
///
/// ```
/// use webhook_runtime::{Webhooks, webhook};
///
/// #[webhook(path = "/webhook", secret_env = "SECRET")]
/// async fn order_paid(order: serde_json::Value) -> &'static str {
///     println!("{} paid", order["id"]);
///     "OK"
/// }
///
/// let hooks: Webhooks = Webhooks::new().mount::<order_paid>();
/// ```
///
/// The payload is the last argument, extractors stand before it, and the return type is a response or a
/// `Result`. [`Webhooks::mount`] takes the type that the attribute puts beside the function.
#[cfg_attr(
    all(feature = "inbox-postgres", feature = "inbox-sqlite", feature = "testing"),
    doc = "",
    doc = include_str!("guide/attribute.md")
)]
#[cfg(feature = "axum")]
pub use webhook_macros::webhook;
#[cfg(feature = "serve")]
pub use webhooks::Error;
#[cfg(feature = "axum")]
pub use webhooks::{HealthCheck, MountedWebhook, StartError, StartProblem, Unhealthy, Webhooks};

/// The crate itself, for the code that the attribute leaves behind: with `crate = some::path`, the
/// compiler looks for this name there, and says so where it finds none.
#[cfg(feature = "axum")]
#[doc(hidden)]
pub extern crate self as webhook_runtime;

/// For the code that the attribute leaves behind; nothing here is stable.
#[cfg(feature = "axum")]
#[doc(hidden)]
pub mod __private {
    #[cfg(feature = "openapi")]
    pub use crate::delivery::EventVariant;
    pub use crate::{
        delivery::PayloadShape,
        dispatch::{Respond, Returned},
        endpoint::{EndpointOptions, Extractor, HandlerFuture, HandlerInput, unlisted_events},
        payload::{AnyPayload, CatchAll, Decode, EventWarnings, MatchedEvent, ShapeProbe},
    };
    // A macro is at the root of its crate, and the code that is left behind asks here.
    pub use crate::{__event_variants as event_variants, __with_schemas as with_schemas};
    #[cfg(feature = "testing")]
    pub use webhook_macros::recorded;
    // Public, because the compiler leaves out what nobody can call.
    #[cfg(debug_assertions)]
    pub use crate::instances::{decoders, router};
}
