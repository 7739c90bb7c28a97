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
// a-l begin
mod airtable;
mod asana;
mod auth0;
mod azure_eventgrid;
mod bitbucket;
mod r#box;
mod calcom;
mod calendly;
mod circleci;
mod clerk;
mod cloudevents;
mod coinbase_commerce;
#[cfg(feature = "ed25519")]
mod discord;
mod docusign;
mod dropbox;
mod forgejo;
mod fourthwall;
mod gitea;
mod gitlab;
mod gocardless;
mod gogs;
mod heroku;
mod hubspot;
mod intercom;
mod jira;
#[cfg(feature = "rsa")]
mod kick;
mod kontent;
mod lemonsqueezy;
mod line;
mod linear;
// a-l end
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
// a-l begin
pub use airtable::AIRTABLE;
pub use asana::ASANA;
pub use auth0::AUTH0;
pub use azure_eventgrid::EVENT_GRID;
pub use bitbucket::{BITBUCKET, BITBUCKET_DATA_CENTER};
pub use r#box::BOX;
pub use calcom::CALCOM;
pub use calendly::CALENDLY;
pub use circleci::CIRCLECI;
pub use clerk::CLERK;
pub use cloudevents::{CLOUDEVENTS, CLOUDEVENTS_STRUCTURED};
pub use coinbase_commerce::COINBASE_COMMERCE;
#[cfg(feature = "ed25519")]
pub use discord::DISCORD;
pub use docusign::DOCUSIGN;
pub use dropbox::DROPBOX;
pub use forgejo::FORGEJO;
pub use fourthwall::{FOURTHWALL, FOURTHWALL_APPS};
pub use gitea::GITEA;
pub use gitlab::{GITLAB, GITLAB_SIGNING};
pub use gocardless::GOCARDLESS;
pub use gogs::GOGS;
pub use heroku::HEROKU;
pub use hubspot::{HUBSPOT, HUBSPOT_V1, HUBSPOT_V2};
pub use intercom::INTERCOM;
pub use jira::JIRA;
#[cfg(feature = "rsa")]
pub use kick::KICK;
pub use kontent::KONTENT_AI;
pub use lemonsqueezy::LEMONSQUEEZY;
pub use line::LINE;
pub use linear::LINEAR;
// a-l end
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
    // a-l begin
    &AIRTABLE,
    &ASANA,
    &AUTH0,
    &EVENT_GRID,
    &BITBUCKET,
    &BITBUCKET_DATA_CENTER,
    &BOX,
    &CALCOM,
    &CALENDLY,
    &CIRCLECI,
    &CLERK,
    &CLOUDEVENTS,
    &CLOUDEVENTS_STRUCTURED,
    &COINBASE_COMMERCE,
    #[cfg(feature = "ed25519")]
    &DISCORD,
    &DOCUSIGN,
    &DROPBOX,
    &FORGEJO,
    &FOURTHWALL,
    &FOURTHWALL_APPS,
    &GITEA,
    &GITLAB,
    &GITLAB_SIGNING,
    &GOCARDLESS,
    &GOGS,
    &HEROKU,
    &HUBSPOT,
    &HUBSPOT_V1,
    &HUBSPOT_V2,
    &INTERCOM,
    &JIRA,
    #[cfg(feature = "rsa")]
    &KICK,
    &KONTENT_AI,
    &LEMONSQUEEZY,
    &LINE,
    &LINEAR,
    // a-l end
    &GITHUB,
    &GITHUB_SHA1,
    &PLAIN,
];
