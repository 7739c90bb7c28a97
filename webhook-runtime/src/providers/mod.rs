//! The providers that are known, a constant each.
//!
//! Facts about a provider that could not be confirmed in its own documentation or source are marked
//! *unconfirmed*. What is not signed can be changed by whoever sees the request on its way.

// code begin
mod adyen;
#[cfg(feature = "jwt")]
mod atlassian_connect;
#[cfg(feature = "certificates")]
mod aws_sns;
mod contentful;
#[cfg(feature = "jwt")]
mod livekit;
mod mailgun;
mod mandrill;
#[cfg(feature = "jwt")]
mod messagebird;
mod microsoft_graph;
#[cfg(feature = "jwt")]
mod monday;
#[cfg(feature = "jwt")]
mod netlify;
#[cfg(feature = "certificates")]
mod paypal;
#[cfg(all(feature = "jwt", feature = "ecdsa"))]
mod plaid;
mod twilio;
// code end
mod github;
mod plain;

// code begin
pub use adyen::{ADYEN, ADYEN_PLATFORM};
#[cfg(feature = "jwt")]
pub use atlassian_connect::ATLASSIAN_CONNECT;
#[cfg(feature = "certificates")]
pub use aws_sns::AWS_SNS;
pub use contentful::CONTENTFUL;
#[cfg(feature = "jwt")]
pub use livekit::LIVEKIT;
pub use mailgun::MAILGUN;
pub use mandrill::MANDRILL;
#[cfg(feature = "jwt")]
pub use messagebird::MESSAGEBIRD;
pub use microsoft_graph::MICROSOFT_GRAPH;
#[cfg(feature = "jwt")]
pub use monday::MONDAY;
#[cfg(feature = "jwt")]
pub use netlify::NETLIFY;
#[cfg(feature = "certificates")]
pub use paypal::PAYPAL;
#[cfg(all(feature = "jwt", feature = "ecdsa"))]
pub use plaid::PLAID;
pub use twilio::TWILIO;
// code end
pub use github::{GITHUB, GITHUB_SHA1};
pub use plain::PLAIN;

use crate::Provider;

/// Every provider that this build knows, for tables and tests.
pub const ALL: &[&Provider] = &[
    // code begin
    &ADYEN,
    &ADYEN_PLATFORM,
    #[cfg(feature = "jwt")]
    &ATLASSIAN_CONNECT,
    #[cfg(feature = "certificates")]
    &AWS_SNS,
    &CONTENTFUL,
    #[cfg(feature = "jwt")]
    &LIVEKIT,
    &MAILGUN,
    &MANDRILL,
    #[cfg(feature = "jwt")]
    &MESSAGEBIRD,
    &MICROSOFT_GRAPH,
    #[cfg(feature = "jwt")]
    &MONDAY,
    #[cfg(feature = "jwt")]
    &NETLIFY,
    #[cfg(feature = "certificates")]
    &PAYPAL,
    #[cfg(all(feature = "jwt", feature = "ecdsa"))]
    &PLAID,
    &TWILIO,
    // code end
    &GITHUB,
    &GITHUB_SHA1,
    &PLAIN,
];
